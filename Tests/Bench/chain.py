"""Four machines in a row, for measuring how fast a tunnel is and nothing else.

    host ── lan0 ── mr ── eth0 ═══════ up0 ── ha ── to-cn ── eth0 ── cn
     MTU 1400                MTU 1500                  MTU 1400

The ends' MTU leaves room for every tunnel that is compared. The home agent advertises the access network itself.
"""

import json
import os
import shutil

from world.node import Node, wait_for
from world.world import CORRESPONDENT, HOME_AGENT, HOST, INGRESS_ROUTER, MOBILE_PREFIX

MOBILE, AGENT = "2001:db8:a1::2", "2001:db8:a1::1"
_RADVD = """interface up0 {
    AdvSendAdvert on; MinRtrAdvInterval 1; MaxRtrAdvInterval 3; MinDelayBetweenRAs 0.1; AdvIntervalOpt on;
    prefix 2001:db8:a1::/64 { AdvOnLink on; AdvAutonomous on; };
};
"""


class Chain:
    def __init__(self, logs="build/world-logs/chain"):
        self.directory = "/run/world"
        self.logs = os.path.abspath(logs)
        for path in (self.directory, self.logs):
            shutil.rmtree(path, ignore_errors=True)
            os.makedirs(path)
        self.nodes = [Node(name, self.directory, self.logs) for name in ("host", "mr", "ha", "cn")]
        self.host, self.mr, self.ha, self.cn = self.nodes
        for node in self.nodes:
            node.sysctl(net__ipv6__conf__default__dad_transmits=0)
        self.ha.sysctl(net__ipv6__conf__all__forwarding=1)
        self.mr.sysctl(
            net__ipv6__conf__default__accept_ra=2, net__ipv6__conf__default__router_solicitation_delay=0,
            net__ipv6__conf__default__router_solicitation_interval=1)
        self.ha.ip(
            "link add up0 type veth peer name eth0 netns mr", "link set up0 up",
            f"address add {AGENT}/64 dev up0 nodad",
            "link add to-cn type veth peer name eth0 netns cn", "link set to-cn mtu 1400 up",
            "address add 2001:db8:c::1/64 dev to-cn nodad",
            "link add home0 type veth peer name home0-end", "link set home0 up", "link set home0-end up",
            f"address add {HOME_AGENT}/64 dev home0 nodad")
        self.mr.ip(
            "link add lan0 type veth peer name lan0 netns host", "link set lan0 mtu 1400 up",
            "link set eth0 up", f"address add {MOBILE}/64 dev eth0 nodad")
        self.host.ip(
            "link set lan0 mtu 1400 up", f"address add {HOST}/64 dev lan0 nodad",
            f"route add default via {INGRESS_ROUTER}")
        self.cn.ip(
            "link set eth0 mtu 1400 up", f"address add {CORRESPONDENT}/64 dev eth0 nodad",
            "route add default via 2001:db8:c::1")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            node.close()

    def advertise(self):
        """Starts router advertisements from the home agent, for a mobile router that configures itself."""
        path = os.path.join(self.directory, "radvd.conf")
        with open(path, "w") as file:
            file.write(_RADVD)
        self.ha.start("radvd", "radvd", "-n", "-m", "stderr", "-C", path, "-p", os.path.join(self.directory, "pid"))

    def forward_plainly(self):
        self.mr.sysctl(net__ipv6__conf__all__forwarding=1)
        self.mr.ip(f"address add {INGRESS_ROUTER}/64 dev lan0 nodad", f"route add default via {AGENT}")
        self.ha.ip(f"route add {MOBILE_PREFIX} via {MOBILE}")

    def tunnel_by_wireguard_go(self):
        self.mr.sysctl(net__ipv6__conf__all__forwarding=1)
        self.mr.ip(f"address add {INGRESS_ROUTER}/64 dev lan0 nodad")
        keys = {}
        for node in (self.mr, self.ha):
            private = node.run("wg", "genkey").stdout
            keys[node] = private, node.run("wg", "pubkey", input=private).stdout.strip()
        # Their control sockets share a directory, so the two devices need names of their own.
        for node, device, peer, endpoint in (
                (self.mr, "wg-mr", self.ha, AGENT), (self.ha, "wg-ha", self.mr, MOBILE)):
            environment = dict(os.environ, WG_I_PREFER_BUGGY_USERSPACE_TO_POLISHED_KMOD="1")
            node.start("wireguard-go", "wireguard-go", "-f", device, env=environment)
            wait_for(lambda: node.run("wg", "show", device, check=False).returncode == 0, f"{device}")
            path = os.path.join(node.directory, "private.key")
            with open(path, "w") as file:
                file.write(keys[node][0])
            node.run(
                "wg", "set", device, "private-key", path, "listen-port", "51820",
                "peer", keys[peer][1], "endpoint", f"[{endpoint}]:51820", "allowed-ips", "::/0")
            node.ip(f"link set {device} mtu 1420 up")
        self.mr.ip("route add ::/0 dev wg-mr")
        self.ha.ip(f"route add {MOBILE_PREFIX} dev wg-ha")

    def tunnel_by_seg6(self):
        """IPv6 in IPv6 by segment routing: one segment and no routing header is what RFC 2473 describes."""
        segments = {self.mr: "2001:db8:5e6::2", self.ha: "2001:db8:5e6::1"}
        self.mr.sysctl(net__ipv6__conf__all__forwarding=1)
        for node, device, own, far, to in (
                (self.mr, "eth0", MOBILE, AGENT, "::/0"), (self.ha, "up0", AGENT, MOBILE, MOBILE_PREFIX)):
            peer = self.ha if node is self.mr else self.mr
            node.sysctl(net__ipv6__conf__all__seg6_enabled=1, **{f"net__ipv6__conf__{device}__seg6_enabled": 1})
            node.run("ip", "sr", "tunsrc", "set", own)
            node.ip(f"route add {segments[peer]} via {far} dev {device}",
                    f"route add {segments[node]} encap seg6local action End.DT6 table main dev {device}",
                    f"route add {to} encap seg6 mode encap.red segs {segments[peer]} via {far} dev {device}")
        self.mr.ip(f"address add {INGRESS_ROUTER}/64 dev lan0 nodad")

    def tunnel_by_ip6tnl(self):
        """The kernel's own tunnels as `ip` makes them, a device at each end."""
        self.mr.sysctl(net__ipv6__conf__all__forwarding=1)
        self.mr.ip(f"address add {INGRESS_ROUTER}/64 dev lan0 nodad")
        for node, own, far, to in ((self.mr, MOBILE, AGENT, "::/0"), (self.ha, AGENT, MOBILE, MOBILE_PREFIX)):
            node.ip(f"link add hand0 type ip6tnl mode ip6ip6 local {own} remote {far} encaplimit none",
                    "link set hand0 up", f"route add {to} dev hand0")

    def tunnel_by_openvpn(self):
        """Without cipher, authentication and TLS: what is left is the tunnel."""
        self.mr.sysctl(net__ipv6__conf__all__forwarding=1)
        self.mr.ip(f"address add {INGRESS_ROUTER}/64 dev lan0 nodad")
        for node, own, far, ends in ((self.mr, MOBILE, AGENT, ("fd00::2/64", "fd00::1")),
                                     (self.ha, AGENT, MOBILE, ("fd00::1/64", "fd00::2"))):
            node.start(
                "openvpn", "openvpn", "--dev", "vpn0", "--dev-type", "tun", "--proto", "udp6", "--local", own, "--remote", far,
                "--port", "1194", "--cipher", "none", "--data-ciphers", "none", "--auth", "none", "--ifconfig-ipv6", *ends,
                "--tun-mtu", "1400", "--mssfix", "0", "--txqueuelen", "1000", "--fast-io", "--verb", "1")
            wait_for(lambda: any(link["ifname"] == "vpn0" and "UP" in link["flags"] for link in node.ip_json("link", "show")),
                     f"OpenVPN's device on {node.name}")
        self.mr.ip("route add ::/0 dev vpn0")
        self.ha.ip(f"route add {MOBILE_PREFIX} dev vpn0")

    def uplink_without_offloads(self):
        """As on a link whose device can neither cut nor join segments, between router and home agent."""
        for node, device in ((self.mr, "eth0"), (self.ha, "up0")):
            node.run("ethtool", "-K", device, "tso", "off", "gso", "off", "gro", "off")

    def wait_through(self):
        wait_for(lambda: self.host.ping(CORRESPONDENT), "host and correspondent to reach each other", 20)

    def tcp_streams(self, seconds=5, flows=1, reverse=False):
        """TCP from the host to the correspondent (or back): Gbit/s, and gigabits altogether."""
        server = self.cn.start("iperf3", "iperf3", "-s", "-1")
        wait_for(lambda: ":5201" in self.cn.run("ss", "-tln").stdout, "iperf3")
        result = json.loads(self.host.run(
            "iperf3", "-c", CORRESPONDENT, "-t", seconds, "-P", flows, "-J", *(["-R"] if reverse else []),
            timeout=seconds + 30).stdout)
        server.process.wait(10)
        received = result["end"]["sum_received"]
        return received["bits_per_second"] / 1e9, received["bytes"] * 8 / 1e9
