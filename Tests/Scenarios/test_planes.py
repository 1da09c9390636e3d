"""What forwards, the engine or the kernel: both keep what they promise, and each says which it is."""

import re
import signal
import subprocess
import time

import pytest

from scapy.layers.inet import TCP
from scapy.layers.inet6 import IPv6
from scapy.utils import rdpcap

from packets import tunnelled
from test_flows import APART, CONNECTION, OWN, conversations, policy, wait_carried
from test_shutdown import traces
from world import configuration
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOST

ATTACKER = "2001:db8:a2::1"
TUNNELS = "shisa0k"
SINGLE = 'policy = { bindings = "single"; probe = { enabled = false; }; };\n'
PING_HEADERS = 48


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
        pytest.skip(reason)
    monkeypatch.setattr(configuration, "PLANE", request.param)
    return request.param


def in_force(system):
    return system.ask("status")["plane"]


def wait_in_force(pair, plane):
    wait_for(lambda: {in_force(system) for system in (pair.ha, pair.mr)} == {plane}, f"the plane {plane}")


def drops(system):
    return {name: count for name, count in system.counters("nemonetd").items() if name.startswith("dropped_") and count}


def carried(system):
    rows = [row for row in system.ask("tunnels") if row["active"]]
    return sum(row["packets_in"] for row in rows), sum(row["packets_out"] for row in rows)


@pytest.mark.hostile
@OVER_BOTH
def test_a_tunnel_carries_what_belongs_to_it_and_counts_what_does_not(make_pair_of, plane):
    pair = make_pair_of(router={"extra": SINGLE}).start()
    pair.wait_reachable()
    wait_in_force(pair, plane)
    care_of = pair.mr.registration()["care_of_address"]
    before = [carried(system) for system in (pair.ha, pair.mr)]
    assert pair.both_ways()
    for (came, went), system in zip(before, (pair.ha, pair.mr)):
        now = carried(system)
        assert now[0] >= came + 6 and now[1] >= went + 6
    assert pair.world.mr.ping(CORRESPONDENT, "-I", HOME_ADDRESS) and pair.world.cn.ping(HOME_ADDRESS)
    assert pair.tcp(pair.world.host, pair.world.cn, CORRESPONDENT, seconds=1) > 1
    assert pair.tcp(pair.world.cn, pair.world.host, HOST, seconds=1) > 1

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
        wait_for(lambda: drops(system).get(f"dropped_{reason}", 0) >= count + 3, f"three of {reason}")
    # A stranger that sends to the router.
    count = drops(pair.mr).get("dropped_outer_pair_not_registered", 0)
    pair.world.access2.send_packets([tunnelled(ATTACKER, CORRESPONDENT, HOST, care_of)])
    wait_for(lambda: drops(pair.mr).get("dropped_outer_pair_not_registered", 0) == count + 1, "the stranger to be counted")
    # A host with an address that is not of the mobile network.
    pair.world.host.ip("address add 2001:db8:99::9/128 dev lan0 nodad")
    count = drops(pair.mr).get("dropped_no_binding", 0)
    assert not pair.world.host.ping(CORRESPONDENT, "-I", "2001:db8:99::9")
    assert drops(pair.mr).get("dropped_no_binding", 0) > count
    for program in (capture, inside):
        program.stop()
    for file in (path, inner_path):
        assert not len(rdpcap(file)), "what does not belong to the tunnel came out of it"
    assert pair.both_ways()


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
    time.sleep(1)
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
    talks = conversations(pair)
    time.sleep(0.5)
    pair.mr.configure(configuration.mobile_router(extra=policy(rules)))
    pair.mr.programs["mrd"].reload()
    wait_carried(pair, **APART)
    wait_in_force(pair, plane)
    for talk in talks:
        up, down = talk.stop()
        assert (up.lost, down.lost) == (0, 0)
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
    flow = pair.flow()
    time.sleep(0.5)
    for system in (pair.mr, pair.ha):
        system.programs["nemonetd"].signal(signal.SIGKILL)
    time.sleep(1.5)
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
    wait_in_force(pair, plane)
    # And what nobody has announced is swept away.
    pair.mr.programs["nemonetd"].signal(signal.SIGKILL)
    assert pair.mr.programs["mrd"].stop() == 0
    pair.mr.start("nemonetd", "mrd")
    pair.mr.wait_registered(timeout=30)
    pair.wait_reachable(20)


@OVER_BOTH_IN_FULL
def test_what_ends_leaves_nothing_behind(make_pair_of, plane):
    pair = make_pair_of()
    wait_for(lambda: pair.world.mr.addresses("eth0") and pair.world.mr.addresses("eth1"), "uplinks")
    wait_for(lambda: len(pair.world.mr.ip_json("-6", "route", "show", "default")) > 0, "default routes")
    before = [traces(node) for node in (pair.world.mr, pair.world.ha)]
    pair.start()
    pair.wait_reachable()
    for node in (pair.world.mr, pair.world.ha):
        assert (TUNNELS in traces(node)["devices"]) == (plane == "kernel")
    assert pair.mr.programs["mrd"].stop() == 0
    wait_for(lambda: pair.ha.binding() is None, "the home agent to forget the binding")
    assert not pair.world.cn.ping(HOST)
    assert not [route for route in traces(pair.world.ha)["routes"] if "encap" in route]
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


@pytest.mark.parametrize("way, fitting, expected", [(1400, 1360, "kernel"), (1300, 1280, "engine: the way of a tunnel")])
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
    assert pair.tcp(pair.world.cn, pair.world.host, HOST, seconds=1) > 0.5
    for system in (pair.ha, pair.mr):
        assert in_force(system).startswith(expected if plane == "kernel" else "engine")


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
    wait_in_force(pair, shared)
    assert pair.both_ways()
    pair.mr.configure(configuration.mobile_router())
    pair.mr.programs["mrd"].reload()
    wait_for(lambda: len([row for row in pair.ha.ask("tunnels") if row["active"]]) == 1, "one tunnel that carries")
    wait_in_force(pair, plane)
    assert pair.both_ways()
    time.sleep(1)
    up, down = flow.stop()
    assert (up.lost, down.lost) == (0, 0)
    if plane == "kernel":
        assert pair.mr.counters("nemonetd")["plane_changed"] == 3
        assert pair.mr.events("plane_changed")[-2:] == [
            "the engine forwards: several uplinks share what no flow names", "the kernel forwards"]
