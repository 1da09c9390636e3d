"""The board's script that keeps a `radio` for every WLAN of the file, with a supervisor in its place that notes what it is told."""

import os
import shutil
import signal

import pytest

from world.node import Node, wait_for

SCRIPT = "rootfs/usr/libexec/shisa/radios"
SHISA = os.path.abspath(".build/debug/shisa")

FILE = """
home = {{ agent = "2001:db8:1::1"; address = "2001:db8:1::100/64"; prefixes = [ "2001:db8:10::/60" ]; insecure = true; }};
uplinks = ( {uplinks} );
ingress = ( {{ interface = "lan0"; }} {ingress} );
"""
UPLINK = '{{ interface = "{}"; type = "wlan"; networks = ( {{ ssid = "Depot"; security = "open"; }} ); }}'.format
ACCESS_POINT = ', { interface = "wlan1"; access_point = { ssid = "Bus"; security = "open"; }; }'

# Like the real one it leaves its number, and that of what it supervises, which is itself.
SUPERVISE = """#!/bin/sh
note() {{ echo "$*" >>{calls}; }}
if [ "$1" = --stop ]; then
    kill "$(cat "/run/supervise/$2.supervisor")"
    note "$@"
    # It takes the file away, which is not to be that of somebody else of its name.
    while [ -e "/run/supervise/$2.supervisor" ]; do sleep 0.02; done
    exit
fi
trap 'note "HUP $1"' HUP
trap 'rm "/run/supervise/$1.supervisor"; exit' TERM
echo $$ >"/run/supervise/$1.pid"
echo $$ >"/run/supervise/$1.supervisor"
note "$@"
while :; do sleep 0.05; done
"""


class Radios:
    def __init__(self, node, folder):
        self.node = node
        self.calls = folder / "calls"
        self.settings = folder / "shisa.conf"
        self.script = folder / "radios"
        shutil.copy(SCRIPT, self.script)
        (folder / "shisaconf").symlink_to(SHISA)
        (folder / "supervise").write_text(SUPERVISE.format(calls=self.calls))
        (folder / "supervise").chmod(0o755)
        os.makedirs("/run/supervise", exist_ok=True)
        self.environment = dict(os.environ, PATH=f"{folder}:{os.environ['PATH']}")
        self.program = None

    def start(self, **parts):
        self.configure(**parts)
        self.program = self.node.start("radios", self.script, "--config", self.settings, env=self.environment)

    def configure(self, uplinks=UPLINK("wlan0"), ingress=ACCESS_POINT):
        self.settings.write_text(FILE.format(uplinks=uplinks, ingress=ingress))
        self.settings.chmod(0o600)

    def said(self):
        return sorted(self.calls.read_text().splitlines()) if self.calls.exists() else []

    def wait_said(self, *lines):
        """Waits until the supervisor was told this since the last time."""
        config = f"--config {self.settings}"
        wanted = sorted(line.replace("…", config) for line in lines)
        wait_for(lambda: len(self.said()) >= len(wanted), f"the supervisor to be told {wanted}")
        assert self.said() == wanted
        self.calls.unlink()


@pytest.fixture
def radios(tmp_path):
    shutil.rmtree("/run/supervise", ignore_errors=True)
    node = Node("board", "/run/world", os.path.abspath("build/world-logs/radios"))
    made = Radios(node, tmp_path)
    yield made
    if made.program:
        made.program.stop()
    node.close()


def test_there_is_a_radio_for_each_wlan_of_the_file_and_it_hears_of_changes(radios):
    radios.start()
    radios.wait_said("radio@wlan0 wlan0 …", "radio@wlan1 wlan1 …")
    radios.configure(uplinks=UPLINK("wlan0") + ", " + UPLINK("wlan2"), ingress="")
    radios.program.reload()
    radios.wait_said("--stop radio@wlan1", "HUP radio@wlan0", "radio@wlan2 wlan2 …")
    radios.configure(uplinks="{ interfaec = 1; }")
    radios.program.reload()
    wait_for(lambda: "unknown name interfaec" in radios.program.log(), "a complaint")
    assert radios.said() == []
    radios.program.signal(signal.SIGTERM)
    radios.wait_said("--stop radio@wlan0", "--stop radio@wlan2")
    assert radios.program.process.wait(20) == 0


def test_without_a_wlan_in_the_file_there_is_no_radio(radios):
    radios.start(uplinks='{ interface = "eth0"; }', ingress="")
    wait_for(lambda: os.path.exists("/run/supervise/radios.complaint"), "the script to read the file")
    radios.configure(uplinks=UPLINK("wlan0"), ingress="")
    radios.program.reload()
    radios.wait_said("radio@wlan0 wlan0 …")


def test_a_script_that_died_and_comes_back_finds_its_radios(radios):
    radios.start()
    radios.wait_said("radio@wlan0 wlan0 …", "radio@wlan1 wlan1 …")
    radios.program.kill()
    radios.start()
    radios.wait_said("HUP radio@wlan0", "HUP radio@wlan1")


def test_a_file_with_an_error_at_the_start_is_the_status_that_supervise_knows(radios):
    radios.start(uplinks="{ interfaec = 1; }")
    assert radios.program.process.wait(20) == 78
