"""Mobile networks in mobile networks: tunnels in tunnels, and two routers that are each behind the other."""

import time

import pytest
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.utils import rdpcap

from world import configuration
from world.cable import PlainCable
from world.node import wait_for
from world.system import MobileRouterSystem
from world.world import (
    CORRESPONDENT, HOST, INGRESS_PREFIX, SECOND_HOME_ADDRESS, SECOND_HOST, SECOND_INGRESS_PREFIX, SECOND_MOBILE_PREFIX)

SECOND_UPLINKS = (("wan0", 10), ("wan1", 20))


def network(prefix):
    return prefix.split("/")[0]


def second_node(prefixes=(SECOND_MOBILE_PREFIX,)):
    return configuration.node("file:keys/second.key", SECOND_HOME_ADDRESS, prefixes, "car-2")


@pytest.fixture
def two_routers(make_pair_of):
    """A Pair with a second mobile router, `mr2`, that is known to the same home agent and not started."""
    def make(**options):
        pair = make_pair_of(
            second_router=True,
            agent={"nodes": [configuration.node("file:keys/router.key"), second_node()]}, **options)
        pair.mr2 = MobileRouterSystem(pair.world, pair.world.mr2)
        pair.mr2.configure(configuration.mobile_router(
            address=SECOND_HOME_ADDRESS, prefixes=(SECOND_MOBILE_PREFIX,), ingress=SECOND_INGRESS_PREFIX,
            uplinks=SECOND_UPLINKS))
        pair.mr2.key("home.key", pair.ha.key("second.key"))
        return pair
    return make


def is_ping(packet):
    """Whether it is a host's echo request, and not a probe of a router's, which is shorter."""
    return isinstance(packet, ICMPv6EchoRequest) and len(packet.data) > 8


def start_behind(pair):
    """Starts everybody, the second router at the link behind the first."""
    pair.start()
    pair.world.advertise(pair.world.mr, "lan0", network(INGRESS_PREFIX))
    pair.wait_reachable()
    pair.world.cables["wan0"].plug()
    pair.mr2.start("nemonetd", "babymdd", "mrd")
    pair.mr2.wait_registered("wan0")
    wait_second_reachable(pair)


def second_both_ways(pair):
    return pair.world.host2.ping(CORRESPONDENT, count=3) and pair.world.cn.ping(SECOND_HOST, count=3)


def wait_second_reachable(pair, timeout=15):
    wait_for(lambda: pair.world.host2.ping(CORRESPONDENT), "the correspondent to answer the second host", timeout)


def headers(packet):
    """How many IPv6 headers stand before what a packet carries."""
    count = 0
    while isinstance(packet, IPv6):
        count, packet = count + 1, packet.payload
    return count, packet


def test_a_router_behind_a_router_is_reached_through_two_tunnels(two_routers):
    pair = two_routers()
    start_behind(pair)
    assert pair.mr2.registration()["care_of_address"].startswith(network(INGRESS_PREFIX).rstrip(":"))
    assert second_both_ways(pair) and pair.both_ways()
    # From one network to the other, which the home agent joins.
    assert pair.world.host2.ping(HOST, count=3) and pair.world.host.ping(SECOND_HOST, count=3)

    capture, path = pair.world.capture(pair.world.mr, "eth0", "ip6[6] == 41")
    assert pair.world.host2.ping(CORRESPONDENT, count=3)
    capture.stop()
    found = [headers(frame[IPv6]) for frame in rdpcap(path) if IPv6 in frame]
    assert {count for count, inner in found if is_ping(inner)} == {3}
    assert pair.world.spoofed("access1") == 0


def test_packets_fit_two_tunnels(two_routers):
    pair = two_routers()
    start_behind(pair)
    assert pair.tcp(pair.world.host2, pair.world.cn, CORRESPONDENT) > 1
    assert pair.tcp(pair.world.cn, pair.world.host2, SECOND_HOST) > 1
    # The second router began with what its link takes, and heard from the first what its tunnel takes.
    assert pair.mr2.counters("nemonetd")["path_mtu_learnt"] >= 1
    assert {row["mtu"] for row in pair.mr2.ask("tunnels")} == {1420}
    assert {row["mtu"] for row in pair.mr.ask("tunnels") if row["active"]} == {1460}
    whole = 1420 - 40 - 8
    assert pair.world.host2.ping(CORRESPONDENT, "-M", "do", "-s", whole, count=2)
    assert pair.world.cn.ping(SECOND_HOST, "-M", "do", "-s", whole, count=2)
    assert not pair.world.host2.ping(CORRESPONDENT, "-M", "do", "-s", whole + 1)


