#!/usr/bin/env python3
"""Writes scapy.txt: packets that scapy builds, one `NAME HEX` a line.

The tests compare these octets with what this project's encoder makes of the values that stand beside NAME in
GoldenPackets.swift. Run it again only to add packets:

    python3 -m venv build/scapy && build/scapy/bin/pip install scapy
    build/scapy/bin/python Tests/MobilityWireTests/Golden/make_golden.py
"""
import pathlib
from socket import AF_INET6, inet_pton
from scapy.layers.inet6 import (
    HAO, ICMPv6DestUnreach, ICMPv6EchoRequest, ICMPv6HAADReply, ICMPv6HAADRequest, ICMPv6MPAdv, ICMPv6MPSol,
    ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA, ICMPv6ND_RS, ICMPv6NDOptAdvInterval, ICMPv6NDOptDstLLAddr,
    ICMPv6NDOptHAInfo, ICMPv6NDOptMTU, ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr, ICMPv6PacketTooBig,
    ICMPv6ParamProblem, ICMPv6TimeExceeded, IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrFragment, IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting, MIP6MH_BA, MIP6MH_BE, MIP6MH_BRR, MIP6MH_BU, MIP6MH_CoT, MIP6MH_CoTI, MIP6MH_Generic,
    MIP6MH_HoT, MIP6MH_HoTI, MIP6OptAltCoA, MIP6OptBRAdvice, MIP6OptBindingAuthData, MIP6OptMNID, MIP6OptMobNetPrefix,
    MIP6OptMsgAuth, MIP6OptNonceIndices, MIP6OptReplayProtection, MIP6OptUnknown, RouterAlert,
)
from scapy.layers.inet import UDP
from scapy.packet import Raw

# scapy 2.x writes 16 as the length of the nonce indices and the authorization data unless it is told otherwise.
HA = "2001:db8:1::1"
HOME = "2001:db8:1::100"
COA = "2001:db8:a1::42"
CN = "2001:db8:c::c"
TOKEN = bytes(range(8))
MAC = bytes(range(0x10, 0x1c))


def from_away():
    """A mobile node away from home: Home Address option."""
    return IPv6(src=COA, dst=HA) / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)])


def to_away():
    """To a mobile node away from home: type 2 routing header."""
    return IPv6(src=HA, dst=COA) / IPv6ExtHdrRouting(type=2, reserved=0, segleft=1, addresses=[HOME])


def octets(text):
    return inet_pton(AF_INET6, text)


def unknown_option(kind, data):
    return MIP6OptUnknown(otype=kind, olen=len(data), odata=data)


def message_auth(mac=MAC):
    return MIP6OptMsgAuth(subtype=1, mspi=0x100, authdata=mac)


