"""The hosts behind a mobile router, as they come: without an address, with the real programs of a host; and what the router
serves them with."""

import os

from .node import wait_for
from .world import CORRESPONDENT

# A name that only the resolver in the Internet knows.
NAME = "correspondent.example"
# What a router's file says of it.
RESOLVER = f'dns = {{ servers = [ "{CORRESPONDENT}" ]; domain = "bus-17.example"; }};\n'
SCRIPT = "rootfs/usr/libexec/shisa/hosts"


def serve_names(node, address=CORRESPONDENT):
    """Starts a resolver that knows NAME; gives the program, whose log has every question and who asked."""
    program = node.start(
        "resolver", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--user=root", "--pid-file=",
        "--log-facility=-", "--log-queries", "--no-hosts", "--no-resolv", "--bind-interfaces",
        f"--listen-address={address}", f"--address=/{NAME}/{address}")
    wait_for(lambda: "started" in program.log(), "the resolver to start")
    return program


def serve_hosts(system):
    """Runs what serves the hosts behind a router, as the board's init does; gives the program."""
    # To give root up, there must be others to become.
    is_alone = open("/proc/self/uid_map").read().split()[2] == "1"
    environment = dict(
        os.environ, PATH=f"{system.binaries}:{os.environ['PATH']}", HOSTS_USER="root" if is_alone else "dnsmasq")
    program = system.node.start("hosts", os.path.abspath(SCRIPT), "--config", system.config, env=environment)
    system.programs["hosts"] = program
    return program


def start_afresh(host, interface="lan0"):
    """Has a host forget what it was set up with, by hand or by itself, and ask for routers, as when its cable is put in."""
    host.ip("route flush default")
    for disabled in (1, 0):
        host.sysctl(**{f"net__ipv6__conf__{interface}__disable_ipv6": disabled})


def configured(host, interface="lan0"):
    """What the kernel of a host has from the router: (addresses, gateway, MTU), or None as long as one is missing."""
    addresses = [
        address["local"] for link in host.ip_json("-6", "address", "show", "dev", interface, "dynamic")
        for address in link.get("addr_info", []) if address.get("scope") == "global" and not address.get("tentative")]
    gateways = [route["gateway"] for route in host.ip_json("-6", "route", "show", "default", "proto", "ra")]
    if not addresses or not gateways:
        return None
    mtu = int(host.run("sysctl", "-n", f"net.ipv6.conf.{interface}.mtu").stdout)
    return addresses, gateways[0], mtu


def look_up(node, server, name=NAME, tries=5):
    """What dig says of a name's IPv6 addresses, asking `server`; None without an answer."""
    result = node.run(
        "dig", "+short", f"+tries={tries}", "+time=2", f"@{server}", name, "AAAA", check=False)
    return result.stdout.split() if result.returncode == 0 else None
