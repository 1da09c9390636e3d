"""What belongs to a link or a group stays where it is (RFC 4291 §2.5.6, RFC 6275 §10.4.2): it enters no tunnel and comes out of
none, and is counted."""

import pytest
from packets import *  # noqa: F401,F403 (sets scapy up)
from scapy.layers.inet6 import IPv6, UDP
from scapy.packet import Raw
from scapy.utils import rdpcap

from world.node import wait_for
from world.world import CORRESPONDENT, HOME_AGENT, HOST

SINGLE = {"extra": 'policy = { bindings = "single"; probe = { enabled = false; }; };\n'}
REASON = "dropped_multicast_or_link_local_not_tunnelled"
PORT = 4291
NEAR = "fe80::7357"
# Of an interface, a link, a site, an organisation and the world.
GROUPS = ("ff01::1", "ff02::1", "ff05::1:3", "ff08::7357", "ff0e::7357")


@pytest.fixture
def pair(make_pair_of):
    pair = make_pair_of(router=SINGLE).start()
    pair.wait_reachable()
    return pair


def datagram(source, destination):
    return IPv6(src=source, dst=destination) / UDP(sport=PORT, dport=PORT) / Raw(b"of this link")


def ours(path):
    """Source and destination of the datagrams of a capture, inside a tunnel or not."""
    found = []
    for frame in rdpcap(path):
        packet = frame[IPv6] if IPv6 in frame else IPv6(bytes(frame))
        while isinstance(packet.payload, IPv6):
            packet = packet.payload
        if UDP in packet and packet[UDP].dport == PORT:
            found.append((packet.src, packet.dst))
    return found


def dropped(system):
    return {name: count for name, count in system.counters("nemonetd").items() if name.startswith("dropped_") and count}


def grown(system, before):
    return {name: count - before.get(name, 0) for name, count in dropped(system).items() if count > before.get(name, 0)}


@pytest.mark.kernel
@pytest.mark.hostile
@pytest.mark.parametrize("side", ["router", "agent"])
def test_what_is_of_a_link_or_a_group_enters_no_tunnel(pair, side):
    world = pair.world
    system, node, source, destination = {
        "router": (pair.mr, world.mr, HOST, CORRESPONDENT), "agent": (pair.ha, world.ha, CORRESPONDENT, HOST)}[side]
    kept = [(source, group) for group in GROUPS] + [
        (source, NEAR), (NEAR, destination), (NEAR, "ff0e::7357"), ("::", destination)]
    uplinks = [world.capture(world.access1, "lan", "ip6"), world.capture(world.core, "to-ha", "ip6")]
    before = dropped(system)
    # Even what is put into the device itself, past the kernel's routes.
    node.send_frames("shisa0", [bytes(datagram(*ends)) for ends in kept])
    # The kernel's own reports and solicitations there are of the link as well.
    wait_for(lambda: grown(system, before).get(REASON, 0) >= len(kept), "each to be counted")
    # In the same way, what may go does.
    node.send_frames("shisa0", [bytes(datagram(source, destination))])
    for _, path in uplinks:
        wait_for(lambda: (source, destination) in ours(path), "the tunnel to carry what is of no link")
    for capture, path in uplinks:
        capture.stop()
        assert set(ours(path)) == {(source, destination)}
    assert set(grown(system, before)) == {REASON}


@pytest.mark.kernel
@pytest.mark.hostile
def test_what_hosts_say_to_a_link_or_a_group_is_not_carried_home(pair):
    world = pair.world
    near, = world.host.addresses("lan0", scope="link")
    heard, arrived = world.capture(world.mr, "lan0", "ip6")
    outside, crossed = world.capture(world.core, "to-ha", "ip6")
    said = [(HOST, group) for group in GROUPS] + [(HOST, NEAR), (near, CORRESPONDENT), (near, "ff0e::7357")]
    # To the router alone, which as a rule leaves what was sent to a group where it is.
    router = world.mr.ip_json("link", "show", "dev", "lan0")[0]["address"]
    world.host.send_frames("lan0", [bytes(datagram(*ends)) for ends in said], router)
    wait_for(lambda: set(said) <= set(ours(arrived)), "the router to hear all of it")
    assert world.host.ping(CORRESPONDENT)
    world.host.send_packets([bytes(datagram(HOST, CORRESPONDENT))])
    wait_for(lambda: (HOST, CORRESPONDENT) in ours(crossed), "what is of no link to be carried")
    heard.stop()
    outside.stop()
    assert set(ours(crossed)) == {(HOST, CORRESPONDENT)}


@pytest.mark.kernel
@pytest.mark.hostile
@pytest.mark.parametrize("side", ["agent", "router"])
def test_what_is_of_a_link_or_a_group_comes_out_of_no_tunnel(pair, side):
    world = pair.world
    care_of = pair.ha.binding()["care_of_address"]
    system, node, sender, local, remote, source, destination = {
        "agent": (pair.ha, world.ha, world.access1, HOME_AGENT, care_of, HOST, CORRESPONDENT),
        "router": (pair.mr, world.mr, world.core, care_of, HOME_AGENT, CORRESPONDENT, HOST)}[side]
    links = [world.capture(node, link, f"udp port {PORT}") for link in
             (("shisa0", "home0") if side == "agent" else ("shisa0", "lan0"))]
    kept = [(source, group) for group in GROUPS] + [
        (source, NEAR), (NEAR, destination), (NEAR, "ff0e::7357"), ("ff0e::7357", destination), ("::", destination)]
    before = dropped(system)
    sender.send_packets([bytes(IPv6(src=remote, dst=local, nh=41) / datagram(*ends)) for ends in kept])
    # The kernel's own reports about groups at the device count there as well.
    wait_for(lambda: grown(system, before).get(REASON, 0) >= len(kept), "each to be counted")
    assert set(grown(system, before)) == {REASON}
    # In the same way, what may come does.
    sender.send_packets([bytes(IPv6(src=remote, dst=local, nh=41) / datagram(source, destination))])
    wait_for(lambda: (source, destination) in ours(links[0][1]), "what is of no link to come out")
    for capture, path in links:
        capture.stop()
        assert set(ours(path)) <= {(source, destination)}
    assert pair.both_ways()


@pytest.mark.hostile
def test_a_stranger_who_tunnels_it_is_counted_as_a_stranger(pair):
    before = dropped(pair.ha)
    pair.world.access2.send_packets([bytes(IPv6(src="2001:db8:a2::1", dst=HOME_AGENT, nh=41) / datagram(HOST, "ff02::1"))])
    wait_for(lambda: grown(pair.ha, before), "it to be counted")
    assert grown(pair.ha, before) == {"dropped_outer_pair_not_registered": 1}
