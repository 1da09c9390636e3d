"""What the scenario tests share: a world of their own for each."""

import json
import os
import time

import pytest

if not os.environ.get("SHISA_WORLD_INSIDE"):
    pytest.exit("these tests need a room of their own: make test, or python3 -m world pytest …", returncode=64)

from world import configuration, unsteady  # noqa: E402
from world.flow import Flow  # noqa: E402
from world.node import wait_for  # noqa: E402
from world.signalling import judge_world  # noqa: E402
from world.system import CorrespondentSystem, make_host_pair, make_pair, start_pair  # noqa: E402
from world.world import CORRESPONDENT, HOME_ADDRESS, HOST, World  # noqa: E402


@pytest.fixture
def make_world(request):
    """Makes worlds with the options given, and takes the last one down. What was signalled in them must please tshark, but
    for tests that say with the mark `hostile` that they send what nobody should."""
    made = []
    # Not in a virtual machine, where the same is signalled once more, and tshark would take longer than the tests.
    recorded = not os.environ.get("WORLD_MACHINE")

    def make(**options):
        world = World(logs=os.path.join("build/world-logs", unsteady.name_of_run(request.node)), **options)
        made.append(world)
        if recorded:
            world.record()
        return world

    yield make
    try:
        for world in made:
            if recorded and not getattr(request.node, "failed", False):
                judge_world(world, hostile=request.node.get_closest_marker("hostile") is not None)
    finally:
        for world in made:
            world.close()


def pytest_configure(config):
    config.addinivalue_line("markers", "hostile: sends packets that nobody should, which tshark is not asked about")
    config.addinivalue_line("markers", "kernel: shows what a kernel has a part in; runs in the virtual machines, too")
    config.addinivalue_line("markers", "plane: forwards in the kernel; runs in a virtual machine alone, in one of them")


class Pair:
    """A world with a home agent and a mobile router that knows it."""

    def __init__(self, world, **options):
        self.world = world
        self.ha, self.mr = make_pair(world, **options)

    def start(self, registered=True, uplink="eth0"):
        """Starts all programs and waits until the mobile router is registered over `uplink`."""
        start_pair(self.ha, self.mr)
        if registered:
            self.mr.wait_registered(uplink)
        return self

    def flow(self):
        """A conversation of the host with the correspondent."""
        return Flow(self.world.host, HOST, self.world.cn, CORRESPONDENT)

    def wait_reachable(self, timeout=10):
        wait_for(lambda: self.world.host.ping(CORRESPONDENT), "the correspondent to answer the host", timeout)

    def both_ways(self):
        """Whether host and correspondent reach each other, each asking the other."""
        return self.world.host.ping(CORRESPONDENT, count=3) and self.world.cn.ping(HOST, count=3)

    def tcp(self, client, server, address, seconds=2):
        """TCP from `client` to `server`, in Mbit/s."""
        listener = server.start("iperf3", "iperf3", "-s", "-1")
        wait_for(lambda: ":5201" in server.run("ss", "-tln").stdout, "iperf3 to listen")
        result = json.loads(client.run("iperf3", "-J", "-c", address, "-t", seconds, timeout=60).stdout)
        listener.process.wait(10)
        return result["end"]["sum_received"]["bits_per_second"] / 1e6


    def describe(self):
        """What the programs and the kernels know at this moment, for whoever looks at a failure."""
        for system in (self.mr, self.ha):
            for command in (
                [system.binary("shisactl"), "--socket", system.socket, "status"],
                [system.binary("shisactl"), "--socket", system.socket, "events"],
                [system.binary("shisactl"), "--socket", system.socket, "counters"],
                ["ip", "-6", "address"], ["ip", "-6", "rule"], ["ip", "-6", "route", "show", "table", "all"],
                ["ip", "-6", "neighbour"],
            ):
                result = system.node.run(*command, check=False)
                yield f"## {system.node.name}: {' '.join(map(os.path.basename, command))}\n{result.stdout}{result.stderr}"


