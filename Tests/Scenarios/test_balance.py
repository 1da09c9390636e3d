"""Uplinks that share the flows by weight, in both directions (RFC 6089 §4.1): seen on the uplinks."""

import time
from collections import Counter

from scapy.layers.inet import TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.utils import rdpcap

from world import configuration
from world.flows import Flows
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOST

BALANCE = 'policy = { strategy = "balance"; };\n'
FLOWS = 60


def router(*weights):
    return {"uplinks": tuple(
        (name, metric, f"weight = {weight};") for (name, metric), weight in zip((("eth0", 10), ("eth1", 20)), weights)),
        "extra": BALANCE}


def shares(pair):
    return {row["interface"]: row["share"] for row in pair.mr.ask("uplinks")}


def wait_sharing(pair):
    wait_for(lambda: pair.mr.ask("why")["carriers"][-1]["uplinks"] == ["eth0", "eth1"], "both uplinks to share")
    wait_for(lambda: [row["active"] for row in pair.ha.ask("tunnels")] == [True, True], "two tunnels that carry")


def paths(pair, seconds=2.0):
    """By which uplinks each flow went within a while, up and down, by protocol and the port here."""
    captures = {name: pair.world.capture(pair.world.mr, name, "ip6 and ip6[6] == 41") for name in ("eth0", "eth1")}
    time.sleep(seconds)
    found = {}
    for name, (program, path) in captures.items():
        program.stop()
        for frame in rdpcap(path):
            inner = frame[IPv6].payload
            for kind in (UDP, TCP):
                if isinstance(inner, IPv6) and kind in inner:
                    way = "up" if inner.dst == CORRESPONDENT else "down"
                    port = inner[kind].sport if way == "up" else inner[kind].dport
                    found.setdefault((kind.__name__, port), {"up": set(), "down": set()})[way].add(name)
    return found


def of_udp(found):
    return {port: ways for (kind, port), ways in found.items() if kind == "UDP" and port in range(6000, 6000 + FLOWS)}


def settled(pair):
    """The one uplink of each UDP flow, once all go by one in both directions."""
    def once():
        found = of_udp(paths(pair, 1.0))
        if len(found) == FLOWS and all(ways["up"] == ways["down"] and len(ways["up"]) == 1 for ways in found.values()):
            return {port: next(iter(ways["up"])) for port, ways in found.items()}
        return None
    return wait_for(once, "each flow on one uplink", 20)


def out_of_order(node):
    rows = [line.split() for line in node.run("nstat", "-az", "TcpExtTCPOFOQueue").stdout.splitlines()]
    return next(int(row[1]) for row in rows if row and row[0] == "TcpExtTCPOFOQueue")


def test_flows_share_the_uplinks_by_weight_each_by_one_in_both_directions(make_pair_of):
    pair = make_pair_of(router=router(3, 1)).start()
    pair.wait_reachable()
    wait_sharing(pair)
    share = shares(pair)
    assert 60 < share["eth0"] < 90 and share["eth0"] + share["eth1"] == 100
    before = [out_of_order(node) for node in (pair.world.host, pair.world.cn)]
    talk = Flows(pair.world.host, HOST, pair.world.cn, CORRESPONDENT, FLOWS)
    uplinks = settled(pair)

    listener = pair.world.cn.start("iperf3", "iperf3", "-s", "-1")
    wait_for(lambda: ":5201" in pair.world.cn.run("ss", "-tln").stdout, "iperf3 to listen")
    client = pair.world.host.start(
        "iperf3", "iperf3", "-c", CORRESPONDENT, "-P", 12, "--bidir", "-b", "200K", "-l", "1000", "-t", 6)
    time.sleep(1.5)
    found = paths(pair, 3)
    client.process.wait(30)
    listener.process.wait(10)

    connections = {port: ways for (kind, port), ways in found.items() if kind == "TCP"}
    assert len(connections) > 20
    assert all(len(ways["up"]) <= 1 and len(ways["down"]) <= 1 for ways in found.values()), found
    assert all(ways["up"] == ways["down"] for ways in found.values() if ways["up"] and ways["down"]), found
    assert {port: next(iter(ways["up"])) for port, ways in of_udp(found).items()} == uplinks
    counted = Counter(uplinks.values())
    tcp = Counter(next(iter(ways["up"])) for ways in connections.values() if ways["up"])
    print(f"shares {share}; UDP flows {dict(counted)}, TCP connections {dict(tcp)}")
    assert abs(counted["eth0"] / FLOWS * 100 - share["eth0"]) < 25 and counted["eth1"] > 0 and tcp["eth1"] > 0
    ways = [way for both in talk.stop().values() for way in both]
    assert [way for way in ways if way.lost or way.disordered] == []
    assert [out_of_order(node) for node in (pair.world.host, pair.world.cn)] == before


