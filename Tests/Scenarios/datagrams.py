"""Datagrams that leave in bursts which the kernel may keep together on their way, and what comes of them.

As a program, one end: python3 datagrams.py receive ADDRESS PORT REPORT-FILE COUNT, which ends with so many or with its
standard input, or python3 datagrams.py send ADDRESS PORT LENGTH...: every length is a burst of as many octets, cut into datagrams
of SIZE.
"""

import hashlib
import json
import select
import socket
import sys

SIZE = 1000
SOL_UDP, UDP_SEGMENT = 17, 103


def burst(number, length):
    """The octets of a burst: others in each datagram and each burst."""
    return hashlib.shake_128(number.to_bytes(4, "big")).digest(length)


def expected(lengths):
    """The datagrams that go out, in order."""
    return [hashlib.sha256(octets[start:start + SIZE]).hexdigest()
            for octets in (burst(number, length) for number, length in enumerate(lengths))
            for start in range(0, len(octets), SIZE)]


def _receive(address, port, report, count):
    came = []
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        listener.bind((address, port))
        print("ready", flush=True)
        while len(came) < count and listener in select.select([listener, sys.stdin], [], [])[0]:
            came.append(hashlib.sha256(listener.recv(65536)).hexdigest())
    with open(report, "w") as file:
        json.dump(came, file)


def _send(address, port, lengths):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(SOL_UDP, UDP_SEGMENT, SIZE)
        for number, length in enumerate(lengths):
            sender.sendto(burst(number, length), (address, port))


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        _receive(sys.argv[2], int(sys.argv[3]), sys.argv[4], int(sys.argv[5]))
    else:
        _send(sys.argv[2], int(sys.argv[3]), [int(length) for length in sys.argv[4:]])
