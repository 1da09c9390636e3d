"""An uplink that is a radio: what it receives is told. The radios are the kernel's simulated ones, which only some have."""

import os

import pytest
from simulated_radios import DEBUG, make_radios, move_radio, need_radios, phy

from world.node import wait_for


@pytest.mark.kernel
def test_the_signal_of_a_radio_is_told_and_follows(make_pair_of):
    need_radios()
    pair = make_pair_of(router={"uplinks": (("wlan0", 10), ("eth1", 20))})
    world = pair.world
    near, far = make_radios(world.mr, "near", "far")
    move_radio(world.mr, far, world.access1)
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
