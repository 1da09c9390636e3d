"""A TCP transfer of steady pace, and the longest time that it stood still.

As a program, one end of it: python3 transfer.py receive ADDRESS PORT REPORT-FILE, or
python3 transfer.py send ADDRESS PORT OCTETS-A-SECOND PATIENCE. The sender ends when its standard input closes.
PATIENCE is that of node.py.
"""

import json
import os
import select
import socket
import subprocess
import sys
import time

from_file = os.path.abspath(__file__)


class Transfer:
    """Runs from its making until `stop`."""

    def __init__(self, sender, receiver, address, rate=500_000, port=5100):
        # Not above: as a program this is in no package.
        from .node import PATIENCE

        self.patience = PATIENCE
        self.report = os.path.join(receiver.directory, f"transfer-{port}.json")
        self.receiver = receiver.start(f"transfer-{port}", "python3", from_file, "receive", address, port, self.report)
        self.sender = sender.start(
            f"transfer-{port}", "python3", from_file, "send", address, port, rate, PATIENCE, stdin=subprocess.PIPE)

    @property
    def alive(self):
        return self.sender.alive and self.receiver.alive

    def stop(self):
        """Ends it; gives the octets received and the longest time without any, in seconds."""
        self.sender.process.stdin.close()
        if self.sender.process.wait(60 * self.patience) != 0 or self.receiver.process.wait(60 * self.patience) != 0:
            raise RuntimeError(f"the transfer broke:\n{self.sender.log()}{self.receiver.log()}")
        with open(self.report) as file:
            report = json.load(file)
        return report["octets"], report["gap"]


def _receive(address, port, report):
    with socket.create_server((address, port), family=socket.AF_INET6) as server:
        connection, _ = server.accept()
        with connection:
            octets, gap, last = 0, 0.0, None
            while data := connection.recv(65536):
                now = time.monotonic()
                gap = max(gap, now - last) if last else gap
                octets, last = octets + len(data), now
    with open(report, "w") as file:
        json.dump({"octets": octets, "gap": gap}, file)


def _send(address, port, rate, patience):
    spacing = 0.01 * patience
    block = bytes(max(1, int(rate * spacing)))
    deadline = time.monotonic() + 10 * patience
    while True:
        try:
            connection = socket.create_connection((address, port), timeout=5 * patience)
            break
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
    connection.settimeout(60 * patience)
    with connection:
        due = time.monotonic()
        while True:
            patience = max(0.0, due - time.monotonic())
            if select.select([sys.stdin], [], [], patience)[0] and not os.read(0, 64):
                return
            if time.monotonic() >= due:
                connection.sendall(block)
                # After a pause the pace goes on; what was not sent is not made up for.
                due = max(due + spacing, time.monotonic())


if __name__ == "__main__":
    if sys.argv[1] == "receive":
        _receive(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        _send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
