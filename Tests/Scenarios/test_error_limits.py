"""Who sends without end what the tunnel cannot carry hears of it so often and no more (RFC 4443 §2.4 (f)), and others hear of
theirs all the same."""

import pytest
from packets import *  # noqa: F401,F403 (sets scapy up)
from scapy.layers.inet6 import ICMPv6DestUnreach, ICMPv6PacketTooBig, IPerror6, IPv6, UDP, UDPerror
from scapy.packet import Raw
from scapy.utils import PcapReader

from world import configuration
from world.flood import Flood
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, HOST

# The packets' octets: too many for the tunnel in use, which the first access network makes narrower than the other one. For the
# device they are not, so that it is the engine that refuses them.
WAY, TUNNEL_MTU, SIZE = 1400, 1360, 1440
# What nemonetd sends one sender, at once and a second.
ERRORS = 50
# In Mbit/s: some hundreds of packets a second that are too big, and as many small ones.
FAST, SLOW = 10, 1
# Somebody else, more than one: they may be taken for the same now and then, and so may one of them and who floods.
OTHERS, ENOUGH = 10, 8


def link_address(node, interface):
    return node.ip_json("link", "show", "dev", interface)[0]["address"]


def errors(path, sides):
    """The errors about packets of the flood, or like them, that a capture holds, each with when it came."""
    with PcapReader(path) as frames:
        packets = [(float(frame.time), frame[IPv6]) for frame in frames if IPv6 in frame and sides.kind in frame]
    # TCP hears from the kernel, and of what does not fit the device either.
    return [(time, packet) for time, packet in packets if UDPerror in packet and packet[IPerror6].dst == sides.destination]


def addresses(prefix):
    return [f"{prefix}:7:{number:x}" for number in range(1, OTHERS + 1)]


class Sides:
    """Who floods whom, and by which link; what is wrong with it, and who says so."""

    def __init__(self, pair, side):
        world = pair.world
        if side == "too big for the router":
            self.system, self.sender, self.link, self.source = pair.mr, world.host, "lan0", HOST
            self.neighbour = link_address(world.mr, "lan0")
            self.others, self.answers, self.kind = addresses("2001:db8:10:"), HOME_ADDRESS, ICMPv6PacketTooBig
            self.destination, self.size, self.megabits = "2001:db8:c::666", SIZE, FAST
        else:
            self.system, self.sender, self.link, self.source = pair.ha, world.cn, "eth0", CORRESPONDENT
            self.neighbour = link_address(world.core, "to-cn")
            self.others, self.answers = addresses("2001:db8:c:"), HOME_AGENT
            self.destination, self.size, self.megabits, self.kind = {
                "too big for the agent": (HOST, SIZE, FAST, ICMPv6PacketTooBig),
                "for nobody": ("2001:db8:20::666", 100, SLOW, ICMPv6DestUnreach),
            }[side]

    def packet(self, source):
        payload = Raw(bytes(self.size - 48))
        return bytes(IPv6(src=source, dst=self.destination) / UDP(sport=9, dport=9) / payload)


@pytest.mark.hostile
@pytest.mark.parametrize("side", ["too big for the router", "too big for the agent", "for nobody"])
def test_a_flood_of_what_cannot_be_carried_draws_few_errors_and_leaves_the_others_theirs(make_pair_of, side):
    # Behind another node, which is not there, lies the network of nobody.
    nodes = [configuration.node("file:keys/router.key"),
             configuration.node("file:keys/router.key", "2001:db8:1::200", ("2001:db8:20::/60",), "bus-18", spi=257)]
    pair = make_pair_of(agent={"nodes": nodes})
    pair.world.mr.ip(f"link set eth0 mtu {WAY}")
    pair.world.access1.ip(f"link set eth0-port mtu {WAY}", f"link set lan mtu {WAY}")
    pair.start()
    pair.wait_reachable()
    wait_for(lambda: len(pair.ha.ask("tunnels")) == len(pair.mr.ask("tunnels")) == 2, "a tunnel over each uplink")
    sides = Sides(pair, side)
    sides.sender.ip(*(f"address add {address}/128 dev {sides.link} nodad" for address in sides.others))
    capture, path = pair.world.capture(sides.sender, sides.link, "icmp6 and ip6[40] < 4")
    before = sides.system.counters("nemonetd")["packet_error_suppressed"]
    flood = Flood(sides.sender, sides.link, sides.neighbour, [sides.packet(sides.source)], sides.megabits)
    told = lambda: errors(path, sides)  # noqa: E731
    suppressed = lambda: sides.system.counters("nemonetd")["packet_error_suppressed"] - before  # noqa: E731
    wait_for(lambda: suppressed() > 2 * ERRORS, "more than are answered")

    tries = 0
    def heard():
        # What the device had no room for is sent again.
        nonlocal tries
        missing = [address for address in sides.others if address not in {error.dst for _, error in told()}]
        for address in missing:
            sides.sender.send_packets([sides.packet(address)])
        tries += len(missing)
        return len(sides.others) - len(missing) >= ENOUGH
    wait_for(heard, "the others to hear of theirs", interval=0.5)
    assert pair.tcp(pair.world.host, pair.world.cn, CORRESPONDENT) > 1
    assert pair.tcp(pair.world.cn, pair.world.host, HOST) > 1
    sent = flood.stop()
    capture.stop()

    assert {error.src for _, error in told()} == {sides.answers}
    ours = [(time, error) for time, error in told() if error.dst == sides.source]
    assert len(ours) <= ERRORS + ERRORS * (ours[-1][0] - ours[0][0] + 1)
    assert suppressed() > 0 and len(ours) + suppressed() <= sent + tries
    if sides.kind is ICMPv6PacketTooBig:
        assert {error[ICMPv6PacketTooBig].mtu for _, error in ours} == {TUNNEL_MTU}
    else:
        assert {error[ICMPv6DestUnreach].code for _, error in ours} == {0}
    # As much of it as fits the least packet of IPv6.
    quoted = bytes(ours[0][1][sides.kind])[8:]
    whole = bytearray(sides.packet(sides.source))
    # It came through a router.
    whole[7] = quoted[7]
    assert quoted == bytes(whole)[:1280 - 48] and len(ours[0][1]) <= 1280
