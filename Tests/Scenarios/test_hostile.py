"""Hostile packets: nothing stops, nothing changes, and each is counted with its reason."""

import random
import time

import pytest
from scapy.layers.inet6 import ICMPv6ParamProblem
from scapy.utils import rdpcap

from packets import binding_update, hostile_signalling, mobility, tunnelled
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_AGENT, HOST

ATTACKER = "2001:db8:a2::1"


@pytest.fixture
def pair(make_pair_of):
    # One registration, and nobody who looks for a better uplink, so that nothing but the attack could change it.
    pair = make_pair_of(router={"extra": 'policy = { bindings = "single"; probe = { enabled = false; }; };\n'}).start()
    pair.wait_reachable()
    return pair


def grown(pair, before):
    return {name: value - before.get(name, 0) for name, value in pair.ha.counters().items()
            if value > before.get(name, 0)}


def unharmed(pair, binding):
    now = pair.ha.binding()
    assert now and now["care_of_address"] == binding["care_of_address"] and now["sequence"] == binding["sequence"]
    for system in (pair.ha, pair.mr):
        for name, program in system.programs.items():
            assert program.alive, f"{name}: {program.log()[-2000:]}"
    assert pair.both_ways()


@pytest.mark.kernel
@pytest.mark.hostile
def test_malformed_signalling_is_counted_and_harms_nothing(pair):
    binding = pair.ha.binding()
    silent = {}
    for wrong, (packet, counter) in hostile_signalling(ATTACKER).items():
        before = pair.ha.counters()
        pair.world.access2.send_packets([packet])
        try:
            wait_for(lambda: counter in grown(pair, before), wrong, 10)
        except TimeoutError:
            silent[wrong] = (counter, grown(pair, before))
    assert not silent
    unharmed(pair, binding)


@pytest.mark.kernel
@pytest.mark.hostile
def test_what_is_wrong_before_the_options_draws_a_parameter_problem(pair):
    hostile = hostile_signalling(ATTACKER)
    # RFC 6275 §9.2: the pointer is that of Header Len, and of Payload Proto. The Mobility Header stands behind 24 octets
    # of destination options, and right behind the IPv6 header.
    expected = {"shorter than its message": 40 + 24 + 1, "a payload protocol that is not 59": 40}
    before = pair.ha.counters()
    capture, path = pair.world.capture(pair.world.access2, "up0", "icmp6 and src host " + HOME_AGENT)
    pair.world.access2.send_packets([hostile[wrong][0] for wrong in expected])
    wait_for(lambda: grown(pair, before).get(("nemonetd", "parameter_problem_sent")) == len(expected), "the answers")
    time.sleep(0.2)
    capture.stop()
    problems = [frame[ICMPv6ParamProblem] for frame in rdpcap(path) if ICMPv6ParamProblem in frame]
    assert [(problem.code, problem.ptr) for problem in problems] == [(0, octet) for octet in expected.values()]


@pytest.mark.hostile
def test_signalling_cut_at_every_length_harms_nothing(pair):
    binding = pair.ha.binding()
    whole = binding_update(ATTACKER, options=b"\x01\0" + b"\x03\x10" + bytes(16))
    cut = []
    for length in range(40, len(whole)):
        packet = bytearray(whole[:length])
        packet[4:6] = (length - 40).to_bytes(2, "big")
        cut.append(bytes(packet))
    pair.world.access2.send_packets(cut)
    unharmed(pair, binding)


@pytest.mark.hostile
def test_random_mobility_headers_harm_nothing(pair):
    binding = pair.ha.binding()
    dice = random.Random(6275)
    packets = [
        mobility(ATTACKER, HOME_AGENT, dice.randrange(0, 24), dice.randbytes(dice.randrange(2, 200)),
                 home_address=dice.choice([None, "2001:db8:1::100", "2001:db8:1::999"]))
        for _ in range(2000)
    ]
    pair.world.access2.send_packets(packets)
    unharmed(pair, binding)


def test_a_wrong_outer_source_is_dropped_and_counted(pair):
    before = pair.ha.counters()
    pair.world.access2.send_packets([tunnelled(ATTACKER, HOST, CORRESPONDENT)] * 3)
    counted = wait_for(lambda: [name for _, name in grown(pair, before) if "outer" in name or "tunnel" in name],
                       "a counter of the wrong outer source")
    assert counted


@pytest.mark.kernel
def test_a_spoofed_inner_source_is_dropped_and_counted(pair):
    care_of = pair.ha.binding()["care_of_address"]
    capture, path = pair.world.capture(pair.world.cn, "eth0", "icmp6 and src host 2001:db8:99::1")
    before = pair.ha.counters()
    pair.world.access1.send_packets([tunnelled(care_of, "2001:db8:99::1", CORRESPONDENT)] * 3)
    counted = wait_for(lambda: [name for _, name in grown(pair, before) if "inner" in name],
                       "a counter of the spoofed inner source")
    assert counted
    capture.stop()
    assert "2001:db8:99::1" not in pair.world.cn.run("tcpdump", "-nr", path).stdout


@pytest.mark.kernel
def test_the_mobile_router_drops_what_its_home_agent_did_not_send(pair):
    care_of = pair.mr.registration()["care_of_address"]
    before = pair.mr.counters()
    pair.world.access1.send_packets(
        [tunnelled("2001:db8:a1::1", CORRESPONDENT, HOST, outer_destination=care_of)] * 3)
    wait_for(lambda: [name for (_, name), value in pair.mr.counters().items()
                      if ("outer" in name or "tunnel" in name) and value > before.get(("nemonetd", name), 0)],
             "a counter of the wrong outer source")


def test_a_flood_of_unauthenticated_updates_does_not_grow_memory(pair):
    binding = pair.ha.binding()
    had = pair.ha.programs["had"].process.pid

    def resident():
        with open(f"/proc/{had}/statm") as file:
            return int(file.read().split()[1]) * 4096

    def flood(start):
        pair.world.access2.send_packets([
            binding_update(ATTACKER, home_address=f"2001:db8:1::{number:x}", sequence=number)
            for number in range(start, start + 3000)
        ])

    flood(0x1000)
    wait_for(lambda: pair.ha.counters(), "had to answer")
    settled = resident()
    flood(0x3000)
    wait_for(lambda: pair.ha.counters(), "had to answer")
    assert resident() - settled < 4 << 20
    unharmed(pair, binding)
