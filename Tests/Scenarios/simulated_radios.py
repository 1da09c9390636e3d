"""Radios that exist in the kernel's memory only (mac80211_hwsim), which only some kernels have: for tests of WLAN."""

import os
import shutil
import socket
import struct
import sys

import pytest
from mobility_client import attribute, attributes, text

DEBUG = "/sys/kernel/debug"

# Creates radios in the namespace where it runs: they hear each other wherever they are moved to.
_CREATE = """
import os, sys
sys.path.insert(0, os.path.dirname(sys.argv[1]))
from simulated_radios import create_radio
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


def make_radios(node, *names):
    """Makes radios on a node that has none; gives the interfaces, one for each."""
    node.run(sys.executable, "-c", _CREATE, os.path.abspath(__file__), *names)
    paths = node.run("sh", "-c", "ls -d /sys/class/net/wlan*").stdout.split()
    return sorted(map(os.path.basename, paths), key=lambda name: int(name.removeprefix("wlan")))


def move_radio(node, interface, destination):
    node.run("iw", "phy", phy(node, interface), "set", "netns", "name", destination.name)


def need_radios(*programs):
    """Skips the test where this machine cannot have simulated radios; where it can, none are there yet. A module would be
    loaded for all of the machine, so only a virtual one is given it."""
    for program in ("iw", "hostapd", "modprobe", *programs):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} on this machine")
    if not os.path.isdir("/sys/module/mac80211_hwsim"):
        if "WORLD_MACHINE" not in os.environ:
            pytest.skip("there are no simulated radios on this machine (mac80211_hwsim), the virtual ones have them")
        if os.system("modprobe mac80211_hwsim radios=0 2>/dev/null") != 0:
            pytest.skip("this kernel has no simulated radios")
    if not os.path.isdir(f"{DEBUG}/ieee80211"):
        os.system(f"mount -t debugfs none {DEBUG}")
