"""What forwards, the engine or the kernel: both keep what they promise, and each says which it is."""

import os
import re
import subprocess
import time

import pytest

from packets import tunnelled
from scapy.layers.inet import TCP
from scapy.layers.inet6 import HBHOptUnknown, ICMPv6EchoRequest, ICMPv6ParamProblem, IPv6, IPv6ExtHdrDestOpt, PadN
from scapy.utils import rdpcap
from test_flows import APART, BOTH, CONNECTION, OWN, REST, conversations, policy, wait_carried
from test_shutdown import traces
from world import configuration
from world.node import PATIENCE, wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOME_AGENT, HOST

ATTACKER = "2001:db8:a2::1"
TUNNELS = "shisa0k"
SINGLE = 'policy = { bindings = "single"; probe = { enabled = false; }; };\n'
PING_HEADERS = 48
#: Of an IPv6 packet, without an option.
PING_LENGTH = 104
#: The header of a tunnel, and the headers that the size of a TCP segment does not count.
TUNNEL_HEADER, SEGMENT_HEADERS = 40, 60
#: Holds an IPv4 address: a peer behind a translator.
TRANSLATED = "64:ff9b::c000:201"


def lacking():
    """Why the kernel here has no tunnels of its own; nothing where it has."""
    made = subprocess.run(["ip", "link", "add", "probe6", "type", "ip6tnl", "external"], capture_output=True, text=True)
    subprocess.run(["ip", "link", "del", "probe6"], capture_output=True)
    return "" if made.returncode == 0 else f"the kernel has no ip6tnl: {made.stderr.strip()}"


# Over both planes; the kernel's where `make test` has a machine that can, or only where MACHINE=full asks for all.
OVER_BOTH = pytest.mark.parametrize("plane", ["engine", pytest.param("kernel", marks=pytest.mark.plane)], indirect=True)
OVER_BOTH_IN_FULL = pytest.mark.parametrize("plane", ["engine", "kernel"], indirect=True)


@pytest.fixture
def plane(request, monkeypatch):
    """What both ends of the tunnel forward by."""
    if request.param == "kernel" and (reason := lacking()):
        # Debian's kernels have them.
        assert "WORLD_MACHINE" not in os.environ, reason
        pytest.skip(reason)
    monkeypatch.setattr(configuration, "PLANE", request.param)
    return request.param


def in_force(system):
    return system.ask("status")["plane"]


def wait_in_force(pair, plane):
    wait_for(lambda: {in_force(system) for system in (pair.ha, pair.mr)} == {plane}, f"the plane {plane}")


def drops(system):
    return {name: count for name, count in system.counters("nemonetd").items() if name.startswith("dropped_") and count}


def active(system):
    return [row for row in system.ask("tunnels") if row["active"]]


def carried(system):
    """What came out of the tunnel that carries, and went in: packets and octets."""
    [row] = active(system)
    return [row[name] for name in ("packets_in", "packets_out", "bytes_in", "bytes_out")]


def echoes(path):
    return [frame for frame in rdpcap(path) if ICMPv6EchoRequest in frame]


def kernel_tunnels(system):
    """The outer addresses of the kernel's tunnels with their marks."""
    listed = system.node.run("nft", "list", "map", "ip6", "shisa_tunnels", "tunnels").stdout
    return set(re.findall(r"[0-9a-f:]+ \. [0-9a-f:]+ : 0x2[0-9a-f]+", listed))


def encapsulating(node):
    return [route for route in traces(node)["routes"] if "encap" in route]


