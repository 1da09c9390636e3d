#!/usr/bin/env python3
"""Picks mobility signalling out of captures: `FOLDER-KIND-NUMBER HEX` a line, each packet once.

    pick_packets.py CAPTURE.pcap... > umip.txt

umip.txt came from captures of UMIP's mip6d as home agent, mobile router, mobile node and correspondent.
"""
import pathlib
import sys
from collections import Counter

from scapy.layers.inet6 import IPv6
from scapy.utils import rdpcap

MOBILITY = ["brr", "hoti", "coti", "hot", "cot", "bu", "ba", "be"]
ICMP = {134: "ra", 144: "haad-request", 145: "haad-reply", 146: "mps", 147: "mpa"}
# One of these says as much as a hundred.
MOST = {"ra": 2}


def upper(octets):
    """Protocol and offset behind the extension headers."""
    protocol, offset = octets[6], 40
    while protocol in (0, 43, 60):
        protocol, offset = octets[offset], offset + 8 * (octets[offset + 1] + 1)
    return protocol, offset


def kind(octets):
    protocol, offset = upper(octets)
    if protocol == 135:
        return MOBILITY[octets[offset + 2]]
    if protocol == 58:
        return ICMP.get(octets[offset])
    if protocol == 41:
        return kind(octets[offset:]) and "tunnelled-" + kind(octets[offset:])
    return None


seen, numbers = set(), Counter()
for path in map(pathlib.Path, sys.argv[1:]):
    for frame in rdpcap(str(path)):
        if IPv6 not in frame:
            continue
        octets = bytes(frame[IPv6])[: 40 + frame[IPv6].plen]
        # The same packet on the next link has another hop limit only.
        identity = octets[:7] + octets[8:]
        name = kind(octets)
        if not name or identity in seen or numbers[path.parent.name, name] >= MOST.get(name, 1000):
            continue
        seen.add(identity)
        numbers[path.parent.name, name] += 1
        print(f"{path.parent.name}-{name}-{numbers[path.parent.name, name]} {octets.hex()}")
