"""The figures: what each is, its target, and how it is measured."""

import glob
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import Callable

from board_figures import boot_to_registration, board_pss
from chain import Chain
from home_agent_figures import binding_updates, binding_updates_ratio, bytes_per_binding, hmacs_per_exchange
from restart_figures import restart_10k, restart_100k
from world.flow import Flow
from world.node import wait_for
from world.system import make_pair, start_pair
from world.world import CORRESPONDENT, HOST, World

SHISA = ".build/release/shisa"
RELAY = ".build/release/linkrelay"


@dataclass
class Figure:
    name: str
    unit: str
    target: float
    measure: Callable
    method: str
    at_least: bool = False


def _moving_world():
    world = World(logs="build/world-logs/bench", relay=RELAY)
    ha, mr = make_pair(world, shisa=SHISA, log_level="info")
    return world, ha, mr


def handover_unplanned(runs=10):
    """Longest time without packets, the worse of both directions, in milliseconds."""
    samples, lost = [], []
    for _ in range(runs):
        world, ha, mr = _moving_world()
        with world:
            start_pair(ha, mr)
            mr.wait_registered("eth0")
            wait_for(lambda: world.mr.addresses("eth1"), "a second uplink")
            wait_for(lambda: world.host.ping(CORRESPONDENT), "the correspondent")
            flow = Flow(world.host, HOST, world.cn, CORRESPONDENT)
            time.sleep(2)
            world.cables["eth0"].unplug()
            mr.wait_registered("eth1")
            time.sleep(2)
            up, down = flow.stop()
        samples.append(max(up.gap(), down.gap()) * 1000)
        lost.append(up.lost + down.lost)
    return samples, [f"packets lost a hand-over, both directions together: {', '.join(map(str, lost))}"]


def handover_planned(runs=5):
    """Packets lost when the better uplink comes back, both directions together."""
    samples = []
    for _ in range(runs):
        world, ha, mr = _moving_world()
        with world:
            world.cables["eth0"].unplug()
            start_pair(ha, mr)
            mr.wait_registered("eth1")
            wait_for(lambda: world.host.ping(CORRESPONDENT), "the correspondent")
            flow = Flow(world.host, HOST, world.cn, CORRESPONDENT)
            time.sleep(1)
            world.cables["eth0"].plug()
            mr.wait_registered("eth0", timeout=60)
            time.sleep(2)
            up, down = flow.stop()
        samples.append(up.lost + down.lost)
    return samples, []


def tcp_ratio(runs=3, seconds=5):
    """TCP through the engine by TCP through wireguard-go, the worse direction of each run."""
    samples, said = [], []
    for _ in range(runs):
        # User space shares the machine with whatever else runs on it, and both compared do so differently.
        load = os.getloadavg()[0]
        rates = {}
        for name, prepare in (("plain forwarding", Chain.forward_plainly),
                              ("wireguard-go", Chain.tunnel_by_wireguard_go), ("engine", _tunnel_by_engine)):
            with Chain() as chain:
                prepare(chain)
                chain.wait_through()
                rates[name] = chain.tcp(seconds), chain.tcp(seconds, reverse=True)
        samples.append(min(engine / other for engine, other in zip(rates["engine"], rates["wireguard-go"])))
        said.append("; ".join(f"{name} {up:.2f} / {down:.2f}" for name, (up, down) in rates.items())
                    + f"; load average before {load:.1f}")
    return samples, [f"TCP up / down in Gbit/s: {line}" for line in said]


def _tunnel_by_engine(chain):
    chain.advertise()
    ha, mr = make_pair(chain, shisa=SHISA, log_level="warning",
                       router={"uplinks": (("eth0", 10),), "extra": ""})
    start_pair(ha, mr)
    mr.wait_registered()


def image_size():
    return [os.path.getsize("build/images/shisa-qemu-virt.img.zst") / 1e6], []


