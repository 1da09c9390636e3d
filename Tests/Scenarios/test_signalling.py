"""What Shisa says on the wire, read by tshark, which shares no code with it."""

import time

from world.node import wait_for
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
        faults = pair.world.mr.run(
            "tshark", "-n", "-r", path, "-o", "ipv6.checksum:TRUE", "-Y",
            "mipv6 && (_ws.malformed || _ws.expert.severity >= 6291456)", "-V", check=False).stdout
        assert faults == ""
        # 8388608 is the severity of an error, 6291456 of a warning.
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
