"""The figures: what each is, its target, and how it is measured."""

import glob
import os
import subprocess
import tempfile
from dataclasses import dataclass
from typing import Callable

import machine_comparison
import packet_path
import side_by_side
from bindings_figures import million_bindings
from board_figures import boot_to_registration, board_pss
from home_agent_figures import binding_updates, binding_updates_ratio, bytes_per_binding, hmacs_per_exchange
from restart_figures import restart_10k, restart_100k
from uplink_figures import black_hole_idle, black_hole_traffic, carrier_loss, changes_an_hour_leak, planned_change


@dataclass
class Figure:
    name: str
    unit: str
    target: float
    measure: Callable
    method: str
    at_least: bool = False


def _compared(columns, other):
    return lambda: side_by_side.COMPARISON.figure(["off"], columns, other)


def kernel_plane():
    return machine_comparison.COMPARISON.figure(["on", "off"], ["tcp_1_out", "tcp_1_back", "udp_64"], "ip6tnl")


_TCP = [f"tcp_{flows}_{direction}" for flows in (1, 8) for direction in ("out", "back")]
_SIDE_BY_SIDE = "engine by {} in the comparison above (Tests/Bench/side_by_side.py): {}; a sample is a round."
_INSTRUCTIONS = (
    "`packetpath` (Tests/Bench/packetpath) runs the code of Sources/Forwarding over packets in memory, {}; instructions by "
    "callgrind, of 11,000 packets less those of 1,000 by 10,000, so that the start falls out. ")


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
    Figure("planned_change_lost_packets", "packets", 0, planned_change,
           "namespaces, two uplinks with a round trip of 20 ms to the home agent, both registered and probed (Tests/Bench/"
           "uplink_figures.py); UDP at 10 ms spacing both ways; `shisactl use` names the other uplink. Packets lost and "
           "packets out of order, both directions together."),
    Figure("carrier_loss_gap_milliseconds", "ms", 60, carrier_loss,
           "the same conversation while the active uplink loses its carrier: the longest time between two packets less their "
           "spacing, the worse direction."),
    Figure("black_hole_traffic_gap_seconds", "s", 0.7, black_hole_traffic,
           "the same while the active uplink loses everything and keeps its carrier; the default settings of probes."),
    Figure("black_hole_idle_seconds", "s", 1.3, black_hole_idle,
           "the same without a conversation: from the loss of everything until mrd has moved the traffic, by the monotonic "
           "clock of its event. At most 2 s in the worst run."),
    Figure("leaked_by_changes", "things", 0, changes_an_hour_leak,
           "a hundred changes a minute by `shisactl use` for an hour: descriptors of nemonetd, babymdd and mrd, routes and rules "
           "of the kernel, and kilobytes of the programs' resident memory beyond half of 32 octets a change, that there are "
           "more at the end than after the first six minutes."),
    Figure("side_by_side_tcp_to_kernel", "times", 0.6, _compared(_TCP, "seg6"),
           _SIDE_BY_SIDE.format("the kernel's IPv6-in-IPv6", "TCP without the uplink's offloads, one and eight flows, both "
                                "directions, the worst of the four"), at_least=True),
    Figure("side_by_side_udp_64_to_kernel", "times", 0.5, _compared(["udp_64"], "seg6"),
           _SIDE_BY_SIDE.format("the kernel's IPv6-in-IPv6", "UDP with 64 octets without the uplink's offloads"),
           at_least=True),
    Figure("side_by_side_tcp_to_wireguard_go", "times", 5, _compared(_TCP, "wireguard-go"),
           _SIDE_BY_SIDE.format("wireguard-go", "TCP as above"), at_least=True),
    Figure("side_by_side_udp_64_to_wireguard_go", "times", 2.5, _compared(["udp_64"], "wireguard-go"),
           _SIDE_BY_SIDE.format("wireguard-go", "UDP with 64 octets as above"), at_least=True),
    Figure("kernel_plane_to_ip6tnl", "times", 0.97, kernel_plane,
           "`kernel` plane by ip6tnl that is set up by hand, on Debian's kernel (Tests/Bench/machine_comparison.py): TCP in both "
           "directions and UDP with 64 octets, with and without the uplink's offloads, the worst of the six; a sample is a "
           "round.", at_least=True),
    Figure("packet_path_instructions_out", "instructions", 700, packet_path.encapsulate,
           _INSTRUCTIONS.format("UDP with 64 octets for as many nodes as are bound, one after the other, from the frame of the "
                                "TUN device to the batch that is sent")
           + "The most of 1, 10,000 and 1,000,000 bindings; the notes have as well what it takes to cut a TCP super-packet of "
           "64 KiB into 47 segments."),
    Figure("packet_path_instructions_in", "instructions", 700, packet_path.decapsulate,
           _INSTRUCTIONS.format("UDP with 64 octets from as many nodes, from the packet of the receiving socket to what is "
                                "written to the TUN device")
           + "The most of 1, 10,000 and 1,000,000 bindings; the notes have as well what it takes to open, check and join 47 "
           "segments of TCP."),
    Figure("million_bindings_throughput_loss", "%", 10, million_bindings,
           "two home agents, nemonetd and had with a state file each (Tests/Bench/bindings_figures.py), one with one binding and "
           "one with 1,000,000, every one of a home address and a prefix; a sender floods each in turn with UDP of 64 octets, "
           "every packet to another node than the one before; packets that come back in tunnels, by how much fewer there are "
           "of the second."),
    Figure("packet_path_handover_10k_milliseconds", "ms", 5, packet_path.handover,
           "a home agent's table with 10,000 nodes, one of which moves while 10,000 conversations with it go on: from the new "
           "address until the next packet of every conversation has left for it, in `packetpath`, by the clock."),
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
