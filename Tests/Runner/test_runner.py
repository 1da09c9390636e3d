"""What `make test` does with the virtual machines when it goes wrong or is ended, for which other programs stand here, and
with tests that fail."""

import importlib.machinery
import importlib.util
import os
import signal
import subprocess
import sys

import pytest

PATH = os.path.abspath(".ci/test")

# The machines run, and whoever wants to may end it.
STAGE = """
import importlib.machinery, importlib.util, subprocess, sys, time
loader = importlib.machinery.SourceFileLoader("runner", sys.argv[1])
runner = importlib.util.module_from_spec(importlib.util.spec_from_loader("runner", loader))
loader.exec_module(runner)
runner.subprocess.run = lambda *_, **__: subprocess.CompletedProcess([], 0)
runner.Machines._start = lambda *_: subprocess.Popen(["sleep", "1000"], start_new_session=True)
runner.heed_signals()
machines = runner.Machines(None)
try:
    machines.start()
    print(*(process.pid for process in machines.running.values()), flush=True)
    time.sleep(1000)
finally:
    machines.stop()
"""


@pytest.fixture
def runner():
    loader = importlib.machinery.SourceFileLoader("runner", PATH)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("runner", loader))
    loader.exec_module(module)
    return module


def test_machines_that_could_not_be_run_count_as_failures(runner, monkeypatch):
    def refuse(*_):
        raise OSError("no memory")

    monkeypatch.setattr(runner.subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0))
    monkeypatch.setattr(runner.Machines, "_start", refuse)
    machines = runner.Machines(None)
    machines.start()
    tally = runner.Tally()
    machines.report(tally)
    machines.stop()
    assert tally.passed == 0 and len(tally.failures) == len(runner.machine.KERNELS)
    assert all("could not be run" in failure for failure in tally.failures)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_machines_too(number):
    stage = subprocess.Popen([sys.executable, "-c", STAGE, PATH], stdout=subprocess.PIPE, text=True)
    machines = stage.stdout.readline().split()
    assert len(machines) == 2 and all(os.path.exists(f"/proc/{machine}") for machine in machines)
    stage.send_signal(number)
    assert stage.wait(60) == 128 + number
    # They were waited for, too.
    assert not any(os.path.exists(f"/proc/{machine}") for machine in machines)
    stage.stdout.close()


def test_what_is_ignored_stays_so():
    code = STAGE.split("machines = ")[0] + "import signal; print(signal.getsignal(signal.SIGHUP) == signal.SIG_IGN)"
    answer = subprocess.run(
        ["nohup", sys.executable, "-c", code, PATH], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "True"


def test_two_runs_share_the_tests_and_each_runs_once(tmp_path):
    # Nobody goes on before both have begun.
    tests = ("import os, time\n\n\ndef test_one():\n    while len(os.listdir(os.environ['SHISA_CLAIMS'])) < 2:\n"
             "        time.sleep(0.01)\n\n\ndef test_two():\n    pass\n")
    tree, claims = tmp_path / "tree", tmp_path / "claims"
    tree.mkdir()
    claims.mkdir()
    for number in range(12):
        (tree / f"test_{number:02}.py").write_text(tests)
    runs = {}
    for share in ("forwards", "backwards"):
        environment = dict(
            os.environ, PYTHONPATH=os.path.abspath("Tests/World"), SHISA_CLAIMS=str(claims), SHISA_SHARE=share)
        runs[share] = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-p", "world.sharing", "."], cwd=tree,
            env=environment, stdout=subprocess.PIPE, text=True)
    passed = []
    for run in runs.values():
        lines = [line for line in run.communicate(timeout=60)[0].splitlines() if line.startswith("PASSED")]
        assert run.returncode == 0 and lines
        passed.append(lines)
    assert len(passed[0] + passed[1]) == len(set(passed[0] + passed[1])) == 24
    assert "test_00.py" in passed[0][0] and "test_11.py" in passed[1][0]


def run_again(runner, tree, tests, kind="Scenarios"):
    """Has pytest run these tests of a kind as `make test` does; gives what it printed, and the tally of it."""
    (tree / kind).mkdir()
    (tree / kind / "test_some.py").write_text(tests)
    results = tree / "results.xml"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-ra", "-p", "no:cacheprovider", *runner.RUN_AGAIN, f"--junitxml={results}", "."],
        cwd=tree, env=dict(os.environ, PYTHONPATH=os.path.abspath("Tests/World")), capture_output=True, text=True)
    tally = runner.Tally()
    tally.read(results, "pytest", run.returncode, False)
    tally.judge_unsteady()
    return run.stdout, tally


FAILS_AT_FIRST = """
import pathlib

import pytest


@pytest.mark.parametrize("number", range({}))
def test_unsteady(number):
    seen = pathlib.Path(f"seen-{{number}}")
    was_there = seen.exists()
    seen.touch()
    assert was_there, "what the first run says"
"""


def test_what_fails_once_is_run_again_and_told_of(runner, tmp_path):
    said, tally = run_again(runner, tmp_path, FAILS_AT_FIRST.format(1) + "\n\ndef test_steady():\n    pass\n")
    assert (tally.passed, tally.failures) == (2, [])
    assert tally.unsteady == ["Scenarios.test_some: test_unsteady[0]"]
    assert "failed at first, in its call" in said and "what the first run says" in said


def test_what_fails_twice_fails(runner, tmp_path):
    _, tally = run_again(runner, tmp_path, "def test_broken():\n    assert False\n")
    assert (tally.passed, tally.failures, tally.unsteady) == (0, ["Scenarios.test_some: test_broken"], [])


def test_many_that_fail_once_are_a_failure(runner, tmp_path):
    _, tally = run_again(runner, tmp_path, FAILS_AT_FIRST.format(runner.UNSTEADY_LIMIT + 1))
    assert tally.passed == len(tally.unsteady) == runner.UNSTEADY_LIMIT + 1
    assert len(tally.failures) == 1


def test_what_does_not_depend_on_time_is_not_run_again(runner, tmp_path):
    _, tally = run_again(runner, tmp_path, FAILS_AT_FIRST.format(1), kind="Rooms")
    assert (tally.passed, tally.failures, tally.unsteady) == (0, ["Rooms.test_some: test_unsteady[0]"], [])
