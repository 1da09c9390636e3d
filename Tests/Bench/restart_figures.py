"""How soon a home agent with very many nodes forwards again after all of its programs were killed.

    net (care-of addresses, and a sender) ── up0 ── ha: nemonetd, had with a state file
"""

import json
import os
import shutil
import subprocess
import time

from world.node import Node, wait_for

SHISA = os.path.abspath(".build/release/shisa")
LOAD = os.path.abspath(".build/release/homeload")
PROBE = os.path.abspath("Tests/Bench/restart_probe.py")
#: Nodes that are sent to, spread evenly over all.
PROBED = 200
RUNS = 3


def _cpu_seconds(program):
    """The processor time of a process so far, user and system."""
    with open(f"/proc/{program.process.pid}/stat") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def bind_all(nodes, folder):
    """Leaves a state file with a binding of every node: homeload stands in nemonetd's place meanwhile."""
    subprocess.run([LOAD, "settings", str(nodes), folder], check=True)
    load = subprocess.Popen([LOAD, "run", str(nodes), "0", f"{folder}/load.sock"], stdout=subprocess.DEVNULL)
    with open(f"{folder}/had.log", "w") as log:
        had = subprocess.Popen([SHISA, "had", "--config", f"{folder}/had.conf", "--socket", f"{folder}/load.sock",
                                "--log-level", "warning"], stdout=log, stderr=log)
    try:
        if load.wait(600) != 0:
            raise RuntimeError("homeload could not bind the nodes")
    finally:
        load.kill()
        # Its last deed is the state file, whatever the pace at which it wrote it so far.
        had.terminate()
        had.wait(60)


def home(node):
    """As in Tests/Bench/homeload/Population.swift."""
    return f"2001:db8:1:0:0:1:{node >> 16:x}:{node & 0xffff:x}"


def _start_anew(ha, net, nodes, folder, mac):
    """Starts both programs and kills them: seconds to the first and to the last node, and the processor time of each."""
    probed = [home(index * (nodes - 1) // (PROBED - 1)) for index in range(PROBED)]
    probe = net.start("probe", "python3", PROBE, "eth0", mac, 300, *probed, stdout=subprocess.PIPE, text=True)
    probe.process.stdout.readline()
    options = ("--config", f"{folder}/had.conf", "--socket", f"{folder}/shisa.sock", "--log-level", "notice")
    begun = time.monotonic()
    programs = {}
    for name in ("nemonetd", "had"):
        programs[name] = ha.start(name, SHISA, name, *options)
    said, _ = probe.process.communicate(timeout=400)
    cpu = {name: _cpu_seconds(program) for name, program in programs.items()}
    for program in programs.values():
        program.kill()
    seen = json.loads(said)
    if len(seen) < PROBED:
        raise RuntimeError(f"{PROBED - len(seen)} of {PROBED} nodes were not forwarded to within 300 s")
    times = [moment - begun for moment in seen.values()]
    return min(times), max(times), cpu


def _restart(nodes):
    folder = "/run/world/restart"
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    bind_all(nodes, folder)
    ha, net = (Node(name, "/run/world", os.path.abspath("build/world-logs/restart")) for name in ("ha", "net"))
    try:
        for node in (ha, net):
            node.sysctl(net__ipv6__conf__default__dad_transmits=0)
        ha.sysctl(net__ipv6__conf__all__forwarding=1)
        ha.ip("address add 2001:db8:1::1/128 dev lo", "link add up0 type veth peer name eth0 netns net",
              "link set up0 up", "address add 2001:db8:a::1/64 dev up0 nodad")
        net.ip("link set eth0 up", "address add 2001:db8:a::2/64 dev eth0 nodad")
        (peer,), (link,) = net.ip_json("link", "show", "eth0"), ha.ip_json("link", "show", "up0")
        ha.ip(f"neighbour add 2001:db8:a::2 lladdr {peer['address']} dev up0",
              "route add default via 2001:db8:a::2")
        wait_for(lambda: link["operstate"] == "UP" or ha.ip_json("link", "show", "up0")[0]["operstate"] == "UP", "the link")
        samples, remarks = [], []
        for _ in range(RUNS):
            first, last, cpu = _start_anew(ha, net, nodes, folder, link["address"])
            samples.append(last)
            remarks.append(f"first node {first:.2f} s, last {last:.2f} s; processor time of nemonetd "
                           f"{cpu['nemonetd']:.2f} s, of had {cpu['had']:.2f} s")
        remarks.append(f"load average {os.getloadavg()[0]:.1f}")
        return samples, remarks
    finally:
        for node in (ha, net):
            node.close()
        shutil.rmtree(folder, ignore_errors=True)


def restart_10k():
    return _restart(10_000)


def restart_100k():
    return _restart(100_000)
