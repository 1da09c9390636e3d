"""What happens on an uplink whose cable stays in: other addresses, other routers, none; and uplinks that come late. One TCP
connection and a stream of UDP go through all of it."""

import os
import struct
import time

import pytest
from conversation import Conversation
from mobility_client import Client, attribute, nest, u8
from test_multiple import registered

from world.access import leases, serve_addresses
from world.cable import PlainCable
from world.node import wait_for
from world.world import CORRESPONDENT

# The prefix that takes the place of the first access network's.
RENUMBERED = "2001:db8:a3::"
FORMER = "2001:db8:a1::"

# What the router itself hears, says and forwards; not what passes the switch, which the kernel shows to these hooks, too.
MUTE = (
    "table ip6 mute { chain in { type filter hook input priority 0; iifname lan drop; }; "
    "chain out { type filter hook output priority 0; oifname lan drop; }; "
    "chain through { type filter hook forward priority 0; iifname lan oifname up0 drop; iifname up0 oifname lan drop; }; };"
)


def uplink(pair, name="eth0"):
    return next(row for row in pair.mr.ask("uplinks") if row["interface"] == name)


def wait_uplink(pair, name="eth0", timeout=30.0, **expected):
    """Waits until an uplink is as expected; gives how long that took."""
    start = time.monotonic()
    wait_for(
        lambda: (lambda row: row if all(row[key] == value for key, value in expected.items()) else None)(uplink(pair, name)),
        f"{name} with {expected}", timeout)
    return time.monotonic() - start


def impatient(pair):
    """Has the kernel take a router's answer for granted for two seconds or so: half a minute would make long tests."""
    pair.world.mr.sysctl(**{f"net__ipv6__neigh__{name}__base_reachable_time_ms": 2000 for name in ("eth0", "eth1")})
    return pair


@pytest.fixture
def movers(make_pair_of):
    """A mobile router with both uplinks up, registered over the first."""
    pair = impatient(make_pair_of()).start()
    pair.wait_reachable()
    wait_uplink(pair, "eth1", state="up")
    return pair


@pytest.mark.kernel
def test_a_router_that_dies_silently_is_missed_although_nothing_is_sent_and_found_again(movers):
    pair = movers
    wait_uplink(pair, "eth1", router_state="reachable")
    # The uplink that stands by: nothing goes over it, and its cable stays in.
    pair.world.access2.run("nft", MUTE)
    took = wait_uplink(pair, "eth1", router_state="unreachable", state="no_router", timeout=60)
    print(f"a silent router, idle uplink, which is believed for 1 to 3 s: missed after {took * 1000:.0f} ms")
    assert pair.mr.events("uplink_down")[-1] == "eth1: the router does not answer"
    assert "router silent" in pair.mr.tell("uplinks").stdout
    pair.world.access2.run("nft", "delete table ip6 mute")
    took = wait_uplink(pair, "eth1", router_state="reachable", state="up", timeout=60)
    print(f"a router that answers again: found after {took * 1000:.0f} ms")
    assert pair.mr.counters("nemonetd")["router_probe_sent"] > 0 and pair.mr.counters("babymdd")["router_probe_asked"] > 0
    # What nemonetd changed there for it, it puts back.
    def waits():
        return pair.world.mr.run(
            "sysctl", "-n", "net.ipv6.neigh.eth1.delay_first_probe_time", "net.ipv6.neigh.eth1.mcast_resolicit").stdout.split()
    assert waits() == ["1", "2"]
    assert pair.mr.programs["nemonetd"].stop() == 0
    assert waits() == ["5", "0"]


def test_traffic_leaves_an_uplink_whose_router_dies_silently_and_comes_back(movers):
    pair = movers
    talk = Conversation(pair)
    wait_uplink(pair, router_state="reachable")
    start = time.monotonic()
    pair.world.access1.run("nft", MUTE)
    pair.mr.wait_registered("eth1", timeout=60)
    print(f"left after {(time.monotonic() - start) * 1000:.0f} ms")
    wait_uplink(pair, router_state="unreachable", timeout=60)
    pair.world.access1.run("nft", "delete table ip6 mute")
    pair.mr.wait_registered("eth0", timeout=60)
    time.sleep(1)
    talk.stop("the router of the active uplink dies silently and comes back")


