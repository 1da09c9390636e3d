"""Packets past the home agent, between two nemonetd that a client of the test tells what is bound: real packets, a real
TCP, and nothing of it for anybody to see but on the wire."""

import time

import pytest
from mobility_client import Client
from world.node import PATIENCE, wait_for
from world.system import System
from world.world import CORRESPONDENT, HOME_ADDRESS

from packets import *  # noqa: F401,F403 (sets scapy up)
from scapy.layers.inet6 import (  # noqa: E402
    HAO, ICMPv6EchoRequest, ICMPv6PacketTooBig, ICMPv6ParamProblem, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting, UDP)
from scapy.packet import Raw  # noqa: E402
from scapy.utils import rdpcap  # noqa: E402

STRANGER = "2001:db8:bad::1"
# The kernel's own multicast on a device that has no link, and what mnd's address sends before it is registered.
OWN = ("dropped_multicast_or_link_local_not_tunnelled", "dropped_no_binding")


class Direct:
    """A registered mobile host and a correspondent that is bound with it; both ends' programs but nemonetd are gone."""

    def __init__(self, pair):
        self.pair = pair
        self.world = pair.world
        self.mn = pair.mn
        self.cn = System(pair.world, pair.world.cn)
        self.cn.configure(f'correspondent = {{ addresses = [ "{CORRESPONDENT}" ]; }};\n')
        pair.wait_reachable()
        # Whichever uplink was up first.
        self.care_of = pair.mn.wait_registered("eth0")["care_of_address"]
        pair.mn.programs["mnd"].kill()
        self.cn.start("nemonetd")
        self.index = next(
            link["ifindex"] for link in self.world.mr.ip_json("link", "show", "dev", "eth0"))
        self.node = wait_for(lambda: self._client("mobile node"), "mnd's place to be free")
        self.peer = Client(self.cn.socket, "correspondent", [CORRESPONDENT])

    def _client(self, role):
        try:
            return Client(self.mn.socket, role)
        except AssertionError:
            return None

    def bind(self, seconds=420):
        """The correspondent first, as its Binding Acknowledgement would have it."""
        # It ends a little later than the route, as the mobile node takes care that it does.
        self.peer.add_binding(HOME_ADDRESS, self.care_of, CORRESPONDENT, seconds + 5)
        # A program's own message waits until what was acknowledged before it is in force; nobody sends one here.
        self.wait_guarded(self.cn, "jump unknown_option")
        self.node.add_route(HOME_ADDRESS, CORRESPONDENT, self.care_of, "eth0", self.index, seconds)
        self.wait_guarded(self.mn, "rt type 2")

    def wait_guarded(self, system, rule):
        """Waits until the kernel leaves the headers of route optimisation to the engine, which comes last of all."""
        wait_for(lambda: rule in system.node.run("nft", "list", "ruleset").stdout, f"{system.node.name}'s rules")

    def drops(self, system):
        return {k: v for k, v in system.counters("nemonetd").items() if k.startswith("dropped_") and v and k not in OWN}

    def ping(self, node, to, *options, count=3):
        return self.world.nodes[node].ping(to, *options, count=count)


@pytest.fixture
def make_direct(make_host_of):
    made = []

    def make(**options):
        # One binding, so that the way to the home agent is the same every time.
        options = {"host": {"extra": 'policy = { bindings = "single"; };\n'}} | options
        made.append(Direct(make_host_of(**options).start()))
        return made[-1]

    yield make
    for direct in made:
        direct.node.close()
        direct.peer.close()


def kinds(path):
    """How packets between the two went, of a capture of the mobile node's uplink."""
    found = set()
    for packet in rdpcap(path):
        if IPv6 not in packet:
            continue
        header = packet[IPv6]
        if header.nh == 41:
            found.add("tunnel")
        if header.haslayer(IPv6ExtHdrRouting) and header[IPv6ExtHdrRouting].type == 2:
            found.add("routing header")
        if header.haslayer(HAO):
            found.add("option")
        if header.haslayer(ICMPv6ParamProblem):
            found.add("parameter problem")
    return found


