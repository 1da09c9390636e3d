"""Plain forwarding and ways of tunnelling, one after the other on one row of machines (chain.py), over and over.

Another way is one more line in `WAYS`.
"""

import contextlib
import datetime
import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Callable

import engine_profile
import rates
import side_by_side_page
from chain import Chain
from world.node import wait_for
from world.system import make_pair, start_pair
from world.world import CORRESPONDENT

SHISA = ".build/release/shisa"
UDP_LOAD = os.path.abspath(os.path.join(os.path.dirname(__file__), "udp_load.py"))
UDP_PORT = 5202
#: Seconds from one ping to the next.
PING_INTERVAL = 0.01
#: Octets of payload for each size that is told of. A packet of 1,400 octets has 48 of headers, and the ends' MTU is 1,400.
UDP_PAYLOADS = {64: 64, 512: 512, 1400: 1400 - 48}


@dataclass
class Way:
    name: str
    title: str
    prepare: Callable


@dataclass
class Extent:
    """How much is measured."""
    rounds: int = 3
    #: Of one TCP measurement, and of one try at a rate.
    tcp_seconds: float = 2
    udp_seconds: float = 0.7
    #: None of them: no latency.
    pings: int = 200
    #: Numbers of TCP's flows; sizes of UDP's packets, of `UDP_PAYLOADS`.
    flows: tuple = (1, 8)
    sizes: tuple = tuple(UDP_PAYLOADS)
    #: How close to each other the highest rate that is carried and the least that is not must come.
    close: float = rates.CLOSE

    def tried(self):
        """What proves in some minutes that everything works; its figures are worth nothing."""
        return replace(self, rounds=1, tcp_seconds=1, udp_seconds=0.5, pings=min(self.pings, 50))


def tunnel_by_engine(chain, plane="engine"):
    chain.advertise()
    forwards = f'engine = {{ plane = "{plane}"; }};\n'
    ha, mr = make_pair(chain, shisa=SHISA, log_level="warning", agent={"extra": forwards},
                       router={"uplinks": (("eth0", 10),), "extra": forwards})
    start_pair(ha, mr)
    mr.wait_registered()
    wait_for(lambda: all(system.ask("status")["plane"] == plane for system in (ha, mr)), f"the plane {plane}", 20)


def tunnel_by_kernel(chain):
    tunnel_by_engine(chain, "kernel")


WAYS = (
    Way("plain", "plain forwarding", Chain.forward_plainly),
    Way("seg6", "kernel IPv6-in-IPv6 (seg6)", Chain.tunnel_by_seg6),
    Way("engine", "engine", tunnel_by_engine),
    Way("wireguard-go", "wireguard-go", Chain.tunnel_by_wireguard_go),
    Way("openvpn", "OpenVPN, no cipher", Chain.tunnel_by_openvpn),
)


#: What a kernel with tunnels of its own has beside each other; the build machine's has none.
KERNEL_WAYS = (
    Way("ip6tnl", "ip6tnl by hand", Chain.tunnel_by_ip6tnl),
    Way("kernel", "`kernel`", tunnel_by_kernel),
    Way("engine", "`engine`", tunnel_by_engine),
)


class Comparison:
    """All rounds, measured when the first figure asks for them; or nothing but the reason why they could not be."""

    def __init__(self, section, extent, measured):
        #: How the page shows it, and whose multiples it has.
        self.section = section
        self.extent = extent
        self.results = None
        self._measured = measured
        # Profiles that a figure has told of: one is enough.
        self._told = set()

    def measure(self):
        if self.results is None:
            self.results = self._measured(self.extent)
        return self.results

    def figure(self, offloads, columns, other):
        """What a figure is made of: the worst ratio of the columns in each round, and what was seen. Of several `offloads`
        the worst as well."""
        results = self.measure()
        each = [side_by_side_page.ratios(results, one, columns, self.section.ours, other) for one in offloads]
        samples = [min(one) for one in zip(*each)]
        if not samples:
            raise RuntimeError(f"nothing to compare with {other}: {results['missing'].get(other, 'not measured')}")
        remarks = [f"load average before each round {', '.join(f'{load:.1f}' for load in results['loads'])}"]
        for what, profile in results.get("profiles", {}).items():
            if what.partition(" ")[0] == columns[0].partition("_")[0].upper() and what not in self._told:
                remarks.append(f"time of nemonetd at both ends, {what}: {profile}")
                self._told.add(what)
        return samples, remarks


def measure(ways, extent):
    """All rounds of these ways: `samples` by offloads, way and column, a value for each round."""
    results = {
        "date": datetime.date.today().isoformat(), "rounds": extent.rounds, "loads": [],
        "ways": {way.name: way.title for way in ways}, "missing": {}, "samples": {"on": {}, "off": {}},
    }
    for index in range(extent.rounds):
        results["loads"].append(os.getloadavg()[0])
        # What drifts during a round does so in favour of the others in the next one.
        for offloads in ("on", "off"):
            for way in ways if index % 2 == 0 else reversed(ways):
                if way.name in results["missing"]:
                    continue
                print(f"  round {index + 1} of {extent.rounds}, offloads {offloads}: {way.title}", flush=True)
                try:
                    found = _one(way, offloads == "on", extent)
                except Exception as error:  # One way that cannot be had must not hide the others.
                    print(f"  {way.title}: {error}", file=sys.stderr, flush=True)
                    _leave_out(results, way, str(error).strip().split("\n")[0])
                    continue
                print(f"    {json.dumps({name: float(f'{value:.4g}') for name, value in found.items()})}", flush=True)
                columns = results["samples"][offloads].setdefault(way.name, {})
                for name, value in found.items():
                    columns.setdefault(name, []).append(value)
    return results


