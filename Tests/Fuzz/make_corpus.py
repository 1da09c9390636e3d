#!/usr/bin/env python3
"""Writes Corpus: what the fuzz targets begin with, a file an input, in a folder a target.

Packets are scapy's, those of the golden files beside the unit tests (scapy's, too, and another implementation's), and frames
and messages that are built by struct alone. Files that coverage found (found-*) are left as they are. Run with a Python that
has scapy; what it writes is committed, so fuzzing needs none:

    build/venv/bin/python3 Tests/Fuzz/make_corpus.py
"""
import contextlib
import importlib.util
import io
import os
import pathlib
import re
import struct
import zlib

os.environ.setdefault("SCAPY_USE_LIBPCAP", "no")
from scapy.layers.inet import TCP, UDP  # noqa: E402
from scapy.layers.inet6 import (  # noqa: E402
    HAO, ICMPv6DestUnreach, ICMPv6EchoRequest, ICMPv6PacketTooBig, ICMPv6ParamProblem, ICMPv6TimeExceeded, IPv6,
    IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting,
)
from scapy.packet import Raw  # noqa: E402

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parent
HOST, PEER, COA, FORMER = "2001:db8:10::10", "2001:db8:c::c", "2001:db8:a1::2", "2001:db8:a2::2"
HA, HOME, OTHER_HOME, OTHER_COA = "2001:db8:1::1", "2001:db8:1::100", "2001:db8:2::200", "2001:db8:a3::3"
STRANGER = "2001:db8:bad::1"
# The flags of inputs of several packets: which node, and what is made right.
ROUTER, AGENT, MOBILE, CORRESPONDENT = range(4)
FIT, SUM = 4, 8

corpus = {}


def add(target, name, octets):
    assert name not in corpus.setdefault(target, {}), name
    corpus[target][name] = bytes(octets)


def pieces(flags, *packets):
    return bytes([flags]) + b"".join(struct.pack("!H", len(packet)) + bytes(packet) for packet in packets)


def golden(path):
    """The words of each line."""
    for line in (TESTS / path).read_text().splitlines():
        if line and not line.startswith("#"):
            yield line.split()


def script(path):
    """What a script beside the tests builds, which prints it when it is run."""
    spec = importlib.util.spec_from_file_location(path.replace("/", "_"), TESTS / path)
    module = importlib.util.module_from_spec(spec)
    with contextlib.redirect_stdout(io.StringIO()):
        spec.loader.exec_module(module)
    return module


def down(inner, **outer):
    return bytes(IPv6(src=HA, dst=COA, nh=41, **outer) / inner)


def up(inner, **outer):
    return bytes(IPv6(src=COA, dst=HA, nh=41, **outer) / inner)


def segments(source, destination, count, size=100, flags="A"):
    return [IPv6(bytes(IPv6(src=source, dst=destination) / TCP(
        sport=443, dport=51000, seq=1000 + size * number, ack=7, flags=flags if number < count - 1 else "PA",
        options=[("Timestamp", (1, 2))]) / Raw(bytes([number]) * size))) for number in range(count)]