def second_router(pair):
    """Another router on the first access network, for the same prefix."""
    pair.world.access1.ip(
        "link add lan2 address 02:00:00:00:00:0f type veth peer name lan2-port",
        "link set lan2-port master lan up",
        "link set lan2 up",
        # The way back passes neither router's own link layer address.
        f"route add {FORMER}/64 dev lan2 metric 10",
    )
    pair.world.advertise(pair.world.access1, "lan2", FORMER)
    return "fe80::ff:fe00:f"


def radvd(pair, interface="lan"):
    return next(program for program in pair.world.access1.programs if program.name == f"radvd-{interface}" and program.alive)


def silence(pair):
    """Ends the advertisements of the first access network without a last one."""
    radvd(pair).kill()
    # Its other half still holds the file for a moment.
    os.unlink(os.path.join(pair.world.access1.directory, "radvd-lan.pid"))


def test_a_default_router_that_says_goodbye_is_replaced_without_loss(movers):
    pair = movers
    first = uplink(pair)["default_router"]
    second = second_router(pair)
    wait_for(lambda: second in pair.world.mr.run("ip", "-6", "route", "show", "default", "dev", "eth0").stdout, "the second router")
    assert uplink(pair)["default_router"] == first
    talk = Conversation(pair)
    time.sleep(1)
    start = time.monotonic()
    # With its last advertisement it ceases to be a router (RFC 4861, section 6.2.5).
    radvd(pair).stop()
    wait_uplink(pair, default_router=second, state="up")
    print(f"the other router is used after {(time.monotonic() - start) * 1000:.0f} ms")
    time.sleep(1)
    up, down = talk.stop("one router replaced by another", planned=True)
    assert (up.lost, down.lost) == (0, 0)
    assert pair.mr.active_uplink() == "eth0"


def test_a_default_router_that_dies_silently_is_replaced_by_another_of_the_link(make_pair_of):
    pair = impatient(make_pair_of(router={"uplinks": (("eth0", 10),)})).start()
    pair.wait_reachable()
    first = uplink(pair)["default_router"]
    second = second_router(pair)
    wait_for(lambda: second in pair.world.mr.run("ip", "-6", "route", "show", "default", "dev", "eth0").stdout, "the second router")
    assert uplink(pair)["default_router"] == first
    care_of = uplink(pair)["care_of_address"]
    talk = Conversation(pair)
    wait_uplink(pair, router_state="reachable")
    start = time.monotonic()
    pair.world.access1.run("nft", MUTE)
    wait_uplink(pair, default_router=second, state="up", timeout=60)
    print(f"the other router is used after {(time.monotonic() - start) * 1000:.0f} ms")
    pair.wait_reachable()
    time.sleep(1)
    talk.stop("a silent router replaced by another")
    # The address is the link's, whoever its router is.
    assert uplink(pair)["care_of_address"] == care_of


def renumber(pair, old):
    """The first access network gets another prefix; `old` says how its former one is advertised from now on, if at all."""
    world = pair.world
    silence(pair)
    world.core.ip(f"route add {RENUMBERED}/64 via 2001:db8:f1::2")
    world.access1.ip(f"address add {RENUMBERED}1/64 dev lan nodad")
    world.access1.run("nft", (
        'flush chain ip6 access forward; add rule ip6 access forward iifname "lan" oifname "up0" '
        f"ip6 saddr != {{ {FORMER}/64, {RENUMBERED}/64 }} counter name spoofed drop;"))
    more = f"prefix {FORMER}/64 {{ AdvOnLink on; AdvAutonomous on; {old} }};" if old is not None else ""
    world.advertise(world.access1, "lan", RENUMBERED, more)


def in_prefix(address, prefix):
    return address is not None and address.startswith(prefix.rstrip(":") + ":")


@pytest.mark.kernel
def test_an_access_network_is_renumbered_under_traffic_without_loss(make_pair_of):
    pair = make_pair_of(router={"uplinks": (("eth0", 10),)}).start()
    pair.wait_reachable()
    assert in_prefix(pair.mr.registration()["care_of_address"], FORMER)
    talk = Conversation(pair)
    time.sleep(1)
    start = time.monotonic()
    # Withdrawn: not to be used for anything new from now on. It ends in two hours at the earliest (RFC 4862, section 5.5.3).
    renumber(pair, "AdvPreferredLifetime 0; AdvValidLifetime 0;")
    wait_for(lambda: in_prefix(pair.mr.wait_registered("eth0")["care_of_address"], RENUMBERED), "an address of the new prefix")
    print(f"registered with the new prefix after {(time.monotonic() - start) * 1000:.0f} ms")
    wait_for(lambda: in_prefix(pair.ha.binding()["care_of_address"], RENUMBERED), "the binding to follow")
    time.sleep(1)
    up, down = talk.stop("renumbered", planned=True)
    assert (up.lost, down.lost) == (0, 0)
    assert pair.world.spoofed("access1") == 0


