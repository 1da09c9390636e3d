#!/usr/bin/env python3
"""The `kernel` plane beside tunnels that are made by hand. The build machine's kernel may have neither, so all of it happens in
a virtual machine with a kernel of Debian's, where this file is the program that measures: machine_comparison.py RESULTS [EXTENT]
"""

import json
import os
import shlex
import sys
from dataclasses import asdict

import side_by_side
import side_by_side_page
from world import isolation, machine

KERNEL = "bookworm"
BUILD = os.path.dirname(side_by_side.SHISA)
#: Seconds after which it is given up.
LIMIT = 5400
#: Where instructions are counted, one round is like another.
EXTENT = side_by_side.Extent(rounds=1, tcp_seconds=3, udp_seconds=1, pings=0, flows=(1,), sizes=(64,), close=1.01)


def _measured_inside(extent):
    inside = machine.Machine(
        KERNEL, build=BUILD, packages=(*machine.PACKAGES, "ethtool"), files=("Tests/World", "Tests/Bench"))
    inside.prepare()
    path = os.path.join(inside.results, "comparison.json")
    words = ["python3", os.path.relpath(__file__), path, json.dumps(asdict(extent))]
    code = inside.run(f"PYTHONPATH=Tests/World {' '.join(map(shlex.quote, words))}", LIMIT, counted=True)
    if code != 0:
        raise RuntimeError(f"the virtual machine ended with {code}; its console is in {inside.console}")
    with open(path) as file:
        return json.load(file)


COMPARISON = side_by_side.Comparison(side_by_side_page.DEBIANS_KERNEL, EXTENT, _measured_inside)


def main():
    isolation.enter()
    path, extent = sys.argv[1:]
    results = side_by_side.measure(side_by_side.KERNEL_WAYS, side_by_side.Extent(**json.loads(extent)))
    with open(path, "w") as file:
        json.dump(results, file)


if __name__ == "__main__":
    main()
