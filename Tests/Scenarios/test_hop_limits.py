"""Packets that come to the end of their hops at a tunnel (RFC 2473, sections 3.1, 3.3 and 6.3): the tunnel is one hop, and both
of its ends are seen by those who ask the way."""

import re

import pytest
from packets import *  # noqa: F401,F403 (sets scapy up)
from scapy.layers.inet6 import ICMPv6TimeExceeded, IPerror6, IPv6, UDP
from scapy.packet import Raw
from scapy.utils import rdpcap

from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, HOST, INGRESS_ROUTER

SINGLE = {"extra": 'policy = { bindings = "single"; probe = { enabled = false; }; };\n'}
# Nobody asks for these, and nobody listens at them.
PORTS = {"sport": 6275, "dport": 33434}
# A kernel answers by the address of the link that leads to who asks: the core's two, and the home agent's in the Internet.
CORE_NEAR_CORRESPONDENT, CORE_NEAR_AGENT, AGENT_NEAR_CORE = "2001:db8:c::1", "2001:db8:f3::1", "2001:db8:f3::2"


@pytest.fixture
def pair(make_pair_of):
    pair = make_pair_of(router=SINGLE).start()
    pair.wait_reachable()
    return pair


def hop(node, destination, hops):
    """Who answers a packet with so many hops to live: the router at which they ended, or the destination."""
    said = node.run(
        "ping", "-6", "-n", "-c", 1, "-W", 2, "-t", hops, "-s", 0, destination, check=False).stdout
    ended = re.search(r"From (\S+) icmp_seq=1 Time exceeded: Hop limit", said)
    arrived = re.search(r"8 bytes from (\S+): icmp_seq=1", said)
    found = ended or arrived
    return found and found.group(1).rstrip(":")


def trace(node, destination, length):
    """The way to a destination, hop by hop. A kernel answers the same peer only so often, so each may be asked again."""
    return [wait_for(lambda: hop(node, destination, hops), f"an answer at hop {hops}") for hops in range(1, length + 1)]


def probe(source, destination, hops):
    return IPv6(src=source, dst=destination, hlim=hops) / UDP(**PORTS) / Raw(b"how far does it get")


def read(path):
    return [frame[IPv6] for frame in rdpcap(path) if IPv6 in frame]


def innermost(packet):
    """What is in the tunnel, if it is a tunnelled packet."""
    return packet.payload if isinstance(packet.payload, IPv6) else packet


def probes(path, source):
    """The probes of a capture, and whether each is in a tunnel there."""
    found = [(innermost(packet), isinstance(packet.payload, IPv6)) for packet in read(path)]
    return [(packet, inside) for packet, inside in found if packet.src == source and UDP in packet
            and packet[UDP].dport == PORTS["dport"] and ICMPv6TimeExceeded not in packet]


def exceeded(path):
    return [packet for packet in read(path) if ICMPv6TimeExceeded in packet and packet[ICMPv6TimeExceeded].code == 0]


@pytest.mark.kernel
def test_the_way_through_the_tunnel_is_seen_hop_by_hop_from_both_sides(pair):
    # The tunnel is one hop, however many networks lie between its ends.
    assert trace(pair.world.host, CORRESPONDENT, 4) == [INGRESS_ROUTER, HOME_AGENT, CORE_NEAR_AGENT, CORRESPONDENT]
    # Where the router is now is nobody's business: it answers from the address that it has at home.
    assert trace(pair.world.cn, HOST, 4) == [CORE_NEAR_CORRESPONDENT, AGENT_NEAR_CORE, HOME_ADDRESS, HOST]


@pytest.mark.kernel
@pytest.mark.parametrize("side", ["router", "agent"])
def test_what_has_no_hop_left_does_not_enter_the_tunnel_and_its_sender_hears_so(pair, side):
    world = pair.world
    sender, source, destination, link, hops, answers = {
        "router": (world.host, HOST, CORRESPONDENT, "lan0", 1, INGRESS_ROUTER),
        # The core takes the first of them.
        "agent": (world.cn, CORRESPONDENT, HOST, "eth0", 2, AGENT_NEAR_CORE),
    }[side]
    outside, crossed = world.capture(world.core, "to-ha", "ip6")
    heard, path = world.capture(sender, link, "icmp6 and ip6[40] == 3")
    last, first = probe(source, destination, hops), probe(source, destination, hops + 1)

    def told():
        sender.send_packets([bytes(last)])
        return exceeded(path)

    wait_for(told, "Time Exceeded", interval=0.5)
    # One hop more, and it does.
    wait_for(lambda: sender.send_packets([bytes(first)]) or any(inside for _, inside in probes(crossed, source)),
             "a packet with a hop more to enter the tunnel", interval=0.5)
    heard.stop()
    outside.stop()
    error = next(error for error in exceeded(path) if error.dst == source and error.src == answers)
    # What invoked it, to the octet, with the hop limit that it came with.
    quoted = bytes(error[ICMPv6TimeExceeded])[8:]
    assert quoted == bytes(probe(source, destination, 1))
    assert error[IPerror6].hlim == 1
    # What was in the tunnel is the other one, one hop less than it came with; the outer header has a hop limit of its own.
    inner = [packet for packet, inside in probes(crossed, source) if inside]
    assert inner and {packet.hlim for packet in inner} == {1}
    assert {packet.hlim for packet in read(crossed) if isinstance(packet.payload, IPv6)} <= {64, 63, 62}


@pytest.mark.kernel
def test_the_tunnel_costs_one_hop_and_its_exit_another(pair):
    world = pair.world
    for sender, source, receiver, link, destination in (
            (world.host, HOST, world.cn, "eth0", CORRESPONDENT), (world.cn, CORRESPONDENT, world.host, "lan0", HOST)):
        capture, path = world.capture(receiver, link, f"src host {source} and udp")
        wait_for(lambda: sender.send_packets([bytes(probe(source, destination, 9))]) or probes(path, source), "the packet",
                 interval=0.5)
        capture.stop()
        # Mobile router, home agent and core.
        assert {packet.hlim for packet, _ in probes(path, source)} == {9 - 3}
        assert {bytes(packet.payload) for packet, _ in probes(path, source)} == {
            bytes(IPv6(bytes(probe(source, destination, 9))).payload)}


@pytest.mark.kernel
def test_a_mobile_host_is_no_hop_of_its_own_packets(make_host_of):
    pair = make_host_of(host=SINGLE).start()
    pair.wait_reachable()
    assert trace(pair.world.mr, CORRESPONDENT, 3) == [HOME_AGENT, CORE_NEAR_AGENT, CORRESPONDENT]
    assert trace(pair.world.cn, HOME_ADDRESS, 3) == [CORE_NEAR_CORRESPONDENT, AGENT_NEAR_CORE, HOME_ADDRESS]
