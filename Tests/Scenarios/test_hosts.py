"""Hosts behind a mobile router: router advertisements, DHCPv6 and DNS, by the real dnsmasq, dhcpcd and dig."""

import ipaddress
import os

import pytest

from world.hosts import NAME, RESOLVER, configured, look_up, serve_hosts, serve_names, start_afresh
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_ADDRESS, INGRESS_PREFIX, INGRESS_ROUTER

OTHER_PREFIX = "2001:db8:10:5::/64"
OTHER_ROUTER = "2001:db8:10:5::1"

# As Debian's, but that nothing of the machine is changed: what was heard goes to a file of our own.
_DHCPCD = """duid ll
slaac hwaddr
noipv4
noalias
ipv6rs
option dhcp6_name_servers, dhcp6_domain_search
script {script}
{more}
"""
_HOOK = """#!/bin/sh
env | grep -E '^(reason|nd[0-9]+_|new_dhcp6_)' >>{file}
"""


def link(more, prefix=INGRESS_PREFIX):
    """The router's file with this in its group of ingress."""
    def change(text):
        old = f'prefix = "{INGRESS_PREFIX}";'
        assert old in text
        return text.replace(old, f'prefix = "{prefix}"; {more}')
    return change


class Router:
    """A pair whose host was set up by nobody, and whose router serves hosts."""

    def __init__(self, pair, more="", extra=RESOLVER):
        self.pair, self.world, self.host = pair, pair.world, pair.world.host
        self.resolver = serve_names(self.world.cn)
        self.file = open(pair.mr.config).read()
        self.configure(link(more), extra)
        pair.start()
        self.server = serve_hosts(pair.mr)

    def configure(self, change, extra=RESOLVER):
        self.pair.mr.configure(change(self.file) + extra)

    def reload(self):
        for name in ("nemonetd", "babymdd", "mrd", "hosts"):
            self.pair.mr.programs[name].reload()

    def wait_configured(self):
        start_afresh(self.host)
        return wait_for(lambda: configured(self.host), "the host to configure itself")

    def link_local(self):
        return self.world.mr.addresses("lan0", "link")[0]

    def dhcpcd(self, more=""):
        """Starts dhcpcd on the host, which begins with nothing; gives the file to which it tells what it hears."""
        start_afresh(self.host)
        heard = os.path.join(self.host.directory, "heard")
        hook = os.path.join(self.host.directory, "hook")
        with open(hook, "w") as file:
            file.write(_HOOK.format(file=heard))
        os.chmod(hook, 0o755)
        settings = os.path.join(self.host.directory, "dhcpcd.conf")
        with open(settings, "w") as file:
            file.write(_DHCPCD.format(script=hook, more=more))
        # Its leases are not to outlive the test, nor the machine's own to be read.
        self.host.start(
            "dhcpcd", "sh", "-c", "mkdir -p /var/lib/dhcpcd; mount -t tmpfs none /var/lib/dhcpcd; "
            f"exec dhcpcd --nobackground -6 --config {settings} lan0")
        return heard


@pytest.fixture
def make_router(make_pair_of):
    def make(more="", extra=RESOLVER, **options):
        return Router(make_pair_of(**options), more, extra)
    return make


def heard_of(path):
    """What dhcpcd told its hook last, by name."""
    if not os.path.exists(path):
        return {}
    return dict(line.split("=", 1) for line in open(path).read().splitlines())


def inside(address, prefix=INGRESS_PREFIX):
    return ipaddress.ip_address(address) in ipaddress.ip_network(prefix)


def test_the_kernel_of_a_host_takes_address_router_and_mtu(make_router):
    router = make_router()
    addresses, gateway, mtu = router.wait_configured()
    assert len(addresses) == 1 and inside(addresses[0])
    assert gateway == router.link_local()
    assert mtu == 1460
    # The router hears its own advertisements, and makes nothing of them.
    assert router.world.mr.addresses("lan0") == [INGRESS_ROUTER]
    wait_for(lambda: router.host.ping(CORRESPONDENT), "the correspondent to answer the host")
    assert router.world.cn.ping(addresses[0], count=3)


