"""A conversation of small UDP datagrams, numbered, evenly spaced, both ways at once: what a hand-over costs it.

As a program, one end of it: python3 flow.py LOCAL PORT REMOTE PORT SPACING-SECONDS REPORT-FILE. It says "ready", sends
from the first line on its standard input until that closes, listens until nothing came for a second and writes what it
sent and what came.
"""

import json
import os
import select
import socket
import sys
import time


class Flow:
    """Starts on entering the conversation, ends with `stop`."""

    def __init__(self, a, a_address, b, b_address, spacing=0.01, port=5000):
        # Not above: as a program this is in no package.
        from .ends import TwoEnds
        from .node import PATIENCE

        # What an emulated machine cannot send and take in time would count as lost on the way.
        self.spacing = spacing * PATIENCE
        self.ends = TwoEnds(
            f"flow-{port}", os.path.abspath(__file__), (a, (a_address, port, b_address, port, self.spacing)),
            (b, (b_address, port, a_address, port, self.spacing)))

    def stop(self):
        """Ends the conversation; gives what each direction suffered, from the first end to the second and back."""
        first, second = self.ends.stop()
        return Direction(first["sent"], second["received"], self.spacing), \
            Direction(second["sent"], first["received"], self.spacing)


class Direction:
    """One direction of a finished conversation. Times are on the machine's one monotonic clock."""

    def __init__(self, sent, received, spacing):
        self.sent = sent
        self.received = received
        self.spacing = spacing
        numbers = {number for number, _ in received}
        self.lost = len([number for number in range(sent) if number not in numbers])
        self.repeated = len(received) - len(numbers)
        newest = -1
        self.disordered = 0
        for number, _ in received:
            if number < newest:
                self.disordered += 1
            newest = max(newest, number)

    def gap(self):
        """The longest time without packets, in seconds, beyond their spacing: 0.0 if none is missing or late."""
        times = [arrival for _, arrival in self.received]
        if len(times) < 2:
            return float("inf")
        return max(0.0, max(later - earlier for earlier, later in zip(times, times[1:])) - self.spacing)

    def __repr__(self):
        return f"<{self.sent} sent, {self.lost} lost, gap {self.gap() * 1000:.0f} ms>"


# After the end, in seconds: what is on its way on a busy machine is not lost.
_SILENCE = 1.0


def _talk(local, local_port, remote, remote_port, spacing, report):
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as conversation:
        conversation.bind((local, local_port))
        conversation.setblocking(False)
        print("ready", flush=True)
        sys.stdin.buffer.raw.readline()
        destination = (remote, remote_port)
        sent, received = 0, []
        start = time.monotonic()
        ending = None
        while ending is None or time.monotonic() < ending:
            due = start + sent * spacing
            now = time.monotonic()
            if ending is None and now >= due:
                try:
                    conversation.sendto(sent.to_bytes(8, "big") + bytes(56), destination)
                except OSError:
                    # No route, or an ICMP error to an earlier one: the datagram counts as lost.
                    pass
                sent += 1
                continue
            patience = max(0.0, (due if ending is None else ending) - now)
            readable, _, _ = select.select([conversation] + ([sys.stdin] if ending is None else []), [], [], patience)
            if conversation in readable:
                try:
                    number = int.from_bytes(conversation.recv(2048)[:8], "big")
                    received.append((number, time.monotonic()))
                    if ending is not None:
                        ending = time.monotonic() + _SILENCE
                except OSError:
                    pass
            if ending is None and sys.stdin in readable and not os.read(0, 64):
                ending = time.monotonic() + _SILENCE
    with open(report, "w") as file:
        json.dump({"sent": sent, "received": received}, file)


if __name__ == "__main__":
    _talk(sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5]), sys.argv[6])
