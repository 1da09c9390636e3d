#!/usr/bin/env python3
"""Makes the octets in AuthenticationTests.swift: RFC 4285 messages, by hand, with Python's own hmac.

Usage: vectors.py
"""
import hashlib
import hmac
import ipaddress
import struct

KEY = bytes(range(16))
SPI = 256
HOME = ipaddress.IPv6Address("2001:db8:1::100").packed
CARE_OF = ipaddress.IPv6Address("2001:db8:a1::42").packed
TIMESTAMP = 0xEE8B2A8012345678


def pad(count):
    return b"" if count == 0 else b"\0" if count == 1 else bytes([1, count - 2]) + bytes(count - 2)


def option(message, type_, data, multiple, remainder):
    """The message with an option whose first octet stands at multiple * n + remainder."""
    message += pad((remainder - len(message)) % multiple)
    return message + bytes([type_, len(data)]) + data


def authenticate(message):
    """The message with an MN-HA option (4n + 1), padded to 8 octets, its length and authenticator filled in."""
    # Padding goes before the option, so that it ends the message: 19 octets of option, so it starts at 8n + 5.
    message += pad((5 - len(message)) % 8)
    message += bytes([9, 17, 1]) + struct.pack("!I", SPI)
    total = len(message) + 12
    message = message[:1] + bytes([total // 8 - 1]) + message[2:]
    code = hmac.new(KEY, CARE_OF + HOME + message, hashlib.sha1).digest()[:12]
    return message + code


def show(name, message):
    print(f"{name}: {message.hex()}")


# Binding Update: sequence 7, A H R, 600 s; alternate care-of address, one prefix, Mesg-ID.
update = struct.pack("!BBBBHHHH", 59, 0, 5, 0, 0, 7, 0xC400, 150)
update = option(update, 3, CARE_OF, 8, 6)
update = option(update, 6, bytes([0, 60]) + ipaddress.IPv6Address("2001:db8:10::").packed, 8, 4)
update = option(update, 10, struct.pack("!Q", TIMESTAMP), 8, 2)
show("update", authenticate(update))

# Binding Acknowledgement: accepted, R, sequence 7, 600 s; Mesg-ID.
acknowledgement = struct.pack("!BBBBHBBHH", 59, 0, 6, 0, 0, 0, 0x40, 7, 150)
acknowledgement = option(acknowledgement, 10, struct.pack("!Q", TIMESTAMP), 8, 2)
show("acknowledgement", authenticate(acknowledgement))
