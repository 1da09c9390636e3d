"""The board's radios: WLANs that it joins and the one that it is, and a USB adapter that is plugged in while it runs."""


def test_the_board_joins_a_wlan_falls_back_on_a_cable_and_is_an_access_point(tell):
    tell("wlan", timeout=1500)