def test_dhcpcd_makes_an_address_and_hears_of_the_resolver(make_router):
    router = make_router()
    heard = router.dhcpcd()
    told = wait_for(
        lambda: (found := heard_of(heard)).get("nd1_rdnss1_servers") and found, "dhcpcd to tell of a resolver")
    assert told["nd1_rdnss1_servers"] == INGRESS_ROUTER
    assert told["nd1_dnssl1_search"] == "bus-17.example"
    assert told["nd1_mtu"] == "1460"
    wait_for(lambda: any(map(inside, router.host.addresses("lan0"))), "an address of the mobile network")
    assert wait_for(lambda: look_up(router.host, told["nd1_rdnss1_servers"]), "an answer") == [CORRESPONDENT]
    # The question came through the tunnel, from the home address.
    assert f"query[AAAA] {NAME} from {HOME_ADDRESS}" in router.resolver.log()


def test_dhcpcd_is_given_an_address_and_the_host_is_known_by_its_name(make_router):
    router = make_router('autoconfiguration = "dhcpv6"; mtu = 1400;')
    heard = router.dhcpcd("hostname camera\nfqdn both\nia_na")
    told = wait_for(
        lambda: (found := heard_of(heard)).get("new_dhcp6_ia_na1_ia_addr1") and found, "dhcpcd to be given an address")
    address = told["new_dhcp6_ia_na1_ia_addr1"]
    assert inside(address, "2001:db8:10::1:0:0/112")
    assert told["new_dhcp6_name_servers"] == INGRESS_ROUTER
    assert told["new_dhcp6_domain_search"] == "bus-17.example"
    wait_for(lambda: address in router.host.addresses("lan0"), "the address")
    # That is the only one: the prefix is none to make addresses from.
    assert [one for one in router.host.addresses("lan0") if inside(one)] == [address]
    wait_for(lambda: router.world.cn.ping(address), "the host to answer the correspondent")
    assert wait_for(lambda: look_up(router.host, INGRESS_ROUTER), "an answer") == [CORRESPONDENT]
    assert look_up(router.host, INGRESS_ROUTER, "camera.bus-17.example") == [address]
    assert "bus-17.example" not in router.resolver.log()


def test_where_the_file_names_no_resolver_hosts_are_told_of_none(make_router):
    router = make_router(extra="")
    told = wait_for(
        lambda heard=router.dhcpcd(): (found := heard_of(heard)).get("nd1_from") and found, "dhcpcd to hear the router")
    assert not [name for name in told if "rdnss" in name or "dnssl" in name]
    assert look_up(router.host, INGRESS_ROUTER, tries=1) is None


@pytest.mark.parametrize("mtu, needs_telling", ((1460, False), (1500, True)))
def test_a_host_that_heard_the_mtu_meets_no_packet_too_big(make_router, mtu, needs_telling):
    router = make_router(f"mtu = {mtu};")
    addresses, _, heard = router.wait_configured()
    assert heard == mtu
    wait_for(lambda: router.host.ping(CORRESPONDENT), "the correspondent to answer the host")
    # Fragments on any link of the way, within the tunnel or of it; and who is told that something was too big.
    trouble = "ip6 proto 44 or icmp6[0] == 2"
    watched = ((router.host, "lan0"), (router.world.cn, "eth0"), (router.world.core, "any"))
    captures = [router.world.capture(node, interface, trouble) for node, interface in watched]
    assert router.pair.tcp(router.host, router.world.cn, CORRESPONDENT) > 0
    assert router.pair.tcp(router.world.cn, router.host, addresses[0]) > 0
    seen = []
    for (node, interface), (capture, path) in zip(watched, captures):
        capture.stop()
        seen += node.run("tcpdump", "-n", "-r", path).stdout.splitlines()
    assert bool(seen) == needs_telling, seen


def test_it_answers_the_links_of_its_hosts_alone(make_router):
    router = make_router()
    capture, path = router.world.capture(router.world.access1, "lan", "icmp6[0] == 134 or udp port 546 or udp port 547")
    addresses, _, _ = router.wait_configured()
    assert wait_for(lambda: look_up(router.host, INGRESS_ROUTER), "an answer") == [CORRESPONDENT]
    care_of = router.pair.mr.registration()["care_of_address"]
    assert router.world.access1.ping(care_of) and router.world.cn.ping(INGRESS_ROUTER)
    # Neither the uplink's address, nor the hosts' one from there, nor from the Internet, which comes by the tunnel.
    router.world.access1.ip(f"route add {INGRESS_ROUTER}/128 via {care_of}")
    for node, server in ((router.world.access1, care_of), (router.world.access1, INGRESS_ROUTER),
                         (router.world.cn, INGRESS_ROUTER), (router.world.cn, addresses[0])):
        for transport in ("+notcp", "+tcp"):
            asked = node.run("dig", "+tries=1", "+time=1", transport, f"@{server}", NAME, "AAAA", check=False)
            assert "ANSWER SECTION" not in asked.stdout and "status:" not in asked.stdout, (node.name, server, asked.stdout)
    capture.stop()
    said = router.world.access1.run("tcpdump", "-n", "-r", path).stdout
    own = router.world.mr.addresses("eth0", "link")[0]
    assert f"{own} >" not in said and f"{own}." not in said


