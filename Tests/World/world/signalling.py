"""A record of the signalling that passes in a world, and what tshark, which shares no code with Shisa, says of it."""

import os
import subprocess

from .node import wait_for

# Mobility Headers and what mobility puts around other packets (a Home Address option, a type 2 routing header, a tunnel),
# and ICMPv6, whose mobility messages are among the first. Of what is in a tunnel only these: the rest is the traffic.
_EXPRESSION = ("ip6[6] = 135 or ip6[6] = 60 or ip6[6] = 43 or icmp6 or "
               "(ip6[6] = 41 and (ip6[46] = 135 or ip6[46] = 60 or ip6[46] = 43 or ip6[46] = 58))")
# Optimised traffic has these headers too: of much, the last is kept.
_FILE_MEGABYTES, _FILES = 16, 2
# No message is longer. Segments that a device has not cut yet are, and places for those would leave few for others.
_LONGEST = 2048

_SIGNALLING = "mipv6 or icmpv6.type in {144..147} or ipv6.opt.type == 0xc9 or ipv6.routing.type == 2"
_FIELDS = ("_ws.expert.severity", "mip6.mhtype", "frame.number", "ipv6.src", "ipv6.dst", "_ws.col.Info", "_ws.expert.message")
# tshark's number for a warning. An error, which a malformed message is, has a higher one, and a remark a lower one.
_WARNING = 6291456
# Where tshark (4.0) is wrong, by Mobility Header type, and why.
_MISTAKES = {
    # Home Agent Switch (RFC 5142 §3): 8 octets, the addresses, then the options. tshark reads the options from six octets
    # before the end of the addresses, and so takes the last ones of an address for options of a wrong length.
    "12": "options read from within the addresses",
}


class Record:
    """What comes in on all links of a node."""

    def __init__(self, world, node):
        self.path = os.path.join(world.logs, f"signalling-{node.name}.pcap")
        self.program = node.start(
            "tcpdump-signalling", "tcpdump", "-Z", "root", "--immediate-mode", "-s", _LONGEST, "-B", 8192, "-n", "-Q", "in",
            "-i", "any", "-w", self.path, "-C", _FILE_MEGABYTES, "-W", _FILES, _EXPRESSION)
        wait_for(lambda: "listening on" in self.program.log(), f"tcpdump on {node.name}")

    def stop(self):
        if self.program.alive:
            self.program.stop()

    def judge(self):
        """How many packets of signalling were seen, and the faulty ones, as `judge` gives them."""
        self.stop()
        # tcpdump adds the number of the file to the name of a rotating one.
        files = [path for path in (f"{self.path}{number}" for number in range(_FILES)) if os.path.exists(path)]
        verdicts = [judge(path) for path in files]
        return sum(count for count, _ in verdicts), [fault for _, faults in verdicts for fault in faults]


def judge(path):
    """Of a capture: how many packets of signalling tshark sees, and of those that it calls malformed, or warns of, a line
    each: number, addresses, what it is and what is wrong."""
    command = ["tshark", "-n", "-r", path, "-Y", _SIGNALLING, "-T", "fields", "-E", "separator=;"]
    # What optimised traffic carries is none of our signalling.
    for protocol in ("tcp", "udp"):
        command += ["--disable-protocol", protocol]
    for field in _FIELDS:
        command += ["-e", field]
    result = subprocess.run(command, text=True, capture_output=True)
    if result.returncode != 0:
        raise RuntimeError(f"tshark on {path}: {result.stderr}")
    rows = [line.split(";", 2) for line in result.stdout.splitlines()]
    return len(rows), [
        row for severities, kind, row in rows
        if kind not in _MISTAKES and any(int(severity) >= _WARNING for severity in severities.split(",") if severity)]


def judge_world(world, hostile=False):
    """Fails where tshark finds fault with what was signalled, or finds no signalling though somebody registered."""
    verdicts = [record.judge() for record in world.records]
    assert not world.registered or any(count for count, _ in verdicts), "tshark saw no signalling"
    faults = [fault for _, faults in verdicts for fault in faults]
    assert hostile or not faults, "tshark says of what was signalled:\n" + "\n".join(faults)
