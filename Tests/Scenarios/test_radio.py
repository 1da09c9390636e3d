"""The board's script that runs wpa_supplicant or hostapd for an interface, with programs in their place that only wait."""

import os
import signal
import stat

import pytest

from world.node import PATIENCE, wait_for

SCRIPT = os.path.abspath("rootfs/usr/libexec/shisa/radio")
SHISA = os.path.abspath(".build/debug/shisa")
# Where the script has the programs' files.
FOLDER = "/run/radio"

NETWORK = 'networks = ( { ssid = "Depot"; psk = "the cat sat on the mat"; } );'
FILE = """
home = {{ agent = "2001:db8:1::1"; address = "2001:db8:1::100/64"; prefixes = [ "2001:db8:10::/60" ]; insecure = true; }};
uplinks = ( {{ interface = "wlan0"; type = "wlan"; {networks} }} );
ingress = ( {{ interface = "wlan1"; access_point = {{ ssid = "Bus"; security = "open"; }}; }} );
"""


class Radio:
    def __init__(self, node, folder):
        self.node = node
        self.binaries = folder / "bin"
        self.binaries.mkdir()
        (self.binaries / "shisaconf").symlink_to(SHISA)
        self.calls = folder / "calls"
        self.settings = folder / "shisa.conf"
        self.configure()
        for name in ("wpa_supplicant", "hostapd"):
            program = self.binaries / name
            program.write_text(f'#!/bin/sh\necho "$$ {name} $*" >>{self.calls}\nexec sleep 3600\n')
            program.chmod(0o755)

    def configure(self, networks=NETWORK):
        self.settings.write_text(FILE.format(networks=networks))
        self.settings.chmod(0o600)

    def start(self, interface, *shell):
        environment = dict(os.environ, PATH=f"{self.binaries}:{os.environ['PATH']}", SETTINGS=str(self.settings))
        self.interface = interface
        self.program = self.node.start(
            f"radio-{interface}", *shell, SCRIPT, interface, "--config", self.settings, env=environment)
        return self

    def called(self):
        """What was started: (process, words), a row for each."""
        text = self.calls.read_text() if self.calls.exists() else ""
        return [(int(line.split()[0]), line.split()[1:]) for line in text.splitlines()]

    def wait_called(self, times):
        wait_for(lambda: len(self.called()) >= times, f"a program to be started {times} times")
        rows = self.called()
        assert len(rows) == times
        return rows[-1]

    def reload(self):
        self.program.process.send_signal(signal.SIGHUP)

    def reload_in_vain(self, number):
        """Has the file read again, and sees that the program that runs is still the one of this number."""
        old = os.stat(f"{FOLDER}/{self.interface}.conf.complaint").st_mtime_ns
        self.reload()
        wait_for(lambda: os.stat(f"{FOLDER}/{self.interface}.conf.complaint").st_mtime_ns != old, "the file to be read")
        wait_for(lambda: not os.path.exists(f"{FOLDER}/{self.interface}.conf.new"), "the file to be compared")
        assert len(self.called()) == number and lives(self.called()[-1][0])


# The script, where the file changes and it is told so just before its first waiting.
HURRIED = """
wait() {
    [ -n "$hurried" ] || { hurried=yes; sed -i s/cat/dog/ "$SETTINGS"; kill -HUP $$; }
    command wait "$@"
}
. "$0"
"""


def lives(process):
    try:
        return open(f"/proc/{process}/stat").read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def radio(make_world, tmp_path):
    world = make_world()
    # No program of ours runs in it.
    world.records = []
    made = Radio(world.mr, tmp_path)
    yield made
    made.program.process.send_signal(signal.SIGTERM)
    made.program.process.wait(10)
    for process, _ in made.called():
        wait_for(lambda: not lives(process), "the program to end with its script")


def test_the_program_starts_with_its_interface_and_anew_with_another_of_that_name(radio):
    radio.start("wlan0")
    wait_for(lambda: os.path.isdir(FOLDER), "the script to run")
    assert radio.called() == []
    radio.node.ip("link add wlan0 type veth peer name wlan0-end")
    radio.reload()
    first, words = radio.wait_called(1)
    path = f"{FOLDER}/wlan0.conf"
    assert words[0] == "wpa_supplicant" and words[-4:] == ["-i", "wlan0", "-c", path]
    assert "ssid=4465706f74" in open(path).read()
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    radio.node.ip("link del wlan0")
    radio.reload()
    wait_for(lambda: not lives(first), "the program to end without its interface")
    radio.node.ip("link add wlan0 type veth peer name wlan0-end")
    radio.reload()
    radio.wait_called(2)


def test_the_program_starts_anew_when_something_for_it_has_changed_and_only_then(radio):
    radio.node.ip("link add wlan0 type veth peer name wlan0-end")
    radio.start("wlan0")
    first, _ = radio.wait_called(1)
    radio.reload_in_vain(1)
    radio.configure(NETWORK.replace("cat", "dog"))
    radio.reload()
    second, _ = radio.wait_called(2)
    assert not lives(first)
    radio.configure("netwroks = ( );")
    radio.reload()
    wait_for(lambda: "unknown name netwroks" in radio.program.log(), "a complaint")
    assert lives(second)
    radio.configure("")
    radio.reload()
    wait_for(lambda: not lives(second), "the program to end with nothing to do")
    radio.configure()
    radio.reload()
    radio.wait_called(3)


def test_the_script_ends_as_the_program_does_for_whoever_supervises_it(radio):
    radio.node.ip("link add wlan1 type veth peer name wlan1-end")
    radio.start("wlan1")
    process, words = radio.wait_called(1)
    assert words == ["hostapd", f"{FOLDER}/wlan1.conf"]
    os.kill(process, signal.SIGKILL)
    assert radio.program.process.wait(20) == 128 + signal.SIGKILL


def test_a_file_with_an_error_at_the_start_is_the_status_that_supervise_knows(radio):
    radio.node.ip("link add wlan0 type veth peer name wlan0-end")
    radio.configure("netwroks = ( );")
    radio.start("wlan0")
    assert radio.program.process.wait(20) == 78
    assert "unknown name netwroks" in radio.program.log()


def test_a_hup_just_before_the_waiting_is_seen(radio):
    radio.node.ip("link add wlan0 type veth peer name wlan0-end")
    radio.start("wlan0", "sh", "-c", HURRIED)
    radio.wait_called(2)


def test_a_program_that_does_not_end_by_itself_is_ended(radio):
    (radio.binaries / "wpa_supplicant").write_text(
        f'#!/bin/sh\ntrap "" TERM\necho "$$ wpa_supplicant $*" >>{radio.calls}\nwhile :; do sleep 1; done\n')
    radio.node.ip("link add wlan0 type veth peer name wlan0-end")
    radio.start("wlan0")
    process, _ = radio.wait_called(1)
    radio.program.process.send_signal(signal.SIGTERM)
    # Before whoever supervises the script has had enough of waiting.
    assert radio.program.process.wait(5 * PATIENCE) == 0
    assert not lives(process)