def test_an_uplink_that_stands_by_is_registered_once_when_its_network_is_renumbered(make_pair_of):
    pair = make_pair_of(router={"uplinks": (("eth1", 10), ("eth0", 20))}).start(uplink="eth1")
    pair.wait_reachable()

    def wait_bound(prefix):
        wait_for(
            lambda: any(in_prefix(row["care_of_address"], prefix) for row in pair.ha.ask("bindings")), f"a binding in {prefix}")
    wait_bound(FORMER)
    renumber(pair, "AdvPreferredLifetime 0; AdvValidLifetime 0;")
    wait_bound(RENUMBERED)
    wait_for(lambda: registered(pair) == {"eth0", "eth1"}, "both uplinks registered")
    sent = pair.mr.counters("mrd")["binding_update_sent"]
    # With each of the next few advertisements the kernel tells of the former address as if it were good again.
    time.sleep(10)
    assert pair.mr.counters("mrd")["binding_update_sent"] == sent


# What the home agent answers does not leave its machine.
DUMB = "table ip6 dumb { chain out { type filter hook output priority 0; meta l4proto 135 drop; }; };"


def test_an_access_network_is_renumbered_while_acknowledgements_are_lost(make_pair_of):
    pair = make_pair_of(router={"uplinks": (("eth0", 10),)}).start()
    pair.wait_reachable()
    talk = Conversation(pair)
    time.sleep(1)
    def repeated():
        return pair.mr.counters("mrd").get("binding_update_retransmitted", 0)
    before = repeated()
    pair.world.ha.run("nft", DUMB)
    renumber(pair, "AdvPreferredLifetime 0; AdvValidLifetime 0;")
    # After 1, 2 and 4 seconds: the home agent has moved the binding long before the router may know.
    wait_for(lambda: in_prefix(pair.ha.binding()["care_of_address"], RENUMBERED), "the binding to move")
    wait_for(lambda: repeated() >= before + 3, "the update to be repeated three times", 40)
    pair.world.ha.run("nft", "delete table ip6 dumb")
    wait_for(lambda: in_prefix(pair.mr.wait_registered("eth0")["care_of_address"], RENUMBERED), "an address of the new prefix")
    time.sleep(1)
    up, down = talk.stop("renumbered without acknowledgements", planned=True)
    assert (up.lost, down.lost) == (0, 0)


def test_a_withdrawn_prefix_without_another_leaves_its_address_and_an_expired_one_ends_the_uplink(movers):
    pair = movers
    talk = Conversation(pair)
    former = pair.mr.registration()["care_of_address"]
    silence(pair)
    pair.world.advertise(pair.world.access1, "lan", FORMER, prefix_more="AdvPreferredLifetime 0; AdvValidLifetime 0;")
    wait_for(
        lambda: any(a.get("deprecated") for a in pair.world.mr.ip_json("-6", "address", "show", "dev", "eth0", "scope", "global")[0]
                    ["addr_info"]), "the address to be deprecated")
    time.sleep(1)
    # It is valid, and there is no better one on this uplink, which is still the best.
    assert pair.mr.registration()["care_of_address"] == former
    # Its end.
    pair.world.mr.ip(f"address delete {former}/64 dev eth0")
    pair.mr.wait_registered("eth1")
    wait_uplink(pair, state="no_address")
    time.sleep(1)
    up, down = talk.stop("prefix withdrawn, then its address ends")
    assert up.lost < up.sent and down.lost < down.sent


