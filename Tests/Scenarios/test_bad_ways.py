"""Ways that are bad, come and go, or are not there at all, with one TCP connection and a stream of UDP through all of it."""

import time

from conversation import Conversation
from test_health import BOTH, wait_healthy, why
from world.node import wait_for


def moving(make_pair_of, **router):
    pair = make_pair_of(shaped=BOTH, router=router).start()
    pair.wait_reachable()
    wait_healthy(pair)
    return pair


def changes(pair):
    return pair.mr.counters("mrd")["uplink_changed"]


def test_an_uplink_that_loses_a_third_is_left_and_seldom_returned_to(make_pair_of):
    pair = moving(make_pair_of)
    talk = Conversation(pair)
    before = changes(pair)
    pair.world.cables["eth0"].shape(loss=0.3)
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the good uplink in use")
    # Half of the round trips are lost. By luck the other half looks well for a moment, now and then.
    seen = []
    until = time.monotonic() + 40
    while time.monotonic() < until:
        seen.append(pair.mr.active_uplink())
        time.sleep(0.1)
    moved = changes(pair) - before
    good = seen.count("eth1") * 100 // len(seen)
    assert good >= 60 and moved <= 8, (good, moved)
    talk.stop(f"30 % loss each way, {moved} changes of the uplink, on the good one {good} % of the time")


def test_a_round_trip_that_grows_to_800_ms_and_shrinks_again(make_pair_of):
    pair = moving(make_pair_of)
    for name in BOTH:
        pair.world.cables[name].shape(delay=10)
    talk = Conversation(pair)
    time.sleep(2)
    # Of both uplinks. Slow looks like dead until the first answer has come; then it is known to be slow.
    before = changes(pair)
    for name in BOTH:
        pair.world.cables[name].shape(delay=400)
    wait_for(
        lambda: all((row["round_trip"] or 0) > 600 for row in pair.mr.ask("uplinks")), "what the probes say of it", 40)
    wait_healthy(pair)
    moved = changes(pair) - before
    assert moved <= 4
    for name in BOTH:
        pair.world.cables[name].shape(delay=10)
    wait_for(lambda: all((row["round_trip"] or 1000) < 200 for row in pair.mr.ask("uplinks")), "a short way again", 40)
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the better uplink in use", 30)
    talk.stop(f"round trip 20, 800 and 20 ms, {moved} changes of the uplink")


def test_an_uplink_that_comes_and_goes_every_two_seconds_is_not_trusted(make_pair_of):
    pair = moving(make_pair_of)
    talk = Conversation(pair)
    before = changes(pair)
    cable = pair.world.cables["eth0"]
    # For a minute.
    for _ in range(15):
        cable.unplug()
        time.sleep(2)
        cable.plug()
        time.sleep(2)
    moved = changes(pair) - before
    assert pair.mr.active_uplink() == "eth1"
    # There and back, until it has failed three times.
    assert moved <= 7
    talk.stop(f"carrier that comes and goes every two seconds, {moved} changes of the uplink")
    wait_for(lambda: "suppressed" in why(pair)[1]["eth0"], "that it is not trusted")


def test_without_any_uplink_for_longer_than_a_binding_lasts_and_back(make_pair_of):
    pair = moving(make_pair_of, lifetime=8)
    talk = Conversation(pair)
    time.sleep(1)
    for cable in pair.world.cables.values():
        cable.unplug()
    wait_for(lambda: pair.mr.active_uplink() is None, "no uplink in use")
    wait_for(lambda: pair.ha.binding() is None, "the binding gone at the home agent", 30)
    assert [row["text"] for row in why(pair)[0]["carriers"]] == ["goes nowhere: no uplink is usable"]
    for cable in pair.world.cables.values():
        cable.plug()
    pair.wait_reachable(30)
    talk.stop("no uplink at all", longest=90)
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the better uplink in use", 30)
