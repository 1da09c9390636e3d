"""The board at networks that give addresses by DHCPv6 alone, with a clock that begins years ago, and with a USB stick that is a
network adapter (CDC-NCM): a gadget of its own kernel, plugged into a port of its own (dummy_hcd), whose other end is in a network
namespace and bridged to eth1."""

import datetime
import os
import re

import pytest

from world import configuration
from world.access import leases, serve_addresses, serve_time, time_server
from world.demo import BOOT_PATIENCE as PATIENCE
from world.node import wait_for
from world.world import ACCESS, CORRESPONDENT, HOME_ADDRESS, HOST

CLOCK = "2021-05-17T12:00:00"
ACCOUNTS = "/data/shisa/uplinks.state"

# Plugs the stick in, and with it whom it speaks to.
STICK = """
/sbin/modprobe -a dummy_hcd libcomposite usb_f_ncm
mount -t configfs none /sys/kernel/config 2>/dev/null
gadget=/sys/kernel/config/usb_gadget/stick
mkdir -p $gadget/strings/0x409 $gadget/configs/c.1/strings/0x409 $gadget/functions/ncm.net
echo 0x1d6b >$gadget/idVendor
echo 0x0104 >$gadget/idProduct
ln -s $gadget/functions/ncm.net $gadget/configs/c.1/
ls /sys/class/udc | head -n 1 >$gadget/UDC
/bin/ip netns add isp
/bin/ip link set eth1 netns isp
# Its name is one that belongs to a place, and so it may be about to lose it.
until /bin/ip link set $(cat $gadget/functions/ncm.net/ifname) netns isp; do usleep 200000; done
device=$(cat $gadget/functions/ncm.net/ifname)
/bin/ip -n isp link add net type bridge mcast_snooping 0
for name in eth1 $device; do
    /bin/ip -n isp link set $name master net
    /bin/ip -n isp link set $name up
done
/bin/ip -n isp link set net up
"""


@pytest.fixture
def board(make_board):
    server = time_server()
    if server is None:
        pytest.skip("Debian's chrony is not in the pool: board/common/debs fetch tests")

    def prepare(world):
        for access, prefix in ACCESS.values():
            serve_addresses(world.nodes[access], prefix)
        serve_time(world.cn, server)

    settings = configuration.mobile_router(
        uplinks=(("eth0", 10, 'monthly_limit = "20 GB"; billing_day = 12;'), ("stick0", 20)),
        extra=f'time = {{ servers = [ "{CORRESPONDENT}" ]; }};\n')
    return make_board(prepare, settings=settings, files={"stick.sh": STICK}, clock=CLOCK)


def registered_over(board, uplink):
    """The care-of address, once the board and the home agent agree on this uplink."""
    binding = board.home_agent.binding()
    rows = [row for row in board.ask("registrations") if row["state"] == "registered" and row["uplink"] == uplink]
    return binding and any(row["care_of_address"] == binding["care_of_address"] for row in rows) and binding["care_of_address"]


def wait_registered_over(board, uplink):
    care_of = wait_for(lambda: registered_over(board, uplink), f"a registration over {uplink}", PATIENCE, 0.5)
    wait_for(lambda: board.world.host.ping(CORRESPONDENT, wait=10), "the correspondent to answer the host", PATIENCE, 1)
    assert board.world.cn.ping(HOST, count=3, wait=10)
    return care_of


def state(board, uplink):
    return next(row["state"] for row in board.ask("uplinks") if row["interface"] == uplink)


def test_the_board_gets_addresses_by_dhcpv6_the_time_by_ntp_and_a_stick_by_hot_plug(board):
    questions, path = board.world.capture(board.world.cn, "eth0", f"ip6 and udp dst port 123 and src host {HOME_ADDRESS}")
    board.open_shell(PATIENCE)
    care_of = wait_registered_over(board, "eth0")
    assert care_of in leases(board.world.access1)
    # Routes are the kernel's, by advertisements, and nobody told the board whom to ask for names.
    assert "proto ra" in board.command("/bin/ip -6 route show default dev eth0")
    assert "proto dhcp" not in board.command("/bin/ip -6 route show")
    users = board.command("ps -o user,args | grep -e [d]hcpcd: -e [c]hronyd")
    assert re.search(r"^dhcpcd +dhcpcd: ", users, re.MULTILINE) and re.search(r"^chrony +.*chronyd", users, re.MULTILINE), users

    # The clock, and the month that hangs on it.
    wait_for(lambda: "UNSYNC" not in board.command("busybox adjtimex") , "the clock to be kept", PATIENCE, 1)
    shown = datetime.datetime.fromtimestamp(int(board.command("date +%s").split()[-1]))
    assert abs(shown - datetime.datetime.now()) < datetime.timedelta(minutes=1)
    assert os.path.getsize(path) > 24, "no question came from the home address"
    questions.stop()
    account = wait_for(
        lambda: re.search(r"^eth0 (\d+-\d+-12) ", board.command(f"cat {ACCOUNTS}"), re.MULTILINE), "the month to begin", PATIENCE, 1)
    begun = datetime.date.fromisoformat(account.group(1))
    assert datetime.timedelta() <= shown.date() - begun < datetime.timedelta(days=32)

    # A stick is plugged in, and is the only way.
    board.command("sh /boot/stick.sh", PATIENCE)
    wait_for(lambda: board.command("cat /sys/class/net/stick0/carrier").split()[-1:] == ["1"], "the stick's carrier", PATIENCE, 1)
    wait_for(lambda: state(board, "stick0") == "up", "the stick to be an uplink", PATIENCE, 1)
    board.world.cables["eth0"].unplug()
    care_of = wait_registered_over(board, "stick0")
    assert care_of in leases(board.world.access2)
    # It is pulled out, and nothing of it stays.
    board.command("echo >/sys/kernel/config/usb_gadget/stick/UDC")
    wait_for(lambda: state(board, "stick0") == "absent", "the stick to be gone", PATIENCE, 1)
    wait_for(lambda: board.command("ls /run/addresses/*.pid").split() == ["/run/addresses/eth0.pid"], "its dhcpcd to end", PATIENCE, 1)
    board.world.cables["eth0"].plug()
    wait_registered_over(board, "eth0")
    # It is put back into its place.
    board.command("ls /sys/class/udc | head -n 1 >/sys/kernel/config/usb_gadget/stick/UDC")
    wait_for(lambda: state(board, "stick0") in ("no_address", "no_router", "up"), "the stick to be back", PATIENCE, 1)
