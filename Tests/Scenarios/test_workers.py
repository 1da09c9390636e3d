"""Several workers for each direction: they share the flows, and each flow keeps its order."""

import os
import re

import pytest

import datagrams
from test_traffic import parties
from world.node import PATIENCE

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


@pytest.fixture
def pair(make_pair_of):
    pair = make_pair_of(router={"extra": SETTINGS}, agent={"extra": SETTINGS}).start()
    pair.wait_reachable()
    return pair


@pytest.mark.kernel
def test_workers_share_the_flows_and_each_flow_keeps_its_order(pair):
    before = {system: runs(system) for system in (pair.mr, pair.ha)}
    names = {f"tunnel-{direction}-{number}" for direction in ("in", "out") for number in range(WORKERS)}
    assert all(set(workers) == names for workers in before.values()), before
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
