#!/usr/bin/env python3
"""Writes direct.txt: TUN frames and the route-optimised packets that scapy makes of the same headers, and back.

Run with a Python that has scapy; the output is committed, so tests need neither. Transport checksums are scapy's, by the
rules of RFC 6275 §6.1.1 and §11.3.1, and come out the same with and without the headers in between.
"""
import os
import struct
from scapy.all import (
    HAO, ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting, PadN, RouterAlert, TCP, UDP, HBHOptUnknown, Raw, raw)

HERE = os.path.dirname(os.path.abspath(__file__))
HOME, CARE_OF = "2001:db8:1::100", "2001:db8:a1::2"
PEER = "2001:db8:c::c"
OTHER_HOME, OTHER_CARE_OF = "2001:db8:2::200", "2001:db8:a3::3"


def virtio(flags=0, gso=0, hdr=0, size=0, start=0, offset=0):
    return struct.pack("=BBHHHH", flags, gso, hdr, size, start, offset)


def option(home):
    return IPv6ExtHdrDestOpt(options=[HAO(hoa=home)])


def routing(home):
    return IPv6ExtHdrRouting(type=2, segleft=1, addresses=[home])


def plain(ends, upper, before=None, **fields):
    source, destination = {"mobile": (HOME, PEER), "correspondent": (PEER, HOME), "both": (HOME, OTHER_HOME)}[ends]
    packet = IPv6(src=source, dst=destination, **fields)
    for header in before or []:
        packet /= header
    return packet / upper


def direct(ends, upper, before=None, **fields):
    """`before` goes first if it is a hop-by-hop header, and last if not."""
    packet = {
        "mobile": IPv6(src=CARE_OF, dst=PEER, **fields), "correspondent": IPv6(src=PEER, dst=CARE_OF, **fields),
        "both": IPv6(src=CARE_OF, dst=OTHER_CARE_OF, **fields)}[ends]
    first = [h for h in before or [] if isinstance(h, IPv6ExtHdrHopByHop)]
    last = [h for h in before or [] if not isinstance(h, IPv6ExtHdrHopByHop)]
    headers = {"mobile": [option(HOME)], "correspondent": [routing(HOME)],
               "both": [routing(OTHER_HOME), option(HOME)]}[ends]
    for header in first + headers + last:
        packet /= header
    return packet / upper


def pseudo(packet, length, proto):
    import socket
    data = socket.inet_pton(socket.AF_INET6, packet.src) + socket.inet_pton(socket.AF_INET6, packet.dst)
    data += struct.pack("!II", length, proto)
    total = sum(struct.unpack("!20H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def with_field(packet, offset, value):
    return packet[:offset] + struct.pack("!H", value) + packet[offset + 2:]


cases = []
for ends in ("mobile", "correspondent", "both"):
    udp = UDP(sport=5060, dport=5061) / Raw(b"past the home agent")
    common = dict(tc=0xb9, fl=0x12345, hlim=63)
    whole = plain(ends, udp, **common)
    partial = with_field(raw(whole), 46, pseudo(whole, len(udp), 17))
    cases.append((ends, "udp", virtio(1, 0, 0, 0, 40, 6) + partial, [raw(direct(ends, udp, **common))]))
    echo = ICMPv6EchoRequest(id=7, seq=1, data=b"odd")
    cases.append((ends, "echo", virtio() + raw(plain(ends, echo)), [raw(direct(ends, echo))]))
    alert = [IPv6ExtHdrHopByHop(options=[RouterAlert(value=1), PadN()])]
    cases.append((ends, "hop_by_hop", virtio() + raw(plain(ends, udp, alert)), [raw(direct(ends, udp, alert))]))
    padding = [IPv6ExtHdrDestOpt(options=[HBHOptUnknown(otype=0x1e, optdata=b"abcd")])]
    cases.append(
        (ends, "other_options", virtio() + raw(plain(ends, udp, padding)), [raw(direct(ends, udp, padding))]))
    piece = [IPv6ExtHdrFragment(offset=90, m=1, id=0x11223344, nh=17)]
    data = Raw(bytes(range(64)))
    cases.append((ends, "fragment", virtio() + raw(plain(ends, data, piece)), [raw(direct(ends, data, piece))]))
    payload = bytes((7 * i + 3) & 0xff for i in range(2501))
    options = [("NOP", None), ("NOP", None), ("Timestamp", (0x01020304, 0x0a0b0c0d))]
    base = dict(sport=40000, dport=80, ack=0x11223344, window=501, options=options)
    whole = plain(ends, TCP(seq=0xfffffe00, flags="FPAC", **base) / Raw(payload), tc=2, fl=9, hlim=63)
    partial = with_field(raw(whole), 56, pseudo(whole, len(raw(whole)) - 40, 6))
    segments = []
    for start in range(0, len(payload), 1000):
        flags = "A" + ("C" if start == 0 else "") + ("FP" if start + 1000 >= len(payload) else "")
        segments.append(raw(direct(
            ends, TCP(seq=(0xfffffe00 + start) & 0xffffffff, flags=flags, **base) / Raw(payload[start:start + 1000]),
            tc=2, fl=9, hlim=63)))
    cases.append((ends, "tcp_segmentation", virtio(1, 4, 72, 1000, 40, 16) + partial, segments))

with open(os.path.join(HERE, "direct.txt"), "w") as out:
    out.write("# Made by make_direct_golden.py with scapy: ends, name, TUN frame, packets on the wire.\n")
    for ends, name, frame, packets in cases:
        out.write(" ".join([ends, name, frame.hex()] + [p.hex() for p in packets]) + "\n")

