"""What is allowed past the home agent and hardly ever sent, and what nobody should send: one answer, or a counter."""

import pytest
from test_route_optimised_packets import STRANGER, kernel_knows_mobility, make_direct  # noqa: F401 (a fixture)
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOME_AGENT

from packets import *  # noqa: F401,F403 (sets scapy up)
from scapy.layers.inet6 import (  # noqa: E402
    HAO, HBHOptUnknown, ICMPv6DestUnreach, ICMPv6EchoReply, ICMPv6EchoRequest, ICMPv6PacketTooBig, ICMPv6ParamProblem, IPv6,
    IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, UDP)
from scapy.packet import Raw  # noqa: E402
from scapy.utils import rdpcap  # noqa: E402

ROUTER = "2001:db8:a1::1"
# Of our own echoes, not those of ping.
IDENTIFIER = 0x6275


def answers(path):
    """The echoes that were answered, by number, and how many Parameter Problems there are."""
    packets = [packet[IPv6] for packet in rdpcap(path) if IPv6 in packet]
    echoes = [packet[ICMPv6EchoReply].seq for packet in packets
              if ICMPv6EchoReply in packet and packet[ICMPv6EchoReply].id == IDENTIFIER]
    return sorted(echoes), sum(ICMPv6ParamProblem in packet for packet in packets)


def echo(number):
    """With the checksum of a packet from the home address: of headers with more than one option scapy does not know that."""
    return ICMPv6EchoRequest(bytes(
        IPv6(src=HOME_ADDRESS, dst=CORRESPONDENT) / ICMPv6EchoRequest(id=IDENTIFIER, seq=number))[40:])


def judge(direct, capture, path, expected):
    """Holds that these are the answers, none comes behind them, and nothing of it was dropped at the correspondent."""
    wait_for(lambda: answers(path) == expected, f"the answers {expected}")
    assert direct.ping("mr", CORRESPONDENT, count=1)
    capture.stop()
    assert answers(path) == expected
    assert direct.drops(direct.cn) == {}


@pytest.mark.kernel
@pytest.mark.hostile
def test_home_address_options_at_unusual_places_get_one_answer(make_direct):
    direct = make_direct()
    world = direct.world
    direct.bind()
    outer = IPv6(src=direct.care_of, dst=CORRESPONDENT)
    option = IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME_ADDRESS)])
    # Kernels take no more than seven octets of padding (RFC 4942 §2.1.9.5).
    passed_over = HBHOptUnknown(otype=0x1E, optdata=bytes(10))
    padding = IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))])
    taken = [
        # Behind other options of its header, in a second header, behind long hop-by-hop options, behind a routing header that has
        # been followed to its end.
        outer / IPv6ExtHdrDestOpt(options=[passed_over, HAO(hoa=HOME_ADDRESS)]),
        outer / padding / option,
        outer / IPv6ExtHdrHopByHop(options=[HBHOptUnknown(otype=0x1E, optdata=bytes(12))]) / option,
        outer / IPv6ExtHdrRouting(type=253, addresses=[STRANGER], segleft=0) / option,
        # The usual ones.
        outer / option,
        outer / IPv6ExtHdrHopByHop(options=[PadN(optdata=bytes(4))]) / option,
    ]
    refused = [
        # Where its alignment does not let it be, and behind an option that has to be answered as well.
        outer / IPv6ExtHdrDestOpt(autopad=0, options=[HAO(hoa=HOME_ADDRESS), PadN(optdata=bytes(2))]),
        outer / IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=0x9E, optdata=bytes(10)), HAO(hoa=HOME_ADDRESS)]),
    ]
    capture, path = world.capture(world.cn, "eth0", "ip6")
    packets = taken + refused
    world.access1.send_packets([bytes(packet / echo(number)) for number, packet in enumerate(packets)])
    problems = 0 if kernel_knows_mobility() else 1
    judge(direct, capture, path, ([0, 1, 2, 3, 4, 5], problems + 1))


@pytest.mark.kernel
@pytest.mark.hostile
def test_a_home_address_option_under_an_authentication_header_is_the_kernels_wherever_it_stands(make_direct):
    """The header covers it, and a kernel that knows no such option says so (RFC 6275, sections 6.3 and 9.3.1)."""
    direct = make_direct()
    world = direct.world
    direct.bind()
    outer = IPv6(src=direct.care_of, dst=CORRESPONDENT)
    option = IPv6ExtHdrDestOpt(nh=51, options=[HAO(hoa=HOME_ADDRESS)]) / Raw(bytes([58, 4]) + bytes(22))
    capture, path = world.capture(world.cn, "eth0", "ip6")
    packets = [outer / option, outer / IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))]) / option]
    world.access1.send_packets([bytes(packet / echo(number)) for number, packet in enumerate(packets)])
    problems = 0 if kernel_knows_mobility() else len(packets)
    judge(direct, capture, path, ([], problems))


