"""Datagrams that leave in bursts which the kernel may keep together on their way, and what comes of them.

As a program, one end: python3 datagrams.py receive ADDRESS FIRST-PORT PORTS COUNT REPORT-FILE, which ends with COUNT datagrams
at each port or with its standard input, or python3 datagrams.py send ADDRESS FIRST-PORT PORTS LENGTH...: every length is a burst
of as many octets to each port in turn, cut into datagrams of SIZE.
"""

import contextlib
import hashlib
import json
import os
import select
import socket
import subprocess
import sys

SIZE = 1000
SOL_UDP, UDP_SEGMENT = 17, 103
FIRST_PORT = 5300


def burst(port, number, length):
    """The octets of a burst: others in each datagram, each burst and each flow."""
    return hashlib.shake_128(port.to_bytes(2, "big") + number.to_bytes(4, "big")).digest(length)


def expected(lengths, ports=1):
    """The datagrams that go to each port, in order."""
    return {str(port): [hashlib.sha256(octets[start:start + SIZE]).hexdigest()
                        for octets in (burst(port, number, length) for number, length in enumerate(lengths))
                        for start in range(0, len(octets), SIZE)]
            for port in range(FIRST_PORT, FIRST_PORT + ports)}


def exchange(ways, lengths, ports=1):
    """Sends the bursts on all ways at once, each a sender, a receiver and the receiver's address; gives what came on each, by
    port."""
    # Not above: as a program this is in no package.
    from world.node import PATIENCE, wait_for

    program = os.path.abspath(__file__)
    count = len(next(iter(expected(lengths, ports).values())))
    receivers = []
    for _, receiver, address in ways:
        report = os.path.join(receiver.directory, "datagrams.json")
        receivers.append((report, receiver.start(
            "datagrams", "python3", program, "receive", address, FIRST_PORT, ports, count, report, stdin=subprocess.PIPE)))
        wait_for(lambda: "ready" in receivers[-1][1].log(), "the receiver to listen")
    senders = [sender.start("bursts", "python3", program, "send", address, FIRST_PORT, ports, *lengths)
               for sender, _, address in ways]
    assert all(sender.process.wait(30 * PATIENCE) == 0 for sender in senders)
    came = []
    for report, receiver in receivers:
        with contextlib.suppress(subprocess.TimeoutExpired):
            receiver.process.wait(5 * PATIENCE)
        receiver.process.stdin.close()
        receiver.process.wait(10 * PATIENCE)
        with open(report) as file:
            came.append(json.load(file))
    return came


def _receive(address, first, ports, count, report):
    came, sockets = {}, {}
    for port in range(first, first + ports):
        listener = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        listener.bind((address, port))
        came[port] = sockets[listener] = []
    print("ready", flush=True)
    while any(len(datagrams) < count for datagrams in came.values()):
        ready = select.select([*sockets, sys.stdin], [], [])[0]
        if ready == [sys.stdin]:
            break
        for listener in ready:
            if listener in sockets:
                sockets[listener].append(hashlib.sha256(listener.recv(65536)).hexdigest())
    with open(report, "w") as file:
        json.dump(came, file)


def _send(address, first, ports, lengths):
    senders = []
    for port in range(first, first + ports):
        sender = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sender.setsockopt(SOL_UDP, UDP_SEGMENT, SIZE)
        senders.append((port, sender))
    for number, length in enumerate(lengths):
        for port, sender in senders:
            sender.sendto(burst(port, number, length), (address, port))


if __name__ == "__main__":
    numbers = [int(number) for number in sys.argv[3:] if number.isdigit()]
    if sys.argv[1] == "receive":
        _receive(sys.argv[2], *numbers, sys.argv[-1])
    else:
        _send(sys.argv[2], *numbers[:2], numbers[2:])