def test_a_member_that_dies_takes_only_its_own_flows_along_and_gets_them_back(make_pair_of):
    pair = make_pair_of(router=router(1, 1)).start()
    pair.wait_reachable()
    wait_sharing(pair)
    talk = Flows(pair.world.host, HOST, pair.world.cn, CORRESPONDENT, FLOWS)
    uplinks = settled(pair)
    assert set(uplinks.values()) == {"eth0", "eth1"}

    pair.world.cables["eth0"].unplug()
    wait_for(lambda: pair.mr.ask("why")["carriers"][-1]["text"] == "goes by eth1", "one uplink")
    assert shares(pair) == {"eth0": None, "eth1": None}
    wait_for(lambda: len(pair.ha.ask("bindings")) == 1, "one binding")
    assert settled(pair) == dict.fromkeys(uplinks, "eth1")

    pair.world.cables["eth0"].plug()
    wait_sharing(pair)
    wait_for(lambda: settled(pair) == uplinks, "every flow where it was", 30)
    suffered = talk.stop()
    undisturbed = [way for port, both in suffered.items() for way in both if uplinks[port] == "eth1"]
    moved = [way for port, both in suffered.items() for way in both if uplinks[port] == "eth0"]
    print(f"{len(undisturbed)} undisturbed; of {len(moved)} moved, lost at most {max(way.lost for way in moved)}")
    assert [way for way in undisturbed if way.lost or way.disordered] == []
    # A packet each 100 ms.
    assert max(way.lost for way in moved) <= 10
    assert "uplinks_sharing" in [row["event"] for row in pair.mr.ask("events")]


def test_with_a_home_agent_of_one_binding_one_uplink_carries_all_and_that_is_said(make_pair_of):
    pair = make_pair_of(agent={"group": "multiple = { allowed = false; };"}, router=router(1, 1)).start()
    pair.wait_reachable()
    alone = "goes by eth0: the home agent takes one care-of address, so that one uplink carries all"
    wait_for(lambda: pair.mr.ask("why")["carriers"][-1]["text"] == alone, "the reason told", 20)
    talk = Flows(pair.world.host, HOST, pair.world.cn, CORRESPONDENT, FLOWS)
    assert set(settled(pair).values()) == {"eth0"}
    pair.world.cables["eth0"].unplug()
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the other uplink")
    assert set(settled(pair).values()) == {"eth1"}
    talk.stop()


def test_a_mobile_host_shares_its_uplinks_too(make_host_of):
    pair = make_host_of(host={"extra": BALANCE}).start()
    pair.wait_reachable()
    wait_sharing(pair)
    talk = Flows(pair.world.mr, HOME_ADDRESS, pair.world.cn, CORRESPONDENT, FLOWS)
    assert set(settled(pair).values()) == {"eth0", "eth1"}
    assert [way for both in talk.stop().values() for way in both if way.lost or way.disordered] == []


def test_weights_can_be_changed_while_flows_go_on(make_pair_of):
    pair = make_pair_of(router=router(1, 1)).start()
    pair.wait_reachable()
    wait_sharing(pair)
    talk = Flows(pair.world.host, HOST, pair.world.cn, CORRESPONDENT, FLOWS)
    before = settled(pair)
    pair.mr.configure(configuration.mobile_router(**router(1, 9)))
    pair.mr.programs["mrd"].reload()
    wait_for(lambda: shares(pair)["eth1"] and shares(pair)["eth1"] > 75, "the other shares")
    after = settled(pair)
    # Who gets more takes from the other, and nothing moves the other way.
    assert not [port for port in after if before[port] == "eth1" and after[port] == "eth0"]
    assert Counter(after.values())["eth1"] > Counter(before.values())["eth1"]
    assert [way for both in talk.stop().values() for way in both if way.lost] == []
