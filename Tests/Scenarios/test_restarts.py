"""Programs die and come back; what they had set up outlives them or returns."""

import signal
import time

import pytest

from world import configuration
from world.node import wait_for


def test_forwarding_outlives_mrd_and_a_new_one_takes_over_without_loss(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    flow = pair.flow()
    time.sleep(0.5)
    pair.mr.programs["mrd"].kill()
    time.sleep(2)
    before = pair.ha.binding()["sequence"]
    pair.mr.start("mrd")
    pair.mr.wait_registered()
    wait_for(lambda: pair.ha.binding()["sequence"] != before, "a new registration at the home agent")
    time.sleep(1)
    up, down = flow.stop()
    assert (up.lost, down.lost) == (0, 0)


def test_a_second_program_of_a_kind_says_so_once_and_takes_over_when_the_first_ends(make_pair_of):
    pair = make_pair_of().start()
    first = pair.ha.programs["had"]
    second = pair.ha.start("had")
    told = f"had runs here already (process {first.process.pid})"
    wait_for(lambda: told in second.log(), "the second one to say what is wrong")
    wait_for(lambda: pair.ha.counters("nemonetd")["client_refused"] >= 3, "it to ask again, more than once")
    assert second.log().count("runs here already") == 1
    assert second.alive
    first.kill()
    wait_for(lambda: "connected to nemonetd" in second.log(), "the second one to take over")
    assert pair.ha.binding()


def test_had_killed_and_restarted_keeps_its_bindings_and_forwarding(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    flow = pair.flow()
    time.sleep(0.5)
    pair.ha.programs["had"].kill()
    time.sleep(1)
    pair.ha.start("had")
    wait_for(pair.ha.binding, "the binding, from nemonetd's table")
    time.sleep(1)
    up, down = flow.stop()
    assert (up.lost, down.lost) == (0, 0)


def test_a_home_agent_that_lost_everything_gets_its_mobile_routers_back(make_pair_of):
    pair = make_pair_of(router={"lifetime": 12}).start()
    pair.wait_reachable()
    for name in ("had", "nemonetd"):
        pair.ha.programs[name].kill()
    time.sleep(0.5)
    pair.ha.start("nemonetd", "had")
    wait_for(pair.ha.binding, "the binding, registered anew", 30)
    pair.mr.wait_registered(timeout=30)
    pair.wait_reachable(20)
    assert pair.both_ways()


@pytest.mark.kernel
def test_nemonetd_of_the_mobile_router_killed_and_restarted(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    pair.mr.programs["nemonetd"].kill()
    time.sleep(0.5)
    pair.mr.start("nemonetd")
    pair.mr.wait_registered(timeout=30)
    pair.wait_reachable(20)
    assert pair.both_ways()
    assert pair.mr.programs["mrd"].alive and pair.mr.programs["babymdd"].alive


def test_nemonetd_of_the_home_agent_killed_and_restarted(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    pair.ha.programs["nemonetd"].kill()
    time.sleep(0.5)
    pair.ha.start("nemonetd")
    pair.wait_reachable(20)
    assert pair.both_ways()
    assert pair.ha.binding()
    assert pair.ha.programs["had"].alive


def test_babymdd_killed_and_restarted_still_moves(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    pair.mr.programs["babymdd"].kill()
    pair.mr.start("babymdd")
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "an active uplink")
    pair.world.cables["eth0"].unplug()
    pair.mr.wait_registered("eth1")
    pair.wait_reachable()


def test_what_is_taken_from_the_file_is_no_uplink_any_more_by_a_reload_and_by_a_restart(make_pair_of):
    def configured(*uplinks):
        pair.mr.configure(configuration.mobile_router(uplinks=tuple((name, 10) for name in uplinks)))

    def wait_uplinks(*uplinks):
        wait_for(lambda: {row["interface"] for row in pair.mr.ask("uplinks")} == set(uplinks), f"the uplinks {uplinks}")

    # One that is not there, either.
    pair = make_pair_of(router={"uplinks": (("eth0", 10), ("eth1", 20), ("wlan7", 30))}).start()
    wait_uplinks("eth0", "eth1", "wlan7")
    configured("eth0", "eth1")
    pair.mr.programs["babymdd"].reload()
    wait_uplinks("eth0", "eth1")
    pair.mr.programs["babymdd"].kill()
    configured("eth0")
    pair.mr.start("babymdd")
    wait_uplinks("eth0")
    pair.wait_reachable()
    # And what went away without its detector.
    pair.mr.programs["nemonetd"].kill()
    pair.mr.start("nemonetd")
    wait_uplinks("eth0")


def test_programs_may_start_in_any_order(make_pair_of):
    pair = make_pair_of()
    for name in ("mrd", "babymdd"):
        pair.mr.start(name)
    pair.ha.start("had")
    time.sleep(0.5)
    assert pair.mr.programs["mrd"].alive and pair.ha.programs["had"].alive
    pair.ha.start("nemonetd")
    pair.mr.start("nemonetd")
    pair.mr.wait_registered(timeout=30)
    pair.wait_reachable()


def test_a_stopped_program_does_not_stop_forwarding_until_the_binding_expires(make_pair_of):
    """A master that hangs is as good as dead: what it installed ends with its lifetime, not before and not never."""
    pair = make_pair_of(router={"lifetime": 8}).start()
    pair.wait_reachable()
    pair.mr.programs["mrd"].signal(signal.SIGSTOP)
    time.sleep(1)
    assert pair.both_ways()
    wait_for(lambda: pair.ha.binding() is None, "the binding to expire", 12)

    def ended(system):
        return [row["uplink"] for row in system.ask("events") if row["event"] == "forwarding_ended"]

    # The router says over which uplink that was; its home agent, where had may be first to end it, knows of none.
    wait_for(lambda: "eth0" in ended(pair.mr), "the end of it on the router to be told", 12)
    assert set(ended(pair.mr)) <= {"eth0", "eth1"}
    wait_for(lambda: pair.ha.events("tunnel_removed"), "the end of it at the home agent to be told")
    assert set(ended(pair.ha)) <= {None}
    pair.mr.programs["mrd"].signal(signal.SIGCONT)
    wait_for(pair.ha.binding, "the binding again", 20)
    pair.wait_reachable()


def test_what_a_killed_nemonetd_left_goes_when_the_file_no_longer_asks_for_it(make_pair_of):
    pair = make_pair_of().start()
    node = pair.world.mr
    assert node.addresses("lan0") == ["2001:db8:10::1"]
    for name in ("mrd", "nemonetd"):
        pair.mr.programs[name].kill()
    pair.mr.configure(configuration.mobile_router(prefixes=("2001:db8:20::/60",), ingress="2001:db8:20::/64"))
    pair.mr.start("nemonetd")
    wait_for(lambda: node.addresses("lan0") == ["2001:db8:20::1"], "the new address alone")
    for table in (["rule"], ["route", "show", "table", "610"]):
        shown = node.run("ip", "-6", *table).stdout
        assert "2001:db8:20::/60" in shown and "2001:db8:10::" not in shown
