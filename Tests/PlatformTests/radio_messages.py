#!/usr/bin/env python3
"""Builds the messages of RadioMessageTests with struct alone, so that the expected octets do not come from our code: as
the kernel's net/netlink/genetlink.c and net/wireless/nl80211.c write them, without the netlink header.

Run it and compare with the constants of the test. Octet order is the machine's: little-endian here.
"""
import struct


def attribute(number, payload):
    length = 4 + len(payload)
    return struct.pack("<HH", length, number) + payload + bytes(-length % 4)


def nest(number, *attributes):
    return attribute(0x8000 | number, b"".join(attributes))


def message(command, *attributes, version=1):
    return struct.pack("<BBH", command, version, 0) + b"".join(attributes)


u8 = lambda value: struct.pack("<B", value)
s8 = lambda value: struct.pack("<b", value)
u16 = lambda value: struct.pack("<H", value)
u32 = lambda value: struct.pack("<I", value)
text = lambda value: value.encode() + b"\0"


def group(place, name, number):
    return nest(place, attribute(2, u32(number)), attribute(1, text(name)))


AP = bytes.fromhex("020000000100")


def station(interface, *information):
    # Interface, generation, address, and what is known.
    return message(
        19, attribute(3, u32(interface)), attribute(46, u32(4)), attribute(6, AP), nest(21, *information), version=1)


def flags(mask, values):
    return attribute(17, struct.pack("<II", mask, values))


def element(number, octets):
    """Of IEEE 802.11, in a beacon or a probe response."""
    return bytes([number, len(octets)]) + octets


def ssid(octets):
    return element(0, octets)


def access_point(*information):
    # Generation, interface; address and frequency of the access point.
    return message(
        34, attribute(46, u32(9)), attribute(3, u32(7)), nest(47, attribute(1, AP), attribute(2, u32(2412)), *information))


AUTHORIZED_ASSOCIATED = 1 << 1 | 1 << 5 | 1 << 7
TDLS = 1 << 6

MESSAGES = {
    "family": message(
        1, attribute(2, text("nl80211")), attribute(1, u16(0x1c)), attribute(3, u32(1)), attribute(4, u32(0)),
        attribute(5, u32(330)),
        nest(7, group(1, "config", 5), group(2, "scan", 6), group(3, "regulatory", 7), group(4, "mlme", 8),
             group(5, "vendor", 9)), version=2),
    # Inactive for 12 ms, octets in and out, both signals.
    "station": station(
        7, attribute(1, u32(12)), attribute(2, u32(70_000)), attribute(3, u32(9_000)), attribute(7, s8(-71)),
        attribute(13, s8(-68)), flags(TDLS | AUTHORIZED_ASSOCIATED, AUTHORIZED_ASSOCIATED)),
    "stationWithoutAverage": station(7, attribute(7, s8(-90)), flags(TDLS | AUTHORIZED_ASSOCIATED, AUTHORIZED_ASSOCIATED)),
    "stationWithoutSignal": station(7, attribute(1, u32(12))),
    "directStation": station(7, attribute(13, s8(-30)), flags(TDLS | AUTHORIZED_ASSOCIATED, TDLS | AUTHORIZED_ASSOCIATED)),
    # What a scan has found, as the kernel keeps it.
    "accessPoint": access_point(attribute(9, u32(1)), attribute(6, ssid(b"depot\xff") + element(3, b"\x01"))),
    "accessPointBehindRates": access_point(attribute(6, element(1, b"\x82\x84") + ssid(b"depot")), attribute(9, u32(1))),
    "accessPointOfOthers": access_point(attribute(6, ssid(b"depot"))),
    "accessPointToBe": access_point(attribute(9, u32(0)), attribute(6, ssid(b"depot"))),
    "accessPointThatHides": access_point(attribute(9, u32(1)), attribute(6, ssid(b""))),
    "accessPointThatHidesLength": access_point(attribute(9, u32(1)), attribute(6, ssid(bytes(5)))),
    "accessPointCutShort": access_point(attribute(9, u32(1)), attribute(6, ssid(b"depot")[:-1])),
    "accessPointTooLong": access_point(attribute(9, u32(1)), attribute(6, ssid(b"x" * 33))),
    # Wiphy, interface, address of the access point.
    "roam": message(47, attribute(1, u32(0)), attribute(3, u32(7)), attribute(6, AP), version=1),
    "connect": message(46, attribute(1, u32(0)), attribute(3, u32(7)), attribute(6, AP), attribute(72, u16(0)), version=1),
    "disconnect": message(48, attribute(1, u32(0)), attribute(3, u32(7)), attribute(54, u16(3)), version=1),
}

for name, octets in MESSAGES.items():
    print(name, octets.hex())
