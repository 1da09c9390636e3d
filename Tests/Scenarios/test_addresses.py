"""The board's script that runs dhcpcd where babymdd says, with another program in dhcpcd's place. What it does with dhcpcd itself
is in test_movement.py."""

import os
import shutil
import signal
import subprocess
import time

import pytest

from world.node import Node, wait_for

SCRIPT = os.path.abspath("rootfs/usr/libexec/shisa/addresses")
SHISA = os.path.abspath(".build/debug/shisa")
MANAGED = "/run/shisa/managed"
FOLDER = "/run/addresses"

FILE = """
home = { agent = "2001:db8:1::1"; address = "2001:db8:1::100/64"; insecure = true; };
uplinks = ( { interface = "eth0"; }, { interface = "eth1"; } );
"""
# It notes what it was started with, and ends at once or not at all where a file says so.
DHCPCD = """#!/bin/sh
echo "$*" >>{folder}/calls
[ ! -e {folder}/broken ] || exit 1
[ ! -e {folder}/stubborn ] || trap '' TERM
while :; do sleep 0.1; done
"""


class Addresses:
    def __init__(self, node, folder):
        self.node = node
        # A path with a blank.
        self.folder = folder / "the folder"
        self.folder.mkdir()
        (self.folder / "shisa.conf").write_text(FILE)
        (self.folder / "shisa.conf").chmod(0o600)
        binaries = folder / "bin"
        binaries.mkdir()
        (binaries / "shisaconf").symlink_to(SHISA)
        (binaries / "dhcpcd").write_text(DHCPCD.format(folder=folder))
        (binaries / "dhcpcd").chmod(0o755)
        self.notes = folder
        self.environment = dict(os.environ, PATH=f"{binaries}:{os.environ['PATH']}")
        self.program = None

    def start(self):
        self.program = self.node.start("addresses", SCRIPT, "--config", self.folder / "shisa.conf", env=self.environment)

    def calls(self):
        path = self.notes / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def process(self, uplink):
        """The number of the dhcpcd of an uplink that runs."""
        with open(f"{FOLDER}/{uplink}.pid") as file:
            number = int(file.read())
        return number if runs(number) else None


def runs(number):
    """Whether there is a process of this number which has not ended; one whose parent has not asked yet is none."""
    try:
        with open(f"/proc/{number}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def addresses(tmp_path):
    for folder in (MANAGED, FOLDER):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    node = Node("board", "/run/world", os.path.abspath("build/world-logs/addresses"))
    node.ip("link add eth0 type veth peer name far0", "link add eth1 type veth peer name far1")
    made = Addresses(node, tmp_path)
    yield made
    if made.program:
        made.program.stop(20)
    node.close()


def say(uplink):
    with open(f"{MANAGED}/{uplink}", "w") as file:
        file.write("1\n")


def test_only_plain_files_count_and_nothing_is_read_from_them(addresses, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret\n")
    os.symlink(secret, f"{MANAGED}/eth0")
    os.mkfifo(f"{MANAGED}/eth1")
    addresses.start()
    time.sleep(3)
    assert not addresses.calls() and not os.path.exists(f"{FOLDER}/eth0.index")
    for uplink in ("eth0", "eth1"):
        os.unlink(f"{MANAGED}/{uplink}")
    say("eth0")
    wait_for(addresses.calls, "dhcpcd to be started")
    first = wait_for(lambda: addresses.process("eth0"), "its number")
    with open(f"{FOLDER}/eth0.index") as file:
        assert int(file.read()) == addresses.node.ip_json("link", "show", "dev", "eth0")[0]["ifindex"]
    # Pulled out, and put back.
    addresses.node.ip("link delete eth0")
    addresses.node.ip("link add eth0 index 77 type veth peer name far0")
    wait_for(lambda: addresses.process("eth0") != first and len(addresses.calls()) == 2, "dhcpcd for the new interface")
    os.unlink(f"{MANAGED}/eth0")
    wait_for(lambda: not os.path.exists(f"{FOLDER}/eth0.pid"), "dhcpcd to be ended")
    assert len(addresses.calls()) == 2


def test_a_number_of_an_earlier_life_is_not_another_programs_end(addresses):
    other = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    former = subprocess.Popen([shutil.which("dhcpcd", path=addresses.environment["PATH"])], start_new_session=True)
    wait_for(addresses.calls, "the former dhcpcd to run")
    for uplink, process in (("eth0", other), ("eth1", former)):
        with open(f"{FOLDER}/{uplink}.pid", "w") as file:
            file.write(f"{process.pid}\n")
    addresses.start()
    assert former.wait(20) != 0
    wait_for(lambda: not [name for name in os.listdir(FOLDER) if name.endswith(".pid")], "the numbers to be forgotten")
    assert other.poll() is None
    other.kill()
    other.wait()


def test_a_dhcpcd_that_ends_by_itself_is_started_again_more_and_more_rarely(addresses):
    (addresses.notes / "broken").touch()
    say("eth0")
    addresses.start()
    wait_for(addresses.calls, "dhcpcd to be started")
    time.sleep(12)
    assert 2 <= len(addresses.calls()) <= 5
    # Whoever has the file read again wants it to be tried again.
    (addresses.notes / "broken").unlink()
    before = len(addresses.calls())
    addresses.program.reload()
    wait_for(lambda: len(addresses.calls()) > before, "dhcpcd to be started again", 5)
    wait_for(lambda: addresses.process("eth0"), "it to run")


def test_a_dhcpcd_that_does_not_end_is_ended_for_good(addresses):
    (addresses.notes / "stubborn").touch()
    say("eth0")
    addresses.start()
    number = wait_for(lambda: addresses.process("eth0"), "dhcpcd to run")
    time.sleep(1)
    addresses.program.signal(signal.SIGTERM)
    assert addresses.program.process.wait(30) == 0
    wait_for(lambda: not runs(number), "dhcpcd to be ended")
