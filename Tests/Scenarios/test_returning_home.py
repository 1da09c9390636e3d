"""Home again: the binding ends, nothing is tunnelled, and out once more."""

import time

import pytest
from scapy.layers.inet6 import ICMPv6ND_NA, IPv6
from scapy.utils import rdpcap

from world import configuration
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, HOST

from test_egress import ALL_ROUTERS, groups

UPLINKS = (("eth0", 10), ("eth2", 20))
AGENT = {"group": 'link = "home0";'}


def no_tunnel(pair):
    return pair.ha.binding() is None and not pair.mr.ask("tunnels") and not pair.ha.ask("tunnels")


def home_addresses(pair):
    return pair.world.mr.addresses("eth2")


@pytest.mark.kernel
def test_a_mobile_host_comes_home_and_leaves_again(make_host_of):
    pair = make_host_of(way_home=True, agent=AGENT, host={"uplinks": UPLINKS}).start()
    pair.wait_reachable()
    for _ in range(2):
        pair.world.cables["eth2"].plug()
        pair.mn.wait_home()
        wait_for(lambda: no_tunnel(pair), "the tunnels to go")
        assert HOME_ADDRESS in home_addresses(pair)
        row = pair.mn.registration()
        assert (row["care_of_address"], row["uplink"]) == (HOME_ADDRESS, "eth2")
        pair.wait_reachable()
        assert pair.both_ways()
        assert pair.source_of() == HOME_ADDRESS
        pair.world.cables["eth2"].unplug()
        pair.mn.wait_registered("eth0")
        assert HOME_ADDRESS not in home_addresses(pair)
        pair.wait_reachable()
        assert pair.source_of() == HOME_ADDRESS
    assert "over eth0" in pair.mn.events("registered")[-1]


def test_a_mobile_router_comes_home_with_its_network_and_leaves_again(make_pair_of):
    pair = make_pair_of(way_home=True, agent=AGENT, router={"uplinks": UPLINKS}).start()
    pair.wait_reachable()
    for _ in range(2):
        pair.world.cables["eth2"].plug()
        pair.mr.wait_home()
        wait_for(lambda: no_tunnel(pair), "the tunnels to go")
        pair.wait_reachable()
        assert pair.both_ways()
        assert pair.world.cn.ping(HOME_ADDRESS)
        # It is a router there, and nowhere else.
        wait_for(lambda: ALL_ROUTERS in groups(pair.world.mr, "eth2"), "the router to join the group of routers")
        assert ALL_ROUTERS not in groups(pair.world.mr, "eth0")
        pair.world.cables["eth2"].unplug()
        pair.mr.wait_registered("eth0")
        wait_for(lambda: ALL_ROUTERS not in groups(pair.world.mr, "eth2"), "the router to leave the group of routers")
        pair.wait_reachable()
        assert pair.both_ways()
    assert pair.world.spoofed("access1") == 0


def test_a_mobile_router_that_comes_home_says_that_it_is_a_router(make_pair_of):
    """Unasked and asked: a neighbour must not take it for a host that was a router (RFC 4861 §7.2.5)."""
    pair = make_pair_of(way_home=True, agent=AGENT, router={"uplinks": UPLINKS}).start()
    pair.wait_reachable()
    capture, path = pair.world.capture(pair.world.ha, "home0", "icmp6 and ip6[40] == 136")
    pair.world.cables["eth2"].plug()
    pair.mr.wait_home()

    def told():
        packets = [frame for frame in rdpcap(path) if ICMPv6ND_NA in frame]
        return [frame[ICMPv6ND_NA] for frame in packets
                if frame[ICMPv6ND_NA].tgt == HOME_ADDRESS and frame[IPv6].src == HOME_ADDRESS]

    wait_for(lambda: len([advertisement for advertisement in told() if not advertisement.S]) == 3, "everybody to be told")
    pair.world.ha.ip("neigh flush all")
    assert pair.world.ha.ping(HOME_ADDRESS)
    wait_for(lambda: any(advertisement.S for advertisement in told()), "the router to answer")
    capture.stop()
    assert all(advertisement.R for advertisement in told())


