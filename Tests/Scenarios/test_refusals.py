"""What a home agent refuses, and how the mobile router takes it."""

import time

from scapy.layers.inet6 import IPv6
from scapy.utils import rdpcap

from packets import binding_update
from world import configuration
from world.node import wait_for
from world.world import HOME_AGENT


def refusal(pair, timeout=15):
    """Waits until the mobile router knows that it was refused."""
    return wait_for(
        lambda: (row := pair.mr.registration()) and row["state"] == "refused" and row, "a refusal", timeout)


def moved(pair, program, before):
    """The counters of the home agent's programs that grew since `before`."""
    return {name: value - before.get((program, name), 0)
            for (owner, name), value in pair.ha.counters().items()
            if owner == program and value > before.get((program, name), 0)}


def test_a_wrong_key_registers_nothing_and_is_counted(make_pair_of):
    pair = make_pair_of()
    pair.mr.key("home.key", "00" * 16)
    pair.start(registered=False)
    counted = wait_for(
        lambda: [name for name in moved(pair, "had", {}) if "authent" in name], "a counter of failed authentication")
    assert counted
    time.sleep(1)
    assert pair.ha.binding() is None
    assert pair.mr.registration()["state"] != "registered"
    assert not pair.world.host.ping("2001:db8:c::c")


def test_a_wrong_index_of_the_key_registers_nothing(make_pair_of):
    pair = make_pair_of(router={"spi": 999})
    pair.start(registered=False)
    wait_for(lambda: [name for name in moved(pair, "had", {}) if "authent" in name or "spi" in name or "key" in name],
             "a counter of failed authentication")
    assert pair.ha.binding() is None


def test_a_prefix_that_is_not_the_nodes_own_is_refused(make_pair_of):
    pair = make_pair_of(router={"prefixes": ("2001:db8:10::/60", "2001:db8:40::/60")})
    pair.start(registered=False)
    # RFC 3963 §4.2: 142, not authorized for prefix; 141, invalid prefix.
    row = refusal(pair)
    assert row["status"] in (141, 142)
    assert pair.ha.binding() is None
    # Both ends say it in words, and had whose it was.
    words = {141: "invalid prefix (141)", 142: "not authorized for prefix (142)"}[row["status"]]
    assert row["reason"] == words
    assert f'bus-17 at {row["care_of_address"]}: {words}' in pair.ha.events("refused")
    assert f"refused a Binding Update of bus-17: {words}" in pair.ha.programs["had"].log()


def test_a_home_address_that_is_not_this_home_agents_is_refused(make_pair_of):
    away = "2001:db8:77::100"
    pair = make_pair_of(router={"address": away})
    pair.start(registered=False)
    # Either the message cannot be authenticated, for no key belongs to the address, or it is answered with
    # 132, not home subnet, or 133, not home agent for this mobile node.
    wait_for(lambda: pair.mr.registration() and moved(pair, "had", {}), "had to count the attempt")
    time.sleep(2)
    row = pair.mr.registration()
    assert row["state"] != "registered"
    assert row["status"] in (0, 129, 132, 133)
    assert pair.ha.binding(away) is None


def test_a_prefix_of_another_node_is_refused(make_pair_of):
    other = configuration.node("hex:" + "22" * 16, address="2001:db8:1::200", prefixes=("2001:db8:40::/60",),
                               name="boat-1")
    pair = make_pair_of(agent={"nodes": [configuration.node("file:keys/router.key"), other]},
                        router={"prefixes": ("2001:db8:40::/60",), "ingress": "2001:db8:40::/64"})
    pair.start(registered=False)
    assert refusal(pair)["status"] in (141, 142)
    assert pair.ha.binding() is None


def test_a_replayed_binding_update_changes_nothing(make_pair_of):
    pair = make_pair_of()
    capture, path = pair.world.capture(pair.world.access1, "up0", "ip6 and dst host " + HOME_AGENT)
    pair.start()
    wait_for(lambda: pair.world.mr.addresses("eth1"), "a second uplink")
    pair.world.cables["eth0"].unplug()
    pair.mr.wait_registered("eth1")
    capture.stop()
    captured = [bytes(frame[IPv6]) for frame in rdpcap(path) if IPv6 in frame and frame[IPv6].nh in (60, 135)]
    assert captured
    # A Binding Update right behind another one is deferred for a moment.
    now = pair.mr.registration()["care_of_address"]
    binding = wait_for(
        lambda: (row := pair.ha.binding())["care_of_address"] == now and row, "the home agent to know the new address")
    before = pair.ha.counters()
    pair.world.access1.send_packets(captured)
    counted = wait_for(lambda: [name for name in moved(pair, "had", before)
                                if any(word in name for word in ("timestamp", "sequence", "identifier"))],
                       "a counter of the replay")
    assert counted
    after = pair.ha.binding()
    assert after["care_of_address"] == binding["care_of_address"]
    assert after["sequence"] == binding["sequence"]
    pair.wait_reachable()


def test_more_bindings_than_the_limit_are_refused(make_pair_of):
    open_node = ('{ address = "2001:db8:1::200"; name = "boat-1"; insecure = true; }')
    pair = make_pair_of(agent={"nodes": [configuration.node("file:keys/router.key"), open_node], "bindings": 1})
    pair.ha.start("nemonetd", "had")
    pair.world.access2.send_packets(
        [binding_update("2001:db8:a2::1", home_address="2001:db8:1::200", flags="AH", options=b"\x01\x02\0\0")])
    wait_for(lambda: pair.ha.binding("2001:db8:1::200"), "the first binding")
    pair.mr.start("nemonetd", "babymdd", "mrd")
    # RFC 6275 §6.1.8: 130, insufficient resources.
    assert refusal(pair)["status"] == 130
    assert pair.ha.binding() is None
