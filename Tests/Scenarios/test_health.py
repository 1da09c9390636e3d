"""Uplinks whose link is fine and whose way is not: found by probes and by the traffic itself, left, and returned to."""

import os
import time

import pytest
from scapy.utils import rdpcap

from conversation import Conversation
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_AGENT

BOTH = ("eth0", "eth1")


def why(pair):
    """What `shisactl why` says: the whole answer, and the names of the reasons of each uplink."""
    answer = pair.mr.ask("why") or {"carriers": [], "uplinks": []}
    return answer, {row["interface"]: [reason["name"] for reason in row["reasons"]] for row in answer["uplinks"]}


def health(pair):
    return {row["interface"]: row["health"] for row in pair.mr.ask("uplinks")}


def round_trip(pair, uplink):
    return next(row["round_trip"] or 0 for row in pair.mr.ask("uplinks") if row["interface"] == uplink)


def wait_healthy(pair, uplinks=BOTH):
    wait_for(lambda: all(health(pair).get(name) == "up" for name in uplinks), "answered probes over every uplink", 30)


@pytest.fixture
def shaped(make_pair_of):
    def make(uplink="eth0", **router):
        pair = make_pair_of(shaped=BOTH, router=router).start(uplink=uplink)
        pair.wait_reachable()
        wait_healthy(pair)
        # Whichever was up first.
        wait_for(lambda: uplink in (None, pair.mr.active_uplink()), f"{uplink} to be in use")
        return pair

    return make


@pytest.mark.parametrize("direction", ["both", "up", "down"])
def test_a_silent_black_hole_is_left_and_returned_to(shaped, direction):
    pair = shaped()
    talk = Conversation(pair)
    time.sleep(1)
    pair.world.cables["eth0"].shape(direction, loss=1.0)
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the other uplink in use")
    wait_for(pair.both_ways, "both directions over it")
    wait_for(lambda: why(pair)[1]["eth0"][0] == "no_answer", "a reason")
    assert pair.mr.events("uplink_unreached")
    pair.world.cables["eth0"].shape(direction, loss=0.0)
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the better uplink in use again", 30)
    wait_for(pair.both_ways, "both directions over it")
    assert pair.mr.events("uplink_reached")
    talk.stop(f"black hole {direction}, and back")


def test_a_silent_black_hole_is_found_without_traffic(shaped):
    pair = shaped()
    pair.world.cables["eth0"].shape(loss=1.0)
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the other uplink in use")


def test_without_probes_a_black_hole_is_not_seen(make_pair_of):
    pair = make_pair_of(shaped=BOTH, router={"extra": "policy = { probe = { enabled = false; }; };"}).start()
    pair.wait_reachable()
    wait_for(lambda: set(health(pair).values()) == {"unmonitored"}, "uplinks that nobody watches")
    pair.world.cables["eth0"].shape(loss=1.0)
    time.sleep(4)
    assert pair.mr.active_uplink() == "eth0"
    assert pair.mr.counters("mrd")["probe_sent"] == 0


def test_a_further_target_counts_as_the_home_agent_does(make_pair_of):
    """The home agent is there and the correspondent is not: with two that are wanted the uplink is down."""
    policy = f'policy = {{ probe = {{ targets = [ "{CORRESPONDENT}" ]; reliability = 2; }}; }};'
    pair = make_pair_of(shaped=BOTH, router={"extra": policy}).start()
    pair.wait_reachable()
    wait_healthy(pair)
    pair.world.cn.run("nft", "-f", "-", input="""table ip6 mute {
        chain input { type filter hook input priority 0; icmpv6 type echo-request drop; }
    }""")
    wait_for(lambda: set(health(pair).values()) == {"down"}, "uplinks by which only one target is reached")


def test_an_uplink_named_by_hand_carries_until_it_is_released(shaped):
    pair = shaped()
    talk = Conversation(pair)
    time.sleep(0.5)
    # Whoever asked hears at once what came of it, and so does who asks next.
    assert pair.mr.tell("use", "eth1").stdout == "eth1 is named by hand; everything goes by eth1\n"
    answer, reasons = why(pair)
    assert answer["pinned"] == "eth1" and answer["carriers"][-1]["uplinks"] == ["eth1"] and "not_pinned" in reasons["eth0"]
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the uplink that was named")
    time.sleep(1)
    up, down = talk.stop("planned change by hand", planned=True)
    assert (up.lost, down.lost) == (0, 0)
    # What is named by hand and fails is left for what works, and taken again.
    pair.world.cables["eth1"].shape(loss=1.0)
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the one that works")
    wait_for(lambda: "eth1 not answered" in pair.mr.tell("status").stdout, "a status that tells the dead from the living")
    assert "eth1 is named by hand (" in pair.mr.tell("use", "eth1").stdout
    pair.world.cables["eth1"].shape(loss=0.0)
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the one that was named, again", 30)
    assert pair.mr.tell("use", "auto").stdout.startswith("the policy chooses; everything goes by ")
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the policy's own choice", 30)
    wait_for(lambda: why(pair)[0]["pinned"] is None, "no pin to be told of")
    assert pair.mr.events("uplink_pinned") and pair.mr.events("uplink_unpinned")


def test_nobody_can_name_what_is_no_uplink(shaped):
    pair = shaped()
    result = pair.mr.tell("use", "wwan9", check=False)
    assert result.returncode != 0
    assert "wwan9 is no uplink" in result.stderr and "eth0, eth1" in result.stderr


