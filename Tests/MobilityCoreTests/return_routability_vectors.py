#!/usr/bin/env python3
"""Checks the authenticators that UMIP sent with Python's own hmac, and makes the octets in ReturnRoutabilityTests.swift.

Usage: return_routability_vectors.py < ../MobilityWireTests/Golden/umip.txt

RFC 6275 section 5.2.5, 6.2.7:

    Kbm           = SHA-1(home keygen token | care-of keygen token), or SHA-1(home keygen token) to de-register
    Authenticator = First(96, HMAC_SHA1(Kbm, care-of address | correspondent | MH Data))
"""
import hashlib
import hmac
import sys

CORRESPONDENT = bytes.fromhex("20010db8000c0000000000000000000c")
HOME = bytes.fromhex("20010db800010000000000000000cafe")
# Home Test, Care-of Test or None, and the Binding Update and Acknowledgement that rest on them.
EXCHANGES = [
    ("ro-hot-1", "ro-cot-1", "ro-bu-1", "ro-ba-1"),
    ("ro-hot-1", "ro-cot-2", "ro-bu-2", "ro-ba-2"),
    ("ro-hot-1", None, "ro-bu-3", "ro-ba-3"),
    ("ro-hot-2", "ro-cot-3", "ro-bu-4", "ro-ba-4"),
    ("ro-hot-2", "ro-cot-3", "ro-bu-5", "ro-ba-5"),
    ("ro-hot-3", "ro-cot-4", "ro-bu-6", "ro-ba-6"),
]


def mobility_header(packet):
    """The Mobility Header behind an IPv6 header and at most one extension header of 24 octets."""
    offset = 40 if packet[6] == 135 else 64
    return packet[offset : offset + (packet[offset + 1] + 1) * 8]


def authenticator(key, care_of, message):
    covered = message[:4] + b"\0\0" + message[6:-12]
    return hmac.new(key, care_of + CORRESPONDENT + covered, hashlib.sha1).digest()[:12]


def keygen_token(node_key, address, nonce, last):
    """First(64, HMAC_SHA1(Kcn, address | nonce | 0 or 1)) (section 5.2.5)."""
    return hmac.new(node_key, address + nonce + bytes([last]), hashlib.sha1).digest()[:8]


def main():
    lines = (line.split() for line in sys.stdin if line.strip() and not line.startswith("#"))
    packets = {name: bytes.fromhex(octets) for name, octets in lines}
    wrong = 0
    for home_test, care_of_test, update, acknowledgement in EXCHANGES:
        tokens = mobility_header(packets[home_test])[16:24]
        care_of = HOME
        if care_of_test:
            tokens += mobility_header(packets[care_of_test])[16:24]
            care_of = packets[care_of_test][24:40]
        key = hashlib.sha1(tokens).digest()
        for name in (update, acknowledgement):
            message = mobility_header(packets[name])
            right = message[-12:] == authenticator(key, care_of, message)
            wrong += not right
            print(name, "Kbm", key.hex(), "right" if right else "WRONG")

    node_key = bytes(range(20))
    nonce = bytes(range(0xA0, 0xA8))
    care_of = bytes.fromhex("20010db800a100000000000000000042")
    print("home token", keygen_token(node_key, HOME, nonce, 0).hex())
    print("care-of token", keygen_token(node_key, care_of, nonce, 1).hex())
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
