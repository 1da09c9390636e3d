"""The image on the emulated board: the story of `make run DEMO=auto`, told whole."""

import os
import pathlib
import subprocess

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]
IMAGE = TOP / "build/images/shisa-qemu-virt.img"


def test_the_board_boots_registers_and_keeps_its_network_reachable():
    reason = os.environ.get("SHISA_IMAGE_UNAVAILABLE")
    if reason:
        pytest.skip(reason)
    assert IMAGE.exists(), "make image BOARD=qemu-virt made no image"
    environment = {name: value for name, value in os.environ.items() if name != "SHISA_WORLD_INSIDE"}
    # The python3 of the machine, not that of the tests: the world needs nothing else.
    environment["PYTHONPATH"] = str(TOP / "Tests/World")
    story = subprocess.run(
        ["/usr/bin/env", "python3", "-m", "world", "demo"], cwd=TOP, env=environment, text=True, capture_output=True,
        timeout=900)
    print(story.stdout)
    assert story.returncode == 0, story.stdout + story.stderr
    assert "FAIL" not in story.stdout
    assert story.stdout.rstrip().endswith("All held.")
