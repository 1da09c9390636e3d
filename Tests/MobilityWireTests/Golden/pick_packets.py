#!/usr/bin/env python3
"""Picks mobility signalling out of captures: `FOLDER-KIND-NUMBER HEX` a line, each packet once.

    pick_packets.py CAPTURE.pcap... > umip.txt

umip.txt came from captures of UMIP's mip6d as home agent, mobile router, mobile node and correspondent. What it sent in ESP
(manual keys, below) is named FOLDER-esp-KIND-NUMBER and stands there without ESP; what stood in ESP in tunnel mode is
`tunnelled`.
"""
import hashlib
import hmac
import pathlib
import subprocess
import sys
from collections import Counter

from scapy.layers.inet6 import IPv6
from scapy.utils import rdpcap

MOBILITY = ["brr", "hoti", "coti", "hot", "cot", "bu", "ba", "be"]
ICMP = {134: "ra", 144: "haad-request", 145: "haad-reply", 146: "mps", 147: "mpa"}
# One of these says as much as a hundred.
MOST = {"ra": 2}


# Of the captures: AES-CBC, HMAC-SHA-1-96.
ENCRYPTION_KEY = "000102030405060708090a0b0c0d0e0f"
INTEGRITY_KEY = bytes.fromhex("101112131415161718191a1b1c1d1e1f20212223")
ESP = 50


def without_esp(octets):
    """The packet as it was before ESP (RFC 4303, transport or tunnel mode); the same where there is none."""
    protocol, offset = upper(octets)
    if protocol != ESP:
        return octets
    protected, code = octets[offset:-12], octets[-12:]
    assert hmac.new(INTEGRITY_KEY, protected, hashlib.sha1).digest()[:12] == code
    plain = subprocess.run(
        ["openssl", "enc", "-d", "-aes-128-cbc", "-nopad", "-K", ENCRYPTION_KEY, "-iv", protected[8:24].hex()],
        input=protected[24:], capture_output=True, check=True).stdout
    padding, inner = plain[-2], plain[-1]
    packet = bytearray(octets[:offset] + plain[: len(plain) - 2 - padding])
    packet[4:6] = (len(packet) - 40).to_bytes(2, "big")
    last, next_offset = 6, 40
    while packet[last] != ESP:
        last, next_offset = next_offset, next_offset + 8 * (packet[next_offset + 1] + 1)
    packet[last] = inner
    return bytes(packet)


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
        protected = upper(octets)[0] == ESP
        octets = without_esp(octets)
        # The same packet on the next link has another hop limit only.
        identity = octets[:7] + octets[8:]
        name = kind(octets)
        if name and protected:
            name = "esp-" + name
        if not name or identity in seen or numbers[path.parent.name, name] >= MOST.get(name, 1000):
            continue
        seen.add(identity)
        numbers[path.parent.name, name] += 1
        print(f"{path.parent.name}-{name}-{numbers[path.parent.name, name]} {octets.hex()}")
