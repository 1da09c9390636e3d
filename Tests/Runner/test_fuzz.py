"""That fuzzing finds faults: planted ones, each of another kind, and says how they are met again."""

import os
import re
import subprocess
import sys

import pytest

FUZZ = os.path.abspath("Tests/Fuzz/fuzz.py")
PROGRAM = os.path.abspath(".build/debug/fuzz")


def fuzz(folder, target, seconds=60):
    return subprocess.run(
        [sys.executable, FUZZ, "--program", PROGRAM, "--target", target, "--seconds", str(seconds), "--jobs", "1",
         "--seed", "1", "--patience", "1"], cwd=folder, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize("target, what", [
    ("planted-trap", r"ended with -\d+"), ("planted-overread", r"ended with -\d+"), ("planted-hang", "hangs"),
])
def test_a_planted_fault_is_found_and_its_input_kept(tmp_path, target, what):
    found = fuzz(tmp_path, target)
    assert found.returncode == 1 and re.search(rf"FAILED {target}: {what}", found.stdout), found.stdout + found.stderr
    again = re.search(rf"the input is (\S+); again: (.*)", found.stdout)
    assert (tmp_path / again[1]).exists()
    if what != "hangs":
        replayed = subprocess.run(again[2].split(), cwd=tmp_path, capture_output=True, env=dict(os.environ, SWIFT_BACKTRACE="enable=no"))
        assert replayed.returncode < 0


def test_memory_that_grows_is_found(tmp_path):
    found = fuzz(tmp_path, "planted-growth", seconds=5)
    assert found.returncode == 1 and "FAILED planted-growth: its memory grew" in found.stdout, found.stdout


def test_every_target_reads_its_corpus_without_complaint():
    targets = subprocess.run([PROGRAM], check=True, capture_output=True, text=True).stdout.split()
    assert "inbound" in targets and len(targets) > 10
    for target in targets:
        folder = os.path.join(os.path.dirname(FUZZ), "Corpus", target)
        inputs = [os.path.join(folder, name) for name in sorted(os.listdir(folder))]
        assert inputs, target
        read = subprocess.run([PROGRAM, target, *inputs], capture_output=True, text=True)
        assert read.returncode == 0 and read.stdout.count("nothing wrong") == len(inputs), target + read.stderr
