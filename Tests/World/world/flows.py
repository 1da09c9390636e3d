"""Many conversations of small numbered UDP datagrams at once, both ways, each between two ports of its own.

As a program, one end of them: python3 flows.py LOCAL REMOTE FIRST-PORT COUNT SPACING-SECONDS REPORT-FILE. It says "ready",
sends from the first line on its standard input until that closes, listens for another second and writes, for each flow, how
many it sent and the numbers that came, in their order.
"""

import json
import os
import select
import socket
import struct
import sys
import time


class Flows:
    """Run from their making until `stop`."""

    def __init__(self, a, a_address, b, b_address, count, spacing=0.1, port=6000):
        # Not above: as a program this is in no package.
        from .ends import TwoEnds
        from .node import PATIENCE

        self.ports = range(port, port + count)
        rest = (port, count, spacing * PATIENCE)
        self.ends = TwoEnds(
            "flows", os.path.abspath(__file__), (a, (a_address, b_address, *rest)), (b, (b_address, a_address, *rest)))

    def stop(self):
        """Ends them; gives, by port, what each direction suffered: from the first end to the second, and back."""
        first, second = self.ends.stop()
        return {
            port: (Suffered(first[place]["sent"], second[place]["received"]),
                   Suffered(second[place]["sent"], first[place]["received"]))
            for place, port in enumerate(self.ports)}


class Suffered:
    def __init__(self, sent, received):
        self.sent = sent
        self.lost = sent - len(set(received))
        self.disordered = sum(later < earlier for earlier, later in zip(received, received[1:]))

    def __repr__(self):
        return f"<{self.sent} sent, {self.lost} lost, {self.disordered} out of order>"


def _talk(local, remote, port, count, spacing, report):
    sockets = []
    for place in range(count):
        conversation = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        conversation.bind((local, port + place))
        conversation.setblocking(False)
        sockets.append(conversation)
    places = {conversation: place for place, conversation in enumerate(sockets)}
    print("ready", flush=True)
    sys.stdin.buffer.raw.readline()
    sent, received = [0] * count, [[] for _ in sockets]
    # One after the other, so that there is no burst.
    due, turn, ending = time.monotonic(), 0, None
    while ending is None or time.monotonic() < ending:
        waited = [*sockets, *([sys.stdin] if ending is None else [])]
        readable, _, _ = select.select(waited, [], [], max(0.0, due - time.monotonic()))
        for ready in readable:
            if ready is sys.stdin:
                os.read(0, 64)
                ending = time.monotonic() + 1.0
                continue
            try:
                while True:
                    received[places[ready]].append(struct.unpack("!I", ready.recv(64)[:4])[0])
            except BlockingIOError:
                pass
            except OSError:
                # An ICMPv6 error about something that was sent.
                pass
        if time.monotonic() >= due:
            if ending is None:
                try:
                    sockets[turn].sendto(struct.pack("!I", sent[turn]) + bytes(60), (remote, port + turn))
                    sent[turn] += 1
                except OSError:
                    pass
                turn = (turn + 1) % count
            due = max(due + spacing / count, time.monotonic() - spacing)
    with open(report, "w") as file:
        json.dump([{"sent": number, "received": numbers} for number, numbers in zip(sent, received)], file)


if __name__ == "__main__":
    _talk(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]), sys.argv[6])
