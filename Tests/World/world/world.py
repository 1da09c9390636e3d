"""The world: who is there, with which address, and how they are joined.

                                 2001:db8:a1::/64                       2001:db8:c::/64
                     eth0  ┌───────── access1 ─────────┐ f1       ┌──────────────── cn ::c
    host ───────── mr or ──┤  (switch "lan", radvd)    ├── core ──┤
         lan0     board    └───────── access2 ─────────┘ f2       └──────────────── ha
    2001:db8:10::/64 eth1        2001:db8:a2::/64                   f3   home0, 2001:db8:1::/64
    host ::10, router ::1                                                home agent ::1, mobile router's home ::100

With `way_home` the home link is a switch that advertises itself, and a third cable of `mr`, eth2, ends there; it is pulled
at first. With `second_agent` there is `ha2` on it too, for another home agent, 2001:db8:1::2.

With `second_router` there is another mobile router, `mr2`, with a host of its own behind it. The links behind the two are
switches, and each router has cables to the other's, all pulled at first:

    host2 ─── lan0  mr2  wan0 ─── lan0 of mr        home ::200, network 2001:db8:20::/60
    ::20::10            wan1 ─── access2             mr: back0 ─── lan0 of mr2

f1, f2 and f3 stand for 2001:db8:f1::/64 and so on: core is ::1, the other end ::2. The access routers drop what does
not come from their own prefix, as access networks do. `mr` is a namespace with the native programs; with the emulated
board there is none, and QEMU's three network cards take its place.
"""

import os
import shutil
import subprocess

from .cable import PlainCable, ShapedCable
from .node import Node, wait_for

HOME_AGENT = "2001:db8:1::1"
HOME_ROUTER = "2001:db8:1::fe"
SECOND_AGENT = "2001:db8:1::2"
HOME_ADDRESS = "2001:db8:1::100"
HOME_NEIGHBOUR = "2001:db8:1::77"
HOME_PREFIX = "2001:db8:1::/64"
MOBILE_PREFIX = "2001:db8:10::/60"
INGRESS_PREFIX = "2001:db8:10::/64"
INGRESS_ROUTER = "2001:db8:10::1"
HOST = "2001:db8:10::10"
SECOND_HOME_ADDRESS = "2001:db8:1::200"
SECOND_MOBILE_PREFIX = "2001:db8:20::/60"
SECOND_INGRESS_PREFIX = "2001:db8:20::/64"
SECOND_HOST = "2001:db8:20::10"
CORRESPONDENT = "2001:db8:c::c"
ACCESS = {"eth0": ("access1", "2001:db8:a1::"), "eth1": ("access2", "2001:db8:a2::")}

# A switch without one of its own takes the lowest of its ports', and takes another when a port comes. The router on it may
# then advertise the former for ever, and nothing reaches it.
_SWITCH_ADDRESS = "02:00:00:00:00:01"

_RADVD = """interface {interface} {{
    AdvSendAdvert on;
    MinRtrAdvInterval 1; MaxRtrAdvInterval 3; MinDelayBetweenRAs 0.1; AdvIntervalOpt on;
    AdvDefaultLifetime 60;
    {more}
    prefix {prefix}/64 {{ AdvOnLink on; AdvAutonomous on; {prefix_more} }};
}};
"""

# What a home agent says of itself (RFC 6275 §7, RFC 3963 §7.2).
_RADVD_HOME_AGENT = (
    "AdvHomeAgentFlag on; AdvHomeAgentInfo on; AdvMobRtrSupportFlag on; HomeAgentLifetime 60; HomeAgentPreference {preference};")


