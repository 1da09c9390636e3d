"""A tunnel's way that does not take 1,280 octets and an outer header in one piece (RFC 2473 §7.1), and peers that hear of none."""

import re

import pytest
from packets import HOME_AGENT, tunnelled
from scapy.layers.inet import TCP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment, defragment6, fragment6
from scapy.packet import Raw
from scapy.utils import rdpcap

from world.node import PATIENCE, wait_for
from world.world import CORRESPONDENT, HOST

# What the first access network takes.
WAY = 1300
TUNNEL_MTU = WAY - 40
LEAST = 1280
PING_HEADERS = 48
SINGLE = 'policy = { bindings = "single"; probe = { enabled = false; }; };\n'
ATTACKER = "2001:db8:a2::1"


@pytest.fixture
def make_narrow(make_pair_of):
    """Makes a pair whose router is at a link that takes no more than `WAY`, and starts it."""
    def make(engine=""):
        pair = make_pair_of(agent={"extra": engine}, router={"extra": SINGLE + engine})
        pair.world.mr.ip(f"link set eth0 mtu {WAY}")
        pair.world.access1.ip(f"link set eth0-port mtu {WAY}", f"link set lan mtu {WAY}")
        pair.start()
        pair.wait_reachable()
        return pair
    return make


def parties(world, direction):
    return (world.host, CORRESPONDENT) if direction == "up" else (world.cn, HOST)


def drops(system):
    return {name: count for name, count in system.counters("nemonetd").items() if name.startswith("dropped_fragment") and count}


@pytest.mark.kernel
@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_least_packet_of_every_sender_passes_in_fragments_of_the_outer_packet(make_narrow, direction):
    pair = make_narrow()
    sender, destination = parties(pair.world, direction)
    # The home agent hears what the way takes from the router in front of it.
    wait_for(lambda: sender.ping(destination, "-M", "do", "-s", LEAST - PING_HEADERS), "the way to be known")
    assert pair.ha.counters("nemonetd")["path_mtu_learnt"] >= 1
    for system in (pair.ha, pair.mr):
        assert {row["mtu"] for row in system.ask("tunnels") if row["active"]} == {TUNNEL_MTU}

    capture, path = pair.world.capture(pair.world.mr, "eth0", "ip6")
    assert sender.ping(destination, "-M", "do", "-s", LEAST - PING_HEADERS, count=3)
    assert sender.ping(destination, "-M", "do", "-s", TUNNEL_MTU - PING_HEADERS)
    refused = sender.run(
        "ping", "-6", "-M", "do", "-c", 1, "-W", 5, "-s", LEAST - PING_HEADERS + 1, destination, check=False)
    assert re.search(rf"Packet too big:? mtu ?= ?{LEAST}", refused.stdout), refused.stdout
    capture.stop()
    frames = [frame[IPv6] for frame in rdpcap(path) if IPv6 in frame]
    assert max(len(frame) for frame in frames) <= WAY
    pieces = {}
    for frame in frames:
        # Right behind the outer header, or nowhere.
        assert (frame.nh == 44) == (IPv6ExtHdrFragment in frame)
        if frame.nh == 44:
            pieces.setdefault((frame.src, frame[IPv6ExtHdrFragment].id), []).append(frame)
    # Three pings and their answers.
    assert len(pieces) == 6 and len({source for source, _ in pieces}) == 2
    assert len({identification for _, identification in pieces}) == 6
    for fragments in pieces.values():
        whole = IPv6(bytes(defragment6(fragments)))
        assert len(fragments) == 2 and whole.nh == 41 and len(whole.payload) == LEAST
    assert not drops(pair.mr) and not drops(pair.ha)


@pytest.mark.kernel
def test_tcp_runs_over_a_way_that_takes_its_least_segments_in_pieces(make_narrow):
    pair = make_narrow()
    assert pair.tcp(pair.world.host, pair.world.cn, CORRESPONDENT) > 1
    assert pair.tcp(pair.world.cn, pair.world.host, HOST) > 1
    assert not {name for name in (drops(pair.mr) | drops(pair.ha)) if name != "dropped_fragment_missing"}