def test_an_uplink_that_comes_back_at_another_network_asks_at_once_and_forgets_the_former_addresses(movers):
    pair = movers
    talk = Conversation(pair)
    former = pair.mr.registration()["care_of_address"]
    pair.world.cables["eth0"].unplug()
    pair.mr.wait_registered("eth1")
    # Meanwhile the cable comes to end somewhere else. The router there has the same address, as many have, and
    # advertises itself unasked twice an hour.
    renumber(pair, None)
    wait_for(lambda: os.path.exists(os.path.join(pair.world.access1.directory, "radvd-lan.pid")), "radvd")
    silence(pair)
    path = os.path.join(pair.world.access1.directory, "radvd-lan.conf")
    with open(path) as file:
        text = file.read().replace("MinRtrAdvInterval 1; MaxRtrAdvInterval 3;", "MinRtrAdvInterval 1200; MaxRtrAdvInterval 1800;")
    with open(path, "w") as file:
        file.write(text.replace("AdvDefaultLifetime 60", "AdvDefaultLifetime 9000"))
    before = pair.mr.counters("nemonetd").get("router_solicitation_sent", 0)
    asked = pair.mr.counters("babymdd")["router_solicitation_asked"]
    pair.world.access1.start("radvd-lan", "radvd", "-n", "-m", "stderr", "-C", path, "-p", path + ".pid")
    # radvd's first few advertisements come sooner than that.
    time.sleep(1)
    pair.world.cables["eth0"].plug()
    start = time.monotonic()
    wait_for(
        lambda: [a for a in pair.world.mr.addresses("eth0") if in_prefix(a, RENUMBERED)], "an address of the new network", 60)
    print(f"an address of the new network after {(time.monotonic() - start) * 1000:.0f} ms")
    assert pair.mr.counters("nemonetd")["router_solicitation_sent"] > before
    wait_for(lambda: pair.mr.counters("babymdd")["router_solicitation_asked"] > asked, "babymdd to have asked for that")
    pair.mr.wait_registered("eth0", timeout=30)
    # The kernel keeps the address of before for hours.
    assert former in pair.world.mr.addresses("eth0")
    wait_for(lambda: in_prefix(pair.ha.binding()["care_of_address"], RENUMBERED), "the new network's address to be bound")
    time.sleep(1)
    talk.stop("from one network to another with the same router address")


def test_an_uplink_comes_long_after_the_start_goes_and_comes_back_with_another_index(make_pair_of):
    pair = make_pair_of()
    world = pair.world
    world.mr.ip("link delete eth1")
    pair.start()
    pair.wait_reachable()
    assert uplink(pair, "eth1")["state"] == "absent"
    talk = Conversation(pair)
    numbers = []
    for _ in range(2):
        # Plugged in.
        world.cables["eth1"] = PlainCable("eth1", world.mr, world.access2)
        took = wait_uplink(pair, "eth1", state="up")
        numbers.append(uplink(pair, "eth1")["index"])
        print(f"usable {took * 1000:.0f} ms after it was plugged in, index {numbers[-1]}")
        time.sleep(1)
        world.cables["eth0"].unplug()
        pair.mr.wait_registered("eth1")
        pair.wait_reachable()
        world.cables["eth0"].plug()
        pair.mr.wait_registered("eth0", timeout=40)
        # More than three Binding Updates a second are not sent (RFC 6275, section 11.8).
        time.sleep(1)
        # Pulled out while it stands by.
        world.mr.ip("link delete eth1")
        wait_uplink(pair, "eth1", state="absent", index=0)
    talk.stop("hot-plug, twice")
    assert numbers[0] != numbers[1]
    assert pair.mr.active_uplink() == "eth0"


def dhcp_server(pair):
    """The first access network gives addresses by DHCPv6 alone, and says so."""
    server = serve_addresses(pair.world.access1, FORMER)
    pair.world.mr.ip("address flush dev eth0 scope global")
    return server


def dhcp_client(pair):
    """Routes are the kernel's business, which listens to advertisements; addresses this client's."""
    path = os.path.join(pair.world.mr.directory, "dhcpcd.conf")
    with open(path, "w") as file:
        file.write("ipv6only\nnoipv6rs\nduid ll\nrelease\nnohook resolv.conf, hostname, ntp.conf\ninterface eth0\n  ia_na 1\n")
    # Its leases are not to outlive the test, nor the machine's own to be read.
    return pair.world.mr.start(
        "dhcpcd", "sh", "-c",
        f"mkdir -p /var/lib/dhcpcd; mount -t tmpfs none /var/lib/dhcpcd; exec dhcpcd --nobackground --config {path} eth0")


def test_an_address_given_by_dhcpv6_is_used_as_long_as_it_is_lent(make_pair_of):
    pair = make_pair_of()
    dhcp_server(pair)
    pair.start(uplink="eth1")
    pair.wait_reachable()
    wait_uplink(pair, state="no_address")
    talk = Conversation(pair)
    start = time.monotonic()
    client = dhcp_client(pair)
    pair.mr.wait_registered("eth0", timeout=60)
    print(f"registered {(time.monotonic() - start) * 1000:.0f} ms after the client was started")
    care_of = pair.mr.registration()["care_of_address"]
    assert care_of.startswith(f"{FORMER}1") and care_of in leases(pair.world.access1)
    time.sleep(1)
    # Given back.
    assert client.stop(20) is not None
    pair.mr.wait_registered("eth1", timeout=30)
    wait_uplink(pair, state="no_address")
    client = dhcp_client(pair)
    pair.mr.wait_registered("eth0", timeout=60)
    time.sleep(1)
    talk.stop("an address by DHCPv6, given back and lent again")
    client.stop(20)


