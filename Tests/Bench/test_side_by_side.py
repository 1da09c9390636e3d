"""What `make bench` says of what it measured: the search for a rate, the table, the charts."""

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

import bench
import engine_profile
import rates
import side_by_side
import side_by_side_page
import udp_load
from charts import Panel, bars, number

SECTION = side_by_side_page.SIDE_BY_SIDE
SVG = "{http://www.w3.org/2000/svg}"


def results():
    """Two rounds of three ways; engine has half of the kernel's TCP in the first and three quarters in the second."""
    def way(tcp, udp):
        columns = {name: list(tcp) for name, _, _ in side_by_side_page.COLUMNS}
        return {**columns, "udp_64": list(udp)}

    return {
        "date": "2026-01-02", "rounds": 2, "loads": [0.1, 0.2],
        "ways": {"plain": "plain forwarding", "kernel": "kernel <seg6>", "engine": "engine"},
        "profiles": {"TCP out": "5 % x", "UDP with 64 octets": "7 % y"},
        "missing": {"openvpn": "OpenVPN: not installed"},
        "samples": {
            "on": {"plain": way((8, 10), (2e5, 2e5)), "kernel": way((4, 8), (1e5, 2e5)), "engine": way((2, 6), (5e4, 5e4))},
            "off": {"engine": way((1, 3), (4e4, 6e4)), "kernel": way((4, 4), (8e4, 1e5)), "plain": way((5, 5), (1e5, 1e5))},
        },
    }


@pytest.mark.parametrize("capacity", [900, 25_000, 58_000, 168_000])
def test_a_rate_is_found_where_a_way_begins_to_lose(capacity):
    # What is too much for a way costs it more than the surplus.
    def attempt(rate):
        sent = min(rate or 170_000, 170_000)
        return sent, sent if sent <= capacity else max(0, capacity - (sent - capacity) / 4)

    assert capacity * 0.94 <= rates.highest(attempt) <= capacity


def test_a_way_that_carries_all_that_can_be_sent_has_that_rate():
    assert rates.highest(lambda rate: (150_000, 149_900)) == 149_900


def test_one_bad_moment_does_not_count():
    tries = iter([(1000, 500), (450, 400), (450, 450)])

    def attempt(rate):
        return next(tries, None) or (rate, rate / 2)

    assert rates.highest(attempt) == 450


def test_a_way_that_carries_nothing_ends_the_search():
    assert rates.highest(lambda rate: (rate or 1000, 0)) == 0