packets = {
    "udp": IPv6(src=COA, dst=CN, tc=0xb8, fl=0x12345, hlim=3) / UDP(sport=1, dport=2) / Raw(b"odd"),

    "brr": IPv6(src=CN, dst=HOME) / MIP6MH_BRR(),
    "hoti": IPv6(src=HOME, dst=CN) / MIP6MH_HoTI(cookie=TOKEN),
    "coti": IPv6(src=COA, dst=CN) / MIP6MH_CoTI(cookie=TOKEN),
    "hot": IPv6(src=CN, dst=HOME) / MIP6MH_HoT(index=7, cookie=TOKEN, token=TOKEN[::-1]),
    "cot": IPv6(src=CN, dst=COA) / MIP6MH_CoT(index=8, cookie=TOKEN, token=TOKEN[::-1]),
    "be": IPv6(src=CN, dst=COA) / MIP6MH_BE(status=1, ha=HOME),
    "mh_unknown": IPv6(src=COA, dst=CN) / MIP6MH_Generic(mhtype=200, msg=bytes(range(10))),

    "bu_plain": from_away() / MIP6MH_BU(seq=0x1234, flags="AH", mhtime=150),
    "bu_nemo_explicit": from_away() / MIP6MH_BU(
        seq=7, flags="AHLKR", mhtime=150,
        options=[MIP6OptAltCoA(acoa=COA), MIP6OptMobNetPrefix(plen=60, prefix="2001:db8:10::"),
                 MIP6OptMobNetPrefix(plen=64, prefix="2001:db8:20::")]),
    "bu_overwrite": from_away() / MIP6MH_BU(
        seq=65535, flags="AHR", reserved=0x40, mhtime=150, options=[
            unknown_option(35, bytes.fromhex("01020085")),
            # Without an alignment of its own in scapy: 12 + 6 = 18 is 8n + 2 already.
            unknown_option(35, bytes.fromhex("00030005") + inet_pton(AF_INET6, COA))]),
    "bu_deregister_at_home": IPv6(src=HOME, dst=HA) / MIP6MH_BU(seq=8, flags="AHR", mhtime=0),
    "bu_route_optimised": from_away() / MIP6MH_BU(
        seq=9, flags="A", mhtime=105,
        options=[MIP6OptNonceIndices(olen=4, hni=3, coni=4), MIP6OptBindingAuthData(olen=12, authenticator=int.from_bytes(MAC, "big"))]),
    "bu_authenticated": from_away() / MIP6MH_BU(
        seq=10, flags="AHR", mhtime=150,
        options=[MIP6OptMNID(subtype=1, id=b"bus17@example"),
                 MIP6OptReplayProtection(timestamp=0x0123456789abcdef),
                 message_auth()]),
    "bu_unknown_option": from_away() / MIP6MH_BU(
        seq=11, flags="AH", mhtime=1, options=[unknown_option(77, b"what?"), MIP6OptAltCoA(acoa=COA)]),
    "ba": to_away() / MIP6MH_BA(status=0, flags="KR", seq=7, mhtime=145),
    "ba_refused": to_away() / MIP6MH_BA(status=135, flags="", seq=0xfffe, mhtime=0),
    "ba_refresh_advice": to_away() / MIP6MH_BA(
        status=1, flags="R", seq=7, mhtime=145, options=[MIP6OptBRAdvice(rinter=100)]),

    # Unknown to scapy: the message data are typed from the figures of RFC 5142 §4 and RFC 5846 §5.
    "has": to_away() / MIP6MH_Generic(mhtype=12, msg=bytes([2, 0]) + octets(HA) + octets("2001:db8:1::2")),
    "has_empty": to_away() / MIP6MH_Generic(mhtype=12, msg=bytes([0, 0])),
    "has_advice": to_away() / MIP6MH_Generic(
        mhtype=12, msg=bytes([1, 0]) + octets(HA) + bytes.fromhex("02020064" "01020000")),
    "bri": to_away() / MIP6MH_Generic(mhtype=16, msg=bytes.fromhex("0101" "1234" "0000" "01020000")),
    "bri_global": IPv6(src=HA, dst=COA) / MIP6MH_Generic(
        mhtype=16, msg=bytes.fromhex("0180" "ffff" "a000" "01020000")),
    "bra": from_away() / MIP6MH_Generic(mhtype=16, msg=bytes.fromhex("0200" "1234" "0000" "01020000")),
    "bra_refused": from_away() / MIP6MH_Generic(mhtype=16, msg=bytes.fromhex("0280" "1234" "0000" "01020000")),

    "haad_request": IPv6(src=COA, dst="2001:db8:1:0:fdff:ffff:ffff:fffe") / ICMPv6HAADRequest(id=0x77, R=1),
    "haad_reply": IPv6(src=HA, dst=COA) / ICMPv6HAADReply(id=0x77, R=1, addresses=[HA, "2001:db8:1::2"]),
    "mps": from_away() / ICMPv6MPSol(id=0x55),
    "mpa": to_away() / ICMPv6MPAdv(id=0x55, flags=3) / ICMPv6NDOptPrefixInfo(
        prefixlen=64, L=1, A=1, R=1, validlifetime=3600, preferredlifetime=1800, prefix=HA),

    "rs": IPv6(src="fe80::2", dst="ff02::2", hlim=255) / ICMPv6ND_RS() / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:02"),
    "ra": IPv6(src="fe80::1", dst="ff02::1", hlim=255) / ICMPv6ND_RA(
        chlim=64, M=0, O=1, H=1, prf=1, routerlifetime=1800, reachabletime=30000, retranstimer=1000)
    / ICMPv6NDOptPrefixInfo(prefixlen=64, L=1, A=1, R=1, validlifetime=0xffffffff, preferredlifetime=600, prefix=HA)
    / ICMPv6NDOptMTU(mtu=1400) / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:01")
    / ICMPv6NDOptAdvInterval(advint=3000) / ICMPv6NDOptHAInfo(res=0x8000, pref=10, lifetime=1800),
    "ns": IPv6(src="fe80::2", dst="ff02::1:ff00:1", hlim=255) / ICMPv6ND_NS(tgt=HA)
    / ICMPv6NDOptSrcLLAddr(lladdr="02:00:00:00:00:02"),
    "ns_dad": IPv6(src="::", dst="ff02::1:ff00:1", hlim=255) / ICMPv6ND_NS(tgt=HA),
    "na": IPv6(src=HA, dst="ff02::1", hlim=255) / ICMPv6ND_NA(R=1, S=0, O=1, tgt=HOME)
    / ICMPv6NDOptDstLLAddr(lladdr="02:00:00:00:00:01"),

    "echo": IPv6(src=COA, dst=HA) / ICMPv6EchoRequest(id=1, seq=2, data=b"ping!"),
    "unreachable": IPv6(src=HA, dst=COA) / ICMPv6DestUnreach(code=3) / IPv6(src=COA, dst=CN) / UDP(sport=1, dport=2),
    "too_big": IPv6(src=HA, dst=COA) / ICMPv6PacketTooBig(mtu=1460) / IPv6(src=COA, dst=CN) / UDP(sport=1, dport=2),
    "time_exceeded": IPv6(src=HA, dst=COA) / ICMPv6TimeExceeded(code=0) / IPv6(src=COA, dst=CN) / UDP(sport=1, dport=2),
    "parameter_problem": IPv6(src=HA, dst=COA) / ICMPv6ParamProblem(code=2, ptr=42) / IPv6(src=COA, dst=CN)
    / UDP(sport=1, dport=2),

    # Only parsed: orders and paddings that this project does not make.
    "parse_hop_by_hop": IPv6(src=COA, dst=HA) / IPv6ExtHdrHopByHop(options=[RouterAlert()])
    / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)]) / MIP6MH_BU(seq=1, flags="AH", mhtime=5),
    "parse_both": IPv6(src=COA, dst="2001:db8:a2::9")
    / IPv6ExtHdrRouting(type=2, reserved=0, segleft=1, addresses=["2001:db8:1::200"])
    / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)]) / MIP6MH_BU(seq=1, flags="A", mhtime=5),
    "parse_atomic_fragment": IPv6(src=COA, dst=HA) / IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)])
    / IPv6ExtHdrFragment(offset=0, m=0, id=9) / MIP6MH_BU(seq=1, flags="AH", mhtime=5),
    "parse_auth_padded": from_away() / MIP6MH_BU(
        seq=1, flags="AH", mhtime=5, options=[MIP6OptAltCoA(acoa=COA), message_auth()]),
}

lines = [f"{name} {bytes(packet).hex()}" for name, packet in packets.items()]
pathlib.Path(__file__).with_name("scapy.txt").write_text("\n".join(lines) + "\n")
print(f"{len(lines)} packets")
