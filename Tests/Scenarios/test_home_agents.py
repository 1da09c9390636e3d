"""Which home agent: found by asking the home network, left when it falls silent, and returned to."""

import pytest

from world import configuration
from world.node import wait_for
from world.system import HomeAgentSystem
from world.world import HOME_ADDRESS, HOME_AGENT, SECOND_AGENT

LINK = 'link = "home0";'


def second_agent(pair, **options):
    """The programs of another home agent on the same home link, with the key of the node; not started."""
    ha2 = HomeAgentSystem(pair.world, pair.world.ha2)
    options = {"nodes": [configuration.node("file:keys/router.key", prefixes=())], "group": LINK, **options}
    ha2.configure(configuration.home_agent(address=SECOND_AGENT, **options))
    with open(pair.ha.node.directory + "/keys/router.key") as file:
        ha2.key("router.key", file.read().strip())
    return ha2


def registered_at(pair, agent, timeout=60):
    def there():
        row = pair.mn.registration()
        return row if row and row["state"] == "registered" and row["home_agent"] == agent else None
    return wait_for(there, f"a registration at {agent}", timeout)


@pytest.mark.parametrize("link", [True, False])
def test_a_host_asks_the_home_network_for_its_home_agent(make_host_of, link):
    pair = make_host_of(home_link=link, agent={"group": LINK} if link else {}, host={"agent": "discover"}).start()
    assert pair.mn.registration()["home_agent"] == HOME_AGENT
    pair.wait_reachable()
    assert pair.source_of() == HOME_ADDRESS
    assert pair.mn.events("home_agents_discovered") == [HOME_AGENT]
    wait_for(lambda: pair.mn.counters("mnd").get("discovery_reply_received") == 1, "the counter")


def test_a_router_asks_for_home_agents_that_serve_routers(make_pair_of):
    pair = make_pair_of(router={"agent": "discover"})
    program, path = pair.world.capture(pair.world.ha, "up0", "icmp6")
    pair.start()
    pair.wait_reachable()
    assert pair.both_ways()
    request = pair.world.ha.run("tcpdump", "-nxr", path, "ip6[40] = 144").stdout
    # Type, code, checksum, identifier, and the R flag in the first bit behind it (RFC 3963 §7.1).
    octets = bytes.fromhex("".join(line.split(":", 1)[1] for line in request.splitlines() if "0x00" in line).replace(" ", ""))
    assert octets[40] == 144 and octets[46] == 0x80


def test_a_home_agent_that_dies_is_left_within_seconds_and_returned_to(make_host_of):
    pair = make_host_of(
        second_agent=True, agent={"group": LINK}, host={"group": f'agents = [ "{SECOND_AGENT}" ];'})
    ha2 = second_agent(pair)
    ha2.start("nemonetd", "had")
    pair.start()
    pair.wait_reachable()
    registered_at(pair, HOME_AGENT)
    # The whole machine, as far as a home agent is one: its link still leads to the other.
    for name in ("had", "nemonetd"):
        pair.ha.programs[name].kill()
    pair.world.ha.run("ip", "-6", "address", "del", f"{HOME_AGENT}/64", "dev", "home0")
    pair.world.ha.run("ip", "-6", "neigh", "flush", "proxy", "dev", "home0", check=False)
    registered_at(pair, SECOND_AGENT, timeout=40)
    assert ha2.binding()["home_address"] == HOME_ADDRESS
    pair.wait_reachable(20)
    assert pair.source_of() == HOME_ADDRESS
    wait_for(lambda: pair.mn.counters("mnd").get("home_agent_left") == 1, "the counter")
    # Back for good.
    pair.world.ha.run("ip", "-6", "address", "add", f"{HOME_AGENT}/64", "dev", "home0", "nodad")
    pair.ha.start("nemonetd", "had")
    registered_at(pair, HOME_AGENT, timeout=90)
    wait_for(lambda: ha2.binding() is None, "the other binding to be ended")
    pair.wait_reachable(20)
    assert pair.both_ways()
    wait_for(lambda: pair.mn.counters("mnd").get("preferred_home_agent_returned") == 1, "the counter")


def test_a_host_follows_the_home_agent_switch_message(make_host_of):
    pair = make_host_of(second_agent=True, agent={"group": LINK})
    ha2 = second_agent(pair)
    ha2.start("nemonetd", "had")
    pair.start()
    pair.wait_reachable()
    result = pair.ha.node.run(
        pair.ha.binary("shisactl"), "--socket", pair.ha.socket, "switch", "all", SECOND_AGENT, check=False)
    assert result.returncode == 0, result
    registered_at(pair, SECOND_AGENT)
    wait_for(lambda: pair.ha.binding() is None, "the first binding to be ended")
    pair.wait_reachable(20)
    assert pair.both_ways()
    wait_for(lambda: pair.mn.counters("mnd").get("home_agent_switch_received"), "the counter")


def test_a_revoked_host_registers_again(make_host_of):
    pair = make_host_of(host={"extra": 'policy = { bindings = "single"; };\n'}).start()
    pair.wait_reachable()
    sequence = pair.ha.binding()["sequence"]
    result = pair.ha.node.run(pair.ha.binary("shisactl"), "--socket", pair.ha.socket, "revoke", HOME_ADDRESS, check=False)
    assert result.returncode == 0, result
    said = wait_for(lambda: pair.mn.events("revoked"), "the host to hear of it")
    agent = pair.mn.registration()["home_agent"]
    assert said == [f"home agent {agent} revoked the binding of {HOME_ADDRESS}: administrative reason"]
    row = wait_for(lambda: (row := pair.mn.registration())["state"] == "revoked" and row, "the console to say so")
    assert row["reason"] == "administrative reason" and row["remaining"] > 0
    assert f"{HOME_ADDRESS} revoked by {agent}" in pair.mn.tell("status").stdout
    wait_for(lambda: pair.mn.counters("mnd").get("revocation_acknowledgement_sent") == 1, "the acknowledgement")
    # Slowly, where it was an administrator who said so: a new care-of address tries at once.
    pair.world.cables["eth0"].unplug()
    wait_for(lambda: (pair.ha.binding() or {}).get("sequence") not in (None, sequence), "a new registration", 30)
    pair.wait_reachable(20)
