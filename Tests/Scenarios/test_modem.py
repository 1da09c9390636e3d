"""shisamodem with a modem on a pseudo terminal. chat is the real one; pppd is not, for not every kernel has PPP."""

import os
import re
import shutil
import stat
import subprocess

import pytest

from world import modem as modems
from world.node import Node, wait_for
from world.system import System

CHAT, PPPD = "/usr/sbin/chat", "/usr/sbin/pppd"
STOP = shutil.which("start-stop-daemon", path="/usr/sbin:/sbin")
REPORT = "/run/shisamodem/reports/wwan0"
CONFIG = """
home = {{ agent = "2001:db8:1::1"; address = "2001:db8:1::100/64"; prefixes = [ "2001:db8:10::/60" ]; insecure = true; }};
ingress = ( );
uplinks = ( {{ interface = "wwan0"; type = "cellular"; apn = "internet"; device = "{device}"; {more} }} );
"""
# Dials as pppd does, with the line as the connect program's standard input and output, and makes an interface.
FAKE_PPPD = """#!/bin/sh
value() { sed -n "s/^$1 //p" "$2" | tr -d '"'; }
[ "$1" = file ] || exit 2
line=$(head -n 1 "$2") name=$(value ifname "$2")
grep -qx updetach "$2" && grep -qx +ipv6 "$2" || exit 2
$(value connect "$2") <"$line" >"$line" 2>/dev/null || exit 8
ip link add "$name" type veth peer name "far-$name" && ip link set "far-$name" up && ip link set "$name" up || exit 1
(trap "ip link del $name; exit" TERM; sleep 1000 & wait) >/dev/null 2>&1 &
echo $! >"/run/ppp-$(value linkname "$2").pid"
"""

pytestmark = pytest.mark.skipif(
    not (os.path.exists(CHAT) and os.path.exists(PPPD)), reason="no chat here (Debian's package ppp)")


# Debian's looks at which program it ends, and the one here is none but the shell.
FAKE_STOP = """#!/bin/sh
while [ "$1" != --pidfile ]; do shift; done
kill "$(cat "$2")"
"""


@pytest.fixture
def modem():
    modem = modems.SerialModem()
    yield modem
    modem.close()


class Stage:
    """shisamodem on a node, with our pppd in the place of the real one."""

    def __init__(self, node, modem):
        self.node, self.modem = node, modem
        self.system = System(Here(node), node, log_level="trace")
        # On the medium of the tree: a folder for passing things may be in memory, which makes a difference.
        self.state = os.path.join(os.path.abspath(node.logs), "state")
        shutil.rmtree(self.state, ignore_errors=True)

    def configure(self, more="", apn="internet"):
        text = CONFIG.format(device=self.modem.device, more=more)
        modem = re.search('apn = .*?; device = .*?;', text)[0]
        self.system.configure(text.replace(modem, modem.replace("internet", apn) if apn else ""))

    def start(self, more=""):
        self.configure(more)
        self.program = self.node.start(
            "shisamodem", self.system.binary("shisamodem"), "--config", self.system.config, "--state", self.state,
            "--log-level", "trace")
        return self

    def report(self):
        try:
            with open(REPORT) as file:
                return dict(line.split(" ", 1) for line in file.read().splitlines())
        except FileNotFoundError:
            return {}

    def wait(self, state):
        wait_for(lambda: self.report().get("state") == state, f"the modem to be {state}; it is {self.report()}", 60)

    def link(self):
        return self.node.run("ip", "link", "show", "dev", "wwan0", check=False).returncode == 0


class Here:
    """As much of a world as a System needs."""

    def __init__(self, node):
        self.directory = node.directory


