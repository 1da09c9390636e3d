"""Packets at the end of a tunnel that are cut, overlapping, looping, spoofed, oversized and empty: by scapy, which shares no code
with Shisa."""

import os
import random

os.environ.setdefault("SCAPY_USE_LIBPCAP", "no")

from scapy.layers.inet import UDP  # noqa: E402
from scapy.layers.inet6 import HAO, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrRouting  # noqa: E402
from scapy.packet import Raw  # noqa: E402

STRANGER = "2001:db8:99::1"
TUNNEL = 41
# The greatest packet of the links.
MTU = 1500


def bad_packets(local, remote, inside, outside, foreign):
    """For the tunnel's end `local`, as if from `remote`, its other end.

    `inside` is an inner source and `outside` an inner destination of the tunnel; `foreign` is a source that may not come out of it.
    """
    outer = {"src": remote, "dst": local, "nh": TUNNEL}
    inner = IPv6(src=inside, dst=outside) / UDP(sport=9, dport=9) / Raw(bytes(64))
    whole = bytes(IPv6(**outer) / inner)
    return [
        *_cut(whole), *_overlapping(local, remote, inner), *_looping(local, remote, inside, outside, inner),
        *_spoofed(local, remote, inside, outside, foreign), *_oversized(outer, whole, inner), *_empty(local, remote, inner),
        *_by_chance(whole),
    ]


def _fit(packet):
    packet = bytearray(packet)
    packet[4:6] = max(0, len(packet) - 40).to_bytes(2, "big")
    return bytes(packet)


def _cut(whole):
    """At every length, with the lengths that the whole has, and with one that fits."""
    for length in range(1, len(whole)):
        yield whole[:length]
        if length >= 40:
            yield _fit(whole[:length])


def _overlapping(local, remote, inner):
    """Pieces of an outer packet, and of an inner one."""
    for offset, more, size in ((0, 1, 64), (4, 1, 64), (7, 0, 24), (0, 1, 8), (8191, 1, 64), (1, 0, 7)):
        fragment = IPv6ExtHdrFragment(nh=TUNNEL, offset=offset, m=more, id=0x5153)
        yield bytes(IPv6(src=remote, dst=local) / fragment / Raw(bytes(inner)[:size]))
        fragment = IPv6ExtHdrFragment(nh=17, offset=offset, m=more, id=0x5153)
        yield bytes(IPv6(src=remote, dst=local, nh=TUNNEL) / IPv6(src=inner.src, dst=inner.dst) / fragment / Raw(bytes(size)))


def _looping(local, remote, inside, outside, inner):
    """At the end of their hops, and tunnels inside themselves."""
    for hops in (0, 1):
        yield bytes(IPv6(src=remote, dst=local, nh=TUNNEL, hlim=hops) / inner)
        yield bytes(IPv6(src=remote, dst=local, nh=TUNNEL) / IPv6(src=inside, dst=outside, hlim=hops) / UDP())
    nested = inner
    for _ in range(12):
        nested = IPv6(src=remote, dst=local, nh=TUNNEL) / nested
        yield bytes(nested)
    yield bytes(IPv6(src=remote, dst=local, nh=TUNNEL) / IPv6(src=inside, dst=local, nh=TUNNEL) / inner)
    yield bytes(IPv6(src=local, dst=local, nh=TUNNEL) / inner)
    yield bytes(IPv6(src=remote, dst=local, nh=TUNNEL) / IPv6(src=inside, dst=inside) / UDP())


def _spoofed(local, remote, inside, outside, foreign):
    """By strangers, with a stranger's packet in it, and with headers of route optimisation that nobody is entitled to."""
    for source in (STRANGER, foreign, "::", "::1", "fe80::1", "ff02::1", local, remote):
        yield bytes(IPv6(src=remote, dst=local, nh=TUNNEL) / IPv6(src=source, dst=outside) / UDP() / Raw(b"spoofed"))
        yield bytes(IPv6(src=STRANGER, dst=local, nh=TUNNEL) / IPv6(src=source, dst=outside) / UDP() / Raw(b"spoofed"))
        yield bytes(IPv6(src=remote, dst=local) / IPv6ExtHdrDestOpt(options=[HAO(hoa=source)]) / UDP() / Raw(b"spoofed"))
        yield bytes(IPv6(src=remote, dst=local) / IPv6ExtHdrRouting(type=2, segleft=1, addresses=[source]) / UDP())
    for destination in ("ff02::1", "fe80::1", "::", local):
        for source in (inside, foreign):
            yield bytes(IPv6(src=remote, dst=local, nh=TUNNEL) / IPv6(src=source, dst=destination) / UDP() / Raw(b"spoofed"))


def _oversized(outer, whole, inner):
    """As long as the link takes, and with lengths that say more than there is."""
    full = bytes(IPv6(**outer) / IPv6(src=inner.src, dst=STRANGER) / UDP() / Raw(bytes(MTU - 88)))
    yield full
    for place in (4, 44):
        for length in (0xffff, 0x8000, len(whole), 1501):
            packet = bytearray(full)
            packet[place:place + 2] = length.to_bytes(2, "big")
            yield bytes(packet)
    options = b"".join(bytes([60, 31]) + b"\x01\xfc" + bytes(252) for _ in range(5))
    yield bytes(IPv6(src=outer["src"], dst=outer["dst"], nh=60) / Raw(options + b"\x29\x00\x01\x04\0\0\0\0") / inner)
    yield bytes(IPv6(src=outer["src"], dst=outer["dst"], nh=60) / Raw(b"\x3c\x00\x01\x04\0\0\0\0" * 170))


def _empty(local, remote, inner):
    """Nothing where something is promised."""
    for next_header in (0, TUNNEL, 43, 44, 50, 58, 59, 60, 135):
        yield bytes(IPv6(src=remote, dst=local, nh=next_header))
        yield bytes(IPv6(src=remote, dst=local, nh=TUNNEL) / IPv6(src=inner.src, dst=STRANGER, nh=next_header))
    yield bytes(IPv6(src=remote, dst=local, nh=60) / Raw(b"\x29\x00\x00\x00\x00\x00\x00\x00"))
    # A jumbogram (RFC 2675) of no length.
    yield bytes(IPv6(src=remote, dst=local, nh=0, plen=0) / Raw(b"\x29\x00\xc2\x04\0\0\0\0") / inner)


def _by_chance(whole, count=400):
    dice = random.Random(5)
    for _ in range(count):
        packet = bytearray(whole)
        for _ in range(dice.randrange(1, 4)):
            packet[dice.choice((*range(8), *range(40, 48), dice.randrange(len(packet))))] = dice.randrange(256)
        yield bytes(packet)
