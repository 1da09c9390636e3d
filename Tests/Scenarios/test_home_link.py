"""A home link that others live on: duplicates, interception, other home agents."""

import os
import time

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, ICMPv6NDOptDstLLAddr, IPv6
from scapy.utils import rdpcap

from packets import binding_update, discovery_request, read_discovery_reply, router_advertisement
from world.node import wait_for
from world.world import HOME_ADDRESS, HOME_AGENT, HOME_NEIGHBOUR

ANYCAST = "2001:db8:1:0:fdff:ffff:ffff:fffe"
OTHER_AGENT = "2001:db8:1::2"


@pytest.fixture
def make_home(make_world, make_pair_of):
    def make(registered=True, **options):
        agent = options.pop("agent", {})
        agent["group"] = 'link = "home0"; ' + agent.get("group", "")
        pair = make_pair_of(home_link=True, agent=agent, **options)
        return pair.start() if registered else pair
    return make


def neighbour_entry(pair, address):
    """What the neighbour on the home link believes of an address: the link-layer address, or None."""
    for row in pair.world.neighbour.ip_json("-6", "neighbour", "show", "to", address, "dev", "home0"):
        return row.get("lladdr")
    return None


def home_agent_hardware(pair):
    return pair.world.ha.ip_json("link", "show", "dev", "home0")[0]["address"]


@pytest.mark.kernel
def test_a_neighbour_on_the_home_link_reaches_the_mobile_router_and_everybody_is_told(make_home):
    pair = make_home(registered=False)
    capture, path = pair.world.capture(pair.world.neighbour, "home0", "icmp6 and ip6[40] == 136")
    pair.start()
    neighbour = pair.world.neighbour
    wait_for(lambda: neighbour.ping(HOME_ADDRESS), "the mobile router's home address to answer a neighbour")
    assert neighbour_entry(pair, HOME_ADDRESS) == home_agent_hardware(pair)
    time.sleep(2.2)
    capture.stop()
    told = [frame[ICMPv6ND_NA] for frame in rdpcap(path)
            if ICMPv6ND_NA in frame and frame[IPv6].dst == "ff02::1" and frame[ICMPv6ND_NA].tgt == HOME_ADDRESS]
    assert len(told) == 3
    for advertisement in told:
        # The node is a router at home too (RFC 3963 §6.2); of a host the first bit would be 0 (RFC 6275 §10.4.1).
        assert (advertisement.R, advertisement.S, advertisement.O) == (1, 0, 1)
        assert advertisement[ICMPv6NDOptDstLLAddr].lladdr == home_agent_hardware(pair)
    assert pair.ha.counters("nemonetd")["neighbor_advertisement_sent"] == 3
    # Who asks hears the same from the kernel: a router (RFC 3963 §6.2), and no other address may take its place.
    asked = [frame[ICMPv6ND_NA] for frame in rdpcap(path)
             if ICMPv6ND_NA in frame and frame[ICMPv6ND_NA].tgt == HOME_ADDRESS and frame[ICMPv6ND_NA].S == 1]
    assert asked and {answer.R for answer in asked} == {1}
    assert {answer[ICMPv6NDOptDstLLAddr].lladdr for answer in asked} == {home_agent_hardware(pair)}


def test_a_mobile_host_is_told_of_and_answered_for_as_a_host(make_host_of):
    pair = make_host_of(home_link=True, agent={"group": 'link = "home0";'})
    capture, path = pair.world.capture(pair.world.neighbour, "home0", "icmp6 and ip6[40] == 136")
    pair.start()
    neighbour = pair.world.neighbour
    wait_for(lambda: neighbour.ping(HOME_ADDRESS), "the mobile host's home address to answer a neighbour")

    def heard():
        return [frame[ICMPv6ND_NA] for frame in rdpcap(path)
                if ICMPv6ND_NA in frame and frame[ICMPv6ND_NA].tgt == HOME_ADDRESS]

    wait_for(lambda: {advertisement.S for advertisement in heard()} == {0, 1}, "both to be captured")
    capture.stop()
    # RFC 6275 §10.4.1.
    assert {advertisement.R for advertisement in heard()} == {0}


def test_the_defence_ends_with_the_binding(make_home):
    pair = make_home(registered=False)
    pair.start()
    proxies = lambda: pair.world.ha.run("ip", "-6", "neighbour", "show", "proxy").stdout
    wait_for(lambda: HOME_ADDRESS in proxies(), "the proxy entry")
    pair.mr.programs["mrd"].stop()
    wait_for(lambda: HOME_ADDRESS not in proxies(), "the proxy entry to go")
    assert not pair.world.neighbour.ping(HOME_ADDRESS)


