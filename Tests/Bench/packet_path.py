"""Instructions that the engine's own code takes for a packet: `packetpath` (Tests/Bench/packetpath) under callgrind, and the
board's build of it under qemu-user.

What a run costs before its first packet is in every run; the difference of a long and a short one is of the packets alone.
"""

import glob
import os
import re
import shutil
import statistics
import subprocess
from concurrent.futures import ThreadPoolExecutor

PROGRAM = ".build/release/packetpath"
FOLDER = "build/packetpath"
COUNTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "instruction_counter.c")
#: Packets, or super-packets, of the short run and of the long one.
SMALL, LARGE = (1_000, 11_000), (100, 1_100)
BINDINGS = (1, 10_000, 1_000_000)
#: Of a super-packet; as in Tests/Bench/packetpath/main.swift.
SEGMENTS = 47
#: How many functions a note names.
NAMED = 6


def encapsulate():
    """The way out: the most instructions that a small packet takes, whatever the number of bindings; and remarks."""
    return _both("encapsulate", "segment")


def decapsulate():
    """The same for the way in."""
    return _both("decapsulate", "coalesce")


def _both(small, super_packets):
    samples, remarks = [], []
    for bindings in BINDINGS:
        count, functions = _difference((small, bindings), SMALL)
        samples.append(count)
        remarks.append(f"{bindings:,} bindings: {count:.0f}, of which {_named(functions)}")
    remarks += _on_the_board((small, 1), SMALL, "1 binding")
    count, functions = _difference((super_packets,), LARGE)
    named = _named([(name, cost / SEGMENTS) for name, cost in functions])
    remarks.append(f"{super_packets}: {count / SEGMENTS:.0f} for one of {SEGMENTS} segments, of which {named}")
    return [max(samples)], remarks + _on_the_board((super_packets,), LARGE, f"{super_packets}, one of {SEGMENTS}", SEGMENTS)


def handover(runs=20):
    """Milliseconds until 10,000 conversations of a node that moved go to its new address."""
    samples, applied = [], []
    for _ in range(runs):
        said = subprocess.run([PROGRAM, "handover", "10000"], check=True, capture_output=True, text=True).stdout
        first, last = (int(number) for number in re.findall(r"\d+", said))
        samples.append(last / 1e6)
        applied.append(first / 1e6)
    return samples, [f"until the new table is there: {statistics.median(applied):.3f} ms in the median"]


def _difference(arguments, numbers):
    """Instructions a packet, and the functions that had them, the most expensive first."""
    # Beside each other: that takes half of the time, and no instruction more.
    with ThreadPoolExecutor() as pool:
        short, long = pool.map(lambda number: _callgrind(arguments, number), numbers)
    packets = numbers[1] - numbers[0]
    functions = [(name, (cost - short.get(name, 0)) / packets) for name, cost in long.items()]
    functions.sort(key=lambda function: -function[1])
    return (sum(long.values()) - sum(short.values())) / packets, functions


def _callgrind(arguments, number):
    os.makedirs(FOLDER, exist_ok=True)
    path = os.path.join(FOLDER, "-".join(map(str, (*arguments, number))) + ".callgrind")
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={path}", PROGRAM, *map(str, (*arguments, number))],
        capture_output=True, text=True)
    if run.returncode != 0:
        raise RuntimeError(f"packetpath {' '.join(map(str, arguments))}: {run.stderr[-400:]}")
    with open(path) as file:
        return costs(file)


def costs(lines):
    """The instructions of each function itself, from a file of callgrind's."""
    names, found = {}, {}
    function, is_call = None, False
    for line in lines:
        named = re.match(r"(c?fn)=\((\d+)\)(?: (.*))?", line)
        if named:
            kind, number, name = named.groups()
            if name:
                names[number] = name.rstrip()
            if kind == "fn":
                function = names[number]
        elif line.startswith("calls="):
            is_call = True
        elif line[:1].isdigit() or line[:1] in "+-*":
            # What comes behind a call is of the function that was called, and stands there too.
            if not is_call and function is not None:
                found[function] = found.get(function, 0) + int(line.split()[1])
            is_call = False
    return found


def _named(functions):
    return ", ".join(f"{cost:.0f} {readable(name)}" for name, cost in functions[:NAMED] if cost >= 0.5)


def readable(name):
    """A function's name as a person writes it."""
    if name.startswith("$s") and shutil.which("swift"):
        run = subprocess.run(["swift", "demangle", "--compact", "--simplified", name], capture_output=True, text=True)
        name = run.stdout.strip() or name
    return f"`{name[:97]}…`" if len(name) > 98 else f"`{name}`"


# MARK: the board's build

def _on_the_board(arguments, numbers, what, parts=1):
    """A remark: how many instructions the board's build takes."""
    try:
        program, plugin = _board_program(), _plugin()
        short, long = (_emulated(program, plugin, (*arguments, number)) for number in numbers)
    except (OSError, RuntimeError, subprocess.CalledProcessError) as error:
        return [f"aarch64, {what}: not to be had, {str(error).strip()[-300:]}"]
    return [f"aarch64, {what}: {(long - short) / (numbers[1] - numbers[0]) / parts:.0f}"]


def _board_program():
    """The newest that was built for the board; `make bench` does that."""
    found = [path for path in glob.glob(".build-aarch64*/release/packetpath") if os.path.isfile(path)]
    if not found:
        raise RuntimeError("no packetpath was built for the board (make board-packetpath)")
    return max(found, key=os.path.getmtime)


def _plugin():
    os.makedirs(FOLDER, exist_ok=True)
    path = f"{FOLDER}/instruction_counter.so"
    subprocess.run(["clang", "-shared", "-fPIC", "-O2", "-o", path, COUNTER], check=True, capture_output=True, text=True)
    return path


def _emulated(program, plugin, arguments):
    run = subprocess.run(
        ["qemu-aarch64", "-plugin", os.path.abspath(plugin), "-d", "plugin", program, *map(str, arguments)],
        capture_output=True, text=True)
    said = re.search(r"instructions: (\d+)", run.stdout + run.stderr)
    if run.returncode != 0 or not said:
        raise RuntimeError(f"qemu-aarch64 says {run.stderr[-300:] or run.returncode}")
    return int(said.group(1))
