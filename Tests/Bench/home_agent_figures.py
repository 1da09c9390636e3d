"""Figures of a home agent with very many nodes: had, fed by Tests/Bench/homeload at its mobility socket."""

import functools
import json
import os
import shutil
import signal
import statistics
import subprocess
import tempfile

SHISA = ".build/release/shisa"
LOAD = ".build/release/homeload"
SECONDS = 10


def _pinned(core, *command, **options):
    return subprocess.Popen(["taskset", "-c", str(core), *map(str, command)], **options)


def _run(nodes):
    """What homeload says of one had with so many nodes, had on one core and everything else on another."""
    cores = sorted(os.sched_getaffinity(0))
    folder = tempfile.mkdtemp(prefix="had-")
    try:
        subprocess.run([LOAD, "settings", str(nodes), folder], check=True)
        socket, log = f"{folder}/mobility.sock", open(f"{folder}/had.log", "w+")
        load = _pinned(cores[-1], LOAD, "run", nodes, SECONDS, socket, stdout=subprocess.PIPE, text=True)
        had = _pinned(cores[0], SHISA, "had", "--config", f"{folder}/had.conf", "--socket", socket,
                      "--log-level", "warning", stdout=log, stderr=log)
        try:
            said, _ = load.communicate(timeout=600)
        finally:
            load.kill()
            had.send_signal(signal.SIGTERM)
            had.wait(60)
        if load.returncode != 0:
            log.seek(0)
            raise RuntimeError(f"the load ended with {load.returncode}; had said: {log.read()[-2000:]}")
        return json.loads(said)
    finally:
        shutil.rmtree(folder)


@functools.cache
def _measured(nodes):
    """The same, once for all figures of one call, and with the memory that a had without nodes takes."""
    result = _run(nodes)
    result["resident_empty"] = _run(0)["resident_configured"]
    result["load_average"] = os.getloadavg()[0]
    return result


def _rates(passes, by="seconds"):
    return [one["accepted"] / one[by] for one in passes]


def _remark(result):
    kinds = []
    for kind in ("refreshed", "moved"):
        wall, processor = statistics.median(_rates(result[kind])), statistics.median(_rates(result[kind], "cpu_seconds"))
        kinds.append(f"{kind} {wall:,.0f} a second, {processor:,.0f} for each second of had's processor time")
    bound = result["bound"]
    kinds.insert(0, f"bound for the first time {bound['accepted'] / bound['seconds']:,.0f} a second")
    verified = bound["verified"] + sum(one["verified"] for kind in ("refreshed", "moved") for one in result[kind])
    return (f"{result['nodes']:,} nodes: {'; '.join(kinds)}; {verified:,} acknowledgements verified; configuration read "
            f"in {result['loading_cpu_seconds']:.1f} s of processor time; load average {result['load_average']:.1f}")


def binding_updates():
    result = _measured(100_000)
    return _rates(result["refreshed"]), [_remark(result)]


def binding_updates_ratio():
    small, large = _measured(100_000), _measured(1_000_000)
    ratio = statistics.median(_rates(large["refreshed"])) / statistics.median(_rates(small["refreshed"]))
    by_processor = (statistics.median(_rates(large["refreshed"], "cpu_seconds"))
                    / statistics.median(_rates(small["refreshed"], "cpu_seconds")))
    return [ratio], [f"by had's processor time {by_processor:.3f}", _remark(large)]


def bytes_per_binding():
    samples, remarks = [], []
    for nodes in (100_000, 1_000_000):
        result = _measured(nodes)
        octets = {name: (result[f"resident_{name}"] - result["resident_empty"]) / nodes
                  for name in ("configured", "bound", "peak")}
        samples.append(octets["bound"])
        remarks.append(f"{nodes:,} nodes: {octets['configured']:.0f} of them for the configuration of the node; "
                       f"{octets['peak']:.0f} at the most, while the state file was written or settings were read")
    return samples, remarks


def hmacs_per_exchange(exchanges=20_000):
    """Calls of nettle's last step of an HMAC in a real cnd, counted by the kernel (a uprobe), for each exchange."""
    folder = tempfile.mkdtemp(prefix="cnd-")
    library = subprocess.run(["ldd", SHISA], check=True, capture_output=True, text=True).stdout
    library = next(line.split()[2] for line in library.splitlines() if "libnettle" in line)
    probe = f"shisa_{os.getpid()}"
    subprocess.run(["perf", "probe", "-q", "-x", os.path.realpath(library),
                    "-a", f"{probe}:hmac=nettle_hmac_sha1_digest"], check=True)
    try:
        with open(f"{folder}/cnd.conf", "w") as file:
            file.write('correspondent = { addresses = [ "2001:db8:1::1" ]; };\n')
        socket, counts = f"{folder}/mobility.sock", f"{folder}/counts"
        load = subprocess.Popen([LOAD, "exchange", str(exchanges), socket], stdout=subprocess.PIPE, text=True)
        cnd = subprocess.Popen(["perf", "stat", "-x", ",", "-o", counts, "-e", f"{probe}:hmac", SHISA, "cnd",
                                "--config", f"{folder}/cnd.conf", "--socket", socket, "--log-level", "warning"])
        try:
            said, _ = load.communicate(timeout=300)
        finally:
            load.kill()
            # perf writes what it counted when the program that it started has ended.
            subprocess.run(["pkill", "-TERM", "-P", str(cnd.pid)], check=False)
            cnd.wait(60)
        if load.returncode != 0:
            raise RuntimeError(f"the load ended with {load.returncode}")
        result = json.loads(said)
        with open(counts) as file:
            hmacs = next(int(line.split(",")[0]) for line in file if probe in line)
        return [hmacs / result["exchanges"]], [
            f"{result['exchanges']:,} exchanges of as many nodes; cnd's resident memory grew by "
            f"{result['grown'] / (result['exchanges'] - 1000):.1f} octets for each, and it announced nothing"]
    finally:
        subprocess.run(["perf", "probe", "-q", "-d", f"{probe}:hmac"], check=False)
        shutil.rmtree(folder)
