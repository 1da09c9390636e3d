"""What access networks and the Internet have for a mobile router beside the world's own: addresses by DHCPv6, and the time."""

import os
import subprocess

from .node import wait_for
from .world import CORRESPONDENT

# Where the packages of the set `tests` are unpacked, which is never installed.
UNPACKED = os.path.abspath("build/test-packages")


def serve_addresses(access, prefix):
    """Has an access network give addresses of a prefix by DHCPv6 alone, and say so; gives the server, which logs what it gives."""
    next(program for program in access.programs if program.name == "radvd-lan" and program.alive).stop()
    return access.start(
        "dnsmasq", "dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts", "--port=0",
        "--user=root", "--interface=lan", "--enable-ra", "--ra-param=lan,4,60", "--dhcp-authoritative",
        f"--dhcp-range={prefix}100,{prefix}1ff,64,120", "--log-facility=-", "--log-dhcp", "--pid-file",
        "--dhcp-leasefile=" + os.path.join(access.directory, "leases"))


def leases(access):
    """What `serve_addresses` has given, as it writes it down."""
    with open(os.path.join(access.directory, "leases")) as file:
        return file.read()


def time_server():
    """The path of Debian's chronyd; None where its package cannot be had."""
    listed = subprocess.run(["board/common/debs", "list", "tests"], text=True, capture_output=True, check=True).stdout.split()
    if not listed or not os.path.exists(listed[2]):
        return None
    program = os.path.join(UNPACKED, "usr/sbin/chronyd")
    subprocess.run(["dpkg-deb", "-x", listed[2], UNPACKED], check=True)
    return program


def serve_time(node, program, address=CORRESPONDENT):
    """Has a machine answer everybody who asks for the time (NTP) with that of its clock, which it leaves alone."""
    path = os.path.join(node.directory, "chrony.conf")
    with open(path, "w") as file:
        file.write(f"local stratum 1\nallow\nbindaddress {address}\ncmdport 0\nbindcmdaddress /\n"
                   f"pidfile {os.path.join(node.directory, 'chronyd.pid')}\n")
    server = node.start("chronyd", program, "-d", "-x", "-u", "root", "-f", path)
    wait_for(lambda: ":123" in node.run("ss", "-uln").stdout, "chronyd to listen", 20)
    return server
