"""mnd: a host that keeps its address wherever it is."""

import time

import pytest

from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOME_AGENT


@pytest.mark.kernel
def test_a_mobile_host_registers_and_its_programs_use_the_home_address(make_host_of):
    pair = make_host_of()
    # With two uplinks the kernel may send from the address of one through the other, where it is dropped.
    pair.world.cables["eth1"].unplug()
    pair.start()
    registration = pair.mn.registration()
    assert registration["home_address"] == HOME_ADDRESS
    assert registration["home_agent"] == HOME_AGENT
    assert registration["prefixes"] == []
    assert pair.ha.binding()["mode"] == "host"
    pair.wait_reachable()
    assert pair.both_ways()
    # An ordinary program, which chooses no address.
    assert pair.source_of() == HOME_ADDRESS
    # One that wants the address of the uplink gets it, and no tunnel.
    care_of = registration["care_of_address"]
    assert pair.source_of(care_of) == care_of
    assert pair.world.spoofed("access1") == 0
    assert pair.mn.counters("mnd")["binding_update_sent"] >= 1
    # A host passes on nothing.
    assert pair.world.mr.run("sysctl", "-n", "net.ipv6.conf.all.forwarding").stdout.strip() == "0"


@pytest.mark.kernel
def test_a_connection_of_a_mobile_host_survives_a_hand_over(make_host_of):
    pair = make_host_of().start()
    pair.wait_reachable()
    wait_for(lambda: pair.world.mr.addresses("eth1"), "a second uplink")
    server = pair.world.cn.start("iperf3", "iperf3", "-s", "-1")
    wait_for(lambda: ":5201" in pair.world.cn.run("ss", "-tln").stdout, "iperf3")
    client = pair.world.mr.start("iperf3-client", "iperf3", "-c", CORRESPONDENT, "-t", 6, "-b", "10M", "-i", "1")
    time.sleep(2)
    pair.world.cables["eth0"].unplug()
    pair.mn.wait_registered("eth1")
    assert client.process.wait(30) == 0
    assert server.process.wait(10) == 0
    assert pair.source_of() == HOME_ADDRESS


def test_a_mobile_host_that_ends_leaves_an_ordinary_host(make_host_of):
    pair = make_host_of().start()
    pair.wait_reachable()
    addresses = pair.world.mr.addresses("eth0") + pair.world.mr.addresses("eth1")
    assert pair.mn.programs["mnd"].stop() == 0
    wait_for(lambda: pair.ha.binding() is None, "the binding to end")
    assert pair.source_of() in addresses
    pair.mn.start("mnd")
    pair.mn.wait_registered()
    pair.wait_reachable()
    assert pair.source_of() == HOME_ADDRESS


def test_a_killed_mobile_host_goes_on_and_is_taken_over(make_host_of):
    pair = make_host_of().start()
    pair.wait_reachable()
    pair.mn.programs["mnd"].kill()
    assert pair.both_ways()
    sequence = pair.ha.binding()["sequence"]
    pair.mn.start("mnd")
    wait_for(lambda: pair.ha.binding()["sequence"] != sequence, "the registration to be renewed")
    assert pair.both_ways()


def test_the_program_of_a_router_refuses_a_host_and_the_other_way_round(make_host_of):
    pair = make_host_of()
    code, text = pair.mn.check("mrd")
    assert code == 78 and "run mnd" in text
    assert pair.mn.check("mnd") == (0, "")
