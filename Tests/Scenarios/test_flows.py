"""Flows that take an uplink of their own, in both directions (RFC 6088, RFC 6089): seen on the uplinks."""

import time
from collections import Counter

from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6
from scapy.utils import rdpcap

from world import configuration
from world.flow import Flow
from world.node import wait_for
from world.world import CORRESPONDENT, HOST

OWN, REST = 5000, 5001
BOTH = {"up", "down"}


def policy(flows):
    return f"policy = {{ flows = ( {flows} ); }};\n"


OVER_ETH1 = policy(f'{{ match = {{ protocol = "udp"; port = {OWN}; }}; via = [ "eth1" ]; }}')


def conversations(pair):
    return [Flow(pair.world.host, HOST, pair.world.cn, CORRESPONDENT, port=port) for port in (OWN, REST)]


def carried(pair, seconds=0.5):
    """Which ports pass which uplink in which directions, inside the tunnel, for a while."""
    captures = {name: pair.world.capture(pair.world.mr, name, "ip6 and ip6[6] == 41") for name in ("eth0", "eth1")}
    time.sleep(seconds)
    found = {}
    for name, (program, path) in captures.items():
        program.stop()
        counts = Counter()
        for frame in rdpcap(path):
            inner = frame[IPv6].payload
            if isinstance(inner, IPv6) and UDP in inner:
                counts[inner[UDP].dport, "up" if inner.dst == CORRESPONDENT else "down"] += 1
        # A packet or two may have been under way.
        found[name] = {port: {way for way in BOTH if counts[port, way] > 3} for port in (OWN, REST)}
    return found


def wait_carried(pair, **wanted):
    wait_for(lambda: carried(pair) == wanted, f"the flows as {wanted}", 15)


def test_a_flow_takes_its_uplink_both_ways_falls_back_and_returns(make_pair_of):
    pair = make_pair_of(router={"extra": OVER_ETH1}).start()
    pair.wait_reachable()
    talks = conversations(pair)
    apart = {"eth0": {OWN: set(), REST: BOTH}, "eth1": {OWN: BOTH, REST: set()}}
    wait_carried(pair, **apart)
    assert {row["uplink"]: row["flows"] for row in pair.mr.ask("registrations")} == {"eth0": [], "eth1": [1]}
    assert {row["binding_id"]: row["flows"] for row in pair.ha.ask("bindings")} == {1: [], 2: [1]}

    pair.world.cables["eth1"].unplug()
    wait_carried(pair, eth0={OWN: BOTH, REST: BOTH}, eth1={OWN: set(), REST: set()})
    pair.world.cables["eth1"].plug()
    wait_carried(pair, **apart)

    pair.world.cables["eth0"].unplug()
    wait_carried(pair, eth0={OWN: set(), REST: set()}, eth1={OWN: BOTH, REST: BOTH})
    pair.world.cables["eth0"].plug()
    wait_carried(pair, **apart)

    pair.mr.configure(configuration.mobile_router())
    pair.mr.programs["mrd"].reload()
    wait_carried(pair, eth0={OWN: BOTH, REST: BOTH}, eth1={OWN: set(), REST: set()})
    for talk in talks:
        talk.stop()
    assert pair.mr.counters("mrd")["flow_binding_refused"] == 0


def test_a_home_agent_without_flows_sends_everything_by_the_best_uplink(make_pair_of):
    pair = make_pair_of(agent={"group": "multiple = { flows = 0; };"}, router={"extra": OVER_ETH1}).start()
    pair.wait_reachable()
    talks = conversations(pair)
    # What leaves the router goes as its file says; what comes is the home agent's choice.
    wait_carried(pair, eth0={OWN: {"down"}, REST: BOTH}, eth1={OWN: {"up"}, REST: set()})
    assert pair.mr.counters("mrd")["flow_binding_refused"] >= 1
    for talk in talks:
        up, down = talk.stop()
        assert len(up.received) > 0 and len(down.received) > 0
