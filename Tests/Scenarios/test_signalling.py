"""What Shisa says on the wire, read by tshark, which shares no code with it."""

import time

import pytest

from packets import binding_update, mobility
from world.node import wait_for
from world.signalling import judge, judge_world
from world.world import HOME_ADDRESS, HOME_AGENT, MOBILE_PREFIX

BINDING_UPDATE, BINDING_ACKNOWLEDGEMENT = "5", "6"


def tshark(node, path, *fields, read_filter="mipv6"):
    options = [option for field in fields for option in ("-e", field)]
    result = node.run("tshark", "-n", "-r", path, "-Y", read_filter, "-T", "fields", "-E", "separator=|", *options)
    return [line.split("|") for line in result.stdout.splitlines()]


def test_tshark_finds_no_fault_with_a_life_of_signalling(make_pair_of):
    pair = make_pair_of(router={"lifetime": 8})
    captures = [pair.world.capture(pair.world.access1, "up0", "ip6"), pair.world.capture(pair.world.access2, "up0", "ip6")]
    pair.start()
    pair.wait_reachable()
    wait_for(lambda: pair.world.mr.addresses("eth1"), "a second uplink")
    time.sleep(6)
    pair.world.cables["eth0"].unplug()
    pair.mr.wait_registered("eth1")
    assert pair.mr.programs["mrd"].stop() == 0
    wait_for(lambda: pair.ha.binding() is None, "the home agent to forget the binding")
    time.sleep(0.3)
    kinds = []
    for capture, path in captures:
        capture.stop()
        count, faults = judge(path)
        assert count and not faults
        kinds += tshark(pair.world.mr, path, "mip6.mhtype", "ipv6.src", "ipv6.dst")
    sent = [row for row in kinds if row[0] == BINDING_UPDATE]
    answered = [row for row in kinds if row[0] == BINDING_ACKNOWLEDGEMENT]
    # Registration, at least one refresh, hand-over, de-registration.
    assert len(sent) >= 4 and len(answered) >= 4


def test_a_binding_update_says_what_it_should(make_pair_of):
    pair = make_pair_of()
    capture, path = pair.world.capture(pair.world.access1, "up0", "ip6")
    pair.start()
    capture.stop()
    care_of = pair.mr.registration()["care_of_address"]
    shown = pair.world.mr.run("tshark", "-n", "-r", path, "-Y", "mip6.mhtype == 5", "-V").stdout
    assert f"Source Address: {care_of}" in shown
    assert f"Destination Address: {HOME_AGENT}" in shown
    assert HOME_ADDRESS in shown
    assert "Acknowledge (A) flag: Binding Acknowledgement requested" in shown
    assert "Home Registration (H) flag: Home Registration" in shown
    assert MOBILE_PREFIX.split("/")[0] in shown
    answer = pair.world.mr.run("tshark", "-n", "-r", path, "-Y", "mip6.mhtype == 6", "-V").stdout
    assert f"Destination Address: {care_of}" in answer
    assert "Status: Binding Update accepted (0)" in answer


@pytest.mark.hostile
def test_tshark_finds_the_faults_of_signalling_that_has_some(make_world):
    world = make_world()
    source = "2001:db8:a2::1"
    wait_for(lambda: world.access2.ping(HOME_AGENT), "the way to the home agent")
    world.access2.send_packets([
        binding_update(source, options=b"\x03\xff" + bytes(2)),
        mobility(source, HOME_AGENT, 5, bytes(6) + bytes(4), HOME_ADDRESS, declared_units=200),
        binding_update(source),
    ])
    time.sleep(0.5)
    with pytest.raises(AssertionError, match="Malformed"):
        judge_world(world)
    [(count, faults)] = [record.judge() for record in world.records]
    # The last one is as it should be. Kernels may quote what they got in a Parameter Problem.
    assert count >= 3
    assert len([fault for fault in faults if "Parameter Problem" not in fault]) == 2


def test_a_registration_that_tshark_does_not_see_is_a_fault(make_world):
    world = make_world()
    judge_world(world)
    world.registered = True
    with pytest.raises(AssertionError, match="no signalling"):
        judge_world(world)
    world.registered = False
