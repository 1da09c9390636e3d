"""Several workers for each direction: they share the flows, and each flow keeps its order."""

import os
import re

import pytest

import datagrams
from test_traffic import parties
from world import configuration
from world.node import PATIENCE, wait_for

WORKERS = 3
SETTINGS = f"engine = {{ workers = {WORKERS}; }};"
#: By so many flows every worker has some: that one of three has none of them is as likely as three in 10^7.
FLOWS = 40
#: Octets that each flow sends at once, again and again.
BURSTS = [5_000] * 20


def runs(system):
    """How often each worker of a machine's nemonetd has had a processor, by its name."""
    found, folder = {}, f"/proc/{system.programs['nemonetd'].process.pid}/task"
    for task in os.listdir(folder):
        with open(f"{folder}/{task}/comm") as file:
            name = file.read().strip()
        with open(f"{folder}/{task}/status") as file:
            found[name] = sum(int(count) for count in re.findall(r"ctxt_switches:\s+(\d+)", file.read()))
    return {name: count for name, count in found.items() if name.startswith("tunnel-")}


def names(workers):
    return {f"tunnel-{direction}-{number}" for direction in ("in", "out") for number in range(workers)}


@pytest.fixture
def pair(make_pair_of):
    pair = make_pair_of(router={"extra": SETTINGS}, agent={"extra": SETTINGS}).start()
    pair.wait_reachable()
    return pair


@pytest.mark.kernel
def test_workers_share_the_flows_and_each_flow_keeps_its_order(pair):
    before = {system: runs(system) for system in (pair.mr, pair.ha)}
    assert all(set(workers) == names(WORKERS) for workers in before.values()), before
    # As fast as they can: what two workers had of one flow would overtake itself.
    came = datagrams.exchange(list(parties(pair.world).values()), BURSTS, FLOWS)
    for system, former in before.items():
        idle = [name for name, count in runs(system).items() if count - former[name] < 2]
        assert not idle, f"{idle} of {system.node.name} had nothing to do"
    assert came == [datagrams.expected(BURSTS, FLOWS)] * 2


@pytest.mark.parametrize("direction", ["up", "down"])
def test_tcp_goes_through_several_workers(pair, direction):
    sender, receiver, destination = parties(pair.world)[direction]
    assert pair.tcp(sender, receiver, destination) > 20 / PATIENCE**2


def test_workers_and_device_change_at_the_next_start_and_a_reload_says_so(pair):
    program = pair.mr.programs["nemonetd"]

    def devices():
        return {link["ifname"] for link in pair.world.mr.ip_json("link", "show")} & {"shisa0", "other0"}

    pair.mr.configure(configuration.mobile_router(extra='engine = { workers = 2; device = "other0"; };\n'))
    program.reload()
    wait_for(lambda: f"reloaded {pair.mr.config}" in program.log(), "nemonetd to read it again")
    for setting in ("engine.workers changes", "engine.device changes from shisa0 to other0"):
        assert program.log().count(f"{setting} at the next start only") == 1
    assert set(runs(pair.mr)) == names(WORKERS) and devices() == {"shisa0"}
    assert pair.both_ways()
    # What it was is no news.
    pair.mr.configure(configuration.mobile_router(extra=SETTINGS))
    program.reload()
    wait_for(lambda: program.log().count(f"reloaded {pair.mr.config}") == 2, "nemonetd to read it a third time")
    assert program.log().count("at the next start only") == 2

    pair.mr.configure(configuration.mobile_router(extra='engine = { workers = 2; device = "other0"; };\n'))
    assert program.stop() == 0
    pair.mr.start("nemonetd")
    pair.mr.wait_registered()
    pair.wait_reachable()
    assert set(runs(pair.mr)) == names(2) and devices() == {"other0"}
