"""What a change of the uplink costs: two shaped cables, the way to the home agent and back takes 20 ms over each.

    host ── mr ══ eth0, eth1 (10 ms each way) ══ access1, access2 ── core ── ha, cn
"""

import contextlib
import json
import subprocess
import time

from world.flow import Flow
from world.node import wait_for
from world.system import make_pair, start_pair
from world.world import CORRESPONDENT, HOST, World

SHISA = ".build/release/shisa"
RELAY = ".build/release/linkrelay"
BOTH = ("eth0", "eth1")
#: Milliseconds, each way.
DELAY = 10
RUNS = 10
#: The conversation before something happens, in seconds: what the probes know has settled.
SETTLED = 4


@contextlib.contextmanager
def _two_uplinks():
    """A world whose mobile router uses eth0 and is as well registered over eth1, both probed for a while."""
    world = World(logs="build/world-logs/bench", relay=RELAY, shaped=BOTH)
    with world:
        ha, mr = make_pair(world, shisa=SHISA, log_level="info")
        for name in BOTH:
            world.cables[name].shape(delay=DELAY)
        start_pair(ha, mr)
        mr.wait_registered("eth0")
        wait_for(lambda: world.host.ping(CORRESPONDENT), "the correspondent")

        def ready():
            up = {row["interface"] for row in mr.ask("uplinks") if row["health"] == "up"}
            bound = {row["uplink"] for row in mr.ask("registrations") if row["state"] == "registered"}
            return up == bound == set(BOTH)

        wait_for(ready, "both uplinks probed and registered", 30)
        yield world, mr


def _conversation(world):
    flow = Flow(world.host, HOST, world.cn, CORRESPONDENT)
    time.sleep(SETTLED)
    return flow


def planned_change(runs=RUNS):
    """Packets lost or out of order when a person names the other uplink, both directions together."""
    samples = []
    for _ in range(runs):
        with _two_uplinks() as (world, mr):
            flow = _conversation(world)
            mr.tell("use", "eth1")
            wait_for(lambda: mr.active_uplink() == "eth1", "the uplink that was named")
            time.sleep(1)
            directions = flow.stop()
        samples.append(sum(one.lost + one.disordered for one in directions))
    return samples, []


def carrier_loss(runs=RUNS):
    """The longest time without packets, the worse direction, in milliseconds."""
    return _gaps(runs, lambda world: world.cables["eth0"].unplug())


def black_hole_traffic(runs=RUNS):
    """The same when the uplink loses everything, in seconds."""
    samples, notes = _gaps(runs, lambda world: world.cables["eth0"].shape(loss=1.0))
    return [sample / 1000 for sample in samples], notes


def _gaps(runs, cut):
    samples, lost = [], []
    for _ in range(runs):
        with _two_uplinks() as (world, mr):
            flow = _conversation(world)
            cut(world)
            wait_for(lambda: mr.active_uplink() == "eth1", "the other uplink in use")
            time.sleep(1)
            directions = flow.stop()
        samples.append(max(one.gap() for one in directions) * 1000)
        lost.append(sum(one.lost for one in directions))
    return samples, [f"packets lost a change, both directions together: {', '.join(map(str, lost))}"]


def black_hole_idle(runs=RUNS):
    """From the loss of everything until another uplink is the active one, without traffic, in seconds."""
    samples = []
    for run in range(runs):
        with _two_uplinks() as (world, mr):
            # Probes are a second apart: each run begins at another place between two.
            time.sleep(2 + run / runs)
            began = time.monotonic()
            world.cables["eth0"].shape(loss=1.0)
            samples.append(_moved_at(mr, "eth1") - began)
    return samples, []


def _moved_at(mr, uplink):
    """When the traffic was moved to an uplink, by the monotonic clock that events have too."""

    def event():
        events = [row for row in mr.ask("events") if row["event"] == "uplink_active" and row["detail"] == uplink]
        return events[-1]["time"] if events else None

    return wait_for(event, f"the traffic on {uplink}")


def changes_an_hour_leak(minutes=60, a_minute=100):
    """What nemonetd, babymdd and mrd hold more after so many changes of the uplink, beyond the first tenth of them:
    descriptors of each, routes and rules of the kernel, and for each program whose resident memory grew by more than it may, the
    kilobytes beyond that. None makes up for another."""
    with _two_uplinks() as (world, mr):
        total = minutes * a_minute
        before, begun = None, time.monotonic()
        for number in range(total):
            mr.tell("use", BOTH[(number + 1) % 2])
            time.sleep(max(0, begun + (number + 1) * 60 / a_minute - time.monotonic()))
            if number == total // 10:
                before = _held_at_rest(world, mr)
                # What resting took is not made up for in a hurry.
                begun = time.monotonic() - (number + 1) * 60 / a_minute
        after = _held_at_rest(world, mr)
    grown = {name: after[name] - before[name] for name in after}
    return [_leaked(grown, total - total // 10)], [
        f"{total} changes, from the tenth part of them to the end: " + json.dumps(grown, sort_keys=True)]


#: Octets of the smallest piece of memory that malloc gives: leaked at each change, it has to show.
_LEAST_PIECE = 32
#: Sixteen pages, in kilobytes: what a heap's fragments may come to whatever happens.
_FRAGMENTS = 64


def _leaked(grown, changes):
    """What there is too much of all that has grown, each by itself. Memory may grow by half of what the least leak would come to:
    where pages are shared by what stays and what goes, it does not go back to what it was."""
    may = max(_FRAGMENTS, changes * _LEAST_PIECE // 2 // 1024)
    return sum(max(0, growth - (may if name.startswith("kilobytes") else 0)) for name, growth in grown.items())


def _held_at_rest(world, mr):
    """What is held while the better uplink is the active one and both are registered, as before all changes."""
    mr.tell("use", "auto")
    wait_for(lambda: mr.active_uplink() == "eth0", "the better uplink", 30)
    # What was announced a moment ago is carried out, and what it replaces is taken away.
    time.sleep(2)
    return _held(world, mr)


def _held(world, mr):
    held = {}
    for name in ("nemonetd", "babymdd", "mrd"):
        pid = mr.programs[name].process.pid
        held[f"descriptors of {name}"] = len(subprocess.run(
            ["ls", f"/proc/{pid}/fd"], text=True, capture_output=True, check=True).stdout.split())
        with open(f"/proc/{pid}/status") as file:
            held[f"kilobytes of {name}"] = next(int(line.split()[1]) for line in file if line.startswith("VmRSS"))
    listed = "".join(
        world.mr.run("ip", "-6", *words).stdout for words in (("route", "show", "table", "all"), ("rule",)))
    held["routes"] = len(listed.splitlines())
    return held
