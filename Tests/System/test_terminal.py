"""`make run` as a person uses it: a terminal that is the board's console, and other terminals that pull its cables."""

import os
import pathlib
import pty
import select
import subprocess
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
LEAVE = b"\x01x"


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command, environment):
        self.master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, cwd=TOP, env=environment, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
        os.close(slave)
        self.text = ""

    def wait_for(self, words, timeout):
        """Reads until `words` are there, counted from the last time, and gives what came before them."""
        deadline = time.monotonic() + timeout
        while words not in self.text:
            assert time.monotonic() < deadline, f"no {words!r} in:\n{self.text[-4000:]}"
            if select.select([self.master], [], [], 0.2)[0]:
                self.text += os.read(self.master, 4096).decode(errors="replace")
        before, _, self.text = self.text.partition(words)
        return before

    def type(self, data):
        os.write(self.master, data)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.master)


def test_a_person_runs_the_board_pulls_a_cable_and_leaves(image):
    environment = {name: value for name, value in os.environ.items() if name != "SHISA_WORLD_INSIDE"}
    environment["PYTHONPATH"] = str(TOP / "Tests/World")

    def world(*arguments, **options):
        return subprocess.run(
            ["/usr/bin/env", "python3", "-m", "world", *arguments], cwd=TOP, env=dict(environment, SHELL="/bin/sh"),
            text=True, capture_output=True, timeout=60, **options)

    def ping(count):
        inside = world("shell", "host", input=f"ping -c {count} -i 2 -W 5 2001:db8:c::c\n")
        return inside.stdout + inside.stderr

    terminal = Terminal(["/usr/bin/env", "python3", "-m", "world", "run"], environment)
    try:
        terminal.wait_for("make shell NODE=host", 30)
        terminal.wait_for("press Enter", 240)
        terminal.wait_for("registered", 60)
        pulled = world("unplug", "eth0")
        assert pulled.stdout == "eth0 is unplugged\n", pulled.stderr
        # The console tells what happens by itself.
        terminal.wait_for("eth0: no carrier", 60)
        # What is answered now went over eth1 both ways: the home agent has heard of it.
        deadline = time.monotonic() + 60
        while " 0% packet loss" not in (said := ping(1)):
            assert time.monotonic() < deadline, said
        said = ping(3)
        assert " 0% packet loss" in said, said
        assert "bus-17" in world(
            "shell", "ha", input="shisactl --socket /run/world/ha/mobility.sock bindings\n").stdout
        assert world("plug", "eth0").stdout == "eth0 is plugged in\n"
        assert world("plug", "eth9").returncode != 0
        terminal.type(b"\n")
        terminal.wait_for("shisa:~#", 60)
        terminal.type(LEAVE)
        assert terminal.process.wait(30) == 0
    finally:
        terminal.close()
    assert "No world is running" in world("shell", "host").stderr
