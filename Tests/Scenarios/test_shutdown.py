"""SIGTERM leaves nothing behind; SIGHUP takes a good file and refuses a bad one."""

import re

from world import configuration
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, MOBILE_PREFIX


def traces(node):
    """What a program could have left in a machine's kernel."""
    rules = [line for line in node.run("ip", "-6", "rule").stdout.splitlines() if line]
    return {
        "devices": sorted(link["ifname"] for link in node.ip_json("link", "show")),
        "rules": rules,
        "nft": node.run("nft", "list", "tables").stdout.split("\n"),
        "routes": sorted(
            re.sub(r" expires \d+sec", "", line)
            for line in node.run("ip", "-6", "route", "show", "table", "all").stdout.splitlines()
            if " table local " not in f" {line} " and not line.startswith("local ") and not line.startswith("multicast")
            and not line.startswith("anycast")),
    }


def test_a_mobile_router_that_stops_deregisters_and_cleans_up(make_pair_of):
    pair = make_pair_of()
    wait_for(lambda: pair.world.mr.addresses("eth0") and pair.world.mr.addresses("eth1"), "uplinks")
    wait_for(lambda: len(pair.world.mr.ip_json("-6", "route", "show", "default")) > 0, "default routes")
    before = traces(pair.world.mr)
    pair.start()
    pair.wait_reachable()
    assert traces(pair.world.mr) != before
    assert pair.mr.programs["mrd"].stop() == 0
    wait_for(lambda: pair.ha.binding() is None, "the home agent to forget the binding")
    assert pair.mr.programs["babymdd"].stop() == 0
    assert pair.mr.programs["nemonetd"].stop() == 0
    after = traces(pair.world.mr)
    assert after == before


def test_a_home_agent_that_stops_cleans_up(make_pair_of):
    pair = make_pair_of()
    before = traces(pair.world.ha)
    pair.start()
    pair.wait_reachable()
    assert traces(pair.world.ha) != before
    assert pair.ha.programs["had"].stop() == 0
    assert pair.ha.programs["nemonetd"].stop() == 0
    assert traces(pair.world.ha) == before


def test_had_alone_is_told_of_a_new_node_and_nemonetd_knows_it_too(make_pair_of):
    pair = make_pair_of()
    whole = open(pair.ha.config).read()
    pair.ha.configure(whole.replace(HOME_ADDRESS, "2001:db8:1::101").replace(MOBILE_PREFIX, "2001:db8:11::/60"))
    pair.ha.start("nemonetd", "had")
    wait_for(lambda: "had" in pair.ha.tell("status").stdout, "had to connect")
    pair.ha.configure(whole)
    pair.ha.programs["had"].reload()
    pair.mr.start("nemonetd", "babymdd", "mrd")
    pair.mr.wait_registered()

    # Whoever sends without a binding is told so, which takes a nemonetd that knows whose the packet is.
    def told():
        # Again and again: what the router has just sent for another uplink makes a binding too.
        pair.ha.tell("flush", "all")
        pair.world.host.ping(CORRESPONDENT)
        return pair.ha.counters("had")["binding_error_sent"] >= 1

    wait_for(told, "a Binding Error")
    # One that crossed an acknowledgement is not believed; there is one a second while it sends.
    pair.wait_reachable(30)
    assert pair.ha.binding()


def test_reload_takes_a_new_file_and_the_conversation_goes_on(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    flow = pair.flow()
    pair.mr.configure(configuration.mobile_router(lifetime=300))
    pair.mr.programs["mrd"].reload()
    wait_for(lambda: pair.ha.binding()["lifetime"] == 300, "the new lifetime at the home agent")
    up, down = flow.stop()
    assert (up.lost, down.lost) == (0, 0)


def test_reload_of_a_new_order_of_uplinks_moves(make_pair_of):
    pair = make_pair_of().start()
    pair.mr.configure(configuration.mobile_router(uplinks=(("eth0", 20), ("eth1", 10))))
    for name in ("nemonetd", "babymdd", "mrd"):
        pair.mr.programs[name].reload()
    pair.mr.wait_registered("eth1", timeout=40)


def test_reload_of_a_bad_file_keeps_the_old_settings_and_says_where(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    pair.mr.configure(configuration.mobile_router(extra='polcy = { strategy = "failover"; };\n'))
    for name in ("mrd", "nemonetd", "babymdd"):
        pair.mr.programs[name].reload()
        program = pair.mr.programs[name]
        wait_for(lambda: re.search(r"shisa\.conf:\d+: .*polcy", program.log()), f"{name} to complain with file and line")
        assert program.alive
    assert pair.both_ways()
    pair.ha.configure("home_agent = { addresses = ;")
    pair.ha.programs["had"].reload()
    wait_for(lambda: re.search(r"shisa\.conf:1: ", pair.ha.programs["had"].log()), "had to complain")
    assert pair.world.host.ping(CORRESPONDENT)
    assert pair.ha.binding()


def test_reload_at_the_home_agent_admits_a_new_node_and_drops_a_removed_one(make_pair_of):
    pair = make_pair_of(agent={"nodes": [configuration.node("hex:" + "11" * 16, address="2001:db8:1::200",
                                                            prefixes=("2001:db8:20::/60",), name="boat-1")]})
    pair.start(registered=False)
    wait_for(lambda: pair.mr.registration() and pair.mr.registration()["state"] != "registered", "a refusal")
    assert pair.ha.binding() is None
    pair.ha.configure(configuration.home_agent())
    pair.ha.programs["had"].reload()
    wait_for(pair.ha.binding, "the node to be admitted", 60)
