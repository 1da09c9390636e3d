"""A client of the mobility socket in a few lines, which shares no code with Shisa: for what has no program of its own."""

import ipaddress
import os
import select
import socket
import struct
import time

ROLES = {"mobile node": 2, "home agent": 3, "correspondent": 4, "detector": 5, "monitor": 6}
MESSAGES = {
    "bindingMissing": 0x24, "bindingUsed": 0x25, "routeHint": 0x3C, "parameterProblem": 0x3F, "mobilityReceived": 0x51}


def address(text):
    return ipaddress.IPv6Address(text).packed


def attribute(number, payload):
    length = 4 + len(payload)
    return struct.pack("<HH", length, number) + payload + bytes(-length % 4)


def nest(number, *attributes):
    return attribute(0x8000 | number, b"".join(attributes))


u8 = lambda value: struct.pack("<B", value)
u16 = lambda value: struct.pack("<H", value)
u32 = lambda value: struct.pack("<I", value)
u64 = lambda value: struct.pack("<Q", value)
text = lambda value: value.encode() + b"\0"


def attributes(payload):
    found = {}
    offset = 0
    while offset + 4 <= len(payload):
        length, number = struct.unpack_from("<HH", payload, offset)
        found[number & 0x3FFF] = payload[offset + 4:offset + length]
        offset += (length + 3) & ~3
    return found


def binding(home, care_of, at, seconds=420, kind=1):
    """A request for a binding: of a correspondent, or of a home agent (kind 0)."""
    return (
        0x20, attribute(1, address(home)), attribute(2, address(care_of)), attribute(4, address(at)),
        attribute(5, u32(seconds)), attribute(6, u64(seconds * 1000)), attribute(7, u16(1)), nest(8),
        attribute(9, u8(0)), attribute(10, text("")), nest(11), attribute(15, u8(kind)))


def mobility(source, destination, message):
    """A request to send a Mobility Header."""
    return (
        0x50, attribute(1, address(source)), attribute(2, address(destination)), attribute(5, u32(0)),
        attribute(6, u8(64)), attribute(7, message))


def uplink(index, name, metric):
    """A request that reports an uplink without addresses."""
    return (
        0x40, attribute(1, u32(index)), attribute(2, text(name)), attribute(3, text("ethernet")), attribute(4, u8(3)),
        nest(5), attribute(6, address("::")), attribute(7, u32(1500)), attribute(8, u32(metric)))


def event(program, name):
    """A request that tells of something that happened."""
    return (0x61, attribute(1, u64(time.monotonic_ns() // 10**6)), attribute(2, text(program)), attribute(3, text(name)),
            attribute(4, text("of a test")))


class Client:
    def __init__(self, path, role, addresses=(), name=None):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.connect(path)
        self.sequence = 0
        self.heard = []
        self.request(
            0x10, attribute(1, u8(1)), attribute(2, u8(ROLES[role])), attribute(3, u32(os.getpid())),
            nest(4, *(attribute(1, address(a)) for a in addresses)), *([attribute(5, text(name))] if name else []))

    def close(self):
        self.socket.close()

    def request(self, kind, *parts):
        """Sends a request and waits for its acknowledgement."""
        assert self.packet((kind, *parts)) == [0]

    def packet(self, *requests):
        """Sends requests in one packet; gives their numbers, from 0 on, in the order in which they were acknowledged."""
        frames, first = b"", self.sequence + 1
        for kind, *parts in requests:
            self.sequence += 1
            payload = b"".join(parts)
            frames += struct.pack("<IHHII", 16 + len(payload), kind, 0x05, self.sequence, 0) + payload
        self.socket.send(frames)
        order = []
        deadline = time.monotonic() + 10
        while True:
            for kind, sequence, payload in self._frames(deadline - time.monotonic()):
                if kind == 2 and sequence >= first:
                    error = struct.unpack_from("<i", payload)[0]
                    assert error == 0, payload
                    order.append(sequence - first)
            if len(order) == len(requests):
                return order
            assert time.monotonic() < deadline, "no acknowledgement"

    def _frames(self, timeout):
        if not select.select([self.socket], [], [], max(timeout, 0))[0]:
            return []
        packet = self.socket.recv(32768)
        frames = []
        offset = 0
        while offset + 16 <= len(packet):
            length, kind, _, sequence, _ = struct.unpack_from("<IHHII", packet, offset)
            payload = packet[offset + 16:offset + length]
            offset += (length + 3) & ~3
            if sequence == 0:
                self.heard.append((kind, attributes(payload)))
            frames.append((kind, sequence, payload))
        return frames

    def listen(self, seconds):
        """Takes what comes into `heard`, for a while at most."""
        self._frames(seconds)

    def hear(self, name, timeout=10):
        """The addresses in the next notification of a name, by attribute number."""
        deadline = time.monotonic() + timeout
        while True:
            for index, (kind, found) in enumerate(self.heard):
                if kind == MESSAGES[name]:
                    del self.heard[index]
                    return {n: str(ipaddress.IPv6Address(v)) for n, v in found.items() if len(v) == 16}
            left = deadline - time.monotonic()
            assert left > 0, f"no {name}"
            self._frames(left)

    def add_route(self, home, peer, care_of, interface, index, seconds=420, forwards=True):
        self.request(
            0x38, attribute(1, address(home)), attribute(2, address(peer)), attribute(3, address(care_of)),
            attribute(4, u32(index)), attribute(5, text(interface)), attribute(6, u32(seconds)),
            attribute(7, u64(seconds * 1000)), attribute(8, u8(2)), attribute(9, u8(forwards)), attribute(10, u16(1)),
            attribute(11, u8(0)))

    def delete_route(self, home, peer):
        self.request(0x39, attribute(1, address(home)), attribute(2, address(peer)))

    def add_binding(self, home, care_of, correspondent, seconds=420):
        self.request(*binding(home, care_of, correspondent, seconds))

    def delete_binding(self, home, correspondent):
        self.request(0x21, attribute(1, address(home)), attribute(4, address(correspondent)))