class World:
    """Makes the world on entering, and takes it down on leaving. One at a time in a room."""

    def __init__(self, logs="build/world-logs", relay=".build/debug/linkrelay", shaped=(), board=False, seed=1,
                 patient=False, home_link=False, way_home=False, second_agent=False, second_router=False):
        """`shaped` names the uplinks that go through a relay; with `board` all do, and there is no `mr`.

        Unless `patient`, the mobile router's kernel asks for routers at once and takes its addresses without looking
        for duplicates, so that a world is ready in a fraction of the time. With `home_link` somebody lives on the home
        link: the node `neighbour`, with a default route through the home agent.
        """
        self.directory = "/run/world"
        self.logs = os.path.abspath(logs)
        shutil.rmtree(self.directory, ignore_errors=True)
        shutil.rmtree(self.logs, ignore_errors=True)
        os.makedirs(self.directory)
        os.makedirs(self.logs)
        self.relay = os.path.abspath(relay)
        self.nodes = {}
        self.cables = {}
        self.board = board
        self.way_home = way_home or second_agent
        self.home_link = home_link or self.way_home
        self.second_agent = second_agent
        self.second_router = second_router
        # What `record` has started.
        self.records = []
        # Set by whoever saw a registration: then the records must hold one.
        self.registered = False
        try:
            self._build(shaped, seed, patient)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __getattr__(self, name):
        # world.ha, world.cn …
        try:
            return self.__dict__["nodes"][name]
        except KeyError:
            raise AttributeError(name) from None

    def close(self):
        for cable in self.cables.values():
            if isinstance(cable, ShapedCable):
                cable.close()
        for node in self.nodes.values():
            node.close()
        self.nodes = {}

    def capture(self, node, interface, *expression):
        """Starts tcpdump on a link; gives the program and the file that it writes, packet by packet."""
        path = os.path.join(self.logs, f"{node.name}-{interface}.pcap")
        program = node.start(
            f"tcpdump-{interface}", "tcpdump", "-Z", "root", "-U", "--immediate-mode", "-n", "-i", interface, "-w", path, *expression)
        wait_for(lambda: "listening on" in program.log(), f"tcpdump on {node.name} {interface}")
        return program, path

    def record(self):
        """Records the signalling from now on. All of it passes the core, but for what stays on the home link."""
        from .signalling import Record

        nodes = [self.core] + ([self.ha] if self.way_home else [])
        self.records = [Record(self, node) for node in nodes]

    def _node(self, name, router=False):
        node = Node(name, self.directory, self.logs)
        self.nodes[name] = node
        node.sysctl(
            net__ipv6__conf__all__forwarding=int(router),
            net__ipv6__conf__all__keep_addr_on_down=1,
            # Nobody here looks for duplicates, so that link-local addresses serve at once.
            net__ipv6__conf__default__dad_transmits=0,
        )
        return node

    def _build(self, shaped, seed, patient):
        for name in ("core", "access1", "access2", "ha"):
            self._node(name, router=True)
        for name in ("cn", "host"):
            self._node(name)
        if not self.board:
            self._mobile_router("mr", patient)
        self._core()
        for number, (interface, (name, prefix)) in enumerate(ACCESS.items()):
            self._access(self.nodes[name], prefix)
            self._uplink(interface, self.nodes[name], shaped, seed + number)
        self._home_agent()
        self._behind_the_router(seed)
        if self.second_router:
            self._second_router(patient)

    def _mobile_router(self, name, patient):
        node = self._node(name)
        # A router takes advertisements on its uplinks only where it is told to.
        node.sysctl(net__ipv6__conf__default__accept_ra=2)
        if patient:
            node.sysctl(net__ipv6__conf__default__dad_transmits=1)
        else:
            node.sysctl(
                net__ipv6__conf__default__router_solicitation_delay=0,
                net__ipv6__conf__default__router_solicitation_interval=1,
            )
        return node

    def _core(self):
        for number, name in ((1, "access1"), (2, "access2"), (3, "ha")):
            prefix = f"2001:db8:f{number}::"
            self.core.ip(
                f"link add to-{name} type veth peer name up0 netns {name}",
                f"link set to-{name} up",
                f"address add {prefix}1/64 dev to-{name} nodad",
            )
            self.nodes[name].ip(
                "link set up0 up",
                f"address add {prefix}2/64 dev up0 nodad",
                f"route add default via {prefix}1",
            )
        self.core.ip(
            "link add to-cn type veth peer name eth0 netns cn",
            "link set to-cn up",
            "address add 2001:db8:c::1/64 dev to-cn nodad",
            "route add 2001:db8:a1::/64 via 2001:db8:f1::2",
            "route add 2001:db8:a2::/64 via 2001:db8:f2::2",
            f"route add {HOME_PREFIX} via 2001:db8:f3::2",
            f"route add {MOBILE_PREFIX} via 2001:db8:f3::2",
            f"route add {SECOND_MOBILE_PREFIX} via 2001:db8:f3::2",
        )
        self.cn.ip(
            "link set eth0 up",
            f"address add {CORRESPONDENT}/64 dev eth0 nodad",
            "route add default via 2001:db8:c::1",
        )

    def _access(self, node, prefix):
        # A port of its own keeps the switch awake while no cable is in it.
        node.ip(
            f"link add lan address {_SWITCH_ADDRESS} type bridge mcast_snooping 0",
            "link add stay type veth peer name stay-end",
            "link set stay master lan",
            "link set stay up",
            "link set stay-end up",
            "link set lan up",
            f"address add {prefix}1/64 dev lan nodad",
        )
        rules = (
            "table ip6 access { counter spoofed { packets 0 bytes 0; }; "
            "chain forward { type filter hook forward priority 0; "
            f'iifname "lan" oifname "up0" ip6 saddr != {prefix}/64 counter name spoofed drop; }}; }};'
        )
        node.run("nft", rules)
        self.advertise(node, "lan", prefix)

    def advertise(self, node, interface, prefix, more="", prefix_more=""):
        """Sends router advertisements for a prefix on a link of a node; gives the program."""
        path = os.path.join(node.directory, f"radvd-{interface}.conf")
        with open(path, "w") as file:
            file.write(_RADVD.format(interface=interface, prefix=prefix, more=more, prefix_more=prefix_more))
        return node.start(
            f"radvd-{interface}", "radvd", "-n", "-m", "stderr", "-C", path,
            "-p", os.path.join(node.directory, f"radvd-{interface}.pid"))

    def spoofed(self, access):
        """How many packets an access router dropped because their source was not of its network."""
        words = self.nodes[access].run("nft", "list", "counter", "ip6", "access", "spoofed").stdout.split()
        return int(words[words.index("packets") + 1])

    def _uplink(self, interface, access, shaped, seed):
        near = None if self.board else self.mr
        if self.board or interface in shaped:
            self.cables[interface] = ShapedCable(
                interface, near, access, self.relay, self.directory, self.logs, seed)
        else:
            self.cables[interface] = PlainCable(interface, near, access)

    def _home_agent(self):
        if self.home_link:
            self._node("neighbour")
            if self.way_home:
                self._way_home()
            else:
                self.ha.ip("link add home0 type veth peer name home0 netns neighbour")
            self.neighbour.ip(
                "link set home0 up",
                f"address add {HOME_NEIGHBOUR}/64 dev home0 nodad",
                f"route add default via {HOME_AGENT}",
            )
        else:
            self.ha.ip("link add home0 type veth peer name home0-end", "link set home0-end up")
        self.ha.ip("link set home0 up", f"address add {HOME_AGENT}/64 dev home0 nodad")
        if self.way_home:
            prefix = HOME_PREFIX.split("/")[0]
            self.advertise(self.ha, "home0", prefix, _RADVD_HOME_AGENT.format(preference=10))

    def _way_home(self):
        self.ha.ip(
            f"link add home0 address {_SWITCH_ADDRESS} type bridge mcast_snooping 0",
            "link add to-neighbour type veth peer name home0 netns neighbour",
            "link set to-neighbour master home0",
            "link set to-neighbour up",
        )
        # The link's router stays when the home agent on the same machine is taken away.
        self.ha.ip("link set home0 up", f"address add {HOME_ROUTER}/64 dev home0 nodad")
        self.cables["eth2"] = PlainCable("eth2", self.mr, self.ha, "home0")
        self.cables["eth2"].unplug()
        if not self.second_agent:
            return
        ha2 = self._node("ha2", router=True)
        self.ha.ip(
            "link add to-ha2 type veth peer name home0 netns ha2",
            "link set to-ha2 master home0",
            "link set to-ha2 up",
        )
        ha2.ip(
            "link set home0 up",
            f"address add {SECOND_AGENT}/64 dev home0 nodad",
            f"route add default via {HOME_ROUTER}",
        )

    def second_mobile(self):
        """Another mobile host, `mn2`, whose eth0 is on the second access network."""
        node = self._node("mn2")
        node.sysctl(
            net__ipv6__conf__default__accept_ra=2, net__ipv6__conf__default__router_solicitation_delay=0,
            net__ipv6__conf__default__router_solicitation_interval=1)
        PlainCable("eth0", node, self.access2)
        return node

    def _behind_the_router(self, seed):
        if self.board:
            self.cables["lan0"] = ShapedCable(
                "lan0", None, self.host, self.relay, self.directory, self.logs, seed, bridged=False)
        elif self.second_router:
            self._switch(self.mr, self.host)
        else:
            self.mr.ip("link add lan0 type veth peer name lan0 netns host", "link set lan0 up")
        self.host.ip(
            "link set lan0 up",
            f"address add {HOST}/64 dev lan0 nodad",
            f"route add default via {INGRESS_ROUTER}",
        )

    def _switch(self, router, host):
        """A link behind a router that others can be plugged into."""
        router.ip(
            "link add lan0 type bridge mcast_snooping 0",
            f"link add to-{host.name} type veth peer name lan0 netns {host.name}",
            f"link set to-{host.name} master lan0",
            f"link set to-{host.name} up",
            "link set lan0 up",
        )

    def _second_router(self, patient):
        mr2 = self._mobile_router("mr2", patient)
        host2 = self._node("host2")
        self._switch(mr2, host2)
        host2.ip(
            "link set lan0 up",
            f"address add {SECOND_HOST}/64 dev lan0 nodad",
            f"route add default via {SECOND_INGRESS_PREFIX.split('/')[0]}1",
        )
        self.cables["wan0"] = PlainCable("wan0", mr2, self.mr, "lan0")
        self.cables["wan1"] = PlainCable("wan1", mr2, self.access2)
        self.cables["back0"] = PlainCable("back0", self.mr, mr2, "lan0")
        for name in ("wan0", "wan1", "back0"):
            self.cables[name].unplug()
