"""A WLAN with two access points, on one access network: the router goes from one to the other under traffic, and its home agent
has nothing to hear of. wpa_supplicant does as shisaconf tells it. The radios are the kernel's simulated ones.

    mr  wlan0 · · · first  ┐
              · · · second ┴ switch "lan" of access1
"""

import contextlib
import os
import re
import time

import pytest
from simulated_radios import make_radios, move_radio, need_radios

from world import configuration
from world.node import wait_for
from world.transfer import Transfer
from world.world import CORRESPONDENT

SSID, PASSPHRASE = "depot", "the cat sat on the mat"
CHANNELS = {"first": (1, 2412), "second": (6, 2437)}
# What joining takes in an emulated machine, of which only whether it ends is judged here.
LONG = 30

# One mobility domain. Keys of SAE are handed from one to the other, those of a passphrase each makes itself.
ACCESS_POINT = """interface={name}
bridge=lan
ctrl_interface=/run/access
ssid={ssid}
hw_mode=g
channel={channel}
wpa=2
wpa_key_mgmt={methods}
wpa_passphrase={passphrase}
rsn_pairwise=CCMP
ieee80211w={frames}
nas_identifier={name}.example
mobility_domain=5a5a
ft_over_ds=0
logger_stdout_level=1
ft_psk_generate_local=1
r0kh=ff:ff:ff:ff:ff:ff * 000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f
r1kh=00:00:00:00:00:00 00:00:00:00:00:00 000102030405060708090a0b0c0d0e0f000102030405060708090a0b0c0d0e0f
"""
SECURITY = {"wpa2": ("WPA-PSK FT-PSK", 1, "FT-PSK"), "wpa3": ("SAE FT-SAE", 2, "FT-SAE")}