def inbound():
    echo = IPv6(src=PEER, dst=HOST) / ICMPv6EchoRequest(data=b"odd")
    add("inbound", "router-echo", pieces(ROUTER | FIT, down(echo)))
    add("inbound", "router-segments", pieces(ROUTER, *map(down, segments(PEER, HOST, 5))))
    add("inbound", "router-fitted-segments", pieces(ROUTER | FIT | SUM, *map(down, segments(PEER, HOST, 3))))
    mixed = [packet for pair in zip(segments(PEER, HOST, 3), segments(PEER, HOME, 3, 60)) for packet in pair]
    add("inbound", "router-two-flows", pieces(ROUTER | FIT | SUM, *map(down, mixed)))
    add("inbound", "router-datagrams", pieces(ROUTER | FIT | SUM, *(
        down(IPv6(src=PEER, dst=HOST) / UDP(sport=53, dport=5353) / Raw(bytes([length]) * length))
        for length in (80, 80, 80, 80, 12, 80, 90, 80))))
    many = [down(IPv6(src=PEER, dst=HOST) / TCP(sport=1000 + port, dport=1, flags="A", seq=1) / Raw(b"x" * 9))
            for port in range(10)]
    add("inbound", "router-more-flows-than-slots", pieces(ROUTER | FIT | SUM, *many))
    add("inbound", "router-flow-without-way", pieces(ROUTER, down(IPv6(src=PEER, dst=HOST) / UDP(dport=5060) / Raw(b"sip"))))
    add("inbound", "router-former-address", pieces(ROUTER, bytes(IPv6(src=HA, dst=FORMER, nh=41) / echo)))
    add("inbound", "router-spoofed", pieces(ROUTER, down(IPv6(src=HOST, dst=HOST) / UDP() / Raw(b"x"))))
    add("inbound", "router-not-from-agent", pieces(ROUTER, bytes(IPv6(src=STRANGER, dst=COA, nh=41) / echo)))
    add("inbound", "router-congestion", pieces(
        ROUTER, *(down(IPv6(src=PEER, dst=HOST, tc=inner) / UDP() / Raw(b"x"), tc=outer)
                  for inner in range(4) for outer in range(4))))
    add("inbound", "router-encapsulation-limit", pieces(ROUTER, bytes(
        IPv6(src=HA, dst=COA, nh=60) / Raw(b"\x29\x00\x04\x01\x04\x01\x01\x00") / echo)))
    add("inbound", "router-fragments", pieces(ROUTER, *(
        down(IPv6(src=PEER, dst=HOST) / IPv6ExtHdrFragment(nh=17, offset=offset, m=more, id=7) / Raw(b"f" * 24))
        for offset, more in ((0, 1), (2, 1), (1, 0), (8191, 1)))))
    add("inbound", "router-headers", pieces(ROUTER | FIT, down(
        IPv6(src=PEER, dst=HOST) / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt() / IPv6ExtHdrRouting(type=0, segleft=0)
        / UDP(dport=9) / Raw(b"x"))))
    add("inbound", "router-protocols", pieces(ROUTER | FIT, *(
        down(IPv6(src=PEER, dst=HOST, nh=next_header) / Raw(bytes(range(24))))
        for next_header in (17, 33, 50, 51, 132, 135, 136, 59, 255))))
    inner = IPv6(src=HOST, dst=PEER) / UDP(dport=53) / Raw(b"q")
    add("inbound", "agent-udp", pieces(AGENT, up(inner)))
    add("inbound", "agent-segments", pieces(AGENT | FIT | SUM, *map(up, segments(HOST, PEER, 4))))
    add("inbound", "agent-home-address", pieces(AGENT, up(IPv6(src=HOME, dst=PEER) / UDP() / Raw(b"q"))))
    add("inbound", "agent-other-node", pieces(AGENT, bytes(
        IPv6(src=OTHER_COA, dst=HA, nh=41) / IPv6(src=OTHER_HOME, dst=HOST) / UDP() / Raw(b"q"))))
    add("inbound", "agent-others-source", pieces(AGENT, up(IPv6(src=OTHER_HOME, dst=PEER) / UDP() / Raw(b"q"))))
    add("inbound", "agent-itself-in-itself", pieces(AGENT, up(up(inner))))
    add("inbound", "agent-nested", pieces(AGENT, up(IPv6(src=HOST, dst=PEER, nh=41) / IPv6(src=HOST, dst=PEER, nh=59))))
    add("inbound", "agent-link-local", pieces(AGENT, up(IPv6(src="fe80::1", dst=PEER) / UDP())))
    add("inbound", "agent-multicast", pieces(AGENT, up(IPv6(src=HOST, dst="ff02::1") / UDP())))
    add("inbound", "agent-cut", pieces(AGENT, up(inner)[:-3], up(inner)[:60], up(inner)[:40], b"", b"\x60"))
    add("inbound", "agent-inner-version", pieces(AGENT, bytes(IPv6(src=COA, dst=HA, nh=41) / Raw(b"\x45" + bytes(60)))))
    node = {"mobile": CORRESPONDENT, "correspondent": MOBILE}
    for ends, name, _, *packets in golden("ForwardingTests/Golden/direct.txt"):
        if ends in node and sum(map(len, packets)) < 6000:
            add("inbound", f"direct-{ends}-{name}", pieces(node[ends], *map(bytes.fromhex, packets)))
    both = bytes(IPv6(src=OTHER_COA, dst=COA) / IPv6ExtHdrRouting(type=2, reserved=0, segleft=1, addresses=[HOME])
                 / IPv6ExtHdrDestOpt(options=[HAO(hoa=OTHER_HOME)]) / UDP(dport=9) / Raw(b"both"))
    add("inbound", "direct-both", pieces(MOBILE, both))
    add("inbound", "direct-unbound", pieces(CORRESPONDENT, bytes(
        IPv6(src=STRANGER, dst=PEER) / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)]) / UDP() / Raw(b"x"))))
    add("inbound", "direct-esp", pieces(CORRESPONDENT, bytes(
        IPv6(src=STRANGER, dst=PEER) / IPv6ExtHdrDestOpt(nh=50, options=[HAO(hoa=HOME)]) / Raw(b"e" * 24))))
    add("inbound", "direct-fragment", pieces(CORRESPONDENT, bytes(
        IPv6(src=COA, dst=PEER) / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)]) / IPv6ExtHdrFragment(nh=17, offset=9, m=1)
        / Raw(b"f" * 16))))


