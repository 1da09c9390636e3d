"""What the scripts of the board share that keep another's program running; a small one stands for it here."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from world.node import PATIENCE, wait_for

KEEPING = os.path.abspath("rootfs/usr/libexec/shisa/keeping")
COMPLAIN = os.path.abspath("rootfs/usr/libexec/shisa/complain")
SUPERVISE = os.path.abspath("rootfs/usr/libexec/shisa/supervise")
#: For how long a program that is told to end is waited for by `supervise`, in seconds; who keeps another ends it before.
ENOUGH = 5
STUBBORN = """
service=stub folder={folder}
start() {{
    sh -c 'trap "" TERM; echo $$ >{folder}/pid; while :; do sleep 1; done' &
    pid=$!
}}
. {keeping}
keep
"""


def test_a_program_that_does_not_end_by_itself_is_ended(tmp_path):
    settings = tmp_path / "shisaconf"
    settings.write_text("#!/bin/sh\necho settings\n")
    settings.chmod(0o755)
    keeper = subprocess.Popen(
        ["sh", "-c", STUBBORN.format(folder=tmp_path, keeping=KEEPING)],
        env=dict(os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}"))
    kept = int(wait_for(lambda: (tmp_path / "pid").read_text(), "the program to run"))
    began = time.monotonic()
    keeper.send_signal(signal.SIGTERM)
    assert keeper.wait(60) == 0
    assert time.monotonic() - began < ENOUGH * PATIENCE
    assert not os.path.exists(f"/proc/{kept}")


def test_a_program_that_does_not_end_when_it_is_told_is_ended_by_its_supervisor():
    os.makedirs("/run/supervise", exist_ok=True)
    stubborn = subprocess.Popen(
        ["sh", "-c", 'trap "" TERM; echo ready; while :; do sleep 1; done'], stdout=subprocess.PIPE)
    stubborn.stdout.readline()
    with open("/run/supervise/stub.pid", "w") as file:
        file.write(f"{stubborn.pid}\n")
    try:
        subprocess.run([SUPERVISE, "--stop", "stub"], timeout=60, check=True)
        assert stubborn.wait(5) == -signal.SIGKILL
        assert not os.path.exists("/run/supervise/stub.pid")
    finally:
        stubborn.kill()


@pytest.mark.parametrize("shell", [[], pytest.param(["busybox", "sh"], marks=pytest.mark.skipif(
    not shutil.which("busybox"), reason="no busybox"))], ids=["sh", "busybox"])
def test_what_several_programs_complain_of_is_said_once_and_by_the_file_that_a_person_knows(tmp_path, shell):
    environment = dict(os.environ, STATE=str(tmp_path))
    faults = "/etc/shisa/shisa.conf:3: home.mode is \"both\"\n/etc/shisa/shisa.conf:9: unknown name  hoem\n"
    own = "/etc/shisa/shisa.conf:5: cannot read /etc/shisa/keys/home.key\n"

    def complain(name, text):
        process = subprocess.Popen(
            [*shell, COMPLAIN, name], env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        process.stdin.write(text)
        process.stdin.close()
        return process

    # All at a time, as at a start.
    programs = [complain(f"program{number}", faults) for number in range(9)]
    said = "".join(program.stdout.read() for program in programs)
    assert all(program.wait(60) == 0 for program in programs)
    shown = [f"  {line}" for line in faults.replace("/etc/shisa/", "/boot/").splitlines()]
    assert sorted(line for line in said.splitlines() if line.startswith("  ")) == sorted(shown)
    # Of two that are the first at the same time each may have a line.
    assert 1 <= said.count("does not run") <= 2
    assert complain("mrd", faults + own).stdout.read() == (
        "shisa: mrd does not run, nor does what else needs this:\n"
        "  /boot/shisa.conf:5: cannot read /boot/keys/home.key\n")
    subprocess.run([*shell, COMPLAIN, "--forget"], env=environment, check=True)
    assert complain("mrd", faults).stdout.read().splitlines()[1:] == shown