@pytest.mark.kernel
def test_nemonetd_leaves_nothing_of_the_defence_behind(make_home):
    pair = make_home()
    proxies = lambda: pair.world.ha.run("ip", "-6", "neighbour", "show", "proxy").stdout
    switches = lambda: pair.world.ha.run(
        "sysctl", "-n", "net.ipv6.conf.home0.proxy_ndp", "net.ipv6.conf.all.proxy_ndp").stdout.split()
    assert HOME_ADDRESS in proxies() and switches() == ["1", "1"]
    pair.ha.programs["nemonetd"].stop()
    assert HOME_ADDRESS not in proxies() and switches() == ["0", "0"]


def test_what_a_killed_nemonetd_left_of_the_defence_goes_with_the_next_one(make_home):
    pair = make_home()
    proxies = lambda: pair.world.ha.run("ip", "-6", "neighbour", "show", "proxy").stdout
    for name in ("had", "nemonetd"):
        pair.ha.programs[name].kill()
    assert HOME_ADDRESS in proxies()
    pair.ha.start("nemonetd")
    wait_for(lambda: HOME_ADDRESS not in proxies(), "the old proxy entry to go")


def test_a_home_address_that_a_neighbour_has_is_refused_with_status_134(make_home):
    pair = make_home(registered=False)
    pair.world.neighbour.ip(f"address add {HOME_ADDRESS}/64 dev home0 nodad")
    pair.start(registered=False)
    # A second uplink that comes meanwhile has it tried again.
    def refused():
        row = pair.mr.registration() or {}
        return row.get("status") == 134 and row["state"] == "refused"
    wait_for(refused, "the refusal")
    assert pair.ha.binding() is None
    wait_for(lambda: pair.ha.counters("had")["detection_found_duplicate"] >= 1, "its counter")


def test_detection_costs_the_first_registration_a_second_and_no_later_one(make_home):
    pair = make_home()
    counters = wait_for(lambda: pair.ha.counters() if pair.ha.counters()["had", "detection_started"] == 1 else None,
                        "the first detection")
    assert counters["nemonetd", "duplicate_detection_sent"] == 1
    pair.mr.programs["mrd"].stop()
    wait_for(lambda: pair.ha.binding() is None, "the de-registration")
    capture, path = pair.world.capture(pair.world.neighbour, "home0", "icmp6 and ip6[40] == 135")
    pair.mr.start("mrd")
    wait_for(lambda: pair.ha.binding(), "the binding")
    # The address is checked again, beside the registration.
    capture.stop()
    assert len([frame for frame in rdpcap(path) if frame[IPv6].src == "::"]) == 1


@pytest.mark.kernel
def test_home_agents_are_discovered_with_those_that_are_heard_on_the_link(make_home):
    pair = make_home(registered=False, agent={"group": "preference = 5;"})
    pair.start()
    asker = "2001:db8:a2::1"

    def ask(identifier, mobile_router=True):
        capture, path = pair.world.capture(pair.world.access2, "up0", "icmp6 and ip6[40] == 145")
        pair.world.access2.send_packets([discovery_request(asker, ANYCAST, identifier, mobile_router)])
        wait_for(lambda: os.path.getsize(path) > 24, "the answer")
        capture.stop()
        return [read_discovery_reply(frame[IPv6]) for frame in rdpcap(path)]

    assert ask(1) == [(HOME_AGENT, 1, True, [HOME_AGENT])]
    before = pair.ha.counters("had")["home_agent_added"]
    # One that came through a router, and one that did not.
    pair.world.neighbour.send_frames("home0", [
        router_advertisement(OTHER_AGENT, preference=9, hop_limit=64),
        router_advertisement(OTHER_AGENT, preference=9),
    ])
    wait_for(lambda: pair.ha.counters("had")["home_agent_added"] == before + 1, "the other home agent in the list")
    assert pair.ha.counters("nemonetd")["neighbor_discovery_dropped_hop_limit"] == 1
    wait_for(lambda: len(pair.ha.ask("home-agents")) == 2, "shisactl to show it")
    other, own = pair.ha.ask("home-agents")
    assert (other["addresses"], other["preference"], other["own"]) == ([OTHER_AGENT], 9, False)
    assert 40 < other["remaining"] <= 60
    assert (own["addresses"], own["preference"], own["own"], own["remaining"]) == ([HOME_AGENT], 5, True, None)
    timers = {row["name"]: row for row in pair.ha.ask("timers")}
    assert timers["home_agents_list"]["waiting"] == 1 and timers["binding_cache"]["waiting"] >= 1
    assert timers["home_agents_list"]["remaining"] < timers["binding_cache"]["remaining"]
    assert ask(2) == [(HOME_AGENT, 2, True, [OTHER_AGENT, HOME_AGENT])]
    # It takes its leave.
    pair.world.neighbour.send_frames("home0", [router_advertisement(OTHER_AGENT, preference=9, lifetime=0)])
    wait_for(lambda: pair.ha.counters("had")["home_agent_removed"] == 1, "the other home agent to leave the list")
    assert ask(3) == [(HOME_AGENT, 3, True, [HOME_AGENT])]
    wait_for(lambda: [row["own"] for row in pair.ha.ask("home-agents")] == [True], "shisactl to show that it left")
    # What had knew goes with it.
    pair.ha.programs["had"].kill()
    wait_for(lambda: pair.ha.ask("home-agents") == [], "nobody to know of home agents")