@pytest.mark.kernel
def test_both_ends_talk_past_the_home_agent_and_see_nothing_of_it(make_direct):
    direct = make_direct()
    world = direct.world
    assert direct.ping("mr", CORRESPONDENT, "-I", HOME_ADDRESS)
    hint = direct.node.hear("routeHint")
    assert (hint[1], hint[2]) == (HOME_ADDRESS, CORRESPONDENT)
    program, path = world.capture(world.mr, "eth0", "ip6")
    direct.bind()
    # Asked from either end, with and without a source of choice; what the correspondent sees is the home address.
    assert direct.ping("mr", CORRESPONDENT, "-I", HOME_ADDRESS) and direct.ping("mr", CORRESPONDENT)
    assert direct.ping("cn", HOME_ADDRESS) and direct.ping("cn", HOME_ADDRESS, "-I", CORRESPONDENT)
    assert direct.ping("mr", CORRESPONDENT, "-s", "1400") and direct.ping("mr", CORRESPONDENT, "-s", "4000")
    assert direct.ping("cn", HOME_ADDRESS, "-s", "4000")
    assert direct.pair.source_of() == HOME_ADDRESS
    program.stop()
    assert kinds(path) == {"routing header", "option"}
    used = direct.peer.hear("bindingUsed")
    assert (used[1], used[4]) == (HOME_ADDRESS, CORRESPONDENT)
    assert direct.node.hear("routeHint")[2] == CORRESPONDENT
    assert direct.mn.counters("nemonetd")["direct_packets_out"] > 15
    assert direct.cn.counters("nemonetd")["direct_packets_in"] > 15
    assert direct.drops(direct.cn) == {} and direct.drops(direct.mn) == {}


@pytest.mark.parametrize("towards", ["correspondent", "mobile host"])
def test_tcp_is_segmented_and_joined_past_the_home_agent(make_direct, towards):
    direct = make_direct()
    world = direct.world
    direct.bind()
    ends = (world.mr, world.cn, CORRESPONDENT) if towards == "correspondent" else (world.cn, world.mr, HOME_ADDRESS)
    before = direct.mn.ask("tunnels")[0]
    rate = direct.pair.tcp(*ends)
    after = direct.mn.ask("tunnels")[0]
    print(f"{rate:.0f} Mbit/s")
    assert rate > 1 / PATIENCE**2
    # On a busy machine a worker may take its first batch by the plan of before; never more than that.
    counters = direct.mn.counters("nemonetd")
    for way in ("in", "out"):
        assert counters[f"direct_packets_{way}"] > 10 * (after[f"packets_{way}"] - before[f"packets_{way}"]), counters
    assert counters["direct_packets_in"] > 100


def test_a_route_and_a_binding_end_with_their_lifetimes_and_the_tunnel_goes_on(make_direct):
    direct = make_direct()
    direct.bind(seconds=4)
    assert direct.ping("mr", CORRESPONDENT)
    direct.node.close()
    direct.peer.close()
    # Nobody is there to take it back.
    wait_for(lambda: not direct.mn.ask("bindings") and _rules(direct.world.cn) == 0, "the binding to end", 15)
    assert direct.ping("mr", CORRESPONDENT) and direct.ping("cn", HOME_ADDRESS)
    program, path = direct.world.capture(direct.world.mr, "eth0", "ip6")
    assert direct.ping("cn", HOME_ADDRESS)
    program.stop()
    assert kinds(path) == {"tunnel"}


def _rules(node):
    return sum(rule.get("priority") == 612 for rule in node.ip_json("-6", "rule", "show"))


def test_without_its_uplink_a_route_sends_nothing_and_others_of_a_machine_are_left_alone(make_direct):
    direct = make_direct()
    world = direct.world
    other = "2001:db8:c::d"
    world.cn.ip(f"address add {other}/64 dev eth0 nodad")
    direct.bind()
    # From another of its addresses the correspondent sends by way of the home agent, as everybody does.
    program, path = world.capture(world.mr, "eth0", "ip6")
    assert direct.ping("cn", HOME_ADDRESS, "-I", other)
    # The first ones find out how much the tunnel takes, as they would without us.
    wait_for(lambda: direct.ping("cn", HOME_ADDRESS, "-I", other, "-s", "3000"), "pieces to pass")
    program.stop()
    assert kinds(path) == {"tunnel"}
    # A route over an interface that is not there is none.
    direct.node.add_route(HOME_ADDRESS, CORRESPONDENT, direct.care_of, "eth7", 4711)
    before = direct.mn.counters("nemonetd")["direct_packets_out"]
    direct.ping("mr", CORRESPONDENT)
    assert direct.mn.counters("nemonetd")["direct_packets_out"] == before
    # Nor is one over an interface without a name, which to the kernel is any.
    with pytest.raises(AssertionError, match="names its uplink"):
        direct.node.add_route(HOME_ADDRESS, CORRESPONDENT, direct.care_of, "", direct.index)