def outbound():
    for name, frame, *_ in golden("ForwardingTests/Golden/encapsulation.txt"):
        if len(frame) < 8000:
            add("outbound", f"tunnel-{name}", pieces(ROUTER, bytes.fromhex(frame)))
    node = {"mobile": MOBILE, "correspondent": CORRESPONDENT, "both": MOBILE}
    for ends, name, frame, *_ in golden("ForwardingTests/Golden/direct.txt"):
        if len(frame) < 6000:
            add("outbound", f"direct-{ends}-{name}", pieces(node[ends], bytes.fromhex(frame)))
    plain = bytes(10)
    udp = IPv6(src=HOST, dst=PEER) / UDP(dport=9) / Raw(b"x")
    add("outbound", "agent", pieces(AGENT | FIT, plain + bytes(IPv6(src=PEER, dst=HOST) / UDP(sport=5060) / Raw(b"x"))))
    nested = udp
    for _ in range(5):
        nested = IPv6(src=HOST, dst=PEER, nh=41) / nested
    add("outbound", "nested-too-deep", pieces(ROUTER, plain + bytes(nested)))
    add("outbound", "recursion", pieces(ROUTER, plain + bytes(IPv6(src=COA, dst=HA, nh=41) / udp)))
    for limit in (0, 1):
        options = Raw(bytes([41, 0, 4, 1, limit, 1, 1, 0]))
        add("outbound", f"limit-{limit}", pieces(ROUTER, plain + bytes(IPv6(src=HOST, dst=PEER, nh=60) / options / udp)))
    add("outbound", "flows", pieces(ROUTER, *(
        plain + bytes(IPv6(src=HOST, dst=PEER, tc=traffic_class) / UDP(sport=port) / Raw(b"x"))
        for port in (5060, 53) for traffic_class in (0, 0xb8))))
    add("outbound", "waits", pieces(ROUTER, plain + bytes(IPv6(src=HOST, dst=PEER, nh=50) / Raw(b"\0\0\0\x05" + bytes(20)))))
    add("outbound", "too-big", pieces(ROUTER, plain + bytes(IPv6(src=HOST, dst=PEER) / UDP() / Raw(bytes(1440)))))


