"""A mobile router with several home addresses, and several links behind it."""

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, IPv6
from scapy.utils import rdpcap

from world import configuration
from world.node import wait_for
from world.world import (
    CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, HOST, INGRESS_PREFIX, MOBILE_PREFIX, SECOND_HOME_ADDRESS,
    SECOND_INGRESS_PREFIX, SECOND_MOBILE_PREFIX)

LINK = 'link = "home0";'
# The second link gets the next free prefix of the first home address, the third one of the second.
LINKS = f"""ingress = (
  {{ interface = "lan0"; }}, {{ interface = "lan1"; }}, {{ interface = "lan2"; prefix = "{SECOND_INGRESS_PREFIX}"; }} );"""
HOSTS = {"host2": ("lan1", "2001:db8:10:1::"), "host3": ("lan2", "2001:db8:20::")}


def second_home():
    return f"""homes = ( {{ agent = "{HOME_AGENT}"; address = "{SECOND_HOME_ADDRESS}/64";
  prefixes = [ "{SECOND_MOBILE_PREFIX}" ]; authentication = {{ spi = 256; key = "file:keys/second.key"; }}; }} );
"""


def second_node():
    return configuration.node("file:keys/second.key", SECOND_HOME_ADDRESS, (SECOND_MOBILE_PREFIX,), "bus-17b")


@pytest.fixture
def two_homes(make_pair_of):
    """A Pair whose mobile router has two home addresses and three links behind it, with a host on each."""
    def make(is_known=True, router=None, group="", **options):
        nodes = [configuration.node("file:keys/router.key")] + ([second_node()] if is_known else [])
        pair = make_pair_of(agent={"nodes": nodes, "group": group}, **options)
        one = f'ingress = ( {{ interface = "lan0"; prefix = "{INGRESS_PREFIX}"; }} );'
        text = configuration.mobile_router(extra=second_home(), **(router or {}))
        assert one in text
        pair.mr.configure(text.replace(one, LINKS))
        pair.mr.key("second.key", pair.ha.key("second.key"))
        for name, (link, network) in HOSTS.items():
            pair.world._node(name)
            pair.world.mr.ip(f"link add {link} type veth peer name {link} netns {name}", f"link set {link} up")
            pair.world.nodes[name].ip(
                f"link set {link} up", f"address add {network}10/64 dev {link} nodad", f"route add default via {network}1")
        return pair
    return make


def hosts(pair):
    return {"host": HOST} | {name: f"{network}10" for name, (_, network) in HOSTS.items()}


def all_reachable(pair):
    return all(pair.world.nodes[name].ping(CORRESPONDENT) and pair.world.cn.ping(address)
               for name, address in hosts(pair).items())


def wait_all_reachable(pair):
    wait_for(lambda: all_reachable(pair), "every host to be reached", 20)


def test_each_home_address_is_registered_with_its_networks(two_homes):
    pair = two_homes().start()
    wait_for(lambda: {row["home_address"]: row["prefixes"] for row in pair.ha.ask("bindings")}
             == {HOME_ADDRESS: [MOBILE_PREFIX], SECOND_HOME_ADDRESS: [SECOND_MOBILE_PREFIX]}, "two bindings")
    wait_all_reachable(pair)
    # The links of one router reach each other without leaving it.
    before = sum(row["packets_out"] for row in pair.mr.ask("tunnels"))
    assert pair.world.host2.ping("2001:db8:20::10", count=3) and pair.world.host3.ping(HOST, count=3)
    assert sum(row["packets_out"] for row in pair.mr.ask("tunnels")) == before
    pair.world.cables["eth0"].unplug()
    for address in (HOME_ADDRESS, SECOND_HOME_ADDRESS):
        wait_for(lambda: pair.mr.registration(address)["uplink"] == "eth1", f"{address} over the other uplink")
    wait_all_reachable(pair)


def test_all_home_addresses_come_home(two_homes):
    pair = two_homes(way_home=True, group=LINK, router={"uplinks": (("eth0", 10), ("eth2", 20))}).start()
    wait_all_reachable(pair)
    capture, path = pair.world.capture(pair.world.neighbour, "home0", "icmp6 and ip6[40] == 136")
    pair.world.cables["eth2"].plug()
    for address in (HOME_ADDRESS, SECOND_HOME_ADDRESS):
        wait_for(lambda: pair.mr.registration(address)["state"] == "home", f"{address} to be at home", 20)
    wait_for(lambda: not pair.ha.ask("bindings"), "nothing to be bound")
    wait_all_reachable(pair)
    capture.stop()
    told = {frame[ICMPv6ND_NA].tgt for frame in rdpcap(path)
            if ICMPv6ND_NA in frame and frame[IPv6].dst == "ff02::1" and frame[ICMPv6ND_NA].O and not frame[ICMPv6ND_NA].S}
    assert {HOME_ADDRESS, SECOND_HOME_ADDRESS} <= told
    pair.world.cables["eth2"].unplug()
    pair.mr.wait_registered("eth0")
    wait_all_reachable(pair)


def test_a_home_address_that_is_refused_leaves_the_other_alone(two_homes):
    pair = two_homes(is_known=False).start()
    wait_for(lambda: pair.mr.registration(SECOND_HOME_ADDRESS)["state"] == "refused", "the second to be refused")
    assert pair.mr.registration(HOME_ADDRESS)["state"] == "registered"
    pair.wait_reachable()
    assert pair.both_ways()
    assert not pair.world.host3.ping(CORRESPONDENT)
