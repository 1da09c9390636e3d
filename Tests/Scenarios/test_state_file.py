"""Bindings outlive the home agent's programs, and its machine."""

import os
import random
import time

import pytest

from packets import binding_update
from world.node import PATIENCE, wait_for
from world.world import CORRESPONDENT

STATE = {"state": "state/had.state"}


def state_path(pair):
    return os.path.join(pair.world.ha.directory, STATE["state"])


def kill_all(system):
    """What a loss of power does to the programs; nothing is said to anybody."""
    for name in ("had", "nemonetd"):
        system.programs[name].kill()


@pytest.mark.kernel
def test_forwarding_is_back_soon_after_all_programs_of_the_home_agent_started_anew(make_pair_of):
    # One registration, so that none is under way when the power fails.
    pair = make_pair_of(agent=STATE, router={"extra": 'policy = { bindings = "single"; };\n'}).start()
    pair.wait_reachable()
    wait_for(lambda: os.path.exists(state_path(pair)), "the state file")
    def settled():
        """The number of the last registration, if there was no other while it was written."""
        sequence = pair.ha.binding()["sequence"]
        time.sleep(0.4 * PATIENCE)
        return (sequence,) if pair.ha.binding()["sequence"] == sequence else None
    (sequence,) = wait_for(settled, "the last registration to be written")
    kill_all(pair.ha)
    assert not pair.world.host.ping(CORRESPONDENT)
    pair.ha.start("nemonetd", "had")
    # Nothing of the mobile router's doing: it learns of nothing. Two seconds are what is promised.
    wait_for(lambda: pair.world.host.ping(CORRESPONDENT, wait=0.2), "forwarding", 2, interval=0.01)
    binding = pair.ha.binding()
    assert binding["sequence"] == sequence
    assert pair.ha.counters("had")["binding_update_received"] == 0
    assert pair.both_ways()


def test_an_orderly_restart_of_everything_keeps_the_bindings(make_pair_of):
    pair = make_pair_of(agent=STATE).start()
    pair.wait_reachable()
    for name in ("had", "nemonetd"):
        pair.ha.programs[name].stop()
    pair.ha.start("nemonetd", "had")
    wait_for(pair.ha.binding, "the binding, from the state file")
    pair.wait_reachable()
    assert pair.ha.counters("had")["binding_update_received"] == 0


def test_had_may_be_killed_at_any_moment_of_its_writing(make_pair_of):
    homes = [f"2001:db8:1::{number:x}" for number in range(0x1000, 0x1064)]
    nodes = [f'{{ address = "{home}"; insecure = true; }}' for home in homes]
    pair = make_pair_of(agent=STATE | {"nodes": nodes})
    pair.ha.start("nemonetd")
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance, kept = random.Random(seed), 0
    for sequence in range(1, 11):
        had = pair.ha.start("had")
        wait_for(lambda: "connected to nemonetd" in had.log(), "had to be there")
        assert "cannot be used" not in had.log()
        bound = pair.ha.ask("bindings")
        # Nothing that was bound a round ago is lost, whoever remembers it.
        assert len(bound) >= kept
        kept = len(bound)
        source = f"2001:db8:a2::{sequence:x}"
        burst = [binding_update(source, home_address=home, sequence=sequence, flags="AH") for home in homes[:10 * sequence]]
        pair.world.access2.send_packets(burst)
        time.sleep(chance.uniform(0.02, 0.15))
        had.kill()
        folder = os.path.dirname(state_path(pair))
        assert set(os.listdir(folder) if os.path.exists(folder) else []) <= {"had.state", "had.state~"}
    # All programs at once: now the file alone knows.
    pair.ha.programs["nemonetd"].kill()
    had = pair.ha.start("nemonetd", "had")
    wait_for(lambda: pair.ha.counters("had").get("binding_restored", 0) > 0, "what the file has")
    assert "cannot be used" not in had.log()
    assert pair.ha.counters("had")["state_file_damaged"] == 0


def test_only_had_may_read_where_nodes_are(make_pair_of):
    pair = make_pair_of(agent=STATE).start()
    wait_for(lambda: os.path.exists(state_path(pair)), "the state file")
    assert os.stat(state_path(pair)).st_mode & 0o777 == 0o600


def test_a_damaged_state_file_is_told_of_and_the_mobile_router_comes_back_by_itself(make_pair_of):
    # One uplink: a second one that comes up meanwhile would be registered anyway.
    pair = make_pair_of(agent=STATE, router={"uplinks": (("eth0", 10),)}).start()
    pair.wait_reachable()
    wait_for(lambda: os.path.exists(state_path(pair)), "the state file")
    kill_all(pair.ha)
    with open(state_path(pair), "r+b") as file:
        file.seek(50)
        octet = file.read(1)
        file.seek(50)
        file.write(bytes([octet[0] ^ 0x10]))
    had = pair.ha.start("nemonetd", "had")
    # The router sends, a Binding Error tells it that its binding is gone, and it registers long before the next refresh.
    flow = pair.flow()
    wait_for(pair.ha.binding, "the binding, by a new registration")
    flow.stop()
    assert "cannot be used, going on without it: its checksum is wrong" in had.log()
    wait_for(lambda: pair.ha.counters("had")["state_file_damaged"] == 1, "its counter")
    assert pair.ha.counters("had")["binding_error_sent"] >= 1