def test_a_router_at_home_that_is_a_host_by_its_new_file_says_so_and_comes_back(make_pair_of):
    pair = make_pair_of(way_home=True, agent=AGENT, router={"uplinks": UPLINKS}).start()
    pair.wait_reachable()
    capture, path = pair.world.capture(pair.world.ha, "home0", "icmp6 and ip6[40] == 136")
    pair.world.cables["eth2"].plug()
    pair.mr.wait_home()

    def told():
        """The router bits of what everybody was told, and of what was answered."""
        packets = [frame[ICMPv6ND_NA] for frame in rdpcap(path) if ICMPv6ND_NA in frame and frame[IPv6].src == HOME_ADDRESS
                   and frame[ICMPv6ND_NA].tgt == HOME_ADDRESS]
        return [packet.R for packet in packets if not packet.S], [packet.R for packet in packets if packet.S]

    def forwards():
        return pair.world.mr.run("sysctl", "-n", "net.ipv6.conf.eth2.forwarding").stdout.strip()

    wait_for(lambda: len(told()[0]) == 3, "everybody to be told")
    whole = open(pair.mr.config).read()
    for text, bit in ((configuration.mobile_host(uplinks=UPLINKS), 0), (whole, 1)):
        unasked, answers = (len(bits) for bits in told())
        pair.mr.configure(text)
        pair.mr.programs["nemonetd"].reload()
        wait_for(lambda: len(told()[0]) == unasked + 3, "everybody to be told anew")
        assert told()[0][unasked:] == [bit] * 3
        assert forwards() == str(bit)
        pair.world.ha.ip("neigh flush all")
        assert pair.world.ha.ping(HOME_ADDRESS)
        wait_for(lambda: len(told()[1]) > answers, "an answer")
        assert told()[1][-1] == bit
    capture.stop()
    pair.wait_reachable()


def test_the_only_uplink_moves_from_abroad_to_the_home_link(make_pair_of):
    pair = make_pair_of(way_home=True, agent=AGENT, router={"uplinks": UPLINKS}).start()
    pair.wait_reachable()
    # The tunnel dies before the home link is there.
    pair.world.cables["eth0"].unplug()
    pair.world.cables["eth2"].plug()
    pair.mr.wait_home()
    wait_for(lambda: no_tunnel(pair), "the tunnels to go")
    pair.wait_reachable()
    assert pair.both_ways()


@pytest.mark.parametrize("bindings", ["single", "multiple"])
def test_whoever_starts_at_home_registers_nothing_before_it_leaves(make_pair_of, bindings):
    policy = f'policy = {{ bindings = "{bindings}"; }};\n'
    pair = make_pair_of(way_home=True, agent=AGENT, router={"uplinks": UPLINKS, "extra": policy})
    pair.world.cables["eth2"].plug()
    pair.start(registered=False)
    pair.mr.wait_home()
    assert pair.ha.binding() is None
    pair.wait_reachable()
    pair.world.cables["eth2"].unplug()
    pair.mr.wait_registered("eth0")
    pair.wait_reachable()
    assert pair.both_ways()


def test_a_killed_mrd_leaves_the_network_at_home(make_pair_of):
    pair = make_pair_of(way_home=True, agent=AGENT, router={"uplinks": UPLINKS})
    pair.world.cables["eth2"].plug()
    pair.start(registered=False)
    pair.mr.wait_home()
    pair.wait_reachable()
    pair.mr.programs["mrd"].kill()
    assert pair.world.host.ping(CORRESPONDENT, count=3) and pair.world.cn.ping(HOST, count=3)
    pair.mr.start("mrd")
    pair.mr.wait_home()
    assert pair.both_ways()


def test_a_connection_outlives_leaving_home_and_coming_back(make_host_of):
    pair = make_host_of(way_home=True, agent=AGENT, host={"uplinks": UPLINKS})
    pair.world.cables["eth2"].plug()
    pair.start(registered=False)
    pair.mn.wait_home()
    pair.wait_reachable()
    server = pair.world.cn.start("iperf3", "iperf3", "-s", "-1")
    wait_for(lambda: ":5201" in pair.world.cn.run("ss", "-tln").stdout, "iperf3")
    # An ordinary program, which chooses no address.
    client = pair.world.mr.start("iperf3-client", "iperf3", "-c", CORRESPONDENT, "-t", 20, "-b", "2M", "-i", "1")
    wait_for(lambda: HOME_ADDRESS in pair.world.mr.run("ss", "-tn", "dport", "=", ":5201").stdout, "the connection")
    time.sleep(1)
    pair.world.cables["eth2"].unplug()
    pair.mn.wait_registered("eth0")
    time.sleep(2)
    capture, path = pair.world.capture(pair.world.neighbour, "home0", "icmp6 and ip6[40] == 136")
    pair.world.cables["eth2"].plug()
    pair.mn.wait_home()
    assert client.process.wait(40) == 0, client.log()
    assert server.process.wait(10) == 0
    capture.stop()
    told = [frame for frame in rdpcap(path) if ICMPv6ND_NA in frame and frame[ICMPv6ND_NA].tgt == HOME_ADDRESS
            and frame[IPv6].dst == "ff02::1"]
    assert told and all(frame[ICMPv6ND_NA].O and not frame[ICMPv6ND_NA].S for frame in told)
