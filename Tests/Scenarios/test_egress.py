"""What a mobile router is on its uplinks (RFC 3963, sections 5.6 and 5.7), and what it lets out (section 9)."""

import re

import pytest
from scapy.layers.inet6 import IPv6, UDP
from scapy.utils import rdpcap

from world.node import wait_for
from world.world import CORRESPONDENT

ALL_ROUTERS = "ff02::2"
FOREIGN = "2001:db8:bad::5"
NOBODY = "2001:db8:c::66"


def groups(node, interface):
    return node.run("ip", "-6", "maddr", "show", "dev", interface).stdout


def test_an_uplink_is_a_hosts_interface_and_the_link_behind_a_routers(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    for uplink in ("eth0", "eth1"):
        wait_for(lambda: ALL_ROUTERS not in groups(pair.world.mr, uplink), f"{uplink} to leave the group of routers")
    assert ALL_ROUTERS in groups(pair.world.mr, "lan0")
    # Packets pass all the same, and advertisements are listened to.
    assert pair.both_ways()
    wait_for(lambda: pair.world.mr.addresses("eth1"), "an address from an advertisement")
    assert pair.mr.programs["nemonetd"].stop() == 0
    # As it was before.
    assert pair.world.mr.run("sysctl", "-n", "net.ipv6.conf.eth0.forwarding").stdout.strip() == "0"
    assert pair.world.mr.run("sysctl", "-n", "net.ipv6.conf.all.forwarding").stdout.strip() == "0"


def test_the_kernels_answers_leave_by_the_uplink_whose_address_they_bear(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    wait_for(lambda: {row["state"] for row in pair.mr.ask("uplinks")} == {"up"}, "both uplinks")
    for uplink in ("eth0", "eth1"):
        address, = pair.world.mr.addresses(uplink)
        # Echo replies, and a reset.
        assert pair.world.cn.ping(address, count=3)
        refused = pair.world.cn.run(
            "python3", "-c", f"import socket; socket.create_connection(({address!r}, 9), 10)", check=False).stderr
        assert "Connection refused" in refused
        # What is not the best default route's is used as well, and the link needs no router.
        assert pair.world.mr.ping(CORRESPONDENT, "-I", address)
    assert pair.world.spoofed("access1") == 0 and pair.world.spoofed("access2") == 0


@pytest.mark.hostile
def test_what_a_neighbour_forges_does_not_leave_by_the_uplink_whose_address_it_bears(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    world = pair.world
    wait_for(lambda: {row["state"] for row in pair.mr.ask("uplinks")} == {"up"}, "both uplinks")
    address, = world.mr.addresses("eth1")
    wait_for(
        lambda: re.search(rf"from {address} .*lookup 621", world.mr.run("ip", "-6", "rule").stdout), "the rules of eth1")
    # What is not the router's own takes its best default route, which leads back to where the neighbour is.
    near, = world.access1.addresses("lan", scope="link")
    world.mr.ip(f"route add default via {near} dev eth0 metric 1")
    # The neighbour's way to nobody in particular is the mobile router.
    router, = world.mr.addresses("eth0", scope="link")
    world.access1.ip(f"route add {NOBODY}/128 via {router} dev lan")
    arriving, arrived = world.capture(world.mr, "eth0", f"ip6 dst {NOBODY}")
    leaving, left = world.capture(world.mr, "eth1", f"ip6 src {address}")
    forged = IPv6(src=address, dst=NOBODY, hlim=2) / UDP(sport=9, dport=9)
    world.access1.send_packets([bytes(forged)] * 3)
    astray = lambda: [frame for frame in rdpcap(left) if frame[IPv6].dst == NOBODY]
    # Each comes in, and leaves by one of the two.
    wait_for(lambda: len(rdpcap(arrived)) + len(astray()) >= 6, "the router to deal with all of them")
    # Its own go where they belong, behind whatever was forged.
    assert world.mr.ping(CORRESPONDENT, "-I", address)
    wait_for(lambda: any(frame[IPv6].dst == CORRESPONDENT for frame in rdpcap(left)), "the router's own")
    arriving.stop()
    leaving.stop()
    assert not astray()


def test_a_foreign_source_does_not_leave_the_network(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    pair.world.host.ip(f"address add {FOREIGN}/64 dev lan0 nodad")
    capture, path = pair.world.capture(pair.world.mr, "eth0", "ip6")
    before = pair.mr.counters("nemonetd")["dropped_no_binding"]
    assert not any([pair.world.host.ping(CORRESPONDENT, "-I", FOREIGN) for _ in range(3)])
    wait_for(lambda: pair.mr.counters("nemonetd")["dropped_no_binding"] >= before + 3, "the packets to be counted")
    assert pair.both_ways()
    capture.stop()
    sources = {packet.src for frame in rdpcap(path) if IPv6 in frame for packet in (frame[IPv6], frame[IPv6].payload)
               if isinstance(packet, IPv6)}
    assert FOREIGN not in sources and len(sources) > 1
    assert pair.world.spoofed("access1") == 0