def _measured_here(extent):
    results = measure(WAYS, extent)
    try:
        results["profiles"] = _profiles(extent)
    except Exception as error:
        print(f"  no profile of the engine: {error}", file=sys.stderr, flush=True)
    return results


COMPARISON = Comparison(side_by_side_page.SIDE_BY_SIDE, Extent(), _measured_here)


def _profiles(extent):
    """Where the engine's time goes without the uplink's offloads."""
    with Chain() as chain:
        tunnel_by_engine(chain)
        chain.uplink_without_offloads()
        chain.wait_through()
        programs = [program for node in (chain.mr, chain.ha) for program in node.programs if program.name == "nemonetd"]
        return {
            "TCP out": engine_profile.record("tcp-out", programs, lambda: chain.tcp_streams(extent.tcp_seconds)),
            "TCP back": engine_profile.record("tcp-back", programs, lambda: chain.tcp_streams(extent.tcp_seconds, reverse=True)),
            "UDP with 64 octets, more than it carries": engine_profile.record(
                "udp-64", programs, lambda: _udp(chain, UDP_PAYLOADS[64], None, extent.udp_seconds)),
        }


def _leave_out(results, way, reason):
    """Rounds are compared with each other, so a way has all of them or none."""
    results["missing"][way.name] = f"{way.title}: {reason}"
    results["ways"].pop(way.name, None)
    for samples in results["samples"].values():
        samples.pop(way.name, None)


def _one(way, offloads, extent):
    found = {}
    with Chain() as chain:
        way.prepare(chain)
        if not offloads:
            chain.uplink_without_offloads()
        chain.wait_through()
        for flows in extent.flows:
            for direction in ("out", "back"):
                busy = _busy_seconds()
                rate, gigabits = chain.tcp_streams(extent.tcp_seconds, flows, reverse=direction == "back")
                found[f"tcp_{flows}_{direction}"] = rate
                if flows == 1:
                    found[f"cpu_{direction}"] = (_busy_seconds() - busy) / gigabits
        for size in extent.sizes:
            found[f"udp_{size}"] = rates.highest(
                lambda rate: _udp(chain, UDP_PAYLOADS[size], rate, extent.udp_seconds), extent.close)
        if extent.pings:
            load = found["udp_1400"] / 10
            found["latency_median"], found["latency_99"] = _latency(chain, load, extent.pings)
    return found


@contextlib.contextmanager
def _receiver(chain):
    """Counts what arrives at the correspondent; call what it gives for the number, once."""
    receiver = chain.cn.start("udp", "python3", UDP_LOAD, "receive", UDP_PORT, **_SPOKEN)

    def count():
        return json.loads(receiver.process.communicate(timeout=60)[0])["received"]

    try:
        receiver.process.stdout.readline()
        yield count
    finally:
        receiver.kill()


def _udp(chain, payload, rate, seconds):
    """Packets a second that were sent, and that arrived."""
    with _receiver(chain) as count:
        sent = json.loads(
            chain.host.run("python3", UDP_LOAD, "send", CORRESPONDENT, UDP_PORT, payload, rate or 0, seconds).stdout)
        return sent["sent"] / sent["seconds"], count() / sent["seconds"]


def _latency(chain, load, pings):
    """Median and 99 % of the time of a ping in microseconds, beside UDP of so many packets a second."""
    seconds = pings * PING_INTERVAL + 1
    with _receiver(chain):
        sender = chain.host.start(
            "udp", "python3", UDP_LOAD, "send", CORRESPONDENT, UDP_PORT, UDP_PAYLOADS[1400], max(load, 1), seconds)
        try:
            said = chain.host.run(
                "ping", "-6", "-n", "-i", PING_INTERVAL, "-c", pings, "-W", "1", CORRESPONDENT, check=False).stdout
        finally:
            sender.kill()
    times = sorted(float(line.partition("time=")[2].split()[0]) * 1000 for line in said.splitlines() if "time=" in line)
    if len(times) < pings * 0.9:
        raise RuntimeError(f"only {len(times)} of {pings} pings came back beside {load:.0f} packets a second")
    return statistics.median(times), times[min(len(times) - 1, int(len(times) * 0.99))]


def _busy_seconds():
    """The processor time that the whole machine has used, in whatever mode."""
    with open("/proc/stat") as file:
        user, nice, system, _, _, interrupts, soft, *_ = (int(field) for field in file.readline().split()[1:])
    return (user + nice + system + interrupts + soft) / os.sysconf("SC_CLK_TCK")


_SPOKEN = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