@pytest.mark.kernel
@pytest.mark.hostile
def test_fragments_of_strangers_go_nowhere(make_narrow):
    pair = make_narrow()
    care_of = pair.mr.registration()["care_of_address"]

    def cut(source, identification):
        packet = IPv6(tunnelled(source, HOST, CORRESPONDENT) + bytes(1400))
        whole = IPv6(src=source, dst=HOME_AGENT) / IPv6ExtHdrFragment(nh=41, id=identification) / Raw(bytes(packet)[40:])
        return [bytes(piece) for piece in fragment6(whole, 800)]

    def count(name):
        return pair.ha.counters("nemonetd")[f"dropped_{name}"]

    capture, path = pair.world.capture(pair.world.access2, "up0", "icmp6 and src host " + HOME_AGENT)
    foreign = [piece for number in range(200) for piece in cut(ATTACKER, number)[:1]]
    pair.world.access2.send_packets(foreign)
    wait_for(lambda: count("outer_pair_not_registered") >= len(foreign), "the fragments of a stranger to be counted")
    assert count("fragment_missing") == 0
    # Who forges the care-of address makes others wait for room, and no more than that.
    first, second, *_ = cut(care_of, 1)
    overlapping = bytearray(second)
    overlapping[42:44] = (int.from_bytes(second[42:44], "big") - 8).to_bytes(2, "big")
    pair.world.access1.send_packets([first, bytes(overlapping)])
    wait_for(lambda: count("fragment_invalid") == 1, "an overlap to be given up")
    pair.world.access1.send_packets([cut(care_of, number)[0] for number in range(2, 302)])
    wait_for(lambda: count("fragment_missing") >= 300 - 128, "the oldest to make room")
    wait_for(lambda: pair.world.host.ping(CORRESPONDENT, "-M", "do", "-s", LEAST - PING_HEADERS), "fragments of ours to pass")
    assert pair.both_ways()
    capture.stop()
    assert not len(rdpcap(path)), "the kernel answered"


def sizes(path):
    """The segment sizes that the two ends of connections to iperf3 announce, by who sent them."""
    found = {}
    for frame in rdpcap(path):
        if TCP in frame and frame[TCP].flags & 0x02 and 5201 in (frame[TCP].dport, frame[TCP].sport):
            found.setdefault(frame[IPv6].src, set()).update(size for kind, size in frame[TCP].options if kind == "MSS")
    return found


@pytest.mark.kernel
def test_segment_sizes_are_lowered_to_what_fits_where_peers_hear_no_packet_too_big(make_narrow):
    pair = make_narrow(engine='engine = { clamp_mss = "on"; };\n')
    world = pair.world
    # Firewalls that let no error through, at both ends.
    for node in (world.cn, world.host):
        node.run("nft", "table ip6 deaf { chain input { type filter hook input priority 0; icmpv6 type packet-too-big drop; }; };")
    captures = [world.capture(world.cn, "eth0", "tcp"), world.capture(world.mr, "lan0", "tcp"),
                world.capture(world.mr, "eth0", "ip6[6] == 44")]
    # Not how fast it is: that it does not stand still.
    assert pair.tcp(world.host, world.cn, CORRESPONDENT, seconds=1) > 1 / PATIENCE**2
    assert pair.tcp(world.cn, world.host, HOST, seconds=1) > 1 / PATIENCE**2
    for capture, _ in captures:
        capture.stop()
    fits = {TUNNEL_MTU - 60}
    assert sizes(captures[0][1])[HOST] == fits, "what the correspondent heard"
    assert sizes(captures[1][1])[CORRESPONDENT] == fits, "what the host heard"
    assert not len(rdpcap(captures[2][1])), "everything fitted"


def test_segment_sizes_stay_what_they_are_for_peers_of_ipv6(make_narrow):
    pair = make_narrow()
    capture, path = pair.world.capture(pair.world.cn, "eth0", "tcp")
    assert pair.tcp(pair.world.host, pair.world.cn, CORRESPONDENT, seconds=1) > 1
    capture.stop()
    assert sizes(path)[HOST] == {1440}
