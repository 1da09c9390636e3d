"""Flows that take an uplink of their own, in both directions (RFC 6088, RFC 6089): seen on the uplinks."""

import time
from collections import Counter

from scapy.layers.inet import UDP
from scapy.layers.inet6 import IPv6
from scapy.utils import rdpcap

from conversation import Conversation
from world import configuration
from world.flow import Flow
from world.node import wait_for
from world.world import CORRESPONDENT, HOST

OWN, REST = 5000, 5001
#: Of a conversation's TCP.
CONNECTION = 5100
BOTH = {"up", "down"}
APART = {"eth0": {OWN: set(), REST: BOTH}, "eth1": {OWN: BOTH, REST: set()}}


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
    wait_carried(pair, **APART)
    assert {row["uplink"]: row["flows"] for row in pair.mr.ask("registrations")} == {"eth0": [], "eth1": [1]}
    assert {row["binding_id"]: row["flows"] for row in pair.ha.ask("bindings")} == {1: [], 2: [1]}

    pair.world.cables["eth1"].unplug()
    wait_carried(pair, eth0={OWN: BOTH, REST: BOTH}, eth1={OWN: set(), REST: set()})
    pair.world.cables["eth1"].plug()
    wait_carried(pair, **APART)

    pair.world.cables["eth0"].unplug()
    wait_carried(pair, eth0={OWN: set(), REST: set()}, eth1={OWN: BOTH, REST: BOTH})
    pair.world.cables["eth0"].plug()
    wait_carried(pair, **APART)

    pair.mr.configure(configuration.mobile_router())
    pair.mr.programs["mrd"].reload()
    wait_carried(pair, eth0={OWN: BOTH, REST: BOTH}, eth1={OWN: set(), REST: set()})
    for talk in talks:
        talk.stop()
    assert pair.mr.counters("mrd")["flow_binding_refused"] == 0


def test_a_connection_and_a_stream_of_flow_rules_outlive_all_their_changes(make_pair_of):
    rules = (f'{{ match = {{ protocol = "udp"; port = {OWN}; }}; via = [ "eth1" ]; }}, '
             f'{{ match = {{ protocol = "tcp"; port = {CONNECTION}; }}; via = [ "eth1" ]; }}')
    pair = make_pair_of(router={"extra": policy(rules)}).start()
    pair.wait_reachable()
    talk = Conversation(pair)
    own = {"eth0": {OWN: set(), REST: set()}, "eth1": {OWN: BOTH, REST: set()}}
    fallen = {"eth0": own["eth1"], "eth1": own["eth0"]}
    wait_carried(pair, **own)
    pair.world.cables["eth1"].unplug()
    wait_carried(pair, **fallen)
    pair.world.cables["eth1"].plug()
    wait_carried(pair, **own)
    talk.stop("flow rules whose uplink goes and comes")
    # And where nothing is cut off.
    talk = Conversation(pair)
    wait_carried(pair, **own)
    pair.mr.configure(configuration.mobile_router())
    pair.mr.programs["mrd"].reload()
    wait_carried(pair, **fallen)
    pair.mr.configure(configuration.mobile_router(extra=policy(rules)))
    pair.mr.programs["mrd"].reload()
    wait_carried(pair, **own)
    up, down = talk.stop("flow rules that come and go")
    assert (up.lost, down.lost) == (0, 0)


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


def only_over_eth1(otherwise):
    return policy(f'{{ match = {{ protocol = "udp"; port = {OWN}; }}; via = [ "eth1" ]; otherwise = "{otherwise}"; }}')


def interrupted(pair):
    """A world whose flow has lost its uplink, with what talks in it; the others are undisturbed."""
    pair.start()
    pair.wait_reachable()
    talks = conversations(pair)
    wait_carried(pair, **APART)
    pair.world.cables["eth1"].unplug()
    wait_for(lambda: pair.mr.ask("why")["carriers"][0]["uplinks"] == [], "the flow without an uplink")
    return talks


def test_a_flow_that_drops_leaves_no_other_uplink_and_takes_nothing_from_it(make_pair_of):
    pair = make_pair_of(router={"extra": only_over_eth1("drop")})
    talks = interrupted(pair)
    # The home agent knows no such rule: what it sends comes by the other uplink, and ends at the router.
    wait_carried(pair, eth0={OWN: {"down"}, REST: BOTH}, eth1={OWN: set(), REST: set()})
    assert pair.mr.ask("why")["carriers"][0]["text"] == "is dropped: none of its uplinks is up"
    inner = pair.world.capture(pair.world.mr, "lan0", f"udp port {OWN} and src {CORRESPONDENT}")
    before = pair.mr.counters("nemonetd")
    time.sleep(0.5)
    after = pair.mr.counters("nemonetd")
    inner[0].stop()
    assert len(rdpcap(inner[1])) == 0
    assert after["dropped_flow_without_uplink"] > before["dropped_flow_without_uplink"]
    assert after["dropped_flow_not_taken"] > before["dropped_flow_not_taken"]

    pair.world.cables["eth1"].plug()
    wait_carried(pair, **APART)
    own, rest = [talk.stop() for talk in talks]
    assert all(way.lost > 30 and way.disordered == 0 for way in own)
    assert [way.lost for way in rest] == [0, 0]


def test_a_flow_that_waits_goes_on_in_order_with_what_was_held(make_pair_of):
    pair = make_pair_of(router={"extra": only_over_eth1("wait")})
    talks = interrupted(pair)
    wait_carried(pair, eth0={OWN: {"down"}, REST: BOTH}, eth1={OWN: set(), REST: set()})
    assert pair.mr.ask("why")["carriers"][0]["text"] == "waits: none of its uplinks is up"
    waiting_since = time.monotonic()
    pair.world.cables["eth1"].plug()
    wait_carried(pair, **APART)
    waited = time.monotonic() - waiting_since
    own, rest = [talk.stop() for talk in talks]
    ended = pair.mr.counters("nemonetd")["dropped_flow_waited_too_long"]
    print(f"up {own[0]!r}, down {own[1]!r}, waited {waited:.1f} s at most, {ended} packets waited too long")
    # What was lost is what left before the router knew, and what waited for longer than it may.
    assert own[0].disordered == 0 and own[0].lost <= ended + 20
    # What comes in arrives, and nobody else noticed.
    assert own[1].lost <= 20
    assert [way.lost for way in rest] == [0, 0]


def test_no_more_waits_than_there_is_room_and_time_for(make_pair_of):
    pair = make_pair_of(router={"extra": only_over_eth1("wait")})
    pair.world.cables["eth1"].unplug()
    pair.start()
    pair.wait_reachable()
    wait_for(lambda: pair.mr.ask("why")["carriers"][0]["uplinks"] == [], "the flow without an uplink")
    pair.world.host.run("python3", "-c", (
        "import socket\n"
        "out = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\n"
        f"for _ in range(400): out.sendto(bytes(1000), ('{CORRESPONDENT}', {OWN}))\n"))
    refused = wait_for(lambda: pair.mr.counters("nemonetd")["dropped_flow_queue_full"], "packets without room")
    assert 100 < refused < 200
    wait_for(lambda: pair.mr.counters("nemonetd")["dropped_flow_waited_too_long"] + refused == 400, "the others' end", 15)
    assert pair.both_ways()