def test_a_prefix_that_is_taken_away_is_deprecated_at_once(make_router):
    router = make_router()
    (former,), _, _ = router.wait_configured()
    dnsmasq = router.world.mr.run("pgrep", "-P", router.server.process.pid, "-x", "dnsmasq").stdout
    router.configure(link("", OTHER_PREFIX))
    router.reload()

    def preferred():
        return {
            address["local"]: address["preferred_life_time"]
            for row in router.host.ip_json("-6", "address", "show", "dev", "lan0") for address in row["addr_info"]
            if address.get("scope") == "global"}
    wait_for(lambda: any(inside(one, OTHER_PREFIX) for one in preferred()), "an address of the new prefix")
    wait_for(lambda: preferred().get(former, 0) == 0, "the former address to be deprecated")
    current = next(one for one in preferred() if inside(one, OTHER_PREFIX))
    assert preferred()[current] > 0
    wait_for(lambda: router.host.ping(CORRESPONDENT), "the correspondent to answer the host")
    assert router.world.cn.ping(current)
    assert wait_for(lambda: look_up(router.host, OTHER_ROUTER), "an answer") == [CORRESPONDENT]
    # Who starts anew knows nothing of the former.
    assert router.world.mr.run("pgrep", "-P", router.server.process.pid, "-x", "dnsmasq").stdout == dnsmasq


def test_it_follows_the_file_and_keeps_what_it_had_where_that_is_wrong(make_router):
    router = make_router()
    router.wait_configured()

    def process():
        return router.world.mr.run("pgrep", "-P", router.server.process.pid, "-x", "dnsmasq", check=False).stdout
    first = wait_for(process, "dnsmasq to run")
    # Wrong: nothing changes.
    router.configure(link("mtu = 1;"))
    router.server.reload()
    wait_for(lambda: "ingress.mtu is 1," in router.server.log(), "the complaint")
    assert process() == first
    # Something else in the file: nothing changes for it.
    router.configure(lambda text: link("")(text).replace("lifetime = 600", "lifetime = 300"))
    router.server.reload()
    # Another MTU: dnsmasq starts anew, and hosts hear of it without asking.
    router.configure(link("mtu = 1300;"))
    router.server.reload()
    wait_for(lambda: configured(router.host)[2] == 1300, "the new MTU", 60)
    second = process()
    assert second not in ("", first)
    # Off, without anything to answer: nothing runs, and the script waits.
    router.configure(link('autoconfiguration = "off";'), extra="")
    router.server.reload()
    wait_for(lambda: process() == "", "dnsmasq to end")
    assert router.server.alive
    router.configure(link(""))
    router.server.reload()
    wait_for(process, "dnsmasq to come back")
    # Whoever kills it has it back by the supervisor, which sees the script end.
    router.world.mr.run("kill", "-KILL", process().strip())
    assert router.server.process.wait(20) != 0


def test_it_ends_when_told_and_leaves_nothing_running(make_router):
    router = make_router()
    router.wait_configured()
    assert ":53 " in router.world.mr.run("ss", "-Hlun").stdout
    assert router.server.stop() == 0
    assert router.world.mr.run("ss", "-Hlun").stdout == ""


def test_a_link_that_is_plugged_in_anew_is_served_as_before(make_router):
    router = make_router()
    router.wait_configured()
    # As a USB adapter: the same name is another interface now.
    router.world.mr.ip("link delete lan0")
    router.world.mr.ip("link add lan0 type veth peer name lan0 netns host")
    router.host.ip("link set lan0 up")
    wait_for(lambda: router.world.mr.addresses("lan0") == [INGRESS_ROUTER], "the router's address")
    router.wait_configured()
    assert wait_for(lambda: look_up(router.host, INGRESS_ROUTER), "an answer") == [CORRESPONDENT]
