#!/usr/bin/env python3
"""Writes encapsulation.txt: TUN frames and the outer packets that scapy makes of them.

Run with a Python that has scapy; the output is committed, so tests need neither.
"""
import os
import struct
from scapy.all import (
    HBHOptUnknown, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrRouting, IPv6ExtHdrSegmentRouting, PadN, TCP, UDP, Raw, raw)

HERE = os.path.dirname(os.path.abspath(__file__))
HOST, PEER = "2001:db8:10::10", "2001:db8:c::c"
LOCAL, REMOTE = "2001:db8:a1::2", "2001:db8:1::1"


def outer(inner, label):
    inner = IPv6(raw(inner))
    return raw(IPv6(src=LOCAL, dst=REMOTE, tc=inner.tc, fl=label, nh=41, hlim=64) / inner)


def virtio(flags=0, gso=0, hdr=0, size=0, start=0, offset=0):
    return struct.pack("=BBHHHH", flags, gso, hdr, size, start, offset)


def pseudo(length, proto, src=HOST, dst=PEER):
    import socket
    data = socket.inet_pton(socket.AF_INET6, src) + socket.inet_pton(socket.AF_INET6, dst)
    data += struct.pack("!II", length, proto)
    total = sum(struct.unpack("!20H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def with_field(packet, offset, value):
    return packet[:offset] + struct.pack("!H", value) + packet[offset + 2:]


cases = []

# A datagram whose checksum the kernel left to the engine; traffic class and flow label are copied.
udp = IPv6(src=HOST, dst=PEER, tc=0xb9, fl=0x12345, hlim=63) / UDP(sport=5060, dport=5061) / Raw(b"register me")
inner = raw(udp)
partial = with_field(inner, 46, pseudo(len(inner) - 40, 17))
cases.append(("udp_partial_checksum", virtio(1, 0, 0, 0, 40, 6) + partial, [outer(udp, 0x12345)]))

# A whole datagram of odd length.
udp = IPv6(src=HOST, dst=PEER, fl=7, hlim=63) / UDP(sport=1, dport=2) / Raw(b"odd")
cases.append(("udp_whole", virtio() + raw(udp), [outer(udp, 7)]))

# A super-packet of 2,500 octets in segments of 1,000, with options, FIN and PSH on the last, CWR on the first.
payload = bytes((7 * i + 3) & 0xff for i in range(2501))
options = [("NOP", None), ("NOP", None), ("Timestamp", (0x01020304, 0x0a0b0c0d))]
base = dict(sport=40000, dport=80, ack=0x11223344, window=501, options=options)
whole = raw(IPv6(src=HOST, dst=PEER, tc=2, fl=9, hlim=63) / TCP(seq=0xfffffe00, flags="FPAC", **base) / Raw(payload))
whole = with_field(whole, 56, pseudo(len(whole) - 40, 6))
segments = []
for start in range(0, len(payload), 1000):
    flags = "A"
    if start == 0:
        flags += "C"
    if start + 1000 >= len(payload):
        flags += "FP"
    part = IPv6(src=HOST, dst=PEER, tc=2, fl=9, hlim=63) / TCP(
        seq=(0xfffffe00 + start) & 0xffffffff, flags=flags, **base) / Raw(payload[start:start + 1000])
    segments.append(outer(part, 9))
cases.append(("tcp_segmentation", virtio(1, 4, 72, 1000, 40, 16) + whole, segments))

# The same octets as datagrams of 1,000.
base = dict(sport=5060, dport=5061)
whole = raw(IPv6(src=HOST, dst=PEER, tc=2, fl=9, hlim=63) / UDP(**base) / Raw(payload))
whole = with_field(whole, 46, pseudo(len(whole) - 40, 17))
datagrams = [
    outer(IPv6(src=HOST, dst=PEER, tc=2, fl=9, hlim=63) / UDP(**base) / Raw(payload[start:start + 1000]), 9)
    for start in range(0, len(payload), 1000)]
cases.append(("udp_segmentation", virtio(1, 5, 48, 1000, 40, 6) + whole, datagrams))

# What a router behind this one sends through its own tunnel, with a Tunnel Encapsulation Limit of 4: one less goes before it.
def limit(value):
    return IPv6ExtHdrDestOpt(nh=41, options=[HBHOptUnknown(otype=4, optdata=bytes([value])), PadN(optdata=b"\0")])


nested = IPv6(src="2001:db8:10::99", dst="2001:db8:2::1", fl=5, nh=60, hlim=63) / limit(4) / IPv6(
    src="2001:db8:20::10", dst=PEER) / UDP(sport=1, dport=2) / Raw(b"nested")
around = raw(IPv6(src=LOCAL, dst=REMOTE, fl=5, nh=60, hlim=64) / limit(3) / IPv6(raw(nested)))
cases.append(("encapsulation_limit", virtio() + raw(nested), [around]))

# Through a node on the way, by a routing header: the checksum is that of the last destination, which scapy knows of both types.
def by_way(upper, routing):
    return IPv6(src=HOST, dst="2001:db8:2::1", fl=3, hlim=63) / routing / upper


def segment_list(following):
    return IPv6ExtHdrSegmentRouting(nh=following, segleft=1, lastentry=1, addresses=[PEER, "2001:db8:2::1"])


def type_two(following):
    return IPv6ExtHdrRouting(nh=following, type=2, segleft=1, addresses=[PEER])


for name, routing, start in (("type_two", type_two, 64), ("segment_list", segment_list, 80)):
    udp = UDP(sport=5060, dport=5061)
    packet = by_way(udp / Raw(b"by way of others"), routing(17))
    partial = with_field(raw(packet), start + 6, pseudo(len(raw(packet)) - start, 17))
    cases.append((f"udp_{name}_partial_checksum", virtio(1, 0, 0, 0, start, 6) + partial, [outer(packet, 3)]))
    whole = raw(by_way(udp / Raw(payload), routing(17)))
    whole = with_field(whole, start + 6, pseudo(len(whole) - start, 17))
    datagrams = [outer(by_way(udp / Raw(payload[begin:begin + 1000]), routing(17)), 3) for begin in range(0, len(payload), 1000)]
    cases.append((f"udp_{name}_segmentation", virtio(1, 5, start + 8, 1000, start, 6) + whole, datagrams))

    tcp = dict(sport=40000, dport=80, ack=0x11223344, window=501, options=options)
    packet = by_way(TCP(seq=5, flags="PA", **tcp) / Raw(b"by way of others"), routing(6))
    partial = with_field(raw(packet), start + 16, pseudo(len(raw(packet)) - start, 6))
    cases.append((f"tcp_{name}_partial_checksum", virtio(1, 0, 0, 0, start, 16) + partial, [outer(packet, 3)]))
    whole = raw(by_way(TCP(seq=5, flags="PA", **tcp) / Raw(payload), routing(6)))
    whole = with_field(whole, start + 16, pseudo(len(whole) - start, 6))
    segments = [
        outer(by_way(TCP(seq=5 + begin, flags="PA" if begin + 1000 >= len(payload) else "A", **tcp)
                     / Raw(payload[begin:begin + 1000]), routing(6)), 3) for begin in range(0, len(payload), 1000)]
    cases.append((f"tcp_{name}_segmentation", virtio(1, 4, start + 32, 1000, start, 16) + whole, segments))

with open(os.path.join(HERE, "encapsulation.txt"), "w") as out:
    out.write("# Made by make_golden.py with scapy: name, TUN frame, outer packets.\n")
    for name, frame, packets in cases:
        out.write(" ".join([name, frame.hex()] + [p.hex() for p in packets]) + "\n")