def errors():
    direct = {CORRESPONDENT: [], MOBILE: []}
    for ends, name, _, *packets in golden("ForwardingTests/Golden/direct.txt"):
        node = {"mobile": MOBILE, "correspondent": CORRESPONDENT}.get(ends)
        if node is not None and name in ("udp", "echo", "hop_by_hop", "other_options"):
            direct[node].append((name, bytes.fromhex(packets[0])))
    invoking = {
        ROUTER: [("tunnelled", up(IPv6(src=HOST, dst=PEER) / UDP() / Raw(b"x"))),
                 ("tunnelled-echo", up(IPv6(src=HOST, dst=PEER) / ICMPv6EchoRequest(data=b"x"))),
                 ("tunnelled-error", up(IPv6(src=HOST, dst=PEER) / ICMPv6DestUnreach() / Raw(bytes(48)))),
                 ("long", up(IPv6(src=HOST, dst=PEER) / UDP() / Raw(bytes(1150)))[:1192])],
        AGENT: [("tunnelled", down(IPv6(src=PEER, dst=HOST) / UDP() / Raw(b"x")))],
        **direct,
    }
    kinds = {"unreachable": ICMPv6DestUnreach(code=3), "too-big": ICMPv6PacketTooBig(mtu=1400),
             "narrow": ICMPv6PacketTooBig(mtu=1280), "exceeded": ICMPv6TimeExceeded(),
             "option": ICMPv6ParamProblem(code=2, ptr=46), "problem": ICMPv6ParamProblem(code=0, ptr=42)}
    for node, packets in invoking.items():
        for name, packet in packets:
            for kind, message in kinds.items():
                add("tunnel-errors", f"{node}-{name}-{kind}", bytes([node]) + bytes(message)[:8] + packet)


def signalling():
    for words in [*golden("MobilityWireTests/Golden/scapy.txt"), *golden("MobilityWireTests/Golden/umip.txt")]:
        name = words[0]
        octets = bytes.fromhex(words[1])
        # One of each kind is enough of what was recorded.
        if re.sub(r"-\d+$", "", name) != name and not name.endswith("-1"):
            continue
        add("mobility-packets", name, octets)
        next_header, offset = octets[6], 40
        while next_header in (0, 43, 60):
            next_header, offset = octets[offset], offset + (octets[offset + 1] + 1) * 8
        if next_header == 135:
            add("mobility-messages", name, octets[offset:])
        elif next_header == 58:
            add("icmpv6", name, octets[offset:])