def stripped_size():
    found = [path for path in glob.glob(".build-aarch64/**/release/shisa", recursive=True) if os.path.isfile(path)]
    if not found:
        raise RuntimeError("no shisa was built for the board")
    newest = max(found, key=os.path.getmtime)
    strip = next(tool for tool in ("llvm-strip", "llvm-strip-14", "aarch64-linux-gnu-strip")
                 if subprocess.run(["which", tool], capture_output=True).returncode == 0)
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "shisa")
        subprocess.run([strip, "-o", path, newest], check=True)
        return [os.path.getsize(path) / 1e6], []


FIGURES = [
    Figure("boot_to_registration_seconds", "s", 8, boot_to_registration,
           "the image on the emulated board (`qemu-system-aarch64 -M virt`, TCG), from the start of the kernel to the "
           "first completed registration, by the guest's monotonic clock."),
    Figure("handover_unplanned_gap_milliseconds", "ms", 200, handover_unplanned,
           "namespaces; UDP at 10 ms spacing both ways; the active uplink loses its carrier while a second one has an "
           "address. The longest time between two packets less their spacing, the worse direction."),
    Figure("handover_planned_lost_packets", "packets", 0, handover_planned,
           "the same conversation while a better uplink comes back; packets lost in both directions together."),
    Figure("tcp_ratio_to_wireguard_go", "times", 4, tcp_ratio,
           "four namespaces in a row (Tests/Bench/chain.py), MTU 1400 at the ends and 1500 between; iperf3, one flow, "
           "both ends of the tunnel in user space; each run measures plain forwarding, wireguard-go and the engine one "
           "after the other. The worse direction.", at_least=True),
    Figure("image_megabytes", "MB", 64, image_size, "size of `shisa-qemu-virt.img.zst`, 10^6 octets."),
    Figure("shisa_stripped_megabytes", "MB", 9, stripped_size,
           "size of the board's `shisa` after strip, 10^6 octets."),
    Figure("board_pss_megabytes", "MB", 16, board_pss,
           "proportional set size of nemonetd, babymdd and mrd together on the emulated board, registered and with "
           "traffic behind them, from `/proc/PID/smaps_rollup`, 10^6 octets."),
    Figure("had_binding_updates_per_second_100k", "1/s", 50_000, binding_updates,
           "one had, pinned to one core, its state file on; 100,000 nodes that are bound, each with its own key "
           "(RFC 4285). On another core `homeload` (Tests/Bench/homeload) stands in nemonetd's place at the mobility "
           "socket: authentic Binding Updates of mobile routers in explicit mode, in an order that jumps about among all "
           "nodes, 512 unanswered at most, 32 in a packet as nemonetd has them from its receiving socket. Counted are "
           "Binding Acknowledgements with status 0, of which every 997th is verified with the node's key; a sample is "
           "100,000 refreshes by the wall clock.", at_least=True),
    Figure("had_binding_updates_ratio_1m", "times", 0.8, binding_updates_ratio,
           "the same with 1,000,000 nodes, by the one with 100,000.", at_least=True),
    Figure("had_bytes_per_binding", "octets", 600, bytes_per_binding,
           "resident memory of the had above with all nodes bound, less that of one without nodes, by the number of "
           "nodes: with 100,000 and with 1,000,000. It holds everything that had has of a node: configuration with key, "
           "binding, sequence number, timestamp, timer."),
    Figure("home_agent_restart_seconds_10k", "s", 2, restart_10k,
           "nemonetd and had of a home agent without a link start together on a state file with 10,000 bindings, each of a "
           "home address and a prefix; from the start of nemonetd until packets for all of 200 nodes, spread evenly over "
           "all, have come out in their tunnels. A sender tries those that are left one after the other, 2,500 packets a "
           "second, on the same machine."),
    Figure("home_agent_restart_seconds_100k", "s", 2, restart_100k, "the same with 100,000 bindings."),
    Figure("correspondent_hmacs_per_exchange", "HMACs", 3, hmacs_per_exchange,
           "a Home Test Init and a Care-of Test Init of each of 21,000 nodes, and their answers; calls of "
           "nettle_hmac_sha1_digest in the running cnd by the number of exchanges, as the kernel counts them at a "
           "uprobe. That nothing is kept shows in the resident memory after the first 1,000."),
]
