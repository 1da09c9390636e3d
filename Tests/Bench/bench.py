#!/usr/bin/env python3
"""Measures the figures of figures.py; writes docs/benchmarks.md and build/bench.json. `make bench` calls it.

Figures that are not measured now keep what an earlier run found, with its date; and so does the comparison.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(TOP, "Tests/World")]

import machine_comparison  # noqa: E402
import side_by_side  # noqa: E402
import side_by_side_page  # noqa: E402

RESULTS = "build/bench.json"
PAGE = "docs/benchmarks.md"
#: Where a trial leaves both.
TRIAL = "build/bench-trial"
COMPARISONS = side_by_side.COMPARISON, machine_comparison.COMPARISON


def machine():
    """What this was measured on, in a line."""
    with open("/proc/cpuinfo") as file:
        models = [line.partition(":")[2].strip() for line in file if line.startswith("model name")]
    with open("/proc/meminfo") as file:
        memory = int(file.readline().split()[1]) // 1024 // 1024
    return f"{len(models)} × {models[0] if models else platform.machine()}, {memory} GiB, Linux {platform.release()}"


def judge(figure, samples):
    """One entry of the results: median and worst of the samples, held against the target."""
    worst = min(samples) if figure.at_least else max(samples)
    median = statistics.median(samples)
    reached = median >= figure.target if figure.at_least else median <= figure.target
    digits = 3 if max(samples) < 10 else 1
    return {
        "name": figure.name, "unit": figure.unit, "median": round(median, digits), "worst": round(worst, digits),
        "target": figure.target, "reached": reached, "samples": len(samples),
        "date": datetime.date.today().isoformat(), "machine": machine(),
    }


def load(figures):
    """What earlier runs found: by their own record, or where that is missing by the page."""
    try:
        with open(RESULTS) as file:
            return {entry["name"]: entry for entry in json.load(file)}
    except (OSError, ValueError, KeyError):
        return _results_of_page(figures)


def write(figures, results, notes):
    order = [figure.name for figure in figures]
    entries = [results[name] for name in order if name in results]
    os.makedirs(os.path.dirname(RESULTS), exist_ok=True)
    with open(RESULTS, "w") as file:
        json.dump(entries, file, indent=2)
        file.write("\n")
    os.makedirs(os.path.dirname(PAGE), exist_ok=True)
    rows = []
    for figure in figures:
        entry = results.get(figure.name)
        bound = f"{'≥' if figure.at_least else '≤'} {figure.target:g}"
        if entry is None:
            rows.append(f"| `{figure.name}` | {figure.unit} | not measured | | {bound} | | |")
        else:
            rows.append(
                f"| `{figure.name}` | {figure.unit} | {entry['median']:g} | {entry['worst']:g} | {bound} | "
                f"{'yes' if entry['reached'] else '**no**'} | {entry['date']}, {entry['samples']} |")
    comparisons = [text for text in map(_section, COMPARISONS) if text]
    machines = sorted({one for entry in entries for one in entry["machine"].split("; ")})
    with open(PAGE, "w") as file:
        file.write(
            "# Benchmarks\n\n`make bench` measures these and writes this page; `make bench ONLY=name` measures one.\n"
            "Absolute figures are of the machine; the ratios are what to keep.\n\n"
            f"Machine: {'; '.join(machines)}.\n\n"
            "| figure | unit | median | worst | target | reached | date, runs |\n|---|---|---|---|---|---|---|\n"
            + "\n".join(rows) + "\n\n" + "".join(f"{text}\n" for text in comparisons) + "## Method\n\n"
            + "\n".join(f"- `{figure.name}`: {figure.method}" for figure in figures) + "\n")
        if notes:
            file.write("\n## Seen on the way\n\n" + "\n".join(f"- {note}" for note in notes) + "\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", metavar="NAME", help="measure figures whose name holds NAME")
    parser.add_argument("--trial", action="store_true",
                        help=f"prove that the comparison works: little of it is measured, and all is written to {TRIAL}")
    arguments = parser.parse_args()
    only = arguments.only
    os.chdir(TOP)
    from world import isolation

    isolation.enter()
    from figures import FIGURES

    if arguments.trial:
        _try_only()

    chosen = [figure for figure in FIGURES if not only or only in figure.name]
    if not chosen:
        sys.exit(f"No figure has {only} in its name; there are: {', '.join(figure.name for figure in FIGURES)}")
    results, failed = load(FIGURES), []
    notes = [note for note in _notes_of_page() if only]
    for figure in chosen:
        print(f"{figure.name} …", flush=True)
        try:
            samples, remarks = figure.measure()
        except Exception as error:  # One figure that cannot be had must not hide the others.
            print(f"  could not be measured: {error}", file=sys.stderr)
            failed.append(figure.name)
            # The comparison may have been had all the same.
            write(FIGURES, results, notes)
            continue
        entry = results[figure.name] = judge(figure, samples)
        notes = [note for note in notes if not note.startswith(f"`{figure.name}`")]
        notes += [f"`{figure.name}`: {remark}" for remark in remarks]
        print(f"  median {entry['median']:g}, worst {entry['worst']:g} {figure.unit}; target "
              f"{'at least' if figure.at_least else 'at most'} {figure.target:g}: "
              f"{'reached' if entry['reached'] else 'NOT reached'}", flush=True)
        write(FIGURES, results, notes)
    if failed:
        sys.exit(f"Not measured: {', '.join(failed)}")


def _try_only():
    global RESULTS, PAGE
    RESULTS, PAGE = f"{TRIAL}/bench.json", f"{TRIAL}/benchmarks.md"
    for comparison in COMPARISONS:
        comparison.extent = comparison.extent.tried()


def _section(comparison):
    """The section of a comparison: of this run with its charts, else as the page has it."""
    section, results = comparison.section, comparison.results
    if results is None:
        return _section_of_page(section.title)
    charts = side_by_side_page.draw(results) if section.drawn else {}
    for name, text in charts.items():
        with open(os.path.join(os.path.dirname(PAGE), name), "w") as file:
            file.write(text)
    name = section.title.lower().replace("'", "").replace(" ", "_")
    with open(os.path.join(os.path.dirname(RESULTS), f"{name}.json"), "w") as file:
        json.dump(results, file, indent=1)
    return side_by_side_page.text(section, results, charts)


def _section_of_page(title):
    """A section of the page as it is, heading included; empty where there is none."""
    try:
        with open(PAGE) as file:
            _, heading, rest = file.read().partition(f"\n## {title}\n")
    except OSError:
        return ""
    return f"{heading.lstrip()}{rest.partition(chr(10) + '## ')[0]}" if heading else ""


def _results_of_page(figures):
    try:
        with open(PAGE) as file:
            lines = file.read().splitlines()
    except OSError:
        return {}
    on = next((line.removeprefix("Machine: ").rstrip(".") for line in lines if line.startswith("Machine: ")), machine())
    results = {}
    for line in lines:
        cells = [cell.strip() for cell in line.split("|")]
        figure = next((figure for figure in figures if len(cells) == 9 and cells[1] == f"`{figure.name}`"), None)
        if figure and cells[4]:
            date, _, samples = cells[7].partition(", ")
            results[figure.name] = {
                "name": figure.name, "unit": figure.unit, "median": float(cells[3]), "worst": float(cells[4]),
                "target": figure.target, "reached": cells[6] == "yes", "samples": int(samples), "date": date,
                "machine": on,
            }
    return results


def _notes_of_page():
    try:
        with open(PAGE) as file:
            _, _, rest = file.read().partition("## Seen on the way\n\n")
    except OSError:
        return []
    notes = []
    for line in rest.splitlines():
        if line.startswith("- "):
            notes.append(line[2:])
        elif line.startswith("  ") and notes:
            notes[-1] += f"\n{line}"
    return notes


if __name__ == "__main__":
    main()
