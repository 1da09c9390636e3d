"""The board with radios: WLANs that it joins, and one that it is. `python3 -m world wlan` tells the story.

The radios are the board's own, of mac80211_hwsim: they hear each other, and nobody else does.

    on the board:  wlan0, an uplink                      wlan1, an access point for hosts
                     ·                                     ·
    in namespaces: wlan2 in `access`, an access point    wlan3 in `station`, a host
    on it          bridged to the first network card,
                   whose cable ends in access network 1

The other uplink, usb1, is a USB adapter on the cable to access network 2.
"""

from . import configuration
from .board import Board, make_board_world
from .demo import BOOT_PATIENCE, Story
from .flow import Flow
from .node import wait_for
from .world import CORRESPONDENT, HOST, INGRESS_PREFIX

# How long each thing may take, which on a quiet machine takes seconds.
PATIENCE = BOOT_PATIENCE

# Everything that could be misread on its way is in these.
SSID = 'De"pot #1 \\ '.encode() + b"\xff\x00"
PASSPHRASE = ' the "cat" #sat \\ on | the mat '
OWN_SSID = "Bus 17"
OWN_PASSPHRASE = "every seat has a window"
STATION_PREFIX = "2001:db8:10:1::/64"

_SETTINGS = """{home}
uplinks = (
  {{ interface = "wlan0"; type = "wlan"; metric = 10; country = "DE";
    networks = ( {{ ssid = "hex:{ssid}"; psk = "file:keys/depot.psk"; }} ); }},
  {{ interface = "usb1"; metric = 20; }}
);
ingress = (
  {{ interface = "lan0"; prefix = "{lan}"; }},
  {{ interface = "wlan1"; prefix = "{prefix}";
    access_point = {{ ssid = "{own_ssid}"; psk = "file:keys/bus.psk"; country = "DE"; channel = 11; }}; }}
);
"""

# The access network's own, written by hand.
_ACCESS_POINT = f"""interface=wlan2
bridge=net
ctrl_interface=/run/access
ssid2={SSID.hex()}
country_code=DE
hw_mode=g
channel=1
wpa=2
wpa_key_mgmt=SAE FT-SAE
rsn_pairwise=CCMP
ieee80211w=2
wpa_passphrase={PASSPHRASE}
mobility_domain=5a5a
nas_identifier=depot
ft_psk_generate_local=1
"""

_STATION = f"""ctrl_interface=/run/station
network={{
    ssid="{OWN_SSID}"
    psk="{OWN_PASSPHRASE}"
    key_mgmt=SAE
    ieee80211w=2
}}
"""

_RADIOS = """
modprobe mac80211_hwsim radios=4
until [ -e /sys/class/net/wlan3 ]; do usleep 100000; done
mkdir -p /run/netns
away() { # INTERFACE NAMESPACE
    /bin/ip netns add $2
    /sbin/iw phy "$(cat /sys/class/net/$1/phy80211/name)" set netns name $2
    /bin/ip -n $2 link set lo up
}
away wlan2 access
away wlan3 station
/bin/ip link set eth0 netns access
/bin/ip -n access link add net type bridge mcast_snooping 0
/bin/ip -n access link set eth0 master net
/bin/ip -n access link set eth0 up
/bin/ip -n access link set net up
/bin/ip netns exec access /usr/sbin/hostapd -B /boot/test/access.conf
"""

_ARRIVAL = "/bin/ip netns exec station /sbin/wpa_supplicant -B -i wlan3 -c /boot/test/station.conf\n"