def home_agent():
    """Binding Updates for a home agent that believes one node without a key, and has no key for another."""
    def update(sequence, flags, lifetime, options=b"", home=HOME, source=COA):
        body = struct.pack("!HHH", sequence, flags, lifetime) + options
        body += b"\x01" + bytes([-(len(body) + 8) % 8]) + bytes(-(len(body) + 8) % 8)
        message = bytes([59, (len(body) + 6) // 8 - 1, 5, 0, 0, 0]) + body
        return bytes(IPv6(src=source, dst=HA) / IPv6ExtHdrDestOpt(nh=135, options=[HAO(hoa=home)]) / Raw(message))

    acknowledge, home, router, overwrite = 0x8000, 0x4000, 0x0400, 0x0040
    plain = acknowledge | home
    network = b"\x06\x12\0\x3c" + bytes.fromhex("20010db8001000000000000000000000")
    alternate = b"\x03\x10" + bytes.fromhex("20010db800a100000000000000000002")
    # RFC 5648 §4.1: Binding Identifier, option 35, with an address.
    identifiers = [b"\x23\x14" + struct.pack("!HBB", number, 0, number) + bytes.fromhex(f"20010db800a{number}00000000000000000002")
                   for number in (1, 2)]
    # RFC 6089 §4.2: flow identification, option 45, with a selector of source ports and a reference to a binding.
    flow = bytes([45, 22]) + struct.pack("!HHBB", 7, 1, 0, 0) + bytes([3, 10, 2, 0]) + struct.pack("!HHHH", 0x00c0, 0, 5060, 5061)
    flow += bytes([2, 2, 0, 1])
    add("signalling", "register", pieces(0, update(1, plain, 150)))
    add("signalling", "router", pieces(0, update(1, plain | router, 150, alternate + network), update(2, plain | router, 0)))
    add("signalling", "implicit", pieces(0, update(1, plain | router, 1), update(2, plain | router, 0xffff)))
    add("signalling", "moves", pieces(0, update(1, plain, 150), update(2, plain, 150, source=FORMER), update(2, plain, 9)))
    add("signalling", "several", pieces(0, update(1, plain | router, 150, network + identifiers[0]),
                                        update(2, plain | router, 150, network + identifiers[1], source=FORMER),
                                        update(3, plain | router | overwrite, 150, network + identifiers[1], source=FORMER)))
    add("signalling", "bulk", pieces(0, update(1, plain, 150, identifiers[0] + identifiers[1])))
    add("signalling", "flows", pieces(0, update(1, plain, 150, identifiers[0] + flow)))
    add("signalling", "foreign-network", pieces(0, update(1, plain | router, 150, network.replace(b"\0\x10", b"\0\x20"))))
    add("signalling", "without-key", pieces(0, update(1, plain, 150, home=OTHER_HOME)))
    add("signalling", "stranger", pieces(0, update(1, plain, 150, home="2001:db8:1::999")))
    for name, octets in list(corpus["mobility-packets"].items()):
        if octets[6] in (60, 135) and octets[24:40] == bytes.fromhex("20010db8000100000000000000000001"):
            add("signalling", name, pieces(0, octets))


def selectors():
    # RFC 6088 §3.2: bits that say which fields are there, start and end of each.
    add("selectors", "all", struct.pack("!HH", 0xffff, 0) + b"".join(bytes(size) + b"\xff" * size for size in (16, 16, 4, 4, 2, 2, 1, 1)))
    add("selectors", "ports", struct.pack("!HHHHHH", 0x00f0, 0, 5060, 5061, 1, 65535))
    add("selectors", "protocol", struct.pack("!HHBB", 0x0003, 0, 17, 17))
    add("selectors", "source", struct.pack("!HH", 0x8000, 0) + bytes.fromhex("20010db8") + bytes(12))
    add("selectors", "upside-down", struct.pack("!HHHH", 0x0030, 0, 9, 8))
    add("selectors", "buckets", bytes([0x55] * 32))
    for number, text in enumerate(("2001:db8::1", "::ffff:192.0.2.1", "2001:db8:10::/60", "::", "1:2:3:4:5:6:7:8", "fe80::1%eth0")):
        add("selectors", f"text-{number}", text.encode())


def frames():
    for name, octets in script("MobilitySocketTests/golden_frames.py").FRAMES.items():
        add("socket-frames", name, octets)
    refusal = struct.pack("<IHHII", 36 + 12, 2, 0x300, 5, 0) + struct.pack("<i", -22) + struct.pack("<IHHII", 16, 0, 1, 5, 0)
    add("socket-frames", "refusal-with-reason", refusal + struct.pack("<HH", 9, 1) + b"why\0\0\0\0\0")
    hello, dump = corpus["socket-frames"]["hello"], corpus["socket-frames"]["dump"]
    add("socket-frames", "two", hello + dump)


def attribute(number, payload):
    return struct.pack("<HH", 4 + len(payload), number) + payload + bytes(-len(payload) % 4)


def netlink():
    for name, octets in script("PlatformTests/radio_messages.py").MESSAGES.items():
        add("netlink", f"radio-{name}", b"\0\0" + octets)
    address = bytes.fromhex("20010db8000a0001" + "0000000000000002")
    # linux/rtnetlink.h: RTM_NEWLINK 16, NEWADDR 20, NEWROUTE 24, NEWNEIGH 28, NEWRULE 32, NEWPREFIX 52.
    add("netlink", "link", struct.pack("!H", 16) + struct.pack("<BxHiII", 0, 1, 7, 0x11043, 0) + attribute(3, b"eth0\0")
        + attribute(1, bytes(6)) + attribute(4, struct.pack("<I", 1500)) + attribute(16, b"\6")
        + attribute(18, attribute(1, b"veth\0")) + attribute(26, attribute(10, attribute(1, struct.pack("<I", 0x80000030)))))
    add("netlink", "link-of-ipv6", struct.pack("!H", 16) + struct.pack("<BxHiII", 10, 1, 7, 0x11043, 0)
        + attribute(12, attribute(1, struct.pack("<I", 0x80000030)) + attribute(2, struct.pack("<60i", *[1500] * 60))))
    add("netlink", "address", struct.pack("!H", 20) + struct.pack("<BBBBI", 10, 64, 0x80, 0, 7) + attribute(1, address)
        + attribute(6, struct.pack("<4I", 600, 1200, 0, 0)) + attribute(8, struct.pack("<I", 0x100)))
    route = struct.pack("<8BI", 10, 60, 0, 0, 254, 9, 0, 1, 0)
    add("netlink", "route", struct.pack("!H", 24) + route + attribute(1, address) + attribute(4, struct.pack("<I", 7))
        + attribute(5, address) + attribute(6, struct.pack("<I", 1024)) + attribute(15, struct.pack("<I", 254))
        + attribute(8, attribute(2, struct.pack("<I", 1400))) + attribute(12, bytes(32)))
    hop = struct.pack("<HBBi", 8 + 20, 0, 0, 7) + attribute(5, address)
    add("netlink", "route-of-two-ways", struct.pack("!H", 24) + route + attribute(1, address) + attribute(9, hop + hop))
    add("netlink", "neighbour", struct.pack("!H", 28) + struct.pack("<BxxxiHBB", 10, 7, 2, 0, 1) + attribute(1, address)
        + attribute(2, bytes(6)))
    add("netlink", "rule", struct.pack("!H", 32) + struct.pack("<8BI", 10, 0, 60, 0, 99, 0, 0, 1, 0) + attribute(2, address)
        + attribute(6, struct.pack("<I", 100)) + attribute(10, struct.pack("<I", 7)))
    add("netlink", "prefix", struct.pack("!H", 52) + struct.pack("<BxxxiBBBx", 10, 7, 3, 64, 3) + attribute(1, address)
        + attribute(2, struct.pack("<II", 600, 1200)))


def texts():
    for path in sorted((TESTS.parent / "docs/samples").glob("*.conf")):
        add("settings", path.stem, path.read_bytes())
    add("settings", "flows", b'policy = { flows = ( { match = { protocol = "udp"; port = "5060-5061"; dscp = 46; }; '
        b'via = [ "wwan0", "eth0" ]; otherwise = "drop"; } ); schedule = "Mo-Fr 08:00-18:00"; };\n')
    add("settings", "values", b'a = 0x1FL; b = [ 1, 2 ]; c = ( "x" "y", 1.5e3, true ); # c\nd : { e = "\\x41\\n"; };\n')
    qmi, mbim, serial = range(3)
    card, _, _, registration, _, connect, connection, signal = range(8)
    said = "[/dev/cdc-wdm0] "
    words = {
        "qmi-card": (qmi, card, said + "Successfully got card status\nSlot [1]:\n\tCard state: 'present'\n"
                     "\tApplication [2]:\n\t\tApplication type:  'usim (2)'\n\t\tApplication state: 'ready'\n"
                     "\t\tPIN1 state: 'enabled-not-verified'\n\t\t\tPIN1 retries: '3'\n"),
        "qmi-connect": (qmi, connect, said + "Network started\n\tPacket data handle: '3634026241'\n" + said
                        + "Client ID not released:\n\tService: 'wds'\n\t    CID: '80'\n"),
        "qmi-refused": (qmi | 0x80, connect, "error: couldn't start network: QMI protocol error (14): 'CallFailed'\n"
                        "call end reason (3): generic-no-service\n"),
        "qmi-connection": (qmi, connection, said + "Connection status: 'connected'\n"),
        "qmi-registration": (qmi, registration, said + "Successfully got serving system:\n\tRegistration state: 'registered'\n"
                             "\tPS: 'attached'\n\tRadio interfaces: '2'\n\t\t[0]: 'lte'\n\t\t[1]: '5gnr'\n\tCurrent PLMN:\n"
                             "\t\tMCC: '262'\n\t\tMNC: '1'\n\t\tDescription: 'PS: 'detached''\n"),
        "qmi-signal": (qmi, signal, said + "Successfully got signal info\nLTE:\n\tRSSI: '-63 dBm'\n\tRSRP: '-95 dBm'\n"),
        "mbim-card": (mbim, card, said + "Subscriber ready status retrieved:\n\t      Ready state: 'device-locked'\n" + said
                      + "PIN info:\n\t          PIN type: 'pin1'\n\tRemaining attempts: '3'\n"),
        "mbim-registration": (mbim, registration, said + "Registration status:\n\t        Register state: 'roaming'\n"
                              "\tAvailable data classes: 'umts, hsdpa, lte, custom'\n\t           Provider ID: '26201'\n"),
        "mbim-signal": (mbim, signal, said + "Signal state:\n\t          RSSI [0-31,99]: '17'\n"),
        "serial-card": (serial, card, "Nov  3 10:00:00 -- +CPIN: SIM PIN\n-- +CPINR: SIM PIN,3,3\n-- ^CPIN: SIM PIN,3,10,3,10,3\n"),
        "serial-error": (serial | 0x80, card, "-- +CME ERROR: 10\n"),
        "serial-registration": (serial, registration, '-- +CGATT: 1\n-- +COPS: 0,0,"Netz, das",7\n'),
        "serial-signal": (serial, signal, "-- +CSQ: 17,99\n"),
    }
    for name, (kind, request, text) in words.items():
        add("modems", name, bytes([kind, request]) + text.encode())
    add("reports", "modem", b"state connected\nsignal -95\ntechnology lte\noperator Netz, das\ndetail why not\n")
    add("reports", "session", b"80 3634026241")
    add("state-files", "accounts-without-sum", b"shisa-accounts 1\nwwan0 2026-3-1 1 2 3\n")
    add("state-files", "accounts", accounts(b"shisa-accounts 1\nwwan0 2026-3-1 123 456 789\neth0 - 0 0 -\n"))
    add("state-files", "bindings", snapshot())


def accounts(text):
    """With the sum of FNV-1a (64 bits) behind it."""
    total = 0xcbf29ce484222325
    for octet in text:
        total = (total ^ octet) * 0x100000001b3 % 2**64
    return text + b"sum %016x\n" % total


def snapshot():
    """Sources/HomeAgentOperation/BindingCache/BindingSnapshot+Coding.swift has the drawing."""
    address = bytes.fromhex("20010db8000100000000000000000100")
    binding = address * 3 + struct.pack("!HBBQQH", 7, 1, 0, 600000, 500000, 1) + bytes([60]) + address
    head = b"SHISABIN" + struct.pack("!HHQIII", 1, 0, 0x1234567800000000, 1, 1, 1)
    body = struct.pack("!H", len(binding)) + binding + address + struct.pack("!HI", 7, 1000) + address + bytes(8)
    return head + body + struct.pack("!I", zlib.crc32(head + body))


def main():
    for make in (inbound, outbound, errors, signalling, home_agent, selectors, frames, netlink, texts):
        make()
    total = 0
    for target, inputs in corpus.items():
        folder = HERE / "Corpus" / target
        folder.mkdir(parents=True, exist_ok=True)
        for path in folder.iterdir():
            if not path.name.startswith("found-"):
                path.unlink()
        for name, octets in inputs.items():
            (folder / name).write_bytes(octets)
            total += len(octets)
        print(f"{target}: {len(inputs)} inputs")
    print(f"{total} octets")


if __name__ == "__main__":
    main()
