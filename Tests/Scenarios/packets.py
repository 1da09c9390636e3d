"""Packets that nobody should send, built by scapy, which shares no code with Shisa."""

import os
from socket import AF_INET6, inet_ntop, inet_pton

os.environ.setdefault("SCAPY_USE_LIBPCAP", "no")

from scapy.layers.inet6 import (  # noqa: E402
    HAO, ICMPv6EchoRequest, IPv6, IPv6ExtHdrDestOpt, MIP6MH_BE, MIP6MH_BU, MIP6OptAltCoA,
)
from scapy.packet import Raw  # noqa: E402
from scapy.utils import checksum  # noqa: E402

from world.world import HOME_ADDRESS, HOME_AGENT  # noqa: E402

MOBILITY = 135


def _finish(source, destination, next_header, payload, home_address=None):
    """An IPv6 packet around a Mobility Header whose checksum is made right, whatever else is wrong with it."""
    options = home_address_option(home_address) if home_address else b""
    # RFC 6275 §6.1.1: the home address, where there is one, stands for the source.
    pseudo = inet_pton(AF_INET6, home_address or source) + inet_pton(AF_INET6, destination)
    pseudo += len(payload).to_bytes(4, "big") + bytes(3) + bytes([MOBILITY])
    payload = payload[:4] + b"\0\0" + payload[6:]
    total = checksum(pseudo + payload)
    payload = payload[:4] + total.to_bytes(2, "big") + payload[6:]
    return bytes(IPv6(src=source, dst=destination, nh=next_header) / Raw(options + payload))


def home_address_option(home_address):
    """A destination options header with a Home Address option, before a Mobility Header."""
    header = bytes(IPv6ExtHdrDestOpt(nh=MOBILITY, options=[HAO(hoa=home_address)]))
    assert len(header) == 24
    return header


def binding_update(source, destination=HOME_AGENT, home_address=HOME_ADDRESS, sequence=7, lifetime=150, flags="AHR",
                   options=b""):
    """A Binding Update for a home registration; `options` are raw mobility options that pad themselves."""
    bits = sum({"A": 0x8000, "H": 0x4000, "L": 0x2000, "K": 0x1000, "R": 0x0400}[flag] for flag in flags)
    body = sequence.to_bytes(2, "big") + bits.to_bytes(2, "big") + lifetime.to_bytes(2, "big") + options
    return mobility(source, destination, 5, body, home_address)


def mobility(source, destination, kind, body, home_address=None, declared_units=None):
    """Any Mobility Header message: type `kind`, then `body`; padded to eight octets unless a length is declared."""
    message = bytes([59, 0, kind, 0, 0, 0]) + body
    if declared_units is None:
        message += bytes(-len(message) % 8)
        units = len(message) // 8 - 1
    else:
        units = declared_units
    message = message[:1] + bytes([units]) + message[2:]
    if home_address is None:
        return _finish(source, destination, MOBILITY, message)
    return _finish(source, destination, 60, message, home_address)


def hostile_signalling(source):
    """Malformed and unauthorised Mobility Headers, by what is wrong with them: the packet, and the counter that tells."""
    pad6 = b"\x01\x04\0\0\0\0"
    dropped = "mobility_header_dropped_"
    return {
        "cut off inside the fixed part": (
            _finish(source, HOME_AGENT, 60, bytes([59, 1, 5, 0, 0, 0, 0, 7]), HOME_ADDRESS),
            ("nemonetd", dropped + "mobility_header_truncated")),
        "a header length beyond the packet": (
            mobility(source, HOME_AGENT, 5, bytes(6) + b"\0\0\0\0", HOME_ADDRESS, declared_units=200),
            ("nemonetd", dropped + "mobility_header_truncated")),
        "shorter than its message": (
            _finish(source, HOME_AGENT, 60, bytes([59, 0, 5, 0, 0, 0, 0, 7]), HOME_ADDRESS),
            ("nemonetd", dropped + "mobility_header_length")),
        "a payload protocol that is not 59": (
            bytes(IPv6(src=source, dst=HOME_AGENT, nh=MOBILITY) / MIP6MH_BU(nh=17, seq=1, mhtime=1)),
            ("nemonetd", dropped + "mobility_payload_protocol")),
        "a wrong checksum": (
            bytes(IPv6(src=source, dst=HOME_AGENT, nh=MOBILITY) / MIP6MH_BE(cksum=0xdead, ha=HOME_ADDRESS)),
            ("nemonetd", dropped + "checksum")),
        "an option length beyond the header": (
            binding_update(source, options=b"\x03\xff" + bytes(2)), ("had", "message_malformed")),
        "an option of length nought": (
            binding_update(source, options=b"\x03\0" + b"\x01\0" + b"\0\0\0\0"), ("had", "message_malformed")),
        "an unknown message type": (mobility(source, HOME_AGENT, 200, bytes(10)), ("had", "message_unknown")),
        # What is wrong with these is not looked at before it is known whose they are.
        "a prefix option of the wrong length": (
            binding_update(source, options=b"\x06\x02\0\x40"), ("had", "authenticator_missing")),
        "a prefix length of 200": (
            binding_update(source, options=b"\0\0\x06\x12\0\xc8" + bytes(16)), ("had", "authenticator_missing")),
        "no authentication": (
            binding_update(source, options=pad6[:2] + bytes(4)), ("had", "authenticator_missing")),
        "no authentication, with an alternate care-of address": (
            binding_update(source, options=b"\x01\0" + bytes(MIP6OptAltCoA(acoa=source))),
            ("had", "authenticator_missing")),
    }


