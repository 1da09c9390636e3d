"""The administrator ends bindings and sends nodes elsewhere."""

import pytest

from world import configuration
from world.node import wait_for
from world.world import HOME_ADDRESS, HOME_AGENT, MOBILE_PREFIX


def command(system, *words, user=None):
    arguments = [system.binary("shisactl"), "--socket", system.socket, *words]
    if user:
        arguments = ["setpriv", "--reuid", user, "--clear-groups", *arguments]
    return system.node.run(*arguments, check=False)


def test_a_revoked_node_is_told_and_acknowledges(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    result = command(pair.ha, "revoke", "bus-17")
    assert (result.returncode, result.stderr) == (0, "")
    wait_for(lambda: pair.ha.counters("had")["revocation_acknowledgement_received"] >= 1, "the acknowledgement")
    counters = pair.ha.counters("had")
    assert counters["revocation_sent"] == 1
    wait_for(lambda: pair.ha.counters("had")["binding_revoked"] >= 1, "the binding's end")
    events = [row["event"] for row in pair.ha.ask("events") if row["program"] == "had"]
    assert "binding_revocation" in events and "binding_revocation_ended" in events
    assert pair.ha.events("binding_revocation") == ["bus-17: revoked by an administrator"]


def test_a_revoked_node_that_is_gone_loses_its_binding_all_the_same(make_pair_of):
    pair = make_pair_of().start()
    for name in ("mrd", "nemonetd"):
        pair.mr.programs[name].kill()
    assert command(pair.ha, "revoke", HOME_ADDRESS).returncode == 0
    wait_for(lambda: pair.ha.binding() is None, "the binding to go")
    wait_for(lambda: pair.ha.counters("had")["revocation_unanswered"] == 1, "its counter")
    assert pair.ha.counters("had")["revocation_retransmitted"] == 1


@pytest.mark.parametrize("nodes, reason", [
    ([], "the node is no longer in the configuration file"),
    ([configuration.node("file:keys/router.key").replace("{ ", "{ prohibited = true; ", 1)],
     "the node is prohibited by the configuration file"),
])
def test_a_node_that_a_new_file_dismisses_is_told_with_the_key_that_it_had(nodes, reason, make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    # A Binding Update that is under way would be refused, which the router would hear of as well.
    wait_for(lambda: all(row["state"] == "registered" for row in pair.mr.ask("registrations")), "every uplink's registration")
    pair.ha.configure(configuration.home_agent(nodes=nodes))
    pair.ha.programs["had"].reload()
    wait_for(lambda: pair.ha.counters("had")["revocation_acknowledgement_received"] == 1, "the acknowledgement")
    counters = pair.ha.counters("had")
    assert counters["binding_unconfigured"] >= 1 and counters["binding_revoked"] == 0, counters
    assert pair.ha.binding() is None
    assert f"bus-17: {reason}" in pair.ha.events("binding_removed")
    assert pair.ha.events("binding_revocation") == [f"bus-17: {reason}, it is told"]
    assert f"the binding of bus-17 was taken away: {reason}" in pair.ha.programs["had"].log()
    wait_for(lambda: pair.mr.registration()["state"] in ("revoked", "refused"), "the router to take it in")


def test_who_may_only_look_cannot_revoke(make_pair_of):
    pair = make_pair_of().start()
    result = command(pair.ha, "revoke", "bus-17", user="65534")
    assert result.returncode == 77, result
    assert "run as root" in result.stderr
    nobody = command(pair.ha, "revoke", "bus-18")
    assert nobody.returncode == 69
    assert "no binding has the name or home address bus-18" in nobody.stderr
    assert pair.ha.binding()
    assert pair.ha.counters("had")["revocation_sent"] == 0


def test_a_router_that_is_sent_to_nobody_shows_what_it_waits_for(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    assert command(pair.ha, "switch", "all").returncode == 0
    row = wait_for(lambda: (row := pair.mr.registration()) and row["state"] == "idle" and row, "the router to be left alone")
    assert pair.ha.events("home_agent_switch") == ["1 node is asked to go to another home agent"]
    assert row["home_agent"] is None and 500 < row["remaining"] <= 600
    line = next(line for line in command(pair.mr, "status").stdout.splitlines() if line.startswith("home"))
    assert f"{HOME_ADDRESS} has no home agent to go to; tried again in" in line, line
    wait_for(lambda: ("mrd", "home_agent_rest") in {(row["program"], row["name"]) for row in pair.mr.ask("timers")},
             "the timer")


def test_nodes_are_asked_to_go_to_another_home_agent(make_pair_of):
    pair = make_pair_of().start()
    assert command(pair.ha, "switch", "all", "2001:db8:2::1").returncode == 0
    wait_for(lambda: pair.ha.counters("had")["home_agent_switch_sent"] == 1, "the message")
    assert pair.ha.events("home_agent_switch") == ["1 node is asked to go to 2001:db8:2::1"]
    # The other one is not there, so that the node comes back or stays.
    assert pair.ha.programs["had"].alive


def test_no_node_is_sent_to_the_home_agent_that_it_has(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    result = command(pair.ha, "switch", "bus-17", "2001:db8:2::1", HOME_AGENT)
    assert result.returncode == 69, result
    assert result.stderr == (f"shisactl: nemonetd: {HOME_AGENT} is this home agent itself: name another one, or none for "
                             "one that the node finds\n")
    assert pair.ha.counters("had")["home_agent_switch_sent"] == 0
    assert pair.ha.binding()


def test_forgotten_bindings_are_gone_and_come_back_when_their_nodes_send(make_pair_of):
    # One uplink: a second one that comes up meanwhile would be registered anyway.
    pair = make_pair_of(router={"uplinks": (("eth0", 10),)}).start()
    pair.wait_reachable()
    assert [(row["prefix"], row["name"], row["mode"]) for row in pair.ha.ask("prefixes")] == [
        (MOBILE_PREFIX, "bus-17", "explicit")]
    assert command(pair.ha, "flush", "all", user="65534").returncode == 77
    before = pair.mr.registration()["sequence"]
    assert command(pair.ha, "flush", "all").returncode == 0
    wait_for(lambda: pair.ha.counters("had")["binding_revoked"] >= 1, "the bindings to go")
    assert pair.ha.counters("had")["revocation_sent"] == 0
    removed = pair.ha.events("binding_removed")
    assert "bus-17: forgotten" in removed and "bus-17: revoked" not in removed, removed
    # A Binding Error tells the router, long before it would refresh.
    flow = pair.flow()
    wait_for(pair.ha.binding, "the binding, by a new registration")
    flow.stop()
    assert pair.mr.registration()["sequence"] != before
    assert pair.ha.counters("had")["binding_error_sent"] >= 1
