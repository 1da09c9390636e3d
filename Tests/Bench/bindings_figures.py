"""What very many bindings cost a home agent's packets.

    net (a sender, and all care-of addresses) ══ one, many: two home agents, nemonetd and had with a state file each
"""

import json
import os
import shutil
import subprocess
import sys
import time

from restart_figures import SHISA, bind_all, home
from world.node import Node, wait_for
from world.system import COUNTERS_DELAY

FLOOD = os.path.abspath("Tests/Bench/flood.py")
#: As in Tests/Bench/homeload/Population.swift.
CARE_OF = "2001:dba::/32"
RUNS, SECONDS = 7, 2


class _Agent:
    """A home agent with so many bindings, on a link of its own to `net`."""

    def __init__(self, name, nodes, net, index):
        self.nodes, self.net, self.link = nodes, net, f"to-{name}"
        self.folder = f"/run/world/{name}"
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        bind_all(nodes, self.folder)
        self.node = Node(name, "/run/world", os.path.abspath("build/world-logs/bindings"))
        near, far = (f"2001:db8:a{index}::{end}" for end in (1, 2))
        self.node.sysctl(net__ipv6__conf__default__dad_transmits=0)
        self.node.sysctl(net__ipv6__conf__all__forwarding=1)
        self.node.ip("address add 2001:db8:1::1/128 dev lo", f"link add up0 type veth peer name {self.link} netns net",
                     "link set up0 up", f"address add {near}/64 dev up0 nodad")
        net.ip(f"link set {self.link} up", f"address add {far}/64 dev {self.link} nodad")
        (peer,), (link,) = net.ip_json("link", "show", self.link), self.node.ip_json("link", "show", "up0")
        self.mac = link["address"]
        # What nemonetd does not carry has no way: by a default route it would come back as well, and count.
        self.node.ip(f"neighbour add {far} lladdr {peer['address']} dev up0", f"route add {CARE_OF} via {far}",
                     "route add blackhole default")
        for program in ("nemonetd", "had"):
            self.node.start(program, SHISA, program, "--config", f"{self.folder}/had.conf",
                            "--socket", f"{self.folder}/shisa.sock", "--log-level", "warning")
        wait_for(self._forwards, f"all of {nodes} nodes to be forwarded to", 600, 3)

    def flood(self, seconds):
        """Packets a second that came back in tunnels, of as many as could be sent to one node after the other."""
        before, begun = self._returned(), time.monotonic()
        self.net.run("python3", FLOOD, self.link, self.mac, seconds, home(0), self.nodes)
        time.sleep(0.2)
        return (self._returned() - before) / (time.monotonic() - begun - 0.2)

    def _forwards(self):
        """Whether packets come back, and none is to a node that nemonetd does not know yet."""
        before = self._unknown()
        returned = self.flood(0.5)
        return returned > 0 and self._unknown() == before

    def _unknown(self):
        """How many packets there were to nodes without a binding."""
        time.sleep(COUNTERS_DELAY)
        said = self.node.run(SHISA, "shisactl", "--socket", f"{self.folder}/shisa.sock", "--json", "counters").stdout
        return sum(row["value"] for row in json.loads(said)["counters"] if row["name"] == "dropped_no_binding")

    def _returned(self):
        return self.net.ip_json("-s", "link", "show", self.link)[0]["stats64"]["rx"]["packets"]

    def close(self):
        self.node.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def million_bindings(nodes=1_000_000, runs=RUNS, seconds=SECONDS):
    """What is left of the throughput in small packets with that many bindings, in per cent less; and remarks."""
    net = Node("net", "/run/world", os.path.abspath("build/world-logs/bindings"))
    agents = []
    try:
        net.sysctl(net__ipv6__conf__default__dad_transmits=0)
        for index, (name, count) in enumerate((("one", 1), ("many", nodes))):
            agents.append(_Agent(name, count, net, index))
        samples, said = [], []
        for turn in range(runs):
            rates = {agent.nodes: agent.flood(seconds) for agent in (agents if turn % 2 == 0 else reversed(agents))}
            samples.append((1 - rates[nodes] / rates[1]) * 100)
            said.append(f"{rates[1]:,.0f} and {rates[nodes]:,.0f}")
        return samples, [f"packets a second with 1 and {nodes:,} bindings: {'; '.join(said)}; load average "
                         f"{os.getloadavg()[0]:.1f}"]
    finally:
        for agent in agents:
            agent.close()
        net.close()