class WLANStory:
    def __init__(self, shisa=".build/debug/shisa", relay=".build/debug/linkrelay", logs="build/world-logs/wlan"):
        self.world, self.home_agent, key = make_board_world(logs, shisa, relay)
        self.story = Story()
        home = configuration.mobile_router().split("uplinks = (")[0]
        self.board = Board(
            self.world, key, usb=("eth1",),
            settings=_SETTINGS.format(
                home=home, ssid=SSID.hex(), lan=INGRESS_PREFIX, prefix=STATION_PREFIX, own_ssid=OWN_SSID),
            files={
                "keys/depot.psk": PASSPHRASE + "\n", "keys/bus.psk": OWN_PASSPHRASE + "\r\n",
                "test/access.conf": _ACCESS_POINT, "test/station.conf": _STATION, "test/radios": _RADIOS,
                "test/arrival": _ARRIVAL,
            })

    def play(self):
        """Plays the story; gives whether all held."""
        steps = [
            ("a USB adapter gets the name of its port, and the board registers over it", self.plugs),
            ("the board joins a WLAN by SAE, as its file says, and registers over it", self.joins),
            ("the host behind the board pings the correspondent over the WLAN", self.pings),
            ("the access point goes away: the traffic goes by cable", self.leaves),
            ("the access point is back: so is the traffic", self.returns),
            ("with a wrong passphrase the uplink stays down, and the log says why", self.is_refused),
            ("with the right one again it joins", self.is_taken),
            ("a host joins the board's own WLAN, is given an address, and pings the correspondent", self.serves),
            ("the USB adapter is pulled, and found again in its port", self.pulls),
        ]
        try:
            # Each begins where the one before has ended.
            all(self.story.step(title, action) for title, action in steps)
        finally:
            self.board.close()
            self.world.close()
        return self.story.held

    def uplink(self, interface):
        return next((row for row in self.board.ask("uplinks") if row["interface"] == interface), {})

    def registered_over(self, uplink, network):
        """Whether board and home agent agree that this uplink is the one."""
        binding = self.home_agent.binding()
        if not binding or not binding["care_of_address"].startswith(network):
            return None
        rows = [row for row in self.board.ask("registrations") if row["state"] == "registered"]
        return any(row["uplink"] == uplink and row["care_of_address"] == binding["care_of_address"] for row in rows)

    def wait_registered_over(self, uplink, network, timeout=PATIENCE):
        wait_for(lambda: self.registered_over(uplink, network), f"a registration over {uplink}", timeout, 0.5)

    def plugs(self):
        self.board.open_shell(BOOT_PATIENCE)
        self.board.plug_usb("eth1", 2)
        self.wait_registered_over("usb1", "2001:db8:a2:")
        return True, f"usb1 is {self.uplink('usb1').get('state')}"

    def joins(self):
        self.board.command("sh -x /boot/test/radios", PATIENCE)
        self.wait_registered_over("wlan0", "2001:db8:a1:")
        said = self.board.command("wpa_cli -i wlan0 status | grep -e key_mgmt -e pairwise_cipher -e wpa_state -e pmf")
        return "SAE" in said and "COMPLETED" in said, ", ".join(said.split())

    def pings(self):
        wait_for(lambda: self.world.host.ping(CORRESPONDENT), "an answer from the correspondent", PATIENCE)
        return True, "answered"

    def access_point(self, word):
        said = self.board.command(f"/bin/ip netns exec access /usr/sbin/hostapd_cli -p /run/access -i wlan2 {word}")
        assert "OK" in said, said

    def leaves(self):
        flow = Flow(self.world.host, HOST, self.world.cn, CORRESPONDENT)
        self.access_point("disable")
        self.wait_registered_over("usb1", "2001:db8:a2:")
        wait_for(lambda: self.world.host.ping(CORRESPONDENT), "an answer from the correspondent", PATIENCE)
        up, down = flow.stop()
        state = wait_for(
            lambda: (row := self.uplink("wlan0")) and row["state"] != "up" and row["state"], "wlan0 to be down", PATIENCE)
        return True, f"wlan0: {state}; UDP at 10 ms spacing: gap up {up.gap() * 1000:.0f} ms, down {down.gap() * 1000:.0f} ms"

    def returns(self):
        self.access_point("enable")
        self.wait_registered_over("wlan0", "2001:db8:a1:")
        return True, "registered over wlan0"

    def give_passphrase(self, text):
        self.board.command("mount -o remount,rw /boot")
        self.board.command(f"echo '{text}' >/boot/keys/depot.psk")
        self.board.command("mount -o remount,ro /boot; killall -HUP radios")

    def is_refused(self):
        self.give_passphrase("not that one")
        self.wait_registered_over("usb1", "2001:db8:a2:")
        said = wait_for(
            lambda: self.board.command("logread | grep CTRL-EVENT-SSID-TEMP-DISABLED | tail -n 1").strip(), "a reason", PATIENCE, 1)
        leaked = self.board.command("logread | grep -c -e 'not that one' -e 'the \"cat\"'").strip()
        return leaked == "0", said.partition("CTRL-EVENT-")[2]

    def is_taken(self):
        self.give_passphrase(PASSPHRASE)
        self.wait_registered_over("wlan0", "2001:db8:a1:")
        return True, "registered over wlan0"

    def serves(self):
        self.board.command("sh /boot/test/arrival", PATIENCE)
        said = wait_for(
            lambda: (said := self.board.command(f"/bin/ip netns exec station ping -6 -c 1 -W 5 {CORRESPONDENT}"))
            and " 0% packet loss" in said and said, "an answer to the host on the board's WLAN", PATIENCE, 0.5)
        stations = self.board.command("hostapd_cli -i wlan1 list_sta").split()
        return len(stations) == 1, said.strip().splitlines()[-1]

    def pulls(self):
        self.board.unplug_usb("eth1")
        wait_for(lambda: self.uplink("usb1").get("state") != "up", "usb1 to be gone", PATIENCE, 0.5)
        self.board.plug_usb("eth1", 2)
        wait_for(lambda: self.uplink("usb1").get("state") == "up", "usb1 to be back", PATIENCE, 0.5)
        return True, "usb1 is usable again"
