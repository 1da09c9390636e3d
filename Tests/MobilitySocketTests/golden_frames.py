#!/usr/bin/env python3
"""Builds the frames of GoldenFrameTests with struct alone, so that the expected octets do not come from our code.

Run it and compare with the constants of the test. Octet order of the fixed fields is the machine's: little-endian here.
"""
import ipaddress
import struct


def attribute(number, payload):
    length = 4 + len(payload)
    return struct.pack("<HH", length, number) + payload + bytes(-length % 4)


def nest(number, *attributes):
    return attribute(0x8000 | number, b"".join(attributes))


def frame(kind, flags, sequence, *attributes):
    payload = b"".join(attributes)
    return struct.pack("<IHHII", 16 + len(payload), kind, flags, sequence, 0) + payload


def address(text):
    return ipaddress.IPv6Address(text).packed


u8 = lambda value: struct.pack("<B", value)
u16 = lambda value: struct.pack("<H", value)
u32 = lambda value: struct.pack("<I", value)
s32 = lambda value: struct.pack("<i", value)
u64 = lambda value: struct.pack("<Q", value)
text = lambda value: value.encode() + b"\0"

FRAMES = {
    "hello": frame(0x10, 0x05, 1, attribute(1, u8(1)), attribute(2, u8(3)), attribute(3, u32(4711)),
                   nest(4, attribute(1, address("2001:db8:1::1")))),
    "helloOfProgram": frame(0x10, 0x05, 1, attribute(1, u8(1)), attribute(2, u8(6)), attribute(3, u32(4711)), nest(4),
                            attribute(5, text("shisahooks"))),
    "status": frame(
        0x63, 0, 0, attribute(1, text("1")), attribute(2, text("engine")), attribute(3, text("shisa0")),
        attribute(4, u64(1500)),
        nest(5, nest(1, attribute(1, u8(1)), attribute(2, u32(12))),
             nest(1, attribute(1, u8(6)), attribute(2, u32(13)), attribute(3, text("shisahooks"))))),
    "dump": frame(0x12, 0x301, 2, attribute(1, u8(2))),
    "bindingAdd": frame(
        0x20, 0x05, 7,
        attribute(1, address("2001:db8:1::100")), attribute(2, address("2001:db8:a1::7")), attribute(3, u16(9)),
        attribute(4, address("2001:db8:1::1")), attribute(5, u32(600)), attribute(6, u64(580000)),
        attribute(7, u16(65535)),
        nest(8, nest(1, attribute(1, address("2001:db8:10::")), attribute(2, u8(60)))),
        attribute(9, u8(2)), attribute(10, text("bus-17")), nest(11)),
    "correspondentBinding": frame(
        0x20, 0x05, 8,
        attribute(1, address("2001:db8:1::100")), attribute(2, address("2001:db8:a1::7")),
        attribute(4, address("2001:db8:1::1")), attribute(5, u32(420)), attribute(6, u64(419999)), attribute(7, u16(3)),
        nest(8), attribute(9, u8(0)), attribute(10, text("")), nest(11), attribute(15, u8(1))),
    "correspondentBindingDelete": frame(
        0x21, 0x05, 9, attribute(1, address("2001:db8:1::100")), attribute(4, address("2001:db8:1::1"))),
    "bindingUsed": frame(0x25, 0, 0, attribute(1, address("2001:db8:1::100")), attribute(4, address("2001:db8:1::1"))),
    "routeAdd": frame(
        0x38, 0x05, 10,
        attribute(1, address("2001:db8:1::100")), attribute(2, b"\xff" * 16), attribute(3, address("2001:db8:a1::7")),
        attribute(4, u32(3)), attribute(5, text("eth0")), attribute(6, u32(420)), attribute(7, u64(400000)),
        attribute(8, u8(2)), attribute(9, u8(1)), attribute(10, u16(65535)), attribute(11, u8(0))),
    "routeDelete": frame(0x39, 0x05, 11, attribute(1, address("2001:db8:1::100")), attribute(2, b"\xff" * 16)),
    "routeHint": frame(0x3c, 0, 0, attribute(1, address("2001:db8:1::100")), attribute(2, b"\xff" * 16)),
    "restingPeer": frame(
        0x3d, 0x05, 12, attribute(1, address("2001:db8:a1::7")), attribute(2, u8(128)), attribute(3, u64(59000)),
        attribute(4, u8(0))),
    "parameterProblem": frame(0x3f, 0, 0, attribute(2, address("2001:db8:a1::7"))),
    "routeExclude": frame(
        0x83, 0x05, 13, attribute(1, address("2001:db8:10::")), attribute(2, u8(60)), attribute(5, u8(1))),
    "uplinkReport": frame(
        0x40, 0x05, 14, attribute(1, u32(2)), attribute(2, text("wwan0")), attribute(3, text("cellular")),
        attribute(4, u8(5)),
        nest(5,
             nest(1, attribute(1, address("2001:db8:a1::7")), attribute(2, u8(64)), attribute(3, u8(2 | 16)),
                  attribute(4, u32(1)), attribute(5, u32(2**32 - 1))),
             nest(1, attribute(1, b"\xff" * 16), attribute(2, u8(128)), attribute(3, u8(0)), attribute(4, u32(0)),
                  attribute(5, u32(0)))),
        attribute(6, address("fe80::1")), attribute(7, u32(1500)), attribute(8, u32(30)), attribute(9, u8(3)),
        attribute(11, s32(-113)), attribute(12, b"depot"),
        nest(13, attribute(1, text("connected")), attribute(2, text("")), attribute(3, text("Netz")), attribute(4, text("lte")))),
    "routerProbe": frame(0x43, 0x05, 15, attribute(1, u32(2)), attribute(6, address("fe80::1"))),
    "uplinkUsage": frame(
        0x45, 0, 0, attribute(1, u32(2)), attribute(2, u64(2**64 - 1)), attribute(3, u64(12_345_678_901))),
    "mobilityReceived": frame(
        0x51, 0, 0, attribute(1, b"\xff" * 16), attribute(2, address("2001:db8:1::100")), attribute(5, u32(9)),
        attribute(6, u8(64)), attribute(7, bytes([59, 0, 3, 0])), attribute(8, u8(1))),
    "programState": frame(
        0x64, 0x05, 9, attribute(1, text("had")),
        nest(2,
             nest(1, nest(1, attribute(1, address("2001:db8:1::1")),
                          attribute(1, address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"))),
                  attribute(2, u16(65535)), attribute(3, u8(0)), attribute(4, u8(1)), attribute(5, u64(0))),
             nest(1, nest(1), attribute(2, u16(0)), attribute(3, u8(1)), attribute(4, u8(0)),
                  attribute(5, u64(2**64 - 1)))),
        nest(3, nest(1, attribute(1, text("binding_cache")), attribute(2, u32(2**32 - 1)), attribute(3, u64(1500))))),
    "choice": frame(
        0x64, 0x05, 14, attribute(1, text("mrd")), nest(2), nest(3),
        nest(4,
             nest(1, nest(1, attribute(1, text("everything")), attribute(2, text("goes by eth0")),
                          nest(3, attribute(1, text("eth0"))), attribute(4, u64(2**64 - 1)))),
             nest(2, nest(1, attribute(1, u32(3)), attribute(2, text("eth0")), attribute(3, u8(1)), attribute(4, u8(3)),
                          attribute(5, u64(8000)), attribute(6, u8(1)), attribute(7, u8(0)), attribute(8, u32(2**32 - 1)),
                          attribute(9, u32(1500)), attribute(10, u16(1000)),
                          nest(11,
                               nest(1, attribute(1, text("no_answer")), attribute(2, text("no")), attribute(3, u64(8000))),
                               nest(1, attribute(1, text("hold_down")), attribute(2, text("")), attribute(4, u64(1)))),
                          attribute(12, u64(2**64 - 1)), attribute(13, u64(20_000_000_000))),
                  nest(1, attribute(1, u32(4)), attribute(2, text("wlan0")), attribute(3, u8(0)), attribute(4, u8(0)),
                       attribute(5, u64(0)), attribute(6, u8(0)), attribute(7, u8(1)), nest(11)),
                  nest(1, attribute(1, u32(5)), attribute(2, text("wwan0")), attribute(3, u8(0)), attribute(4, u8(4)),
                       attribute(5, u64(0)), attribute(6, u8(0)), attribute(7, u8(0)), nest(11))),
             attribute(3, text("eth0")))),
    "uplinkUse": frame(0x85, 0x05, 15, attribute(3, text("wlan0"))),
    "uplinkUseAuto": frame(0x85, 0x05, 16),
    "refusal": frame(2, 0x300, 7, struct.pack("<i", -1) + struct.pack("<IHHII", 16, 0, 1, 7, 0),
                     attribute(1, text("no"))),
    "acknowledgement": frame(2, 0x100, 7, struct.pack("<i", 0) + struct.pack("<IHHII", 16, 0, 1, 7, 0)),
    "done": frame(3, 0x02, 2, struct.pack("<i", 0)),
    "overrun": frame(4, 0, 0),
}

for name, octets in FRAMES.items():
    print(name, octets.hex())
