"""Bad packets at both ends of the tunnel as fast as the links carry them, while a transfer goes through it."""

import hashlib
import json
import os

import pytest

from bad_packets import STRANGER, bad_packets
from world.flood import Flood
from world.node import PATIENCE, wait_for
from world.world import CORRESPONDENT, HOME_AGENT, HOST

# What each of the two links is filled with, in Mbit/s.
LINE = 100
OCTETS = 1_000_000

# Sends as many octets from a seed as it is told, both ways at once, and says what came.
_PEER = """
import hashlib, json, random, socket, sys, threading
role, address, octets, seeds = sys.argv[1], sys.argv[2], int(sys.argv[3]), [int(seed) for seed in sys.argv[4:]]
if role == "listen":
    with socket.create_server((address, 5200), family=socket.AF_INET6) as server:
        connection, _ = server.accept()
else:
    connection = socket.create_connection((address, 5200), 60)
connection.settimeout(120)
def send():
    connection.sendall(random.Random(seeds[0]).randbytes(octets))
    connection.shutdown(socket.SHUT_WR)
sender = threading.Thread(target=send)
sender.start()
digest, count = hashlib.sha256(), 0
while data := connection.recv(65536):
    digest.update(data)
    count += len(data)
sender.join()
print(json.dumps({"octets": count, "digest": digest.hexdigest()}))
"""


def resident(system):
    with open(f"/proc/{system.programs['nemonetd'].process.pid}/statm") as file:
        return int(file.read().split()[1]) * 4096


def digest(seed):
    import random
    return hashlib.sha256(random.Random(seed).randbytes(OCTETS)).hexdigest()


def link_address(node, interface):
    return node.ip_json("link", "show", "dev", interface)[0]["address"]


class Both:
    """A transfer both ways, of octets that are known."""

    def __init__(self, host, cn):
        self.listener = cn.start("transfer-both", "python3", "-c", _PEER, "listen", CORRESPONDENT, OCTETS, 1, 2)
        wait_for(lambda: ":5200" in cn.run("ss", "-tln").stdout, "the correspondent to listen")
        self.caller = host.start("transfer-both", "python3", "-c", _PEER, "call", CORRESPONDENT, OCTETS, 2, 1)

    def finish(self):
        for program, seed in ((self.caller, 1), (self.listener, 2)):
            assert program.process.wait(240 * PATIENCE) == 0, program.log()
            came = json.loads(program.log().splitlines()[-1])
            assert came == {"octets": OCTETS, "digest": digest(seed)}


@pytest.mark.hostile
def test_a_transfer_finishes_while_bad_packets_fill_both_links(make_pair_of):
    pair = make_pair_of(router={"extra": 'policy = { bindings = "single"; probe = { enabled = false; }; };\n'}).start()
    pair.wait_reachable()
    world, binding = pair.world, pair.ha.binding()
    care_of = binding["care_of_address"]
    before = {system: system.counters("nemonetd") for system in (pair.mr, pair.ha)}

    floods = [
        Flood(world.core, "to-ha", link_address(world.ha, "up0"), bad_packets(HOME_AGENT, care_of, HOST, STRANGER, STRANGER), LINE),
        Flood(world.access1, "lan", link_address(world.mr, "eth0"), bad_packets(care_of, HOME_AGENT, STRANGER, HOST, HOST), LINE),
    ]
    Both(world.host, world.cn).finish()
    settled = {system: resident(system) for system in before}
    logged = {system: os.path.getsize(system.programs["nemonetd"].log_path) for system in before}
    Both(world.host, world.cn).finish()
    grown = {system: resident(system) - settled[system] for system in before}
    written = {system: os.path.getsize(system.programs["nemonetd"].log_path) - logged[system] for system in before}
    sent = [flood.stop() for flood in floods]

    dropped = {
        system: {name: value - before[system].get(name, 0) for name, value in system.counters("nemonetd").items()}
        for system in before
    }
    print(f"sent {sent}, grew by {[*grown.values()]} octets, logged {[*written.values()]}")
    for system, name in ((pair.mr, "mobile router"), (pair.ha, "home agent")):
        print(name, {counter: count for counter, count in dropped[system].items() if count})
    wanted = ["truncated", "inner_not_ipv6", "inner_length_wrong", "outer_pair_not_registered",
              "multicast_or_link_local_not_tunnelled"]
    for system, more in ((pair.mr, "inner_source_spoofed"), (pair.ha, "inner_address_outside_binding")):
        assert not [reason for reason in (*wanted, more) if dropped[system].get("dropped_" + reason, 0) == 0]
        assert grown[system] < 4 << 20
        # Nothing is logged for each packet.
        assert written[system] < 1 << 20
    assert min(sent) > 1000

    now = pair.ha.binding()
    assert now and now["care_of_address"] == care_of
    for system in (pair.ha, pair.mr):
        for name, program in system.programs.items():
            assert program.alive, f"{name}: {program.log()[-2000:]}"
    assert pair.both_ways()
