"""The world itself, with the kernel's own forwarding in the mobile router: what the other scenarios stand on."""

import os
import subprocess
import sys
import time

import pytest

from world.cable import wait_for_carrier
from world.flow import Flow
from world.node import wait_for
from world.world import CORRESPONDENT, HOME_AGENT, HOST


def uplinks_ready(world):
    wait_for(
        lambda: world.mr.addresses("eth0") and world.mr.addresses("eth1"),
        "an address from router advertisements on both uplinks", 15)


def test_uplinks_get_addresses_and_reach_the_internet(make_world):
    world = make_world(shaped=("eth1",))
    uplinks_ready(world)
    assert world.mr.addresses("eth0")[0].startswith("2001:db8:a1:")
    assert world.mr.addresses("eth1")[0].startswith("2001:db8:a2:")
    for interface in ("eth0", "eth1"):
        assert world.mr.ping(CORRESPONDENT, "-I", interface)
        assert world.mr.ping(HOME_AGENT, "-I", interface)


def test_access_networks_drop_what_is_not_from_them(make_world):
    world = make_world()
    uplinks_ready(world)
    world.mr.sysctl(net__ipv6__conf__all__forwarding=1)
    world.mr.ip("address add 2001:db8:10::1/64 dev lan0 nodad")
    assert world.host.ping("2001:db8:10::1")
    assert not world.host.ping(CORRESPONDENT)
    assert world.spoofed("access1") + world.spoofed("access2") == 1
    assert HOST.startswith("2001:db8:10:")


@pytest.mark.parametrize("interface", ["eth0", "eth1"])
def test_a_pulled_cable_takes_the_carrier_and_a_plugged_one_returns_it(make_world, interface):
    world = make_world(shaped=("eth1",))
    uplinks_ready(world)
    cable = world.cables[interface]
    cable.unplug()
    wait_for_carrier(world.mr, interface, False)
    assert not world.mr.ping(CORRESPONDENT, "-I", interface)
    cable.plug()
    wait_for_carrier(world.mr, interface, True)
    wait_for(lambda: world.mr.ping(CORRESPONDENT, "-I", interface), "the Internet again")


def round_trip(world, count=40):
    """How many of the echoes came back, and the quickest one's time in milliseconds: a busy machine delays any of them, and
    hastens none."""
    # Until all are answered: without the limit ping would wait for the last one hardly longer than its spacing.
    limit = () if count > 40 else ("-w", 10)
    result = world.mr.run(
        "ping", "-6", "-n", "-q", "-c", count, "-i", "0.02", *limit, "2001:db8:a2::1", check=False).stdout
    received = int(result.split(" received")[0].split()[-1])
    quickest = float(result.split("rtt")[1].split("=")[1].split("/")[0]) if "rtt" in result else None
    return received, quickest


def test_delay_loss_and_rate_of_a_shaped_cable_are_what_was_asked(make_world):
    world = make_world(shaped=("eth1",))
    uplinks_ready(world)
    cable = world.cables["eth1"]
    received, quickest = round_trip(world)
    assert received == 40 and quickest < 20
    cable.shape(delay=40)
    received, quickest = round_trip(world)
    assert received == 40 and 80 <= quickest < 120
    assert cable.counters()["up"]["lost"] == cable.counters()["down"]["lost"] == 0
    cable.shape(delay=0, loss=0.5)
    received, _ = round_trip(world, 100)
    assert 5 <= received <= 50
    before = cable.counters()
    assert before["up"]["lost"] > 20
    cable.shape(loss=0)
    cable.shape(direction="up", rate=4)
    destination = "2001:db8:a2::1"
    world.access2.start("iperf3", "iperf3", "-s", "-1")
    wait_for(
        lambda: ":5201" in world.access2.run("ss", "-tln").stdout, "iperf3 listening")
    result = world.mr.run("iperf3", "-c", destination, "-t", "2", "-f", "k").stdout
    received_line = next(line for line in result.splitlines() if line.rstrip().endswith("receiver"))
    rate = float(received_line.split("bits/sec")[0].split()[-2])
    assert 2500 < rate < 4400


def test_wrong_settings_of_a_cable_are_refused(make_world):
    world = make_world(shaped=("eth1",))
    with pytest.raises(RuntimeError, match="outOfRange"):
        world.cables["eth1"].shape(loss=2)
    with pytest.raises(RuntimeError, match="plain cable"):
        world.cables["eth0"].shape(loss=0.1)


@pytest.mark.parametrize("user", [[], ["unshare", "--user", "--map-root-user"]], ids=["as we are", "in a user namespace"])
def test_a_killed_world_leaves_nothing_behind(tmp_path, user):
    """The room is made once more inside this one, by a program that is then killed without a chance to tidy up."""
    script = (
        "from world import isolation; isolation.enter()\n"
        "from world.world import World\n"
        f"World(logs={str(tmp_path / 'logs')!r}, shaped=('eth0',))\n"
        "print('made', flush=True)\n"
        "import time; time.sleep(60)\n"
    )
    path = tmp_path / "world-script.py"
    path.write_text(script)
    environment = {name: value for name, value in os.environ.items() if name != "SHISA_WORLD_INSIDE"}
    outer = subprocess.Popen(
        user + [sys.executable, str(path)], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        assert outer.stdout.readline() == "made\n"
    finally:
        outer.kill()
        outer.wait()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        left = subprocess.run(["pgrep", "-f", str(tmp_path)], capture_output=True, text=True).stdout.split()
        if not left:
            break
        time.sleep(0.05)
    assert not left
    assert not os.path.exists("/run/netns/access1")


def test_a_conversation_is_measured_in_both_directions(make_world):
    world = make_world(shaped=("eth1",))
    uplinks_ready(world)
    address = world.mr.addresses("eth1")[0]
    world.mr.ip("route add 2001:db8:c::/64 via 2001:db8:a2::1 dev eth1")
    flow = Flow(world.mr, address, world.cn, CORRESPONDENT)
    time.sleep(1)
    world.cables["eth1"].shape(direction="up", loss=1)
    time.sleep(1)
    world.cables["eth1"].shape(direction="up", loss=0)
    time.sleep(0.5)
    up, down = flow.stop()
    # A hundred, and what else the cable lost is not of the conversation.
    assert 50 < up.lost <= world.cables["eth1"].counters()["up"]["lost"]
    assert up.gap() > 0.5 and up.gap() > down.gap()
    assert down.lost == 0
    assert up.sent > 200 and down.sent > 200 and up.repeated == 0