class HostPair(Pair):
    """A world with a home agent and a mobile host that knows it: `mn`, on the machine `mr`."""

    def __init__(self, world, **options):
        self.world = world
        self.ha, self.mr = make_host_pair(world, **options)
        self.mn = self.mr

    def start(self, registered=True, uplink="eth0"):
        self.ha.start("nemonetd", "had")
        self.mn.start("nemonetd", "babymdd", "mnd")
        if registered:
            self.mn.wait_registered(uplink)
        return self

    def source_of(self, *bind):
        """From which address a TCP connection of an ordinary program comes to the correspondent."""
        server = self.world.cn.start("listener", "python3", "-c", _LISTENER)
        wait_for(lambda: ":7777" in self.world.cn.run("ss", "-tln").stdout, "the correspondent to listen")
        self.world.mr.run("python3", "-c", _CALLER, CORRESPONDENT, *bind)
        assert server.process.wait(10) == 0
        return server.log().strip()

    def both_ways(self):
        return self.world.mr.ping(CORRESPONDENT, count=3) and self.world.cn.ping(HOME_ADDRESS, count=3)

    def wait_reachable(self, timeout=10):
        wait_for(lambda: self.world.cn.ping(HOME_ADDRESS), "the home address to answer", timeout)


class Triangle(HostPair):
    """A world with a home agent, a mobile host, and a correspondent that it can talk to directly: `cn`, unless another
    machine is named."""

    def __init__(self, world, correspondent=None, machine=None, **options):
        super().__init__(world, **options)
        self.cn = CorrespondentSystem(world, machine)
        self.cn.configure(configuration.correspondent(**(correspondent or {})))

    def start(self, registered=True, uplink="eth0", direct=True):
        """Starts all programs and, unless told otherwise, waits until packets go directly."""
        self.cn.start("nemonetd", "cnd")
        super().start(registered, uplink)
        if registered:
            self.wait_reachable()
        if direct:
            self.talk_until_direct(uplink)
        return self

    def talk_until_direct(self, uplink=None, timeout=20):
        """Packets go through the home agent until they go directly."""
        def direct():
            self.world.mr.ping(CORRESPONDENT)
            row = self.mn.route(CORRESPONDENT)
            return row if row and row["forwards"] and row["state"] == "bound" and uplink in (None, row["uplink"]) else None
        return wait_for(direct, "packets to go directly", timeout)

    def flow(self):
        """A conversation of the mobile host, by its home address, with the correspondent."""
        return Flow(self.world.mr, HOME_ADDRESS, self.world.cn, CORRESPONDENT)

    def packets_through_home_agent(self, seconds=1.5):
        """How many packets of the two pass the home agent's machine within a while."""
        capture, path = self.world.capture(self.world.ha, "up0", f"ip6 proto 41 or host {HOME_ADDRESS}")
        time.sleep(seconds)
        capture.stop()
        return len(self.world.ha.run("tcpdump", "-n", "-q", "-r", path).stdout.splitlines())

    def describe(self):
        yield from super().describe()
        for command in ("status", "bindings", "events", "counters"):
            result = self.cn.node.run(self.cn.binary("shisactl"), "--socket", self.cn.socket, command, check=False)
            yield f"## {self.cn.node.name}: {command}\n{result.stdout}{result.stderr}"
        yield self.mn.tell("routes", check=False).stdout


_LISTENER = """
import socket
with socket.create_server(("::", 7777), family=socket.AF_INET6) as server:
    connection, peer = server.accept()
    print(peer[0], flush=True)
    connection.sendall(b"x")
    connection.recv(1)
"""

_CALLER = """
import socket, sys
source = (sys.argv[2], 0) if len(sys.argv) > 2 else None
with socket.create_connection((sys.argv[1], 7777), 10, source) as connection:
    assert connection.recv(1) == b"x"
"""


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Lets a fixture see whether its test failed."""
    outcome = yield
    if call.when == "call":
        item.failed = outcome.get_result().failed


@pytest.fixture
def make_pair_of(make_world, request):
    """Makes a Pair in a new world: options of the world first, then `agent` and `router`, their files' options."""
    pairs = []

    def make(shaped=(), patient=False, home_link=False, way_home=False, second_agent=False, second_router=False,
             kind=Pair, **options):
        world = make_world(
            shaped=shaped, patient=patient, home_link=home_link, way_home=way_home, second_agent=second_agent,
            second_router=second_router)
        pairs.append(kind(world, **options))
        return pairs[-1]

    yield make
    if getattr(request.node, "failed", False):
        for pair in pairs:
            with open(os.path.join(pair.world.logs, "state-at-failure.txt"), "w") as file:
                file.write("\n".join(pair.describe()))


@pytest.fixture
def make_host_of(make_pair_of):
    """Makes a HostPair in a new world: options of the world first, then `agent` and `host`, their files' options."""
    return lambda **options: make_pair_of(kind=HostPair, **options)


@pytest.fixture
def make_triangle_of(make_pair_of):
    """Makes a Triangle in a new world: options of the world first, then `agent`, `host` and `correspondent`, their files'
    options."""
    return lambda **options: make_pair_of(kind=Triangle, **options)
