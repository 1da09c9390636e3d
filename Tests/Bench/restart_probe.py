"""Sends packets to home addresses, one after the other for ever, and says when each was first seen in a tunnel.

    restart_probe.py INTERFACE MAC SECONDS HOME...

Prints "ready", and then a line of JSON: for each home address the time on CLOCK_MONOTONIC at which a tunnelled packet to it
came back on the interface. Ends when all were seen, or after SECONDS.
"""

import json
import socket
import struct
import sys
import time

SOURCE = "2001:db8:c::c"
#: Of each node in turn; more would only keep the processor from the programs that are measured.
PACKETS_A_SECOND = 2500


def udp(destination):
    """A UDP packet without a payload, as a home agent has to forward it."""
    source, target = socket.inet_pton(socket.AF_INET6, SOURCE), socket.inet_pton(socket.AF_INET6, destination)
    header = struct.pack("!HHH", 4000, 4000, 8)
    total = sum(struct.unpack("!19H", source + target + struct.pack("!H", 17) + header[:4])) + 16
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return struct.pack("!IHBB", 6 << 28, 8, 17, 64) + source + target + header + struct.pack("!H", ~total & 0xffff or 0xffff)


def main():
    interface, mac, seconds = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", "")), float(sys.argv[3])
    waiting = {}
    for home in sys.argv[4:]:
        waiting[socket.inet_pton(socket.AF_INET6, home)] = (home, udp(home))
    seen = {}
    link = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x86dd))
    link.bind((interface, 0x86dd))
    link.setblocking(False)
    address = (interface, 0x86dd, 0, 0, mac)
    end = time.monotonic() + seconds
    print("ready", flush=True)
    while waiting and time.monotonic() < end:
        for home, packet in list(waiting.values()):
            link.sendto(packet, address)
            time.sleep(1 / PACKETS_A_SECOND)
            while True:
                try:
                    packet, where = link.recvfrom(2048)
                except BlockingIOError:
                    break
                if where[2] == socket.PACKET_OUTGOING or len(packet) < 80 or packet[6] != 41:
                    continue
                found = waiting.pop(packet[64:80], None)
                if found:
                    seen[found[0]] = time.monotonic()
    print(json.dumps(seen))


main()
