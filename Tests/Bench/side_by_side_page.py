"""What the comparison found, as a section of docs/benchmarks.md and as charts. Measures nothing."""

from dataclasses import dataclass
from statistics import median

from charts import Panel, bars, number

#: Name of a column of the results, its head in the table, what it is a multiple of there.
COLUMNS = (
    ("tcp_1_out", "TCP 1, out", 1), ("tcp_1_back", "TCP 1, back", 1), ("tcp_8_out", "TCP 8, out", 1),
    ("tcp_8_back", "TCP 8, back", 1), ("udp_64", "UDP 64", 1e3), ("udp_512", "UDP 512", 1e3),
    ("udp_1400", "UDP 1,400", 1e3), ("latency_median", "latency", 1), ("latency_99", "99 %", 1),
    ("cpu_out", "CPU, out", 1), ("cpu_back", "CPU, back", 1),
)
_ON_OFF = (("on", "offloads on"), ("off", "offloads off"))


@dataclass
class Section:
    title: str
    #: Markdown, with the number of `{rounds}`.
    introduction: str
    #: The way that the ratios are of.
    ours: str
    #: Whether there are charts of it.
    drawn: bool = False


SIDE_BY_SIDE = Section("Side by side", ours="engine", drawn=True, introduction="""\
The same four machines in a row, one way of tunnelling after the other, every second round in the opposite order; the
medians of {rounds}. TCP in Gbit/s by iperf3, one flow and eight, from the host behind the router to the correspondent and back. UDP
in thousands of packets a second, one way, one flow: the highest rate of which no more than 0.1 % has not come 0.1 s after the
last was sent, found by trying (Tests/Bench/udp_load.py sends by sendmmsg and counts), with 64 and 512 octets of payload and in
packets of 1,400 octets. Latency in microseconds, median and 99 % of pings beside UDP at a tenth of the way's highest rate.
CPU: processor seconds a gigabit that everything on the machine takes together, the kernel's work and both ends of iperf3
included, during one flow of TCP; less what plain forwarding takes it is the tunnel's. Offloads are TSO, GSO and GRO of the
link between router and home agent. wireguard-go encrypts, the others do not.
""")
DEBIANS_KERNEL = Section("On Debian's kernel", ours="kernel", introduction="""\
The same four machines inside an emulated one with Debian's kernel (bookworm), which has the tunnels that the `kernel` plane is
made of; rounds: {rounds}, of which the medians. `ip6tnl by hand` is a device at each end and a route into it, without the checks that RFC 6275
asks for. The emulated machine's one processor does 250 million instructions a second by its own clock, whatever else the build
machine does: these figures count instructions, and are to be compared with each other, not with those above. Units as above.
""")


def medians(results, offloads, way, column):
    values = results["samples"].get(offloads, {}).get(way, {}).get(column)
    return median(values) if values else None


def ratios(results, offloads, columns, way, other):
    """For each round the least of the columns' ratios between two ways; those that have both."""
    samples = results["samples"].get(offloads, {})
    pairs = [zip(samples.get(way, {}).get(column, ()), samples.get(other, {}).get(column, ())) for column in columns]
    return [min(ours / theirs for ours, theirs in one) for one in zip(*pairs)]


def text(section, results, charts=()):
    """The section's text. `charts` are the names of files beside the page."""
    lines = [f"## {section.title}", "", section.introduction.format(rounds=results["rounds"]) + f"Measured {results['date']}."]
    if charts:
        lines += ["", *(f"![{name}]({name})" for name in charts)]
    columns = [column for column in COLUMNS if any(
        column[0] in found for samples in results["samples"].values() for found in samples.values())]
    head = [" | ".join(head for _, head, _ in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for offloads, heading in _ON_OFF:
        if offloads not in results["samples"]:
            continue
        lines += ["", f"### {heading.capitalize()}", "", f"| way | {head[0]}", head[1]]
        for way, title in results["ways"].items():
            cells = [_scaled(results, offloads, way, column, unit) for column, _, unit in columns]
            lines.append(f"| {title} | " + " | ".join(cells) + " |")
        if section.ours not in results["ways"]:
            continue
        lines += ["", f"{results['ways'][section.ours]}, as a multiple of each:", "", f"| of | {head[0]}", head[1]]
        for way, title in results["ways"].items():
            if way != section.ours:
                cells = [_ratio(results, offloads, column, section.ours, way) for column, _, _ in columns]
                lines.append(f"| {title} | " + " | ".join(cells) + " |")
    for way, reason in results["missing"].items():
        lines += ["", f"Without {way}: {reason}"]
    return "\n".join(lines) + "\n"


def draw(results):
    """The charts: file name and text of each."""
    return {
        "benchmarks-tcp.svg": _chart(
            results, "TCP through the tunnel, the slower direction", "Gbit/s", ("one flow", "eight flows"),
            lambda offloads, way: [_least(results, offloads, way, f"tcp_{flows}_out", f"tcp_{flows}_back") for flows in (1, 8)]),
        "benchmarks-udp.svg": _chart(
            results, "UDP without loss above 0.1 %", "thousand packets/s", ("64 octets", "512 octets", "1,400 octets"),
            lambda offloads, way: [_divided(medians(results, offloads, way, f"udp_{size}"), 1e3) for size in (64, 512, 1400)]),
        "benchmarks-latency.svg": _chart(
            results, "Round trip at 10 % load", "µs", ("median", "99 %"),
            lambda offloads, way: [medians(results, offloads, way, f"latency_{which}") for which in ("median", "99")]),
        "benchmarks-cpu.svg": _chart(
            results, "Processor time of the whole row of machines", "s/Gbit", ("out", "back"),
            lambda offloads, way: [medians(results, offloads, way, f"cpu_{which}") for which in ("out", "back")]),
    }


def _chart(results, title, unit, legend, values):
    panels = [
        Panel(f"Uplink {heading}", [(name, values(offloads, way)) for way, name in results["ways"].items()])
        for offloads, heading in _ON_OFF if offloads in results["samples"]]
    return bars(title, unit, legend, panels)


def _least(results, offloads, way, *columns):
    values = [medians(results, offloads, way, column) for column in columns]
    return None if None in values else min(values)


def _divided(value, unit):
    return None if value is None else value / unit


def _scaled(results, offloads, way, column, unit):
    return number(_divided(medians(results, offloads, way, column), unit))


def _ratio(results, offloads, column, ours, other):
    found = ratios(results, offloads, (column,), ours, other)
    return number(median(found)) if found else "–"
