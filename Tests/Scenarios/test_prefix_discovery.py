"""Mobile Prefix Solicitations and Advertisements (RFC 6275 §6.7, §6.8, §10.6)."""

import time
from socket import AF_INET6, inet_ntop

import pytest
from scapy.layers.inet6 import IPv6
from scapy.utils import rdpcap

from packets import hostile_discovery, prefix_solicitation
from world import configuration
from world.node import wait_for
from world.world import HOME_ADDRESS, HOME_AGENT

SINGLE = {"extra": 'policy = { bindings = "single"; };\n'}


def solicit(pair, source, identifier):
    """Sends a solicitation from a place; gives the advertisements that leave the home agent within a second."""
    capture, path = pair.world.capture(pair.world.ha, "up0", f"src host {HOME_AGENT} and ip6[6] == 43")
    pair.world.access1.send_packets([prefix_solicitation(source, identifier)])
    time.sleep(1.5)
    capture.stop()
    return [bytes(frame[IPv6]) for frame in rdpcap(path) if IPv6 in frame and bytes(frame[IPv6])[64] == 147]


@pytest.mark.kernel
def test_a_registered_node_gets_the_home_prefixes(make_pair_of):
    pair = make_pair_of(agent={"group": "prefix_discovery = { insecure = true; preferred_lifetime = 3600; };"},
                        router=SINGLE).start()
    care_of = pair.ha.binding()["care_of_address"]
    found = solicit(pair, care_of, 4711)
    assert len(found) == 1
    packet = IPv6(found[0])
    assert (packet.src, packet.dst, packet.nh) == (HOME_AGENT, care_of, 43)
    routing = found[0][40:64]
    assert routing[2] == 2 and routing[0] == 58
    assert inet_ntop(AF_INET6, routing[8:24]) == HOME_ADDRESS
    message = found[0][64:]
    # Type and code, identifier, no M and no O.
    assert message[:2] == bytes([147, 0]) and message[4:8] == (4711).to_bytes(2, "big") + bytes(2)
    # One Prefix Information option: 2001:db8:1::1/64 with the R flag and the lifetimes of the settings.
    option = message[8:]
    assert option[:3] == bytes([3, 4, 64]) and option[3] & 0x20
    assert int.from_bytes(option[4:8], "big") == 2592000 and int.from_bytes(option[8:12], "big") == 3600
    assert inet_ntop(AF_INET6, option[16:32]) == HOME_AGENT
    counters = wait_for(lambda: pair.ha.counters("had") if pair.ha.counters("had")["prefix_advertisement_sent"] else None,
                        "the counter")
    assert counters["prefix_solicitation_received"] == 1


def test_nobody_else_gets_them(make_pair_of):
    pair = make_pair_of(agent={"group": "prefix_discovery = { insecure = true; };"}, router=SINGLE).start()
    assert solicit(pair, "2001:db8:a1::1", 1) == []
    wait_for(lambda: pair.ha.counters("had")["prefix_solicitation_unbound"] == 1, "the counter")


def test_unprotected_ones_are_refused_unless_allowed(make_pair_of):
    pair = make_pair_of(router=SINGLE).start()
    assert solicit(pair, pair.ha.binding()["care_of_address"], 1) == []
    wait_for(lambda: pair.ha.counters("had")["prefix_message_unprotected"] == 1, "the counter")


def test_new_settings_of_a_prefix_are_told_unasked_and_repeated_until_somebody_asks(make_pair_of):
    def group(preferred):
        return (f"prefix_discovery = {{ insecure = true; least_interval = 1; greatest_interval = 2; "
                f"preferred_lifetime = {preferred}; }};")
    pair = make_pair_of(agent={"group": group(3600)}, router=SINGLE).start()
    wait_for(lambda: pair.ha.counters("had")["prefix_advertisement_sent"] >= 1, "the first advertisement", 10)
    sent = pair.ha.counters("had")["prefix_advertisement_sent"]
    pair.ha.configure(configuration.home_agent(group=group(1800)))
    pair.ha.programs["had"].reload()
    wait_for(lambda: pair.ha.counters("had")["prefix_advertisement_sent"] > sent, "another one, for the change", 10)


@pytest.mark.hostile
def test_malformed_discovery_is_counted_and_not_answered(make_pair_of):
    pair = make_pair_of(router=SINGLE).start()
    capture, path = pair.world.capture(pair.world.access2, "up0", "icmp6 and ip6[40] == 145")
    for wrong, (packet, counter) in hostile_discovery("2001:db8:a2::1", HOME_AGENT).items():
        pair.world.access2.send_packets([packet])
        wait_for(lambda: pair.ha.counters("nemonetd").get(counter) == 1, wrong)
    capture.stop()
    assert len(rdpcap(path)) == 0
    assert pair.ha.counters("had")["discovery_request_received"] == 0
