"""Where the processor time of running programs goes, by function: perf, by its clock, which every machine has."""

import os
import re
import signal
import subprocess

from packet_path import readable

FOLDER = "build/profiles"
#: How many functions are named.
NAMED = 10
#: Of a second.
SAMPLES = 997
_CALL = re.compile(r"(?:__x64_sys|__arm64_sys|ksys|do)_(sendmmsg|recvmmsg|readv?|writev?|epoll_p?wait|\w*sleep)")


def record(name, programs, work):
    """What `work` costs the programs: the system calls and the functions with the largest shares of their time; those of the
    kernel in brackets."""
    os.makedirs(FOLDER, exist_ok=True)
    path = f"{FOLDER}/{name}.data"
    recorder = subprocess.Popen(
        ["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", str(SAMPLES), "-o", path, "-p",
         ",".join(str(program.process.pid) for program in programs)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        work()
    finally:
        recorder.send_signal(signal.SIGINT)
        recorder.wait(30)
    return describe(shares(_report(path, "--no-children")), calls(shares(_report(path, "--children"))))


def _report(path, kind):
    return subprocess.run(
        ["perf", "report", "-i", path, "--stdio", kind, "-g", "none", "--sort", "symbol"],
        check=True, capture_output=True, text=True).stdout


def shares(report):
    """Per cent, whether it is the kernel's, and name of the function of each line; the first of two per cents where there are."""
    return [(float(share), mode == "k", name.strip()) for share, mode, name in re.findall(
        r"^ *([\d.]+)%(?: +[\d.]+%)? +\[(k|\.)\] +(.*?)(?:  .*)?$", report, re.MULTILINE)]


def calls(found):
    """Per cent and name of each system call, with everything that it calls."""
    named = {}
    for share, is_kernel, name in found:
        call = _CALL.fullmatch(name)
        if is_kernel and call:
            named[call.group(1)] = max(share, named.get(call.group(1), 0))
    return sorted(((share, name) for name, share in named.items()), reverse=True)


def describe(found, system_calls):
    kernel = sum(share for share, is_kernel, _ in found if is_kernel)
    inside = ", ".join(f"{name} {share:.0f} %" for share, name in system_calls if share >= 1)
    named = ", ".join(
        f"{share:.0f} % " + (f"[{name}]" if is_kernel else readable(name)) for share, is_kernel, name in found[:NAMED])
    return f"{kernel:.0f} % in the kernel ({inside}); by function {named}"
