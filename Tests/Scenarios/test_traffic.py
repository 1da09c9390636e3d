"""What travels through the tunnel: size, in both directions."""

import re

import pytest

from world.node import PATIENCE, wait_for
from world.world import CORRESPONDENT, HOST

# The access links' 1500 octets less the tunnel's own IPv6 header of 40.
TUNNEL_MTU = 1460
PING_HEADERS = 48


def parties(world):
    return {"up": (world.host, world.cn, CORRESPONDENT), "down": (world.cn, world.host, HOST)}


@pytest.mark.kernel
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_packet_too_big_for_the_tunnel_draws_packet_too_big_with_its_mtu(make_pair_of, direction):
    pair = make_pair_of().start()
    pair.wait_reachable()
    sender, _, destination = parties(pair.world)[direction]
    assert sender.ping(destination, "-M", "do", "-s", TUNNEL_MTU - PING_HEADERS, count=2)
    refused = sender.run(
        "ping", "-6", "-M", "do", "-c", 1, "-W", 5, "-s", TUNNEL_MTU - PING_HEADERS + 1, destination, check=False)
    assert re.search(rf"Packet too big:? mtu ?= ?{TUNNEL_MTU}", refused.stdout), refused.stdout
    # Where fragments are allowed, the sender now makes them, and they arrive.
    wait_for(lambda: sender.ping(destination, "-M", "want", "-s", 4000, count=2), "fragments to arrive")


@pytest.mark.kernel
@pytest.mark.parametrize("direction", ["up", "down"])
def test_tcp_runs_through_the_tunnel_at_full_size(make_pair_of, direction):
    pair = make_pair_of().start()
    pair.wait_reachable()
    sender, receiver, destination = parties(pair.world)[direction]
    # An emulated machine is slow at both ends at once.
    assert pair.tcp(sender, receiver, destination) > 20 / PATIENCE**2
    tunnel = pair.mr.ask("tunnels")[0]
    packets, octets = (tunnel["packets_out"], tunnel["bytes_out"]) if direction == "up" \
        else (tunnel["packets_in"], tunnel["bytes_in"])
    # Full segments, not the 1220 octets of IPv6's smallest MTU.
    assert octets / packets > 1300


def test_tunnel_counters_are_of_both_ends(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    pair.world.host.ping(CORRESPONDENT, count=5)
    mobile, home = pair.mr.ask("tunnels")[0], pair.ha.ask("tunnels")[0]
    assert mobile["local"] == home["remote"] and mobile["remote"] == home["local"]
    assert mobile["packets_out"] >= 5 and home["packets_in"] >= 5
