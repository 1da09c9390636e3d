"""The prefixes of the home link change while a mobile host is away (RFC 6275, sections 10.6 and 11.4)."""

import time

from world import configuration
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOME_PREFIX

NEW_PREFIX = "2001:db8:2::/64"
NEW_HOME_ADDRESS = "2001:db8:2::100"
# Quick to tell, so that nobody waits for minutes.
QUICK = "insecure = true; least_interval = 1; greatest_interval = 2;"
DISCOVERS = {"group": "prefix_discovery = true;"}


def agent(prefixes, more=QUICK):
    nodes = [configuration.node("file:keys/router.key", prefixes=())]
    if NEW_PREFIX in prefixes:
        nodes.append(configuration.node("file:keys/router.key", NEW_HOME_ADDRESS, (), "bus-17b"))
    text = configuration.home_agent(nodes=nodes, group=f"prefix_discovery = {{ {more} }};")
    listed = ", ".join(f'"{prefix}"' for prefix in prefixes)
    assert f'[ "{HOME_PREFIX}" ]' in text
    return text.replace(f'[ "{HOME_PREFIX}" ]', f"[ {listed} ]")


def state(pair):
    return (pair.mn.registration(NEW_HOME_ADDRESS) or {}).get("state")


def test_a_new_prefix_of_the_home_link_gives_a_second_home_address(make_host_of):
    pair = make_host_of(host=DISCOVERS)
    pair.ha.configure(agent([HOME_PREFIX]))
    pair.world.core.ip(f"route add {NEW_PREFIX} via 2001:db8:f3::2")
    pair.start()
    pair.wait_reachable()
    pair.ha.configure(agent([HOME_PREFIX, NEW_PREFIX]))
    pair.ha.programs["had"].reload()
    wait_for(lambda: state(pair) == "registered", "the new home address", 30)
    assert pair.mn.events("home_address_new") == [NEW_HOME_ADDRESS]
    wait_for(lambda: pair.world.cn.ping(NEW_HOME_ADDRESS), "the new home address to answer")
    assert pair.both_ways()

    # Gone again: what lives at the first does not notice.
    pair.ha.configure(agent([HOME_PREFIX]))
    pair.ha.programs["had"].reload()
    wait_for(lambda: {row["home_address"] for row in pair.ha.ask("bindings")} == {HOME_ADDRESS}, "one binding")
    assert pair.world.cn.ping(HOME_ADDRESS, count=3)
    assert pair.world.mr.ping(CORRESPONDENT, "-I", HOME_ADDRESS, count=3)


def test_an_answer_that_nothing_authenticates_takes_no_home_address_away(make_host_of):
    pair = make_host_of(host=DISCOVERS)
    pair.ha.configure(agent([HOME_PREFIX], "insecure = true; valid_lifetime = 2; preferred_lifetime = 1;"))
    pair.start()
    pair.wait_reachable()
    wait_for(lambda: pair.mn.counters("mnd").get("prefix_advertisement_received"), "the prefixes")
    assert pair.mn.counters("mnd")["prefix_solicitation_sent"] >= 1
    time.sleep(3)
    # Two hours are left at least (RFC 4862, section 5.5.3).
    assert pair.mn.events("home_address_invalid") == [] and pair.mn.events("home_address_deprecated") == []
    assert pair.mn.registration()["state"] == "registered"
    assert pair.both_ways()