def test_addresses_are_asked_for_where_the_router_says_that_they_come_by_dhcpv6_and_the_file_does_not_exclude_it(make_pair_of):
    # What the board's init runs: babymdd says where, and a script has dhcpcd ask.
    pair = make_pair_of()
    os.makedirs("/run/shisa/managed", exist_ok=True)
    server = dhcp_server(pair)
    script = pair.world.mr.start(
        "addresses", "sh", "-c", "mkdir -p /var/lib/dhcpcd; mount -t tmpfs none /var/lib/dhcpcd; "
        f"exec rootfs/usr/libexec/shisa/addresses --config {pair.mr.config}",
        env=dict(os.environ, PATH=f"{pair.mr.binaries}:{os.environ['PATH']}"))
    pair.start(registered=False)
    pair.mr.wait_registered("eth0", timeout=60)
    assert pair.mr.registration()["care_of_address"].startswith(f"{FORMER}1")
    # The other router says nothing of the kind.
    assert os.listdir("/run/shisa/managed") == ["eth0"]
    assert "eth1.pid" not in os.listdir("/run/addresses")

    # It may make link-local addresses, but they are the kernel's, which is there when it is not.
    mode = ("sysctl", "-n", "net.ipv6.conf.eth0.addr_gen_mode")
    wait_for(lambda: pair.world.mr.run(*mode).stdout.strip() == "0", "the kernel to make link-local addresses")

    # dhcpcd dies, and is there again.
    answers = server.log().count("DHCPREPLY")
    with open("/run/addresses/eth0.pid") as file:
        pair.world.mr.run("kill", "-9", file.read().strip())
    wait_for(lambda: server.log().count("DHCPREPLY") > answers, "dhcpcd to be started again", 60)
    time.sleep(1)

    # The file excludes the uplink, and the address is given back.
    with open(pair.mr.config) as file:
        text = file.read()
    pair.mr.configure(text.replace('interface = "eth0";', 'interface = "eth0"; dhcpv6 = false;'))
    script.reload()
    pair.mr.wait_registered("eth1", timeout=60)
    wait_uplink(pair, state="no_address")
    # A file with an error changes nothing.
    pair.mr.configure(text + "nonsense")
    script.reload()
    wait_for(lambda: "nonsense" in script.log() or "shisa.conf:" in script.log(), "the complaint")
    # It may ask again.
    pair.mr.configure(text)
    script.reload()
    pair.mr.wait_registered("eth0", timeout=60)
    assert script.stop(20) is not None
    wait_uplink(pair, state="no_address")
    assert pair.world.mr.run(*mode).stdout.strip() == "0"


def test_what_an_uplink_carried_is_told_to_those_who_ask_while_it_changes(movers):
    pair = movers
    index = uplink(pair)["index"]
    client = Client(pair.mr.socket, "monitor")
    # The table `usage`.
    client.request(0x11, nest(2, attribute(1, u8(12))))
    assert pair.world.host.ping(CORRESPONDENT, "-s", 1000, count=20)

    def told():
        """Octets in and out, as they were told one after the other."""
        client.listen(0.2)
        return [tuple(struct.unpack("<Q", found[n])[0] for n in (2, 3))
                for kind, found in client.heard if kind == 0x45 and struct.unpack("<I", found[1])[0] == index]

    # What the interface is told to have carried grows by what is sent.
    first = wait_for(lambda: told()[-1:], "the counters of the uplink")[0]
    assert pair.world.host.ping(CORRESPONDENT, "-s", 1000, count=20)
    then = wait_for(
        lambda: [value for value in told() if value[0] >= first[0] + 20_000 and value[1] >= first[1] + 20_000],
        "the counters to grow", 40)[0]
    statistics = pair.world.mr.ip_json("-s", "link", "show", "dev", "eth0")[0]["stats64"]
    assert then[0] <= statistics["rx"]["bytes"] and then[1] <= statistics["tx"]["bytes"]
    client.close()