def tunnelled(outer_source, inner_source, destination, outer_destination=HOME_AGENT):
    """An echo request inside an IPv6-in-IPv6 tunnel."""
    return bytes(
        IPv6(src=outer_source, dst=outer_destination)
        / IPv6(src=inner_source, dst=destination) / ICMPv6EchoRequest(id=0x5153, data=b"hostile"))


def _icmpv6(source, destination, message, home_address=None, hop_limit=64, spoilt=0):
    """An IPv6 packet around an ICMPv6 message whose checksum is made right (RFC 6275 §11.4.2: the home address counts)."""
    pseudo = inet_pton(AF_INET6, home_address or source) + inet_pton(AF_INET6, destination)
    pseudo += len(message).to_bytes(4, "big") + bytes(3) + bytes([58])
    total = checksum(pseudo + message)
    message = message[:2] + (total ^ spoilt).to_bytes(2, "big") + message[4:]
    options = b""
    if home_address:
        options = bytes(IPv6ExtHdrDestOpt(nh=58, options=[HAO(hoa=home_address)]))
        assert len(options) == 24
    return bytes(IPv6(src=source, dst=destination, nh=60 if home_address else 58, hlim=hop_limit) / Raw(options + message))


def discovery_request(source, destination, identifier, mobile_router=True):
    """A Home Agent Address Discovery Request (RFC 6275 §6.5, RFC 3963 §7.1)."""
    flags = 0x8000 if mobile_router else 0
    message = bytes([144, 0, 0, 0]) + identifier.to_bytes(2, "big") + flags.to_bytes(2, "big")
    return _icmpv6(source, destination, message)


def hostile_discovery(source, destination):
    """Malformed discovery requests, by what is wrong with them: the packet, and the counter of nemonetd that tells."""
    whole = bytes([144, 0, 0, 0, 0, 1, 0, 0])
    return {
        "a wrong checksum": (_icmpv6(source, destination, whole, spoilt=1), "icmpv6_dropped_checksum"),
        "cut off": (_icmpv6(source, destination, whole[:6]), "icmpv6_dropped_message_length"),
    }


def read_discovery_reply(packet):
    """Of a Home Agent Address Discovery Reply: source, identifier, R flag, addresses."""
    payload = bytes(packet.payload)
    assert payload[0] == 145
    addresses = [inet_ntop(AF_INET6, payload[at:at + 16]) for at in range(8, len(payload), 16)]
    return packet.src, int.from_bytes(payload[4:6], "big"), bool(payload[6] & 0x80), addresses


def prefix_solicitation(source, identifier, home_address=HOME_ADDRESS, destination=HOME_AGENT):
    """A Mobile Prefix Solicitation (RFC 6275 §6.7)."""
    return _icmpv6(source, destination, bytes([146, 0, 0, 0]) + identifier.to_bytes(2, "big") + bytes(2), home_address)


def router_advertisement(address, preference, lifetime=60, hop_limit=255, source="fe80::2"):
    """The advertisement of a home agent at the neighbour's place, from its IPv6 header on."""
    message = bytes([134, 0, 0, 0, 64, 0x20]) + lifetime.to_bytes(2, "big") + bytes(8)
    # Prefix information with the R flag: the router's whole address (RFC 6275 §7.2).
    message += bytes([3, 4, 64, 0xa0]) + (600).to_bytes(4, "big") * 2 + bytes(4) + inet_pton(AF_INET6, address)
    if lifetime:
        message += bytes([8, 1, 0x80, 0]) + preference.to_bytes(2, "big") + lifetime.to_bytes(2, "big")
    return _icmpv6(source, "ff02::1", message, hop_limit=hop_limit)
