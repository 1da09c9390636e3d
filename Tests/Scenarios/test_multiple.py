"""Several care-of addresses at a time (RFC 5648): both uplinks registered, both tunnels standing."""

import time

import pytest

from world.node import PATIENCE, wait_for

SINGLE = 'policy = { bindings = "single"; };\n'


def bindings(pair):
    """The home agent's bindings by identifier."""
    return {row["binding_id"]: row["care_of_address"] for row in pair.ha.ask("bindings")}


def registered(pair):
    return {row["uplink"] for row in pair.mr.ask("registrations") if row["state"] == "registered" and row["forwards"]}


def wait_both(pair):
    wait_for(lambda: registered(pair) == {"eth0", "eth1"}, "both uplinks registered")
    wait_for(lambda: set(bindings(pair)) == {1, 2}, "two bindings at the home agent")


def test_both_uplinks_are_registered_and_both_tunnels_stand(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    wait_both(pair)
    held = bindings(pair)
    assert held[1] in pair.world.mr.addresses("eth0")
    assert held[2] in pair.world.mr.addresses("eth1")
    for system in (pair.mr, pair.ha):
        tunnels = system.ask("tunnels")
        assert len(tunnels) == 2
        assert [row["active"] for row in tunnels].count(True) == 1
    # The preferred one carries.
    assert pair.mr.active_uplink() == "eth0"
    assert pair.both_ways()


@pytest.mark.kernel
def test_the_second_uplink_takes_over_when_the_first_dies_and_gives_back(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    wait_both(pair)
    flow = pair.flow()
    time.sleep(0.5)
    pair.world.cables["eth0"].unplug()
    wait_for(lambda: set(bindings(pair)) == {2}, "the dead uplink's binding gone at the home agent")
    time.sleep(0.5)
    up, down = flow.stop()
    # A gap of seconds would mean that something was waited for.
    assert max(up.gap(), down.gap()) < 3 * PATIENCE
    assert pair.mr.active_uplink() == "eth1"
    assert pair.both_ways()

    pair.world.cables["eth0"].plug()
    wait_both(pair)
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the better uplink in use again")
    assert pair.both_ways()


def test_a_planned_return_loses_nothing(make_pair_of):
    pair = make_pair_of()
    pair.world.cables["eth0"].unplug()
    pair.start(uplink="eth1")
    pair.wait_reachable()
    flow = pair.flow()
    time.sleep(0.5)
    pair.world.cables["eth0"].plug()
    wait_both(pair)
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the better uplink in use")
    time.sleep(1)
    up, down = flow.stop()
    assert (up.lost, down.lost) == (0, 0)


def test_single_registers_one(make_pair_of):
    pair = make_pair_of(router={"extra": SINGLE}).start()
    pair.wait_reachable()
    wait_for(lambda: pair.world.mr.addresses("eth1"), "a second uplink")
    time.sleep(1)
    assert set(bindings(pair)) == {None}
    wait_for(lambda: len(pair.mr.ask("tunnels")) == 1, "one tunnel")


def test_a_restarted_home_agent_gets_its_bindings_back(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    wait_both(pair)
    pair.ha.programs["had"].kill()
    pair.ha.start("had")
    time.sleep(0.5)
    wait_both(pair)
    assert pair.both_ways()