@pytest.mark.hostile
@OVER_BOTH
def test_a_tunnel_carries_what_belongs_to_it_and_counts_what_does_not(make_pair_of, plane):
    pair = make_pair_of(router={"extra": SINGLE}).start()
    pair.wait_reachable()
    wait_in_force(pair, plane)
    care_of = pair.mr.registration()["care_of_address"]
    before = [carried(system) for system in (pair.ha, pair.mr)]
    assert pair.both_ways()
    for former, system in zip(before, (pair.ha, pair.mr)):
        grown = [now - then for now, then in zip(carried(system), former)]
        assert grown == [6, 6, 6 * PING_LENGTH, 6 * PING_LENGTH]
    assert pair.world.mr.ping(CORRESPONDENT, "-I", HOME_ADDRESS) and pair.world.cn.ping(HOME_ADDRESS)
    assert pair.tcp(pair.world.host, pair.world.cn, CORRESPONDENT, seconds=1) > 1 / PATIENCE**2
    assert pair.tcp(pair.world.cn, pair.world.host, HOST, seconds=1) > 1 / PATIENCE**2

    capture, path = pair.world.capture(pair.world.cn, "eth0", "icmp6[4:2] == 0x5153")
    inside, inner_path = pair.world.capture(pair.world.host, "lan0", "icmp6[4:2] == 0x5153")
    sent = {
        "outer_pair_not_registered": (pair.world.access2, pair.ha, tunnelled(ATTACKER, HOST, CORRESPONDENT)),
        "inner_address_outside_binding": (pair.world.access1, pair.ha, tunnelled(care_of, "2001:db8:99::9", CORRESPONDENT)),
        "multicast_or_link_local_not_tunnelled": (pair.world.access1, pair.ha, tunnelled(care_of, "fe80::9", CORRESPONDENT)),
        "inner_source_spoofed": (pair.world.core, pair.mr, tunnelled("2001:db8:1::1", HOST, HOST, care_of)),
    }
    for reason, (node, system, packet) in sent.items():
        count = drops(system).get(f"dropped_{reason}", 0)
        node.send_packets([packet] * 3)

        def counted():
            # Multicast is what a device of the kernel's sends by itself, too.
            more = drops(system).get(f"dropped_{reason}", 0) - count
            return more >= 3 if reason.startswith("multicast") else more == 3
        wait_for(counted, f"three of {reason}")
    # A stranger that sends to the router.
    count = drops(pair.mr).get("dropped_outer_pair_not_registered", 0)
    pair.world.access2.send_packets([tunnelled(ATTACKER, CORRESPONDENT, HOST, care_of)])
    wait_for(lambda: drops(pair.mr).get("dropped_outer_pair_not_registered", 0) == count + 1, "the stranger to be counted")
    # A host with an address that is not of the mobile network.
    pair.world.host.ip("address add 2001:db8:99::9/128 dev lan0 nodad")
    count = drops(pair.mr).get("dropped_no_binding", 0)
    assert not pair.world.host.ping(CORRESPONDENT, "-I", "2001:db8:99::9")
    assert drops(pair.mr).get("dropped_no_binding", 0) > count
    # The same of what does belong to it comes out, and is all that does.
    pair.world.access1.send_packets([tunnelled(care_of, HOST, CORRESPONDENT)])
    pair.world.core.send_packets([tunnelled(HOME_AGENT, CORRESPONDENT, HOST, care_of)])
    for file in (path, inner_path):
        wait_for(lambda: echoes(file), "what belongs to the tunnel")
    assert pair.both_ways()
    for program in (capture, inside):
        program.stop()
    ends = [[(frame[IPv6].src, frame[IPv6].dst) for frame in echoes(file)] for file in (path, inner_path)]
    assert ends == [[(HOST, CORRESPONDENT)], [(CORRESPONDENT, HOST)]]
    assert [pair.world.spoofed(access) for access in ("access1", "access2")] == [0, 0]


@OVER_BOTH
def test_a_hand_over_that_is_planned_loses_nothing(make_pair_of, plane):
    pair = make_pair_of()
    pair.world.cables["eth0"].unplug()
    pair.start(uplink="eth1")
    pair.wait_reachable()
    wait_in_force(pair, plane)
    flow = pair.flow()
    time.sleep(0.5)
    pair.world.cables["eth0"].plug()
    pair.mr.wait_registered("eth0", timeout=40)
    wait_carried(pair, eth0={OWN: BOTH, REST: set()}, eth1={OWN: set(), REST: set()})
    up, down = flow.stop()
    assert (up.lost, down.lost) == (0, 0)
    wait_in_force(pair, plane)