@pytest.mark.kernel
@pytest.mark.hostile
def test_type_2_routing_headers_at_unusual_places_get_one_answer(make_direct):
    direct = make_direct()
    world = direct.world
    direct.bind()
    outer = IPv6(src=CORRESPONDENT, dst=direct.care_of)
    header = IPv6ExtHdrRouting(type=2, addresses=[HOME_ADDRESS], segleft=1)
    # The kernel's own answer goes by whichever router it likes.
    world.mr.ip("link set eth1 down")
    capture, path = world.capture(world.mr, "eth0", "ip6")
    before = direct.mn.counters("nemonetd")["direct_packets_in"]
    world.cn.send_packets([
        bytes(outer / IPv6ExtHdrDestOpt(options=[PadN(optdata=bytes(4))]) / header / ICMPv6EchoRequest(id=IDENTIFIER)),
        # Behind another one it is the kernel's.
        bytes(outer / IPv6ExtHdrRouting(type=253, addresses=[STRANGER], segleft=0) / header / ICMPv6EchoRequest(id=IDENTIFIER))])
    wait_for(lambda: direct.mn.counters("nemonetd")["direct_packets_in"] == before + 1, "the first to be taken")
    problems = 0 if kernel_knows_mobility() else 1
    wait_for(lambda: answers(path)[1] == problems, "the other one to be answered")
    assert direct.ping("mr", CORRESPONDENT, count=1)
    capture.stop()
    assert answers(path)[1] == problems


@pytest.mark.hostile
def test_errors_that_help_nobody_are_counted(make_direct):
    direct = make_direct()
    world = direct.world
    direct.bind()
    assert direct.ping("mr", CORRESPONDENT)

    def count(name):
        return direct.mn.counters("nemonetd").get(name, 0)

    def tell(error, about, times=1):
        world.access1.send_packets([bytes(IPv6(src=ROUTER, dst=direct.care_of) / error / about)] * times)

    datagram = UDP(sport=4000, dport=4000) / bytes(8)
    inner = IPv6(src=HOME_ADDRESS, dst=STRANGER) / datagram
    tell(ICMPv6PacketTooBig(mtu=1400), IPv6(src=direct.care_of, dst=STRANGER) / inner)
    wait_for(lambda: count("path_mtu_unmatched") == 1, "one about no tunnel of ours")
    tell(ICMPv6PacketTooBig(mtu=1279), IPv6(src=direct.care_of, dst=HOME_AGENT) / inner)
    wait_for(lambda: count("path_mtu_below_minimum") == 1, "one that names no link of IPv6")
    sent = (IPv6(src=direct.care_of, dst=CORRESPONDENT) / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME_ADDRESS)]) / datagram)

    def suppressed():
        # 50 at once, and 50 a second: on a busy machine it may take some more.
        tell(ICMPv6DestUnreach(code=3), sent, times=120)
        return count("direct_error_suppressed") > 0

    wait_for(suppressed, "more errors than are passed on", interval=0.1)
    passed = count("direct_error_restored")
    assert passed >= 50
    world.mr.ip("link set shisa0 down")

    def not_delivered():
        tell(ICMPv6DestUnreach(code=3), sent)
        return count("direct_error_not_delivered") > 0

    wait_for(not_delivered, "an error that the device does not take", interval=0.1)


def test_who_sends_to_very_many_peers_is_told_of_for_some_and_counted_for_the_others(make_direct):
    direct = make_direct()
    script = (
        "import socket, sys\n"
        "out = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)\n"
        "out.bind((sys.argv[1], 0))\n"
        "for number in range(1, 301):\n"
        "    out.sendto(b'x', (f'2001:db8:c::1:{number:x}', 4000))\n")

    def refused():
        direct.world.mr.run("python3", "-c", script, HOME_ADDRESS)
        return direct.mn.counters("nemonetd")["direct_use_refused"] > 0

    assert direct.mn.counters("nemonetd")["direct_use_refused"] == 0
    # A hundred at once, and fifty a second: on a busy machine it may take some more.
    wait_for(refused, "more peers than are told of", interval=0.1)
    assert direct.node.hear("routeHint")[1] == HOME_ADDRESS