@pytest.fixture
def stage(request, tmp_path, modem):
    for path, text in ((PPPD, FAKE_PPPD), (STOP, FAKE_STOP)):
        fake = tmp_path / os.path.basename(path)
        fake.write_text(text)
        fake.chmod(0o755)
        subprocess.run(["mount", "--bind", str(fake), path], check=True)
    node = Node("modem", str(tmp_path), os.path.join("build/world-logs", request.node.name))
    try:
        yield Stage(node, modem)
    finally:
        node.run("sh", "-c", "kill $(cat /run/ppp-wwan0.pid) 2>/dev/null; rm -f /run/ppp-wwan0.pid " + REPORT, check=False)
        node.close()
        subprocess.run(["umount", PPPD, STOP], check=True)


def test_a_serial_modem_is_unlocked_dialled_and_dialled_again(stage, modem):
    modem.pin, modem.locked = "4711", True
    stage.start('pin = "4711"; user = "me"; password = "secret";')
    stage.wait("connected")
    assert stage.link()
    # In this order, and the PIN once; ATE0, and so on, are between them.
    wanted = ["AT+CPIN?", 'AT+CPIN="4711"', "AT+CFUN=1", "AT+CGATT?", 'AT+CGDCONT=1,"IPV6","internet"', "ATD*99#"]
    assert [command for command in modem.commands if command in wanted] == wanted
    assert os.listdir(stage.state) == []
    # Secrets are for root alone, and in no log and no command line.
    for name in ("wwan0.ppp", "wwan0.chat", "wwan0.dial"):
        assert stat.S_IMODE(os.stat(f"/run/shisamodem/private/{name}").st_mode) == 0o600
    assert "4711" not in stage.program.log() and "secret" not in stage.program.log()

    # The connection ends: the network has hung up.
    stage.node.run("ip", "link", "del", "wwan0")
    wait_for(lambda: modem.count("ATD*99#") == 2, "the modem to be dialled again", 60)
    stage.wait("connected")
    assert modem.count('AT+CPIN="4711"') == 1

    # A program that comes back finds the modem connected, and leaves it so: the line is pppd's.
    assert stage.program.stop() == 0
    assert stage.link()
    spoken = len(modem.commands)
    stage.start('pin = "4711";')
    wait_for(lambda: "connected" in stage.program.log(), "shisamodem to find the connection", 60)
    assert len(modem.commands) == spoken


def test_another_access_point_is_connected_to_anew_and_without_one_the_connection_ends(stage, modem):
    stage.start('pin = "4711";')
    stage.wait("connected")
    # What the connection does not depend on leaves it alone.
    stage.configure('pin = "4712";')
    stage.program.reload()
    wait_for(lambda: stage.program.log().count("a modem at") == 2, "shisamodem to find the modem again", 60)
    stage.wait("connected")
    assert modem.count("ATD*99#") == 1
    for times, more in enumerate(('user = "me";', 'user = "me"; password = "secret";'), 2):
        stage.configure(more)
        stage.program.reload()
        wait_for(lambda: modem.count("ATD*99#") == times, "the modem to be dialled anew", 60)
        stage.wait("connected")
    stage.configure(apn="company")
    stage.program.reload()
    wait_for(lambda: modem.count('AT+CGDCONT=1,"IPV6","company"') == 1, "the other access point", 60)
    wait_for(lambda: modem.count("ATD*99#") == 4, "the modem to be dialled anew", 60)
    stage.wait("connected")
    stage.configure(apn=None)
    stage.program.reload()
    wait_for(lambda: not stage.link(), "the connection to end", 60)
    wait_for(lambda: stage.report() == {}, "nothing to be told of the modem")


def test_operator_and_technology_are_told_and_everybody_may_read_them(stage, modem):
    modem.answers["AT+COPS?"] = '\r\n+COPS: 0,0,"Netz, eins",7\r\n' + modems.OK
    before = os.umask(0o077)
    try:
        stage.start()
    finally:
        os.umask(before)
    stage.wait("connected")
    wait_for(lambda: stage.report() == {
        "state": "connected", "technology": "lte", "operator": "Netz, eins"}, "the network", 60)
    assert [stat.S_IMODE(os.stat(path).st_mode) for path in (
        "/run/shisamodem", "/run/shisamodem/reports", REPORT, "/run/shisamodem/private")] == [0o755, 0o755, 0o644, 0o700]


