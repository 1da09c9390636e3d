"""An uplink that is a radio: what it receives is told. The radios are the kernel's simulated ones, which only some have."""

import os
import shutil
import socket
import struct
import sys

import pytest
from mobility_client import attribute, attributes, text

from world.node import wait_for

DEBUG = "/sys/kernel/debug"

# Creates radios in the namespace where it runs: they hear each other wherever they are moved to.
CREATE = """
import os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
from test_reception import create_radio
for name in sys.argv[2:]: create_radio(name)
"""


def generic(kind, command, *parts):
    """A request of generic netlink; gives its answer without the heads."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 16) as kernel:
        payload = struct.pack("<BBH", command, 1, 0) + b"".join(parts)
        kernel.send(struct.pack("<IHHII", 16 + len(payload), kind, 0x05, 1, 0) + payload)
        answer = kernel.recv(65536)
        length, kind = struct.unpack_from("<IH", answer)
        if kind == 2:
            error = struct.unpack_from("<i", answer, 16)[0]
            # A new radio is told by its number.
            if error < 0:
                raise OSError(-error, os.strerror(-error))
        return answer[20:length]


def create_radio(name):
    # CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME and _ID; HWSIM_CMD_NEW_RADIO with HWSIM_ATTR_RADIO_NAME.
    family = struct.unpack("<H", attributes(generic(0x10, 3, attribute(2, text("MAC80211_HWSIM"))))[1])[0]
    generic(family, 4, attribute(17, text(name)))


def phy(node, interface):
    return node.run("cat", f"/sys/class/net/{interface}/phy80211/name").stdout.strip()


@pytest.fixture
def radios():
    """Whether this machine can have simulated radios: then none are there yet. A module would be loaded for all of the
    machine, so only a virtual one is given it."""
    for program in ("iw", "hostapd", "modprobe"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} on this machine")
    if not os.path.isdir("/sys/module/mac80211_hwsim"):
        if "WORLD_MACHINE" not in os.environ:
            pytest.skip("there are no simulated radios on this machine (mac80211_hwsim), the virtual ones have them")
        if os.system("modprobe mac80211_hwsim radios=0 2>/dev/null") != 0:
            pytest.skip("this kernel has no simulated radios")
    if not os.path.isdir(f"{DEBUG}/ieee80211"):
        os.system(f"mount -t debugfs none {DEBUG}")


@pytest.mark.kernel
def test_the_signal_of_a_radio_is_told_and_follows(radios, make_pair_of):
    pair = make_pair_of(router={"uplinks": (("wlan0", 10), ("eth1", 20))})
    world = pair.world
    world.mr.run(sys.executable, "-c", CREATE, os.path.abspath(__file__), "near", "far")
    names = sorted(os.path.basename(path) for path in world.mr.run("sh", "-c", "ls -d /sys/class/net/wlan*").stdout.split())
    near, far = names
    world.mr.run("iw", "phy", phy(world.mr, far), "set", "netns", "name", "access1")
    world.mr.ip(f"link set {near} name wlan0", "link set wlan0 up")
    path = os.path.join(world.access1.directory, "hostapd.conf")
    with open(path, "w") as file:
        file.write(f"interface={far}\nbridge=lan\nssid=depot\nhw_mode=g\nchannel=1\n")
    point = world.access1.start("hostapd", "hostapd", path)
    wait_for(lambda: "AP-ENABLED" in point.log(), "the access point")

    def joined():
        world.mr.run("iw", "dev", "wlan0", "connect", "depot", check=False)
        return "Connected to" in world.mr.run("iw", "dev", "wlan0", "link").stdout

    wait_for(joined, "the radio to join", interval=2)
    pair.start(uplink="wlan0")

    def told_of(name):
        return next(row for row in pair.mr.ask("uplinks") if row["interface"] == "wlan0")[name]

    def signal():
        return told_of("signal")

    first = wait_for(signal, "a signal")
    told = world.mr.run("iw", "dev", "wlan0", "station", "dump").stdout
    print(f"at first {first} dBm; iw: {[line.strip() for line in told.splitlines() if 'signal' in line]}")
    assert -60 <= first <= -20
    wait_for(lambda: told_of("network") == "depot", "the name of the network")
    assert "depot" in pair.mr.tell("uplinks").stdout
    # What everybody receives of the access point, without its 20 dBm. Kernels differ in whether they read a sign here.
    with open(f"{DEBUG}/ieee80211/{phy(world.access1, far)}/hwsim/rx_rssi", "w") as file:
        file.write(str(2**64 - 100))
    wait_for(lambda: signal() <= -75, "the signal to fade", 60)
    print(f"then {signal()} dBm")
    assert " dBm" in pair.mr.tell("uplinks").stdout
    # A cable has none.
    assert next(row for row in pair.mr.ask("uplinks") if row["interface"] == "eth1")["signal"] is None
    world.mr.run("iw", "dev", "wlan0", "disconnect")
    pair.mr.wait_registered("eth1")
    wait_for(lambda: signal() is None and told_of("network") is None, "no signal and no network without an access point")
