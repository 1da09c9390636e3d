"""Shisa's own programs on the machines of a world, and questions to them."""

import json
import os
import stat
import time

from . import configuration
from .node import wait_for
from .world import HOME_ADDRESS

PROGRAMS = ("nemonetd", "had", "mrd", "mnd", "cnd", "babymdd", "shisamodem", "shisahooks", "shisactl", "shisaconf")

# Seconds within which nemonetd hears what another program has counted: programs gather their counters for a quarter of one.
COUNTERS_DELAY = 0.35


class ProgramEnded(Exception):
    """A program that should stay ended; waiting longer would not help."""


class System:
    """What runs Shisa on one node: its file, its socket, its programs."""

    def __init__(self, world, node, shisa=".build/debug/shisa", log_level="debug"):
        self.world = world
        self.node = node
        self.log_level = log_level
        self.config = os.path.join(node.directory, "shisa.conf")
        self.socket = os.path.join(node.directory, "mobility.sock")
        self.programs = {}
        # Of every program, besides those of the world.
        self.options = []
        self.binaries = os.path.join(world.directory, "bin")
        os.makedirs(self.binaries, exist_ok=True)
        for name in PROGRAMS:
            path = os.path.join(self.binaries, name)
            if not os.path.lexists(path):
                os.symlink(os.path.abspath(shisa), path)

    def configure(self, text):
        with open(self.config, "w") as file:
            file.write(text)
        os.chmod(self.config, 0o600)

    def key(self, name, digits=None):
        return configuration.write_key(os.path.join(self.node.directory, "keys", name), digits)

    def binary(self, name):
        return os.path.join(self.binaries, name)

    def start(self, *names):
        """Starts programs, nemonetd first and waited for, as an init would. Gives the last one."""
        for name in names:
            program = self.node.start(
                name, self.binary(name), "--config", self.config, "--socket", self.socket,
                "--log-level", self.log_level, *self.options)
            self.programs[name] = program
            if name == "nemonetd":
                wait_for(lambda: self._listening(program), f"nemonetd on {self.node.name} to open its socket")
        return program

    def _listening(self, program):
        if not program.alive:
            raise ProgramEnded(f"{program.name} ended with {program.process.returncode}:\n{program.log()}")
        return os.path.exists(self.socket) and stat.S_ISSOCK(os.stat(self.socket).st_mode) and self.status_ready()

    def status_ready(self):
        return self.node.run(self.binary("shisactl"), "--socket", self.socket, "--json", "status", check=False).returncode == 0

    def tell(self, *words, check=True):
        """Has shisactl do something; gives its result."""
        return self.node.run(self.binary("shisactl"), "--socket", self.socket, *words, check=check)

    def events(self, name):
        """The details of all events of a name, oldest first."""
        return [row["detail"] for row in self.ask("events") if row["event"] == name]

    def ask(self, table):
        """One of shisactl's tables, as a list of dictionaries."""
        result = self.node.run(self.binary("shisactl"), "--socket", self.socket, "--json", table)
        return json.loads(result.stdout)[table.replace("-", "_")]

    def check(self, name, text=None):
        """What `NAME --check` says of the configuration: exit code and stderr."""
        if text is not None:
            self.configure(text)
        result = self.node.run(self.binary(name), "--config", self.config, "--check", check=False)
        return result.returncode, result.stderr

    def counters(self, program=None):
        """Every counter by name; by (program, name) unless a program is given. What was counted before this is in it."""
        time.sleep(COUNTERS_DELAY)
        rows = self.ask("counters")
        if program:
            return {row["name"]: row["value"] for row in rows if row["program"] == program}
        return {(row["program"], row["name"]): row["value"] for row in rows}


class HomeAgentSystem(System):
    def __init__(self, world, node=None, **options):
        super().__init__(world, node or world.ha, **options)

    def binding(self, home_address=HOME_ADDRESS):
        for row in self.ask("bindings"):
            if row["home_address"] == home_address:
                return row
        return None


class CorrespondentSystem(System):
    def __init__(self, world, node=None, **options):
        super().__init__(world, node or world.cn, **options)

    def direct_bindings(self):
        """What mobile nodes have bound here."""
        return [row for row in self.ask("bindings") if row["kind"] == "correspondent"]

    def wait_bound(self, home_address=HOME_ADDRESS, timeout=15):
        def bound():
            return next((row for row in self.direct_bindings() if row["home_address"] == home_address), None)
        return wait_for(bound, f"a binding of {home_address} at the correspondent", timeout)


class MobileRouterSystem(System):
    def __init__(self, world, node=None, **options):
        super().__init__(world, node or world.mr, **options)

    def registration(self, home_address=None):
        """The registration in force (of one home address) or, where there is none, the one that is tried. After a planned
        change the one over the former uplink lives on for a moment as `retiring`."""
        rows = [row for row in self.ask("registrations") if home_address in (None, row["home_address"])]
        return min(rows, key=lambda row: (row["state"] != "registered", row["state"] == "retiring"), default=None)

    def wait_registered(self, uplink=None, timeout=15):
        """Waits until the home agent has accepted the care-of address (of `uplink`, if given)."""
        def registered():
            row = self.registration()
            return row if row and row["state"] == "registered" and uplink in (None, row["uplink"]) else None
        row = wait_for(registered, f"a registration{' over ' + uplink if uplink else ''}", timeout)
        self.world.registered = True
        return row

    def wait_home(self, timeout=15):
        """Waits until the home agent has nothing bound any more, because the node is on its home link."""
        def home():
            row = self.registration()
            return row if row and row["state"] == "home" else None
        return wait_for(home, "the node to be at home", timeout)

    def route(self, peer):
        """What there is with a peer: a route, or its rest."""
        return next((row for row in self.ask("routes") if row["peer"] == peer), None)

    def wait_direct(self, peer, uplink=None, timeout=15):
        """Waits until packets go to a peer directly (over `uplink`, if given)."""
        def direct():
            row = self.route(peer)
            return row if row and row["forwards"] and row["state"] == "bound" and uplink in (None, row["uplink"]) else None
        return wait_for(direct, f"a route to {peer}{' over ' + uplink if uplink else ''}", timeout)

    def active_uplink(self):
        return next((row["interface"] for row in self.ask("uplinks") if row.get("active")), None)


def make_pair(world, shisa=".build/debug/shisa", log_level="debug", agent=None, router=None):
    """A home agent and a mobile router with a key in common, configured but not started.

    `agent` and `router` are options for `configuration.home_agent` and `configuration.mobile_router`.
    """
    ha = HomeAgentSystem(world, shisa=shisa, log_level=log_level)
    mr = MobileRouterSystem(world, shisa=shisa, log_level=log_level)
    ha.configure(configuration.home_agent(**(agent or {})))
    mr.configure(configuration.mobile_router(**(router or {})))
    mr.key("home.key", ha.key("router.key"))
    return ha, mr


def make_host_pair(world, agent=None, host=None, log_level="debug"):
    """A home agent and a mobile host, which takes the place of the mobile router."""
    ha = HomeAgentSystem(world, log_level=log_level)
    mn = MobileRouterSystem(world, log_level=log_level)
    options = {"nodes": [configuration.node("file:keys/router.key", prefixes=())], **(agent or {})}
    ha.configure(configuration.home_agent(**options))
    mn.configure(configuration.mobile_host(**(host or {})))
    mn.key("home.key", ha.key("router.key"))
    return ha, mn


def start_pair(ha, mr):
    ha.start("nemonetd", "had")
    mr.start("nemonetd", "babymdd", "mrd")
