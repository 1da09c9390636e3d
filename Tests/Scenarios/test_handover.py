"""Uplinks come and go; the conversation goes on."""

import time

import pytest

from conversation import Conversation
from world.node import PATIENCE, wait_for
from world.world import CORRESPONDENT


@pytest.mark.kernel
def test_the_conversation_survives_a_pulled_uplink(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    wait_for(lambda: pair.world.mr.addresses("eth1"), "a second uplink")
    talk = Conversation(pair)
    time.sleep(1)
    pair.world.cables["eth0"].unplug()
    pair.mr.wait_registered("eth1")
    time.sleep(1.5)
    up, down = talk.stop("carrier lost")
    # No promise about time is tested here; a gap of seconds would mean that something was waited for.
    assert max(up.gap(), down.gap()) < 3 * PATIENCE
    assert pair.mr.active_uplink() == "eth1"
    assert pair.ha.binding()["care_of_address"] in pair.world.mr.addresses("eth1")
    assert pair.both_ways()


def test_a_better_uplink_that_returns_is_taken_without_loss(make_pair_of):
    pair = make_pair_of()
    pair.world.cables["eth0"].unplug()
    pair.start(uplink="eth1")
    pair.wait_reachable()
    flow = pair.flow()
    time.sleep(0.5)
    pair.world.cables["eth0"].plug()
    pair.mr.wait_registered("eth0", timeout=40)
    time.sleep(1)
    up, down = flow.stop()
    assert (up.lost, down.lost) == (0, 0)
    assert pair.ha.binding()["care_of_address"] in pair.world.mr.addresses("eth0")


def test_a_tcp_transfer_keeps_going_over_a_hand_over(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    server = pair.world.cn.start("iperf3", "iperf3", "-s", "-1")
    wait_for(lambda: ":5201" in pair.world.cn.run("ss", "-tln").stdout, "iperf3")
    client = pair.world.host.start("iperf3-client", "iperf3", "-c", CORRESPONDENT, "-t", 6, "-b", "20M", "-i", "1")
    time.sleep(2)
    pair.world.cables["eth0"].unplug()
    assert client.process.wait(30) == 0
    assert server.process.wait(10) == 0
    assert pair.mr.registration()["uplink"] == "eth1"


def test_without_any_uplink_there_is_silence_and_then_recovery(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    for cable in pair.world.cables.values():
        cable.unplug()
    wait_for(lambda: pair.mr.active_uplink() is None, "no active uplink")
    assert not pair.world.host.ping(CORRESPONDENT)
    pair.world.cables["eth1"].plug()
    pair.mr.wait_registered("eth1", timeout=30)
    pair.wait_reachable()
    assert pair.both_ways()


def test_an_uplink_that_vanishes_altogether_is_left(make_pair_of):
    pair = make_pair_of().start()
    wait_for(lambda: pair.world.mr.addresses("eth1"), "a second uplink")
    pair.world.mr.ip("link delete eth0")
    pair.mr.wait_registered("eth1")
    pair.wait_reachable()
    assert pair.both_ways()