@OVER_BOTH
def test_flow_rules_come_without_loss_and_lead_udp_and_tcp_both_ways(make_pair_of, plane):
    rules = (f'{{ match = {{ protocol = "udp"; port = {OWN}; }}; via = [ "eth1" ]; }}, '
             f'{{ match = {{ protocol = "tcp"; port = {CONNECTION}; }}; via = [ "eth1" ]; }}')
    pair = make_pair_of().start()
    pair.wait_reachable()
    wait_for(lambda: len(pair.mr.ask("registrations")) == 2, "both uplinks to be registered")
    wait_in_force(pair, plane)
    changes = [system.counters("nemonetd")["plane_changed"] for system in (pair.ha, pair.mr)]
    talks = conversations(pair)
    time.sleep(0.5)
    pair.mr.configure(configuration.mobile_router(extra=policy(rules)))
    pair.mr.programs["mrd"].reload()
    wait_carried(pair, **APART)
    for talk in talks:
        up, down = talk.stop()
        assert (up.lost, down.lost) == (0, 0)
    wait_in_force(pair, plane)
    assert [system.counters("nemonetd")["plane_changed"] for system in (pair.ha, pair.mr)] == changes
    captures = {name: pair.world.capture(pair.world.mr, name, "ip6[6] == 41 and ip6[46] == 6") for name in ("eth0", "eth1")}
    server = pair.world.cn.start("iperf3", "iperf3", "-s", "-1", "-p", CONNECTION)
    wait_for(lambda: f":{CONNECTION}" in pair.world.cn.run("ss", "-tln").stdout, "iperf3 to listen")
    pair.world.host.run("iperf3", "-c", CORRESPONDENT, "-p", CONNECTION, "-t", 1, "-b", "1M")
    assert server.process.wait(50) == 0
    found = {}
    for name, (program, path) in captures.items():
        program.stop()
        segments = [frame[IPv6].payload for frame in rdpcap(path)]
        found[name] = [sum(segment.dst == end and CONNECTION in (segment[TCP].sport, segment[TCP].dport)
                           for segment in segments if TCP in segment) for end in (CORRESPONDENT, HOST)]
    assert found["eth0"] == [0, 0] and min(found["eth1"]) > 3, found


@OVER_BOTH
def test_forwarding_goes_on_without_nemonetd_only_in_the_kernel_and_is_taken_over(make_pair_of, plane):
    pair = make_pair_of().start()
    pair.wait_reachable()
    wait_in_force(pair, plane)
    tunnels = {}
    if plane == "kernel":
        for system in (pair.mr, pair.ha):
            tunnels[system] = wait_for(
                lambda: (lambda found: found if len(found) == 2 else None)(kernel_tunnels(system)), "two tunnels")
    flow = pair.flow()
    time.sleep(0.5)
    for system in (pair.mr, pair.ha):
        system.programs["nemonetd"].kill()
    # The flow goes on, or does not.
    time.sleep(1)
    assert pair.world.host.ping(CORRESPONDENT) == (plane == "kernel")
    for system in (pair.mr, pair.ha):
        system.start("nemonetd")
    pair.mr.wait_registered(timeout=30)
    wait_for(pair.ha.binding, "the binding, from had")
    pair.wait_reachable(20)
    time.sleep(1)
    up, down = flow.stop()
    if plane == "kernel":
        assert (up.lost, down.lost) == (0, 0)
        for system, former in tunnels.items():
            assert "the kernel has forwarded on by 2 tunnels" in system.programs["nemonetd"].log()
            wait_for(lambda: kernel_tunnels(system) == former, "the tunnels as they were")
    wait_in_force(pair, plane)
    # What nobody announces any more is swept away: here the tunnel of an uplink that is gone.
    pair.mr.programs["nemonetd"].kill()
    assert pair.mr.programs["mrd"].stop() == 0
    pair.world.cables["eth1"].unplug()
    if plane == "kernel":
        assert kernel_tunnels(pair.mr) == tunnels[pair.mr]
    pair.mr.start("nemonetd", "mrd")
    care_of = pair.mr.wait_registered("eth0", timeout=30)["care_of_address"]
    if plane == "kernel":
        def left():
            found = kernel_tunnels(pair.mr)
            return len(found) == 1 and all(f" {care_of} :" in tunnel for tunnel in found)
        wait_for(left, "the other tunnel to be swept away")
    pair.wait_reachable(20)
    wait_in_force(pair, plane)


@OVER_BOTH_IN_FULL
def test_what_ends_leaves_nothing_behind(make_pair_of, plane):
    pair = make_pair_of()
    wait_for(lambda: pair.world.mr.addresses("eth0") and pair.world.mr.addresses("eth1"), "uplinks")
    wait_for(lambda: len(pair.world.mr.ip_json("-6", "route", "show", "default")) > 0, "default routes")
    before = [traces(node) for node in (pair.world.mr, pair.world.ha)]
    pair.start()
    pair.wait_reachable()
    wait_in_force(pair, plane)
    for node in (pair.world.mr, pair.world.ha):
        assert (TUNNELS in traces(node)["devices"]) == bool(encapsulating(node)) == (plane == "kernel")
    assert pair.mr.programs["mrd"].stop() == 0
    wait_for(lambda: pair.ha.binding() is None, "the home agent to forget the binding")
    assert not pair.world.cn.ping(HOST)
    assert not encapsulating(pair.world.ha)
    if plane == "kernel":
        # By force: the next one finds it.
        pair.ha.programs["nemonetd"].kill()
        assert TUNNELS in traces(pair.world.ha)["devices"]
        pair.ha.start("nemonetd")
    assert pair.ha.programs["had"].stop() == 0
    assert pair.mr.programs["babymdd"].stop() == 0
    for system in (pair.mr, pair.ha):
        assert system.programs["nemonetd"].stop() == 0
    assert [traces(node) for node in (pair.world.mr, pair.world.ha)] == before