@pytest.mark.parametrize("query, answer", [
    ("AT+CPINR", "+CPINR: SIM PIN,{},3\r\n+CPINR: SIM PUK,10,10"), ("AT^CPIN?", "^CPIN: SIM PIN,,10,{},10,3")])
def test_a_card_that_has_lost_tries_is_left_alone_until_it_has_them_all(stage, modem, query, answer):
    modem.pin, modem.locked = "4711", True
    modem.answers["AT+CPINR"] = "\r\nERROR\r\n"
    modem.answers[query] = f"\r\n{answer.format(2)}\r\n" + modems.OK
    stage.start('pin = "4711";')
    stage.wait("pin_needed")
    assert "2 tries are left" in stage.report()["detail"] and modem.count('AT+CPIN="4711"') == 0
    # A person has set that right, with the same card.
    modem.answers[query] = f"\r\n{answer.format(3)}\r\n" + modems.OK
    stage.program.stop()
    stage.start('pin = "4711";')
    stage.wait("connected")
    assert modem.count('AT+CPIN="4711"') == 1 and os.listdir(stage.state) == []


def test_a_note_that_a_loss_of_power_has_left_locks_nobody_out(stage, modem):
    modem.pin, modem.locked = "4711", True
    modem.answers["AT+CPINR"] = "\r\n+CPINR: SIM PIN,3,3\r\n" + modems.OK
    os.makedirs(stage.state)
    with open(os.path.join(stage.state, "wwan0.pin"), "w") as file:
        file.write("4711 1\n")
    stage.start('pin = "4711";')
    stage.wait("connected")
    assert os.listdir(stage.state) == []


def test_where_notes_are_lost_with_the_power_no_pin_is_entered_into_a_card_that_tells_no_tries(stage, modem):
    modem.pin, modem.locked = "4711", True
    os.makedirs(stage.state)
    subprocess.run(["mount", "-t", "tmpfs", "none", stage.state], check=True)
    try:
        stage.start('pin = "4711";')
        stage.wait("pin_needed")
        assert "lost with the power" in stage.report()["detail"] and modem.count('AT+CPIN="4711"') == 0
        stage.program.stop()
        modem.answers["AT+CPINR"] = "\r\n+CPINR: SIM PIN,3,3\r\n" + modems.OK
        stage.start('pin = "4711";')
        stage.wait("connected")
        stage.program.stop()
    finally:
        subprocess.run(["umount", stage.state], check=True)


def test_a_wrong_pin_is_entered_once_in_a_life_of_the_medium(stage, modem):
    modem.pin, modem.locked = "4711", True
    stage.start('pin = "1234";')
    stage.wait("pin_needed")
    assert stage.program.stop() == 0
    stage.start('pin = "1234";')
    wait_for(lambda: "is not entered again" in stage.program.log(), "shisamodem to remember the PIN")
    assert modem.count('AT+CPIN="1234"') == 1
    assert not stage.link()
    # Another PIN is another matter.
    stage.program.stop()
    stage.start('pin = "4711";')
    stage.wait("connected")
    assert modem.count('AT+CPIN="4711"') == 1


def test_a_network_that_is_not_there_is_waited_for_and_the_signal_told(stage, modem):
    modem.answers["AT+CGATT?"] = "\r\n+CGATT: 0\r\n" + modems.OK
    stage.start()
    wait_for(lambda: stage.report() == {"state": "searching", "signal": "-73"}, "the signal while no network answers", 60)
    modem.answers["AT+CGATT?"] = "\r\n+CGATT: 1\r\n" + modems.OK
    stage.wait("connected")


def test_it_keeps_one_capability(stage, modem):
    stage.start()
    stage.wait("connected")
    with open(f"/proc/{stage.program.process.pid}/status") as file:
        status = file.read()
    masks = dict(re.findall(r"^(Cap\w+):\t([0-9a-f]+)$", status, re.MULTILINE))
    assert {int(masks[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")} == {1 << 12}
    assert "NoNewPrivs:\t1" in status
