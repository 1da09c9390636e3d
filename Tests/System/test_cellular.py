"""The board with a cellular stick that is none: a USB gadget of its own kernel, plugged into a port of its own (dummy_hcd), with
a modem's serial line. Behind the line a shell answers AT commands, and Debian's pppd is the operator, who routes by eth1."""

import pytest

from world import configuration
from world.demo import BOOT_PATIENCE as PATIENCE
from world.node import wait_for
from world.world import CORRESPONDENT, HOST

# Plugs the stick in.
STICK = """
/sbin/modprobe -a dummy_hcd libcomposite usb_f_acm
mount -t configfs none /sys/kernel/config 2>/dev/null
gadget=/sys/kernel/config/usb_gadget/stick
mkdir -p $gadget/strings/0x409 $gadget/configs/c.1/strings/0x409 $gadget/functions/acm.line
echo 0x1d6b >$gadget/idVendor
echo 0x0104 >$gadget/idProduct
echo Modem >$gadget/strings/0x409/product
ln -s $gadget/functions/acm.line $gadget/configs/c.1/
ls /sys/class/udc | head -n 1 >$gadget/UDC
"""

# The operator: a network of its own, with eth1 towards the Internet and PPP towards the stick. What the network of eth1 gave
# it, one /64, it gives to the modem (as RFC 7278 does the other way round).
OPERATOR = """
line=/dev/ttyGS0
net() { /bin/ip netns exec isp "$@"; }
/bin/ip netns add isp
/bin/ip link set eth1 netns isp
net /sbin/sysctl -q -w net.ipv6.conf.all.forwarding=1 net.ipv6.conf.eth1.accept_ra=2 net.ipv6.conf.eth1.proxy_ndp=1
net /bin/ip link set lo up
net /bin/ip link set eth1 up
address=
while [ -z "$address" ]; do
    usleep 200000
    address=$(net /bin/ip -6 -o address show dev eth1 scope global -tentative | sed -n 's,.*inet6 \\(.*\\)/64.*,\\1,p' | head -n 1)
done
prefix=$(echo "$address" | cut -d: -f1-4)
exec 3<>$line
stty -F $line sane -echo
while read -r command <&3; do
    echo "modem: $command" >/dev/console
    case $command in
    AT+CPIN\\?*) cat /run/pin >&3 2>/dev/null || printf '+CPIN: SIM PIN\\n\\nOK\\n' >&3 ;;
    AT+CPIN=\\"4711\\"*) printf '+CPIN: READY\\n\\nOK\\n' >/run/pin; printf 'OK\\n' >&3 ;;
    AT+CGATT\\?*) printf '+CGATT: 1\\n\\nOK\\n' >&3 ;;
    AT+CSQ*) printf '+CSQ: 20,99\\n\\nOK\\n' >&3 ;;
    ATD*)
        printf 'CONNECT\\n' >&3
        /bin/ip netns exec isp /usr/sbin/pppd $line 115200 nodetach local noauth noip +ipv6 ifname ppp0 ipv6 ::1,::2 lcp-max-configure 30 &
        pppd=$!
        echo $pppd >/run/operator.pid
        until net /bin/ip -6 -o address show dev ppp0 2>/dev/null | grep -q fe80; do usleep 200000; kill -0 $pppd || break; done
        net /bin/ip address add $prefix::1/64 dev ppp0 noprefixroute
        net /bin/ip route add $prefix::2/128 dev ppp0
        net /bin/ip neighbor add proxy $prefix::2 dev eth1
        /bin/ip netns exec isp /usr/sbin/dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --enable-ra --dhcp-range=$prefix::,ra-only,64 \\
            --interface=ppp0 --ra-param=ppp0,high,10,600 --pid-file= --user=root &
        dnsmasq=$!
        wait $pppd
        kill $dnsmasq
        stty -F $line sane -echo
        ;;
    AT*) printf 'OK\\n' >&3 ;;
    esac
done
"""


def settings():
    """A router with the modem as its only uplink."""
    text = configuration.mobile_router(uplinks=(("wwan0", 10),))
    modem = 'type = "cellular"; apn = "internet"; pin = "file:keys/modem.pin"; device = "1-1:1.0";'
    return text.replace('type = "ethernet";', modem)


@pytest.fixture
def board(make_board):
    return make_board(settings=settings(), files={
        "keys/modem.pin": "4711\n", "stick.sh": STICK, "operator.sh": OPERATOR})


def state(board):
    lines = board.command("cat /run/shisamodem/reports/wwan0").splitlines()
    return dict(line.split(" ", 1) for line in lines if " " in line).get("state")


def reachable(board):
    """Waits until the host behind the board and the correspondent hear of each other."""
    wait_for(lambda: board.world.host.ping(CORRESPONDENT, wait=10), "the correspondent to answer the host", PATIENCE, 1)


def test_the_board_registers_over_a_modem_on_a_serial_line(board):
    board.open_shell(PATIENCE)
    board.command("sh /boot/stick.sh", PATIENCE)
    wait_for(lambda: "ttyACM0" in board.command("ls /dev/ttyA*"), "the stick's line", PATIENCE, 1)
    assert state(board) in ("absent", "waiting")
    board.command("(sh /boot/operator.sh </dev/null >/dev/null 2>/dev/console &)")
    wait_for(lambda: state(board) == "connected", "the modem to be connected", PATIENCE, 1)
    wait_for(board.home_agent.binding, "the binding of the board", PATIENCE, 1)
    reachable(board)
    assert board.world.cn.ping(HOST, count=3, wait=10)
    # The PIN was right, so that there is none to remember.
    assert board.command("ls /data/modem") == ""

    # The operator hangs up.
    board.command("kill $(cat /run/operator.pid)")
    wait_for(lambda: board.text.count("modem: ATD*99#") >= 2, "the modem to be dialled again", PATIENCE, 1)
    wait_for(lambda: state(board) == "connected", "the modem to be connected again", PATIENCE, 1)
    reachable(board)

    # The stick is pulled out, and put back into its port.
    board.command("echo >/sys/kernel/config/usb_gadget/stick/UDC")
    wait_for(lambda: state(board) == "absent", "the stick to be gone", PATIENCE, 1)
    # The stick has lost its power, and its card wants the PIN again; who answers behind it went with it.
    board.command("rm /run/pin; ls /sys/class/udc | head -n 1 >/sys/kernel/config/usb_gadget/stick/UDC")
    board.command("(sh /boot/operator.sh </dev/null >/dev/null 2>/dev/console &)")
    wait_for(lambda: state(board) == "connected", "the stick to be connected again", PATIENCE, 1)
    reachable(board)
    assert board.text.count('modem: AT+CPIN="4711"') == 2
