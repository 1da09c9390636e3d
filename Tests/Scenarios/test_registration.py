"""Registration: who registers what with whom, and for how long."""

import time

import pytest

from world.node import wait_for
from world.world import HOME_ADDRESS, HOME_AGENT, MOBILE_PREFIX


@pytest.mark.kernel
@pytest.mark.parametrize("mode", ["explicit", "implicit"])
def test_a_mobile_router_registers_its_prefix_and_traffic_flows_both_ways(make_pair_of, mode):
    pair = make_pair_of(router={"mode": mode, "extra": 'policy = { bindings = "single"; };\n'}).start()
    care_of = pair.world.mr.addresses("eth0")
    registration = pair.mr.registration()
    assert registration["home_address"] == HOME_ADDRESS
    assert registration["home_agent"] == HOME_AGENT
    assert registration["uplink"] == "eth0"
    assert registration["care_of_address"] in care_of
    assert registration["status"] == 0
    assert 0 < registration["remaining"] <= registration["lifetime"] == 600
    binding = pair.ha.binding()
    assert binding["care_of_address"] == registration["care_of_address"]
    assert binding["mode"] == mode
    assert binding["prefixes"] == [MOBILE_PREFIX]
    assert binding["sequence"] == registration["sequence"]
    assert binding["name"] == "bus-17"
    pair.wait_reachable()
    assert pair.both_ways()
    # Nothing left the access networks under a foreign source: it all went through the tunnel.
    assert pair.world.spoofed("access1") == 0
    assert pair.world.spoofed("access2") == 0
    # A tunnel over an uplink that was up a moment earlier may still be there.
    assert {row["remote"] for row in pair.mr.ask("tunnels")} == {HOME_AGENT}


def test_the_granted_lifetime_is_adopted(make_pair_of):
    pair = make_pair_of(agent={"lifetime": 40}, router={"lifetime": 600}).start()
    # The second uplink may come meanwhile, and with it one binding become several.
    wait_for(lambda: pair.mr.registration()["lifetime"] == 40, "the granted lifetime at the router")
    wait_for(lambda: pair.ha.binding()["lifetime"] == 40, "the same at the home agent")


def test_a_registration_is_refreshed_before_it_expires_and_nothing_is_lost_meanwhile(make_pair_of):
    pair = make_pair_of(router={"lifetime": 8}).start()
    pair.wait_reachable()
    first = pair.mr.registration()["sequence"]
    flow = pair.flow()
    deadline = time.monotonic() + 12
    while time.monotonic() < deadline:
        binding = pair.ha.binding()
        assert binding is not None and binding["remaining"] > 0
        time.sleep(0.2)
    up, down = flow.stop()
    assert pair.mr.registration()["sequence"] > first
    assert (up.lost, down.lost) == (0, 0)


def test_registration_gets_through_a_lossy_uplink(make_pair_of):
    pair = make_pair_of(shaped=("eth0",), router={"uplinks": (("eth0", 10),)})
    wait_for(lambda: pair.world.mr.addresses("eth0"), "an address")
    pair.world.cables["eth0"].shape(loss=0.4, delay=20, jitter=10)
    pair.start(registered=False)
    pair.mr.wait_registered(timeout=60)
    assert pair.ha.binding()


def test_addresses_that_need_a_second_to_settle_are_waited_for(make_pair_of):
    pair = make_pair_of(patient=True).start()
    pair.wait_reachable()
    assert pair.both_ways()


def test_interfaces_that_are_off_are_switched_on_once(make_pair_of):
    pair = make_pair_of()
    pair.world.mr.ip("link set eth0 down", "link set eth1 down", "link set lan0 down")
    pair.start()
    pair.wait_reachable()
    # Whoever switches one off later means it.
    pair.world.mr.ip("link set eth0 down")
    pair.mr.wait_registered("eth1")
    time.sleep(1)
    assert "UP" not in pair.world.mr.ip_json("link", "show", "dev", "eth0")[0]["flags"]


def test_the_console_tells_where_the_router_is_registered_and_what_is_no_longer_known(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    assert "bindings" not in pair.mr.tell("status").stdout
    assert "\nbindings  " in pair.ha.tell("status").stdout
    assert pair.mr.tell("home-agents").stdout.endswith(f"; this node is registered at {HOME_AGENT}\n")
    assert pair.mr.ask("home-agents") == []

    def first():
        return next(row for row in pair.mr.ask("uplinks") if row["interface"] == "eth0")

    wait_for(lambda: first()["health"] == "up" and first()["round_trip"] is not None, "a healthy uplink")
    pair.world.cables["eth0"].unplug()
    wait_for(lambda: first()["state"] == "no_carrier", "no carrier")
    assert (first()["health"], first()["round_trip"], first()["loss"]) == (None, None, None)