@pytest.mark.kernel
@pytest.mark.hostile
def test_a_stranger_gets_nothing_in_and_no_parameter_problem_back(make_direct):
    direct = make_direct()
    world = direct.world
    direct.bind()
    echo = ICMPv6EchoRequest(id=1, seq=1, data=b"hello")

    def option(home, source=direct.care_of):
        return bytes(IPv6(src=source, dst=CORRESPONDENT) / IPv6ExtHdrDestOpt(options=[HAO(hoa=home)]) / echo)

    def routing(home, **fields):
        return bytes(
            IPv6(src=CORRESPONDENT, dst=direct.care_of)
            / IPv6ExtHdrRouting(type=2, addresses=[home], **({"segleft": 1} | fields)) / echo)

    cable = world.capture(world.access1, "lan", "icmp6 and ip6[40] == 4")
    at_peer = world.capture(world.cn, "eth0", "ip6")
    # From where the care-of address is.
    world.access1.send_packets([option(STRANGER), option("ff02::1"), option(HOME_ADDRESS)])
    two = IPv6(src=direct.care_of, dst=CORRESPONDENT) / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME_ADDRESS)])
    world.access1.send_packets([bytes(two / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME_ADDRESS)]) / echo)])
    def counted():
        drops = direct.drops(direct.cn)
        if drops != {
            "dropped_home_address_not_bound": 1, "dropped_home_address_option_invalid": 1,
            "dropped_home_address_option_repeated": 1}:
            raise ValueError(drops)
        return True

    wait_for(counted, "each to be counted")
    missing = direct.peer.hear("bindingMissing")
    assert (missing[1], missing[2], missing[4]) == (STRANGER, direct.care_of, CORRESPONDENT)
    world.cn.send_packets([routing(STRANGER), routing(HOME_ADDRESS, segleft=0), routing(HOME_ADDRESS)])
    wait_for(
        lambda: {"dropped_routing_header_foreign", "dropped_routing_header_invalid"} <= direct.drops(direct.mn).keys(),
        "each to be counted")
    # The good ones were answered meanwhile.
    assert direct.ping("mr", CORRESPONDENT)
    for program, _ in (cable, at_peer):
        program.stop()
    assert not rdpcap(cable[1]) and "parameter problem" not in kinds(at_peer[1])


def test_errors_on_the_way_reach_the_sender_as_errors_about_its_own_packets(make_direct):
    direct = make_direct()
    world = direct.world
    direct.bind()
    assert direct.ping("mr", CORRESPONDENT)
    # A narrow link on the direct way: what is too big for it comes back smaller by the headers' length.
    world.access1.ip("link set up0 mtu 1380")
    world.core.ip("link set to-access1 mtu 1380")
    result = world.mr.run(
        "ping", "-6", "-n", "-c", 3, "-i", "0.3", "-W", 1, "-M", "do", "-s", 1340, CORRESPONDENT, check=False)
    assert "mtu=1356" in (result.stdout + result.stderr).replace("mtu: ", "mtu=").replace("mtu = ", "mtu="), result
    assert direct.mn.counters("nemonetd")["direct_error_restored"] >= 1
    # TCP takes it to heart.
    assert direct.pair.tcp(world.mr, world.cn, CORRESPONDENT) > 1 / PATIENCE**2


def test_what_a_direct_way_is_too_narrow_for_goes_through_the_home_agent(make_direct):
    direct = make_direct()
    world = direct.world
    # Every packet of 1280 octets may pass here, but not with a header of ours. The correspondent sees it at its own link, the
    # mobile host hears it from the router.
    world.core.ip("link set to-cn mtu 1290")
    world.cn.ip("link set eth0 mtu 1290")
    direct.bind()
    program, path = world.capture(world.mr, "eth0", "ip6")
    assert direct.ping("mr", CORRESPONDENT, "-s", 100)
    wait_for(lambda: direct.ping("mr", CORRESPONDENT, "-s", 1280 - 48), "the least packet to pass")
    assert direct.ping("cn", HOME_ADDRESS, "-s", 1280 - 48)
    program.stop()
    assert kinds(path) == {"option", "tunnel"}
    assert direct.mn.counters("nemonetd")["direct_way_too_narrow"] == 1
    assert direct.drops(direct.cn) == {}


def test_a_correspondent_that_knows_nothing_of_mobility_says_so_and_mnd_hears_it(make_direct):
    direct = make_direct()
    world = direct.world
    direct.peer.close()
    assert direct.cn.programs["nemonetd"].stop() == 0
    if kernel_knows_mobility():
        pytest.skip("this kernel understands Home Address options itself")
    direct.node.add_route(HOME_ADDRESS, CORRESPONDENT, direct.care_of, "eth0", direct.index)
    assert not direct.ping("mr", CORRESPONDENT, count=1)
    assert direct.node.hear("parameterProblem")[2] == CORRESPONDENT
    direct.node.delete_route(HOME_ADDRESS, CORRESPONDENT)
    assert direct.ping("mr", CORRESPONDENT)


def kernel_knows_mobility():
    """Whether the kernel was made with CONFIG_IPV6_MIP6, loaded or not: it then discards a Home Address option or a type 2
    routing header of which it knows no state, without a word."""
    with open("/proc/kallsyms") as symbols:
        return any(" rawv6_mh_filter_register" in line for line in symbols)