class Roaming:
    """A pair whose router's one uplink is a radio, and two access points for it."""

    def __init__(self, pair, security):
        self.pair = pair
        world = self.world = pair.world
        methods, frames, self.fast = SECURITY[security]
        near, *far = make_radios(world.mr, "near", *CHANNELS)
        paths = []
        for radio, (name, (channel, _)) in zip(far, CHANNELS.items()):
            move_radio(world.mr, radio, world.access1)
            world.access1.ip(f"link set {radio} name {name}")
            paths.append(os.path.join(world.access1.directory, f"{name}.conf"))
            with open(paths[-1], "w") as file:
                file.write(ACCESS_POINT.format(
                    name=name, ssid=SSID, channel=channel, methods=methods, frames=frames, passphrase=PASSPHRASE))
        # Of one process, so that the two find each other without a network in between.
        self.points = world.access1.start("hostapd", "hostapd", "-t", *paths)
        wait_for(lambda: self.points.log().count("AP-ENABLED") == 2, "both access points", LONG)
        self.addresses = {
            name: world.access1.run("cat", f"/sys/class/net/{name}/address").stdout.strip() for name in CHANNELS}
        world.mr.ip(f"link set {near} name wlan0")
        network = f'networks = ( {{ ssid = "{SSID}"; psk = "{PASSPHRASE}"; security = "{security}"; }} );'
        pair.mr.configure(configuration.mobile_router(uplinks=(("wlan0", 10, network),)).replace('"ethernet"', '"wlan"'))
        path = os.path.join(world.mr.directory, "wpa_supplicant.conf")
        with open(path, "w") as file:
            file.write(world.mr.run(pair.mr.binary("shisaconf"), "wpa_supplicant", "wlan0", "--config", pair.mr.config).stdout)
        self.supplicant = world.mr.start("wpa_supplicant", "wpa_supplicant", "-t", "-D", "nl80211", "-i", "wlan0", "-c", path)
        wait_for(lambda: self.status().get("wpa_state") == "COMPLETED", "the radio to join", LONG)

    def ask(self, *words):
        return self.world.mr.run("wpa_cli", "-i", "wlan0", *words, check=False).stdout

    def status(self):
        return dict(line.split("=", 1) for line in self.ask("status").splitlines() if "=" in line)

    def find(self, name):
        """Has the radio hear of an access point."""
        def found():
            self.ask("scan", f"freq={CHANNELS[name][1]}")
            return self.addresses[name] in self.ask("scan_results")
        wait_for(found, f"the radio to hear {name}", LONG, 1)

    def bring_to(self, name, since, act):
        """Has it join an access point by `act`, once more where that came to nothing, as it may where an answer takes too long;
        gives how many seconds after a time on the wall. By the log: to ask again and again would slow an emulated machine
        down."""
        line = re.compile(rf"^([0-9.]+): wlan0: CTRL-EVENT-CONNECTED - Connection to {self.addresses[name]} ", re.MULTILINE)

        def joined():
            return [at for at in map(float, line.findall(self.supplicant.log())) if at >= since]
        def asked():
            act()
            with contextlib.suppress(TimeoutError):
                return wait_for(joined, f"the radio to be at {name}", LONG / 3, 0.1)
        return wait_for(asked, f"the radio to be at {name}", LONG)[-1] - since

    def fast_transitions(self, since):
        """When access points took it over from each other without a new authentication: times on the wall."""
        line = re.compile("^([0-9.]+): .* FT authentication already completed", re.MULTILINE)
        return [at for at in map(float, line.findall(self.points.log())) if at >= since]

    def counts(self):
        """How often it has happened so far."""
        names = [row["event"] for row in self.pair.mr.ask("events")]
        return {name: names.count(name) for name in ("registering", "uplink_up", "uplink_down")}

    def move(self, name, what, act):
        """Has the radio come to another access point by `act`, while datagrams go both ways, and judges what that cost. Whether
        it comes by IEEE 802.11r is not judged: where every instruction is emulated it may take too long for the kernel, and
        wpa_supplicant joins anew then."""
        mr = self.pair.mr
        before, counts = mr.registration(), self.counts()
        flow = self.pair.flow()
        time.sleep(20 * flow.spacing)
        begun = time.time()
        took = self.bring_to(name, begun, act)
        mr.wait_registered("wlan0", LONG)
        self.pair.wait_reachable(LONG)
        away = time.time() - begun
        time.sleep(20 * flow.spacing)
        up, down = flow.stop()
        changed = {event: count - counts[event] for event, count in self.counts().items()}
        fast = len(self.fast_transitions(begun))
        print(f"{what}: joined after {took * 1000:.0f} ms {'by IEEE 802.11r' if fast else 'by a new authentication'}, "
              f"{away * 1000:.0f} ms until all was seen to be well; UDP every {flow.spacing * 1000:.0f} ms: "
              f"up {up}, down {down}; events {changed}")
        # The access network is the same, and so is the address.
        after = mr.registration()
        assert after["care_of_address"] == before["care_of_address"] == self.pair.ha.binding()["care_of_address"]
        # Who had a link all the time has nothing to tell the home agent, and who lost it tells it once.
        assert changed["registering"] <= changed["uplink_up"]
        for direction in (up, down):
            assert direction.lost * flow.spacing <= away + flow.spacing
            assert direction.repeated == 0
        wait_for(lambda: next(row for row in mr.ask("uplinks") if row["interface"] == "wlan0")["network"] == SSID,
                 "the name of the network")


@pytest.mark.parametrize("security", [pytest.param("wpa2", marks=pytest.mark.kernel), "wpa3"])
def test_a_router_goes_from_one_access_point_to_another_of_its_network(make_pair_of, security):
    need_radios("wpa_supplicant", "wpa_cli")
    pair = make_pair_of()
    place = Roaming(pair, security)
    pair.start(uplink="wlan0")
    pair.wait_reachable()
    status = place.status()
    start = next(name for name, address in place.addresses.items() if address == status["bssid"])
    other = next(name for name in CHANNELS if name != start)
    # IEEE 802.11r is agreed on where both sides have it.
    assert status["key_mgmt"] == place.fast
    transfer = Transfer(pair.world.host, pair.world.cn, CORRESPONDENT, rate=20_000)
    place.find(other)
    place.move(other, "told to go", lambda: place.ask("roam", place.addresses[other]))
    # No farewell: it has to miss the beacons of this one.
    place.move(start, "its access point fell silent", lambda: pair.world.access1.ip(f"link set {other} down"))
    octets, gap = transfer.stop()
    print(f"TCP through all of it: {octets} octets, at most {gap * 1000:.0f} ms without any")
    assert octets > 0