@pytest.mark.parametrize("way, fitting, expected", [
    (1400, 1360, "kernel"), (1300, 1280, "engine: the way of a tunnel takes less than 1320 octets")])
@OVER_BOTH_IN_FULL
def test_a_narrow_way_is_told_and_what_does_not_fit_the_kernels_goes_by_the_engine(make_pair_of, plane, way, fitting, expected):
    pair = make_pair_of(router={"extra": SINGLE})
    pair.world.mr.ip(f"link set eth0 mtu {way}")
    pair.world.access1.ip(f"link set eth0-port mtu {way}", f"link set lan mtu {way}")
    pair.start()
    pair.wait_reachable()
    for sender, destination in ((pair.world.host, CORRESPONDENT), (pair.world.cn, HOST)):
        def told():
            tried = sender.run(
                "ping", "-6", "-M", "do", "-c", 1, "-W", 5, "-s", fitting - PING_HEADERS + 1, destination, check=False)
            return re.search(rf"(Packet too big|too long|Message too long).*mtu ?[=:] ?{fitting}", tried.stdout + tried.stderr)
        wait_for(told, f"{destination} to be too far for more than {fitting}")
        wait_for(lambda: sender.ping(destination, "-M", "do", "-s", fitting - PING_HEADERS), f"{fitting} to reach {destination}")
    assert pair.tcp(pair.world.cn, pair.world.host, HOST, seconds=1) > 1 / PATIENCE**2
    wait_in_force(pair, expected if plane == "kernel" else "engine")


@OVER_BOTH_IN_FULL
def test_what_the_kernel_cannot_carry_moves_to_the_engine_and_back_without_loss(make_pair_of, plane):
    pair = make_pair_of().start()
    pair.wait_reachable()
    wait_in_force(pair, plane)
    flow = pair.flow()
    time.sleep(0.5)
    pair.mr.configure(configuration.mobile_router(extra='policy = { strategy = "balance"; };\n'))
    pair.mr.programs["mrd"].reload()
    shared = "engine: several uplinks share what no flow names" if plane == "kernel" else "engine"
    wait_for(lambda: len(active(pair.ha)) == 2, "two tunnels that carry")
    wait_in_force(pair, shared)
    assert pair.both_ways()
    pair.mr.configure(configuration.mobile_router())
    pair.mr.programs["mrd"].reload()
    wait_for(lambda: len(active(pair.ha)) == 1, "one tunnel that carries")
    wait_in_force(pair, plane)
    assert pair.both_ways()
    time.sleep(1)
    up, down = flow.stop()
    assert (up.lost, down.lost) == (0, 0)
    if plane == "kernel":
        assert pair.mr.counters("nemonetd")["plane_changed"] == 3
        assert pair.mr.events("plane_changed")[-2:] == [
            "the engine forwards: several uplinks share what no flow names", "the kernel forwards"]


#: A TCP segment that begins a connection, right behind the IPv6 header.
_BEGINNING = "ip6[6] == 6 and ip6[53] & 2 != 0"
_CALLER = """
import socket, sys
try:
    socket.create_connection((sys.argv[2], 9), 10, (sys.argv[1], 0))
except ConnectionRefusedError:
    pass
"""


def announced_sizes(world):
    """The segment sizes that connections from either end are heard to begin with at the other, by the correspondent's address:
    up and down. Nobody listens, so that a connection is two packets."""
    captures = [world.capture(world.cn, "eth0", _BEGINNING), world.capture(world.host, "lan0", _BEGINNING)]
    peers = (CORRESPONDENT, TRANSLATED)
    for peer in peers:
        world.host.run("python3", "-c", _CALLER, HOST, peer)
        world.cn.run("python3", "-c", _CALLER, peer, HOST)
    heard = []
    for program, path in captures:
        program.stop()
        heard.append({(frame[IPv6].src, frame[IPv6].dst): dict(frame[TCP].options)["MSS"] for frame in rdpcap(path)})
    return {peer: (heard[0].get((HOST, peer)), heard[1].get((peer, HOST))) for peer in peers}


