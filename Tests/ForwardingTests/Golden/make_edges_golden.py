#!/usr/bin/env python3
"""Writes fragments.txt and segment_sizes.txt: what scapy cuts into fragments, and TCP segments with other sizes announced.

Run with a Python that has scapy; the output is committed, so tests need neither.
"""
import os

from make_golden import HOST, LOCAL, PEER, REMOTE, limit, outer, pseudo, virtio, with_field
from scapy.all import IPv6, Raw, TCP, UDP, raw
from scapy.layers.inet6 import IPv6ExtHdrFragment, fragment6

HERE = os.path.dirname(os.path.abspath(__file__))
# What the tunnel's way takes.
WAY = 1300


def cut(packet):
    """The fragments of an outer packet, with the identification 0, or the packet where it fits."""
    if len(packet) <= WAY:
        return [packet]
    whole = IPv6(packet)
    payload = packet[40:]
    whole.remove_payload()
    whole.plen = None
    fragments = fragment6(IPv6(src=whole.src, dst=whole.dst, tc=whole.tc, fl=whole.fl, hlim=whole.hlim)
                          / IPv6ExtHdrFragment(nh=whole.nh, id=0) / Raw(payload), WAY)
    return [raw(fragment) for fragment in fragments]


def udp(length, **header):
    return IPv6(src=HOST, dst=PEER, fl=7, hlim=63, **header) / UDP(sport=1, dport=2) / Raw(
        bytes((11 * i + 5) & 0xff for i in range(length - 48)))


cases = []
for length in (WAY - 40, WAY - 39, 1279, 1280):
    packet = udp(length, tc=0xba)
    cases.append((f"udp_{length}", virtio() + raw(packet), [outer(packet, 7)]))

# Segments of 1,280 octets; the last is short.
payload = bytes((7 * i + 3) & 0xff for i in range(3 * 1220 - 700))
tcp = dict(sport=40000, dport=80, ack=0x11223344, window=501)
whole = raw(IPv6(src=HOST, dst=PEER, fl=9, hlim=63) / TCP(seq=77, flags="PA", **tcp) / Raw(payload))
segments = []
for start in range(0, len(payload), 1220):
    flags = "PA" if start + 1220 >= len(payload) else "A"
    segments.append(outer(IPv6(src=HOST, dst=PEER, fl=9, hlim=63) / TCP(seq=77 + start, flags=flags, **tcp)
                          / Raw(payload[start:start + 1220]), 9))
cases.append(("tcp_segmentation", virtio(1, 4, 60, 1220, 40, 16) + with_field(whole, 56, pseudo(len(whole) - 40, 6)), segments))

# A limit goes behind the fragment header: it is for the tunnel's end.
inner = IPv6(src="2001:db8:20::10", dst=PEER) / UDP(sport=1, dport=2) / Raw(bytes(1280 - 40 - 8 - 48))
nested = IPv6(src="2001:db8:10::99", dst="2001:db8:2::1", fl=5, nh=60, hlim=63) / limit(4) / inner
around = raw(IPv6(src=LOCAL, dst=REMOTE, fl=5, nh=60, hlim=64) / limit(3) / IPv6(raw(nested)))
cases.append(("encapsulation_limit", virtio() + raw(nested), [around]))

with open(os.path.join(HERE, "fragments.txt"), "w") as out:
    out.write("# Made by make_edges_golden.py with scapy: name, TUN frame, and for each outer packet its pieces, joined by +.\n")
    for name, frame, packets in cases:
        out.write(" ".join([name, frame.hex()] + ["+".join(piece.hex() for piece in cut(packet)) for packet in packets]) + "\n")


def begin(options, flags="S", payload=b"", source=HOST, destination=PEER):
    return raw(IPv6(src=source, dst=destination, fl=1, hlim=63)
               / TCP(sport=40000, dport=80, seq=1, flags=flags, options=options) / Raw(payload))


def partial(packet):
    """As the kernel hands it over: with the sum over the pseudo-header alone."""
    return virtio(1, 0, 0, 0, 40, 16) + with_field(packet, 56, pseudo(len(packet) - 40, 6))


# As Linux begins a connection, and with the size elsewhere among the options: at an odd place, last, twice.
def usual(size):
    return [("MSS", size), ("SAckOK", b""), ("Timestamp", (0x01020304, 0)), ("NOP", None), ("WScale", 7)]


def at_an_odd_place(size):
    return [("NOP", None), ("MSS", size), ("WScale", 7)]


def last(size):
    return [("SAckOK", b""), ("NOP", None), ("NOP", None), ("Timestamp", (5, 6)), ("NOP", None), ("NOP", None), ("MSS", size)]


def twice(size):
    return [("MSS", size), ("MSS", size)]


FITS = 1240
with open(os.path.join(HERE, "segment_sizes.txt"), "w") as out:
    out.write("# Made by make_edges_golden.py with scapy: name, TUN frame, packet through a tunnel of 1,300 octets.\n")

    def write(name, frame, expected):
        out.write(f"{name} {frame.hex()} {expected.hex()}\n")

    for make in (usual, at_an_odd_place, last, twice):
        for size in (FITS - 1, FITS, FITS + 1, 1440, 65535):
            for flags in ("S", "SA", "SEC"):
                expected = begin(make(min(size, FITS)), flags, b"early")
                write(f"{make.__name__}_{size}_{flags}", virtio() + begin(make(size), flags, b"early"), expected)
                write(f"{make.__name__}_{size}_{flags}_partial", partial(begin(make(size), flags, b"early")), expected)
    # Nothing to change: not the beginning of a connection, no option, an end of the options before it.
    for name, packet in (
            ("established", begin(usual(1440), "A")), ("reset", begin(usual(1440), "RA")), ("no_options", begin([])),
            ("behind_the_end", begin([("EOL", None), ("NOP", None), ("NOP", None), ("NOP", None), ("MSS", 1440)]))):
        write(name, virtio() + packet, packet)
