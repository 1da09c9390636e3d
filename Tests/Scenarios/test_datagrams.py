"""UDP in bursts: the kernel hands them over in one piece where it can, and is handed them so, and nobody outside sees it."""

import contextlib
import json
import os
import platform
import subprocess

import pytest

import datagrams
from test_traffic import parties
from world.node import PATIENCE, wait_for

PORT = 5300
# One datagram, a short one, a full burst, one with a short end, and one octet.
LENGTHS = [1000, 17, 30_000, 20_480, 1, 44_001]
#: Since which Linux a TUN device takes several datagrams in one piece.
JOINING = (6, 2)


@pytest.mark.kernel
@pytest.mark.parametrize("direction", ["up", "down"])
def test_bursts_of_datagrams_arrive_as_they_were_sent(make_pair_of, direction):
    pair = make_pair_of().start()
    pair.wait_reachable()
    sender, receiver, destination = parties(pair.world)[direction]
    joined, path = pair.world.capture(pair.world.mr, "shisa0", "udp and ip6[4:2] > 1500")
    report = os.path.join(receiver.directory, "datagrams.json")
    program = os.path.abspath(datagrams.__file__)
    expected = datagrams.expected(LENGTHS)
    listening = receiver.start(
        "datagrams", "python3", program, "receive", destination, PORT, report, len(expected), stdin=subprocess.PIPE)
    wait_for(lambda: "ready" in listening.log(), "the receiver to listen")
    sender.run("python3", program, "send", destination, PORT, *LENGTHS)
    with contextlib.suppress(subprocess.TimeoutExpired):
        listening.process.wait(5 * PATIENCE)
    listening.process.stdin.close()
    listening.process.wait(10 * PATIENCE)
    with open(report) as file:
        assert json.load(file) == expected
    joined.stop()
    if tuple(int(part) for part in platform.release().split(".")[:2]) >= JOINING:
        assert pair.world.mr.run("tcpdump", "-n", "-q", "-r", path).stdout, "every datagram went by itself"
