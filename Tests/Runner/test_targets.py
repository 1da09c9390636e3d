"""What a person meets first: targets of the Makefile that are asked for what is not there, and words on a terminal."""

import importlib
import pathlib
import re
import subprocess
import sys

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("target, said", [
    (["image", "BOARD=none"], "no board 'none'; there are: qemu-virt\n"),
    (["image", "BOARD=common"], "no board 'common'; there are: qemu-virt\n"),
    (["run", "BOARD=none"], "no board 'none'; there are: qemu-virt\n"),
    (["run", "DEMO=none"], "There is no DEMO=none, but auto and wlan\n"),
], ids=" ".join)
def test_what_is_not_there_is_told_before_anything_is_built(target, said):
    made = subprocess.run(["make", *target], cwd=TOP, capture_output=True, text=True, timeout=60)
    assert made.returncode == 2 and said in made.stderr and made.stdout == "", made


@pytest.mark.parametrize("demo, command", [("", "run"), ("auto", "demo"), ("wlan", "wlan")])
def test_each_demonstration_is_a_story_of_its_own(demo, command):
    made = subprocess.run(
        ["make", "-n", "run", f"DEMO={demo}"], cwd=TOP, capture_output=True, text=True, timeout=60, check=True)
    assert made.stdout.splitlines()[-1].endswith(f"-m world {command}")


def test_welcomes_fit_a_terminal_of_80_columns(monkeypatch):
    monkeypatch.syspath_prepend(str(TOP / "Tests/World"))
    terminal = importlib.import_module("world.terminal")
    profile = re.findall(r'^    echo "(.*)"$', (TOP / "rootfs/etc/profile").read_text(), re.MULTILINE)
    assert any("shisactl why" in line for line in profile) and "shisactl use" in terminal._WELCOME
    lines = [*terminal._WELCOME.splitlines(), *terminal._HOST_WELCOME.splitlines(), *(x.replace("\\`", "`") for x in profile)]
    assert [line for line in lines if len(line) > 80] == []
