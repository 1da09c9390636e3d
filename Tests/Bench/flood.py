#!/usr/bin/env python3
"""Sends as many small packets as it can to the home addresses of very many nodes, each to another one than the one before.

    flood.py INTERFACE MAC SECONDS ADDRESS COUNT      the nodes 0, 1 … have ADDRESS, ADDRESS + 1 …
"""

import ctypes
import socket
import struct
import sys
import time

from udp_load import BATCH, Messages

SOURCE = "2001:db8:c::c"
#: Octets of UDP payload.
PAYLOAD = 64
ETHERNET, DESTINATION = 14, 14 + 24


def frame(own, mac, destination):
    udp = struct.pack("!HHHH", 40_000, 5201, 8 + PAYLOAD, 0x1234) + bytes(PAYLOAD)
    header = struct.pack("!IHBB", 6 << 28, len(udp), 17, 64)
    return mac + own + struct.pack("!H", 0x86dd) + header + socket.inet_pton(socket.AF_INET6, SOURCE) + destination + udp


def main():
    interface, mac, seconds = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", "")), float(sys.argv[3])
    base = socket.inet_pton(socket.AF_INET6, sys.argv[4])
    count = int(sys.argv[5])
    network, interface_identifier = base[:8], int.from_bytes(base[8:], "big")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as link:
        link.bind((interface, 0))
        own = link.getsockname()[4]
        frames = [bytearray(frame(own, mac, base)) for _ in range(BATCH)]
        messages = Messages(frames)
        # Far from the one before, and each once before one comes again: no multiple of two or five.
        step, node = count // 10 * 6 + 7, 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for one in frames:
                node = (node + step) % count
                one[DESTINATION:DESTINATION + 16] = network + (interface_identifier + node).to_bytes(8, "big")
            messages.send(link, BATCH)


if __name__ == "__main__":
    main()