def test_the_load_counts_what_was_sent_and_what_came():
    receiver = subprocess.Popen([sys.executable, udp_load.__file__, "receive", "5299"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert receiver.stdout.readline() == "ready\n"
    said = subprocess.run(
        [sys.executable, udp_load.__file__, "send", "::1", "5299", "64", "2000", "0.5"],
        check=True, capture_output=True, text=True)
    sent = json.loads(said.stdout)
    assert 1 <= sent["sent"] <= 2000 * sent["seconds"] + 1
    assert json.loads(receiver.communicate(timeout=30)[0])["received"] == sent["sent"]


def test_ratios_are_of_the_same_round_and_the_worst_direction():
    found = results()
    assert side_by_side_page.ratios(found, "off", ["tcp_1_out", "udp_64"], "engine", "kernel") == [0.25, 0.6]
    assert side_by_side_page.ratios(found, "off", ["udp_64"], "engine", "wireguard-go") == []


def test_a_figure_says_why_it_cannot_be_compared():
    comparison = side_by_side.Comparison(SECTION, None, None)
    comparison.results = results()
    samples, remarks = comparison.figure(["off"], ["udp_64"], "kernel")
    assert samples == [0.5, 0.6]
    assert comparison.figure(["on", "off"], ["udp_64"], "kernel")[0] == [0.5, 0.25]
    assert remarks == ["load average before each round 0.1, 0.2",
                       "time of nemonetd at both ends, UDP with 64 octets: 7 % y"]
    assert comparison.figure(["off"], ["udp_64"], "plain")[1] == remarks[:1]
    with pytest.raises(RuntimeError, match="not installed"):
        comparison.figure(["off"], ["udp_64"], "openvpn")


def test_a_way_that_failed_once_is_left_out_of_all_rounds():
    found = results()
    side_by_side._leave_out(found, side_by_side.Way("kernel", "kernel", None), "no such module")
    assert "kernel" not in found["ways"] and all("kernel" not in samples for samples in found["samples"].values())
    assert "Without kernel: kernel: no such module" in side_by_side_page.text(SECTION, found)


def test_the_section_has_medians_and_ratios():
    text = side_by_side_page.text(SECTION, results(), ["a.svg"])
    assert "![a.svg](a.svg)" in text
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    widths = {row.count("|") for row in rows}
    assert widths == {len(side_by_side_page.COLUMNS) + 2}
    engine = next(row for row in rows if row.startswith("| engine |"))
    assert engine.split("|")[2].strip() == "4.00" and engine.split("|")[6].strip() == "50.0"
    # 0.5 and 0.75; not the ratio of the medians.
    kernel = [row for row in rows if row.startswith("| kernel <seg6> |")][1]
    assert kernel.split("|")[2].strip() == number(0.625)
    assert "OpenVPN: not installed" in text


def test_a_section_has_the_columns_that_were_measured():
    found = results()
    for samples in found["samples"].values():
        for way in samples:
            samples[way] = {"udp_64": samples[way]["udp_64"]}
    lines = side_by_side_page.text(side_by_side_page.DEBIANS_KERNEL, found).splitlines()
    assert lines[0] == "## On Debian's kernel" and not any(line.startswith("![") for line in lines)
    assert lines.count("| way | UDP 64 |") == 2 and lines.count("| of | UDP 64 |") == 2
    assert "kernel <seg6>, as a multiple of each:" in lines and {"| engine | 3.00 |", "| engine | 1.83 |"} <= set(lines)


def test_a_trial_is_of_the_same_things():
    extent = side_by_side.Extent(flows=(1,), pings=0)
    tried = extent.tried()
    assert (tried.flows, tried.sizes, tried.pings, tried.rounds) == (extent.flows, extent.sizes, 0, 1)
    assert side_by_side.Extent().tried().pings == 50


def test_the_page_keeps_the_section_of_an_earlier_run(tmp_path, monkeypatch):
    monkeypatch.setattr(bench, "PAGE", str(tmp_path / "docs/benchmarks.md"))
    monkeypatch.setattr(bench, "RESULTS", str(tmp_path / "build/bench.json"))
    monkeypatch.setattr(side_by_side.COMPARISON, "results", results())
    bench.write([], {}, ["a note"])
    page = (tmp_path / "docs/benchmarks.md").read_text()
    assert page.index("## Side by side") < page.index("## Method") < page.index("## Seen on the way")
    for name in side_by_side_page.draw(results()):
        assert f"]({name})" in page and (tmp_path / "docs" / name).exists()
    monkeypatch.setattr(side_by_side.COMPARISON, "results", None)
    bench.write([], {}, ["a note"])
    assert (tmp_path / "docs/benchmarks.md").read_text() == page


def test_every_chart_is_an_image_that_stays_in_its_frame():
    charts = side_by_side_page.draw(results())
    assert len(charts) == 4
    for text in charts.values():
        root = ElementTree.fromstring(text)
        _, _, width, height = (float(number) for number in root.get("viewBox").split())
        for box in root.iter(f"{SVG}rect"):
            assert 0 <= float(box.get("x")) and float(box.get("x")) + float(box.get("width")) <= width
            assert 0 <= float(box.get("y")) and float(box.get("y")) + float(box.get("height")) <= height
        assert "prefers-color-scheme: dark" in text
        assert {"plain forwarding", "kernel <seg6>", "engine"} <= {one.text for one in root.iter(f"{SVG}text")}


def test_bars_are_as_long_as_their_values():
    text = bars("A & B", "m", ("one",), [Panel("p", [("x", [10]), ("y", [5]), ("z", [None]), ("zero", [0])])])
    boxes = [box for box in ElementTree.fromstring(text).iter(f"{SVG}rect") if box.get("class") != "ground"]
    widths = [float(box.get("width")) for box in boxes]
    assert widths[0] == pytest.approx(2 * widths[1]) and widths[2:] == [0, 0]
    assert "–" in text and "A &amp; B" in text


def test_a_chart_without_a_value_can_be_drawn():
    ElementTree.fromstring(bars("t", "u", ("a", "b"), [Panel("empty"), Panel("none", [("x", [None, None])])]))


@pytest.mark.parametrize("value, text", [(None, "–"), (0.523, "0.52"), (12.34, "12.3"), (168_432.1, "168,432")])
def test_numbers_have_three_digits(value, text):
    assert number(value) == text


def test_a_profile_names_the_functions_and_who_has_them():
    report = """# Samples: 3
    45.20%  [k] _raw_spin_unlock
    30.00%  [.] swift_retain

     5.50%  [k] tun_get_user             -      -  
"""
    found = engine_profile.shares(report)
    assert found == [(45.2, True, "_raw_spin_unlock"), (30.0, False, "swift_retain"), (5.5, True, "tun_get_user")]
    inclusive = engine_profile.shares("""
    95.00%     0.10%  [k] do_syscall_64         -      -
    60.50%     0.10%  [k] __x64_sys_sendmmsg    -      -
    60.40%     0.10%  [k] __sys_sendmmsg        -      -
    20.00%     0.00%  [k] ksys_read             -      -
     0.30%     0.00%  [k] __x64_sys_epoll_wait  -      -
""")
    assert inclusive[1] == (60.5, True, "__x64_sys_sendmmsg")
    system_calls = engine_profile.calls(inclusive)
    assert engine_profile.describe(found, system_calls) == (
        "51 % in the kernel (sendmmsg 60 %, read 20 %); by function 45 % [_raw_spin_unlock], 30 % `swift_retain`, "
        "6 % [tun_get_user]")


def test_every_figure_of_the_comparison_has_its_method():
    from figures import FIGURES

    names = [figure.name for figure in FIGURES]
    assert len(names) == len(set(names))
    columns = {name for name, _, _ in side_by_side_page.COLUMNS}
    assert {name for name in columns if re.match("(tcp|udp)_", name)} == {
        *(f"tcp_{flows}_{direction}" for flows in (1, 8) for direction in ("out", "back")),
        *(f"udp_{size}" for size in side_by_side.UDP_PAYLOADS)}