def test_radvd_set_up_as_the_manual_says_makes_a_home_agent_known(make_home):
    pair = make_home()
    with open("docs/home-agent.md") as manual:
        text = manual.read()
    begin = text.index("    interface home0 {")
    path = os.path.join(pair.world.neighbour.directory, "radvd.conf")
    with open(path, "w") as file:
        file.write(text[begin:text.index("\n    };\n", begin) + 8].replace("2001:db8:1::1/64", HOME_NEIGHBOUR + "/64"))
    pair.world.neighbour.sysctl(net__ipv6__conf__all__forwarding=1)
    pair.world.neighbour.start(
        "radvd", "radvd", "-n", "-m", "stderr", "-C", path, "-p", path + ".pid")
    wait_for(lambda: pair.ha.counters("had")["home_agent_added"] == 1, "the other home agent in the list", 15)
    capture, answers = pair.world.capture(pair.world.access2, "up0", "icmp6 and ip6[40] == 145")
    pair.world.access2.send_packets([discovery_request("2001:db8:a2::1", ANYCAST, 9)])
    wait_for(lambda: os.path.getsize(answers) > 24, "the answer")
    capture.stop()
    _, _, mobile_routers, addresses = read_discovery_reply(rdpcap(answers)[0][IPv6])
    assert mobile_routers and set(addresses) == {HOME_AGENT, HOME_NEIGHBOUR}


def test_the_anycast_address_is_found_on_the_link(make_home):
    pair = make_home()
    # A router of the link that is not the home agent has to find who takes the address.
    pair.world.neighbour.ping(ANYCAST)
    assert neighbour_entry(pair, ANYCAST) == home_agent_hardware(pair)


def test_the_home_link_may_come_later_and_come_again(make_home):
    pair = make_home()
    pair.world.ha.ip("link set home0 down")
    time.sleep(0.3)
    pair.world.ha.ip("link set home0 up", f"address replace {HOME_AGENT}/64 dev home0 nodad")
    neighbour = pair.world.neighbour
    wait_for(lambda: neighbour.ping(HOME_ADDRESS), "the mobile router's home address to answer again")


def test_a_refusal_reaches_a_node_that_is_at_home(make_home):
    # RFC 6275 §10.3.2: its tunnel stands still, and must not take the answer to where it is no longer.
    pair = make_home()
    neighbour = pair.world.neighbour
    neighbour.ip(f"address add {HOME_ADDRESS}/64 dev home0 nodad")
    capture, path = pair.world.capture(neighbour, "home0", f"ip6 dst {HOME_ADDRESS} and ip6[6] == 135")
    neighbour.send_packets([binding_update(HOME_ADDRESS, home_address=None, lifetime=0)])
    wait_for(lambda: pair.ha.counters("had")["acknowledgement_sent_authentication_failed"] == 1, "the refusal")
    wait_for(lambda: os.path.getsize(path) > 24, "the refusal on the home link")
    capture.stop()
    message = bytes(rdpcap(path)[0][IPv6].payload)
    assert (message[2], message[6]) == (6, 146)
    assert pair.ha.binding()


def test_the_link_local_address_is_defended_and_nothing_to_it_is_tunnelled(make_home):
    node = f'{{ address = "{HOME_ADDRESS}"; name = "bus-17"; insecure = true; }}'
    pair = make_home(registered=False, agent={"nodes": [node]})
    pair.ha.start("nemonetd", "had")
    neighbour, care_of, link_local = pair.world.neighbour, "2001:db8:a2::1", "fe80::100"
    pair.world.access2.send_packets([binding_update(care_of, flags="AHL")])
    wait_for(lambda: pair.ha.binding(), "the binding")
    wait_for(lambda: pair.ha.counters("nemonetd")["neighbor_advertisement_sent"] == 6, "both addresses to be announced")
    told, answers = pair.world.capture(neighbour, "home0", "icmp6 and ip6[40] == 1")
    tunnelled, packets = pair.world.capture(pair.world.access2, "up0", "ip6[6] == 41")
    assert not neighbour.ping(f"{link_local}%home0")
    assert neighbour_entry(pair, link_local) == home_agent_hardware(pair)
    assert not neighbour.ping(HOME_ADDRESS)
    told.stop()
    tunnelled.stop()
    # Destination Unreachable, code 3 (RFC 6275 §10.4.2), for the one; the other goes to the care-of address.
    assert [bytes(frame[IPv6].payload)[1] for frame in rdpcap(answers)
            if bytes(frame[IPv6].payload)[32:48] == bytes.fromhex("fe80") + bytes(12) + b"\x01\x00"] == [3]
    assert [frame[IPv6].payload[IPv6].dst for frame in rdpcap(packets)] == [HOME_ADDRESS]
