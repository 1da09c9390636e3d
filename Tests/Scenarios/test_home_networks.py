"""A home network without a link, and the networks behind its nodes: the engine has them as a whole."""

import re
import signal
import time

from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOST, MOBILE_PREFIX

AGGREGATED = 4294967293


def metrics(pair, prefix):
    """Of the routes to a prefix that lead to the engine."""
    return {route["metric"] for route in pair.world.ha.ip_json("-6", "route", "show", prefix) if route.get("dev") == "shisa0"}


def errors_received(node):
    """How many Destination Unreachable a machine has got."""
    return int(re.search(r"Icmp6InDestUnreachs\s+(\d+)", node.run("cat", "/proc/net/snmp6").stdout).group(1))


def ping(node, destination):
    return node.run("ping", "-6", "-n", "-c", 1, "-W", 2, destination, check=False).stdout


def test_who_is_not_bound_is_unreachable_by_the_word_of_the_home_agent(make_pair_of):
    pair = make_pair_of()
    pair.ha.start("nemonetd", "had")
    # As a kernel says it that has no route.
    wait_for(lambda: re.search("From 2001:db8:1::1 icmp_seq=1 Destination unreachable: No route", ping(pair.world.cn, HOST)),
             "the error, from the home agent")
    counted = pair.ha.counters("nemonetd")["dropped_no_binding"]
    assert counted >= 1
    # The machine itself hears of it as well.
    assert "Destination unreachable: No route" in ping(pair.world.ha, HOST)
    assert pair.ha.counters("nemonetd")["dropped_no_binding"] == counted + 1


def to_many(count):
    """Packets to so many addresses of the mobile network, none of which is there."""
    return [bytes([0x60, 0, 0, 0, 0, 0, 59, 64]) + bytes.fromhex("20010db8000c0000000000000000000c")
            + bytes.fromhex("20010db800100000") + number.to_bytes(8, "big") for number in range(1, count + 1)]


def test_whoever_tries_all_addresses_is_not_answered_for_each(make_pair_of):
    pair = make_pair_of()
    pair.ha.start("nemonetd", "had")
    wait_for(lambda: metrics(pair, MOBILE_PREFIX), "the engine's network")
    # Whoever has no neighbour yet keeps few packets for it.
    wait_for(lambda: "Destination unreachable: No route" in ping(pair.world.cn, HOST), "the way to be known")
    dropped = lambda: pair.ha.counters("nemonetd")["dropped_no_binding"]  # noqa: E731
    # Fewer than the device holds, for nobody can say when the engine gets to them on a busy machine.
    count = 300
    seen, start = errors_received(pair.world.cn), time.monotonic()
    for flood in range(1, 21):
        before = dropped()
        pair.world.cn.send_packets(to_many(count))
        wait_for(lambda: dropped() >= before + count, "the flood")
        assert dropped() == before + count
        wait_for(lambda: errors_received(pair.world.cn) > seen, "an error")
        # 50 at once, and as many a second; those of the flood before may come late.
        answered = errors_received(pair.world.cn) - seen
        allowed = 50 + 50 * (time.monotonic() - start) + 1
        assert 1 <= answered <= allowed
        if allowed < count * flood:
            return
    raise AssertionError(f"this machine is too slow with {count} packets to say anything: {allowed:.0f} answers were allowed")


def test_what_comes_faster_than_it_is_taken_in_is_counted(make_pair_of):
    pair = make_pair_of()
    pair.ha.start("nemonetd", "had")
    wait_for(lambda: metrics(pair, MOBILE_PREFIX), "the engine's network")
    wait_for(lambda: "Destination unreachable: No route" in ping(pair.world.cn, HOST), "the way to be known")
    before = pair.ha.counters("nemonetd")
    # The device holds 500.
    pair.ha.programs["nemonetd"].signal(signal.SIGSTOP)
    for _ in range(3):
        pair.world.cn.send_packets(to_many(300))
    wait_for(lambda: pair.world.ha.ip_json("-s", "link", "show", "dev", "shisa0")[0]["stats64"]["tx"]["dropped"] >= 400,
             "the flood to be too much")
    pair.ha.programs["nemonetd"].signal(signal.SIGCONT)

    def counted(name):
        return pair.ha.counters("nemonetd")[name] - before[name]

    wait_for(lambda: counted("dropped_no_binding") + counted("dropped_device_overrun") >= 900, "every packet to be counted")
    assert counted("dropped_device_overrun") >= 400 and counted("dropped_no_binding") <= 500


def test_a_binding_needs_no_route_of_its_own_but_where_another_has_one(make_pair_of):
    pair = make_pair_of().start()
    pair.wait_reachable()
    assert metrics(pair, MOBILE_PREFIX) == {AGGREGATED}
    # The world has the home prefix on a link of the home agent, which is not set as `link`.
    assert metrics(pair, HOME_ADDRESS) == {1024}
    # Somebody else's route to the same network takes it, and the binding has a better one.
    pair.world.ha.ip(f"route add blackhole {MOBILE_PREFIX} metric 3000")
    wait_for(lambda: metrics(pair, MOBILE_PREFIX) == {1024, AGGREGATED}, "a route of the binding")
    assert pair.world.host.ping(CORRESPONDENT)
    pair.world.ha.ip(f"route del blackhole {MOBILE_PREFIX} metric 3000")
    wait_for(lambda: metrics(pair, MOBILE_PREFIX) == {AGGREGATED}, "the binding's route to go")
    assert pair.world.host.ping(CORRESPONDENT)
    # nemonetd has gone: nothing goes round.
    pair.ha.programs["nemonetd"].kill()
    assert not metrics(pair, MOBILE_PREFIX)
    wait_for(lambda: re.search("From [0-9a-f:]+ icmp_seq=1 Destination unreachable: No route", ping(pair.world.cn, HOST)),
             "the kernel's own word")


def test_a_virtual_home_network_may_hold_the_prefixes_of_its_nodes(make_pair_of):
    pair = make_pair_of()
    home = re.search(r"prefixes  = \[ (.*) \]", open(pair.ha.config).read())[1]
    pair.ha.configure(open(pair.ha.config).read().replace(home, f'{home}, "2001:db8:10::/48"', 1))
    pair.start()
    pair.wait_reachable()
    assert pair.both_ways()