def test_the_router_in_front_changes_its_uplink_and_the_one_behind_it_leaves(two_routers):
    pair = two_routers()
    start_behind(pair)
    care_of = pair.mr2.registration()["care_of_address"]
    pair.world.cables["eth0"].unplug()
    pair.mr.wait_registered("eth1")
    wait_second_reachable(pair)
    assert pair.mr2.registration()["care_of_address"] == care_of
    assert second_both_ways(pair)

    pair.world.cables["wan0"].unplug()
    pair.world.cables["wan1"].plug()
    pair.mr2.wait_registered("wan1")
    wait_second_reachable(pair)
    assert second_both_ways(pair) and pair.both_ways()
    assert pair.world.spoofed("access2") == 0


def test_a_mobile_host_behind_a_mobile_router(two_routers):
    pair = two_routers()
    pair.ha.configure(configuration.home_agent(
        nodes=[configuration.node("file:keys/router.key"), second_node(prefixes=())]))
    mn = MobileRouterSystem(pair.world, pair.world.host)
    mn.configure(configuration.mobile_host(address=SECOND_HOME_ADDRESS, uplinks=(("lan0", 10),)))
    mn.key("home.key", pair.ha.key("second.key"))
    pair.start()
    pair.world.advertise(pair.world.mr, "lan0", network(INGRESS_PREFIX))
    pair.wait_reachable()
    mn.start("nemonetd", "babymdd", "mnd")
    mn.wait_registered("lan0")
    assert mn.registration()["care_of_address"].startswith(network(INGRESS_PREFIX).rstrip(":"))
    wait_for(lambda: pair.world.cn.ping(SECOND_HOME_ADDRESS), "the home address to answer")
    assert pair.world.cn.ping(SECOND_HOME_ADDRESS, count=3)
    assert pair.world.host.ping(CORRESPONDENT, "-I", SECOND_HOME_ADDRESS, count=3)


def test_routers_behind_each_other_do_not_send_a_packet_round_for_ever(two_routers):
    pair = two_routers(router={"uplinks": (("eth0", 10), ("back0", 20))})
    pair.start()
    pair.world.cables["wan1"].plug()
    pair.mr2.start("nemonetd", "babymdd", "mrd")
    pair.mr2.wait_registered("wan1")
    pair.world.advertise(pair.world.mr, "lan0", network(INGRESS_PREFIX))
    pair.world.advertise(pair.world.mr2, "lan0", network(SECOND_INGRESS_PREFIX))
    # The first goes behind the second, and then the second behind the first.
    pair.world.cables["eth0"].unplug()
    pair.world.cables["back0"].plug()
    pair.mr.wait_registered("back0")
    pair.wait_reachable()
    pair.world.cables["wan1"].unplug()
    pair.world.cables["wan0"].plug()
    wait_for(lambda: pair.mr2.active_uplink() == "wan0", "the second router to be behind the first")

    capture, path = pair.world.capture(pair.world.mr, "back0", "ip6[6] == 41")
    pings = 10
    for _ in range(pings):
        for host in (pair.world.host, pair.world.host2):
            host.ping(CORRESPONDENT, "-p", "5a", wait=0.2)
    time.sleep(1)
    capture.stop()
    found = [headers(frame[IPv6]) for frame in rdpcap(path) if IPv6 in frame]
    depths = [count for count, inner in found if is_ping(inner)]
    # Five tunnels at most, and a packet passes this cable at most that often.
    assert depths and max(depths) <= 6
    assert len(depths) <= 2 * pings * 5

    def dropped():
        return sum(system.counters("nemonetd")["dropped_nested_too_deep"] for system in (pair.mr, pair.mr2))
    wait_for(dropped, "packets that went round to be counted")

    pair.world.cables["eth0"].plug()
    pair.mr.wait_registered("eth0", 40)
    pair.mr2.wait_registered("wan0", 40)
    pair.wait_reachable()
    wait_second_reachable(pair)
    assert second_both_ways(pair) and pair.both_ways()


def test_a_router_does_not_register_from_its_own_network(make_pair_of):
    pair = make_pair_of(second_router=True, router={"uplinks": (("own0", 1), ("eth0", 10))})
    own = PlainCable("own0", pair.world.mr, pair.world.mr, "lan0")
    pair.start()
    pair.world.advertise(pair.world.mr, "lan0", network(INGRESS_PREFIX))
    wait_for(lambda: [row for row in pair.mr.ask("uplinks") if row["interface"] == "own0" and row["care_of_address"]],
             "an address of its own network on the uplink")
    pair.wait_reachable()
    # Longer than a better uplink is watched before it is used.
    time.sleep(3)
    assert pair.mr.active_uplink() == "eth0"
    assert {row["uplink"] for row in pair.mr.ask("registrations")} == {"eth0"}
    assert len(pair.ha.ask("bindings")) == 1
    own.unplug()
    assert pair.both_ways()