def test_bad_quality_is_left_for_good_quality(shaped):
    pair = shaped()
    pair.world.cables["eth0"].shape(loss=0.5)
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the good uplink in use", 40)
    assert pair.world.host.ping(CORRESPONDENT, count=3)


def test_the_faster_uplink_carries_with_fastest(shaped):
    pair = shaped(uplink=None, extra='policy = { strategy = "fastest"; };')
    pair.world.cables["eth0"].shape(delay=100)
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the faster uplink in use", 40)
    wait_for(lambda: "not_faster" in why(pair)[1]["eth0"], "the reason")
    wait_for(lambda: round_trip(pair, "eth0") > 150, "its round trip smoothed to nearly what it is", 30)
    pair.world.cables["eth0"].shape(delay=0)
    pair.world.cables["eth1"].shape(delay=200)
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the other one, which is the faster now", 40)


def test_a_home_agent_that_answers_no_echo_makes_no_uplink_look_dead(make_pair_of):
    pair = make_pair_of()
    pair.world.ha.run("nft", "-f", "-", input="""table ip6 mute {
        chain input { type filter hook input priority 0; icmpv6 type echo-request drop; }
    }""")
    pair.start()
    pair.wait_reachable()
    wait_for(lambda: pair.mr.events("target_mute"), "the home agent known to be mute", 20)
    wait_for(lambda: set(health(pair).values()) == {"unmonitored"}, "uplinks that are not judged by it")
    pair.world.cables["eth0"].unplug()
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the other uplink")
    pair.world.cables["eth0"].plug()
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the better uplink again", 30)


def test_a_metered_uplink_is_probed_seldom(make_pair_of):
    """By default a metered uplink has a regular probe each ten seconds or so, and any other one a second."""
    pair = make_pair_of(router={"uplinks": (("eth0", 10), ("eth1", 20, "metered = true;"))}).start()
    wait_healthy(pair)
    time.sleep(3)
    captures = [
        pair.world.capture(pair.world.mr, name, "icmp6 and ip6[40] == 128 and dst host " + HOME_AGENT)
        for name in ("eth1", "eth0")
    ]
    wait_for(lambda: len(rdpcap(captures[1][1])) >= 10, "ten probes of the other uplink", 60)
    for program, _ in captures:
        program.stop()
    metered, other = (len(rdpcap(path)) for _, path in captures)
    print(f"{metered} probes of the metered uplink, {other} of the other")
    assert metered <= other / 2


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_monthly_limit_that_is_reached_moves_the_traffic_and_outlives_mrd(make_pair_of, end):
    pair = make_pair_of(router={
        "uplinks": (("eth0", 10, 'monthly_limit = "2 MB";'), ("eth1", 20)),
        "extra": 'policy = { state = "state/uplinks"; };'}).start()
    pair.wait_reachable()
    wait_healthy(pair)
    assert not pair.mr.events("limit_reached")
    # Uploads count as downloads do.
    talk = Conversation(pair)
    wait_for(lambda: pair.mr.active_uplink() == "eth1", "the uplink without a limit in use", 40)
    wait_for(lambda: "over_limit" in why(pair)[1]["eth0"], "the reason")
    assert " of 2 MB used" in pair.mr.tell("why").stdout
    assert pair.mr.events("limit_reached")
    assert pair.both_ways()
    talk.stop("a monthly limit that is reached", planned=True)

    def used():
        return next(row["used"] for row in pair.mr.ask("uplinks") if row["interface"] == "eth0")

    before = used()
    assert before >= 2_000_000
    wait_for(lambda: os.path.exists(os.path.join(pair.world.mr.directory, "state/uplinks")), "the file of accounts")
    getattr(pair.mr.programs["mrd"], end)()
    pair.mr.start("mrd")
    pair.mr.wait_registered("eth1")
    wait_for(lambda: pair.mr.ask("why") and "over_limit" in why(pair)[1].get("eth0", []), "the reason, again", 30)
    assert used() >= before
    assert pair.mr.active_uplink() == "eth1"
    # Nothing else works.
    pair.world.cables["eth1"].unplug()
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the uplink that is over its limit")
    pair.wait_reachable()


def test_a_home_agent_that_stands_still_moves_nothing(shaped):
    pair = shaped()
    changes = pair.mr.counters("mrd")["uplink_changed"]
    pair.world.ha.run("nft", "-f", "-", input="""table ip6 gone {
        chain input { type filter hook input priority -300; drop; }
    }""")
    wait_for(lambda: set(health(pair).values()) == {"down"}, "no answer over any uplink")
    time.sleep(1)
    assert pair.mr.active_uplink() == "eth0"
    assert pair.mr.counters("mrd")["uplink_changed"] == changes
    pair.world.ha.run("nft", "delete", "table", "ip6", "gone")
    # The first that answers again has the traffic, and the better one after its hold-down.
    wait_healthy(pair)
    wait_for(lambda: pair.mr.active_uplink() == "eth0", "the better uplink in use")
    assert pair.both_ways()


def test_a_restart_of_nemonetd_is_no_fault_of_an_uplink(shaped):
    pair = shaped()
    changes = pair.mr.counters("mrd")["uplink_changed"]
    pair.mr.programs["nemonetd"].kill()
    time.sleep(3)
    pair.mr.start("nemonetd")
    pair.wait_reachable()
    wait_healthy(pair)
    assert pair.mr.counters("mrd")["uplink_changed"] == changes
    assert pair.mr.active_uplink() == "eth0"