@OVER_BOTH
def test_segment_sizes_are_lowered_to_what_fits_and_of_the_kernels_tunnels_the_narrowest(make_pair_of, plane):
    def engine(clamp):
        return f'engine = {{ plane = "{plane}"; clamp_mss = "{clamp}"; }};\n'

    pair = make_pair_of(agent={"extra": engine("off")}, router={"extra": engine("on")})
    world = pair.world
    # Not the uplink that carries.
    world.mr.ip("link set eth1 mtu 1400")
    world.access2.ip("link set eth1-port mtu 1400", "link set lan mtu 1400")
    world.cn.ip(f"address add {TRANSLATED}/128 dev eth0 nodad")
    world.core.ip(f"route add {TRANSLATED}/128 via {CORRESPONDENT}")
    pair.start()
    pair.wait_reachable()
    wait_for(lambda: {row["mtu"] for row in pair.mr.ask("tunnels")} == {1460, 1360}, "both tunnels")
    assert [row["mtu"] for row in active(pair.mr)] == [1460]
    wait_in_force(pair, plane)
    fits = (1500 if plane == "engine" else 1400) - TUNNEL_HEADER - SEGMENT_HEADERS
    whole = 1500 - SEGMENT_HEADERS
    for clamp, expected in (
            ("on", {CORRESPONDENT: (fits, fits), TRANSLATED: (fits, fits)}),
            ("off", {CORRESPONDENT: (whole, whole), TRANSLATED: (whole, whole)}),
            ("auto", {CORRESPONDENT: (whole, whole), TRANSLATED: (fits, fits)})):
        pair.mr.configure(configuration.mobile_router(extra=engine(clamp)))
        pair.mr.programs["nemonetd"].reload()
        wait_for(lambda: announced_sizes(world) == expected, f'clamp_mss = "{clamp}" to be obeyed')
    wait_in_force(pair, plane)


def nested(source, destination, depth, number, limit=None):
    """An echo request, inside so many tunnels between the same two; the outermost one may have a Tunnel Encapsulation Limit."""
    packet = IPv6(src=source, dst=destination) / ICMPv6EchoRequest(id=0x5153, seq=number)
    for remaining in reversed(range(depth)):
        outer = IPv6(src=source, dst=destination, nh=41)
        if remaining == 0 and limit is not None:
            options = [HBHOptUnknown(otype=4, optdata=bytes([limit])), PadN(optdata=b"\0")]
            outer = IPv6(src=source, dst=destination, nh=60) / IPv6ExtHdrDestOpt(nh=41, options=options)
        packet = outer / packet
    return bytes(packet)


def numbers(path):
    """Of the echo requests that a capture has, however deep inside."""
    return sorted(frame[ICMPv6EchoRequest].seq for frame in echoes(path))


@pytest.mark.hostile
@OVER_BOTH
def test_nobody_enters_a_sixth_tunnel_and_the_engine_obeys_a_limit(make_pair_of, plane):
    four, five, unlimited, limited = range(4)
    pair = make_pair_of(router={"extra": SINGLE}).start()
    pair.wait_reachable()
    wait_in_force(pair, plane)
    world = pair.world
    for sender, link, receiver, far_link, system, source, destination in (
            (world.host, "lan0", world.cn, "eth0", pair.mr, HOST, CORRESPONDENT),
            (world.cn, "eth0", world.host, "lan0", pair.ha, CORRESPONDENT, HOST)):
        arriving, path = world.capture(receiver, far_link, f"src host {source} and (ip6[6] == 41 or ip6[6] == 60)")
        answers, answers_path = world.capture(sender, link, f"dst host {source} and icmp6[0] == 4 and icmp6[1] == 0")
        before = drops(system)
        sender.send_packets([
            nested(source, destination, 5, five), nested(source, destination, 1, limited, limit=0),
            nested(source, destination, 1, unlimited, limit=1), nested(source, destination, 4, four)])

        def dropped(reason):
            return drops(system).get(f"dropped_{reason}", 0) - before.get(f"dropped_{reason}", 0)

        # The kernel does not look at limits.
        expected = [four, unlimited] + [limited] * (plane == "kernel")
        wait_for(lambda: numbers(path) == expected, "what may pass")
        wait_for(lambda: (dropped("nested_too_deep"), dropped("encapsulation_limit")) == (1, int(plane == "engine")),
                 "what may not to be counted")
        if plane == "engine":
            # RFC 2473 §4.1.1 (b): at the limit itself, behind the IPv6 header and four octets.
            wait_for(lambda: [frame[ICMPv6ParamProblem].ptr for frame in rdpcap(answers_path)] == [44], "its source to be told")
        assert pair.both_ways()
        for program in (arriving, answers):
            program.stop()
        assert numbers(path) == expected
        assert len(rdpcap(answers_path)) == (plane == "engine")
