"""Errors from the way between the tunnel's ends reach whoever sent what was in the tunnel (RFC 2473 §8)."""

import pytest

from world.node import wait_for
from world.world import CORRESPONDENT, HOST

# The first access network, and its router.
CARE_OF_NETWORK, CARE_OF_ROUTER = "2001:db8:a1::/64", "2001:db8:a1::1"
SINGLE = {"extra": 'policy = { bindings = "single"; };\n'}


def ping(node, destination):
    return node.run("ping", "-6", "-n", "-c", 2, "-i", "0.5", "-W", 4, destination, check=False).stdout


@pytest.mark.kernel
def test_a_correspondent_hears_from_the_home_agent_that_the_care_of_address_is_not_there(make_pair_of):
    pair = make_pair_of(router=SINGLE).start()
    pair.wait_reachable()
    for name in ("mrd", "babymdd", "nemonetd"):
        pair.mr.programs[name].kill()
    pair.world.mr.ip("link set eth0 down")
    pair.world.access1.ip("neighbour flush dev lan")
    wait_for(lambda: "From 2001:db8:1::1 icmp_seq" in ping(pair.world.cn, HOST), "the error, from the home agent", 20)
    assert pair.ha.counters("nemonetd")["tunnel_error_relayed"] >= 1


def test_a_host_hears_from_its_router_that_the_home_agent_cannot_be_reached(make_pair_of):
    pair = make_pair_of(router=SINGLE).start()
    pair.wait_reachable()
    pair.world.access1.ip("route add unreachable 2001:db8:1::/64")
    # From the home address: where the router is, is no business of its hosts.
    wait_for(lambda: "From 2001:db8:1::100 icmp_seq" in ping(pair.world.host, CORRESPONDENT), "the error", 20)
    assert pair.mr.counters("nemonetd")["tunnel_error_relayed"] >= 1


def test_a_refresh_notices_that_the_way_to_the_node_became_narrower(make_pair_of):
    pair = make_pair_of(router={**SINGLE, "lifetime": 8}).start()
    pair.wait_reachable()
    # Where the other uplink was up first, the node moves once, and packets from there are taken for a while.
    wait_for(lambda: [row["mtu"] for row in pair.ha.ask("tunnels")] == [1460], "one tunnel", 20)
    route = pair.world.ha.run("ip", "-6", "route", "get", CARE_OF_ROUTER).stdout.split()
    via = f"via {route[route.index('via') + 1]} " if "via" in route else ""
    pair.world.ha.ip(f"route add {CARE_OF_NETWORK} {via}dev {route[route.index('dev') + 1]} metric 1 mtu 1400")
    wait_for(lambda: [row["mtu"] for row in pair.ha.ask("tunnels")] == [1360], "the narrower tunnel", 20)
