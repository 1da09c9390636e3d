import Examples
import Foundation
import MobilityWire
import Testing

@testable import Forwarding

@Suite("What goes out")
struct EncapsulatorTests {
    /// Name, frame and expected packets of `Golden/encapsulation.txt`, which scapy wrote.
    static let golden: [(name: String, frame: [UInt8], packets: [[UInt8]])] = {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/encapsulation.txt")
        let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let words = line.split(separator: " ")
            return (String(words[0]), hex(words[1]), words.dropFirst(2).map { hex($0) })
        }
    }()

    @Test("frames become the packets that scapy builds", arguments: golden.map(\.name))
    func matchesScapy(name: String) throws {
        let row = try #require(Self.golden.first { $0.name == name })
        let result = encapsulate(row.frame, by: Sample.mobileRouter())
        #expect(result.packets == row.packets)
        // A batch that holds less than one frame's packets makes no difference.
        #expect(encapsulate(row.frame, by: Sample.mobileRouter(), capacity: 2).packets == row.packets)
    }

    @Test("the golden file is there")
    func goldenIsThere() { #expect(Self.golden.count == 13) }

    @Test("a packet that does not fit is answered with the tunnel's MTU", arguments: [1400, 1401])
    func tooBig(length: Int) {
        let frame =
            plain
            + packet(
                from: Sample.host, to: Sample.peer, payload: [UInt8](repeating: 0, count: length - 40))
        let result = encapsulate(frame, by: Sample.mobileRouter(mtu: 1400))
        if length == 1400 {
            #expect(result.packets.count == 1)
        } else {
            guard case .tooBig(mtu: 1400, errorSource: Sample.homeAddress) = result.outcome else {
                Issue.record("\(result.outcome)")
                return
            }
            #expect(result.packets.isEmpty)
        }
    }

    @Test("segments that do not fit are answered the same way")
    func segmentTooBig() throws {
        let row = try #require(Self.golden.first { $0.name == "tcp_segmentation" })
        // The same in segments of 1,300 octets with their headers of 72.
        var frame = row.frame
        frame[4] = UInt8(1228 & 0xff)
        frame[5] = UInt8(1228 >> 8)
        let fits = encapsulate(frame, by: Sample.mobileRouter(mtu: 1300))
        #expect(fits.packets.map(\.count) == [1340, 1340, 157])
        let small = encapsulate(frame, by: Sample.mobileRouter(mtu: 1299))
        guard case .tooBig(mtu: 1299, errorSource: _) = small.outcome else {
            Issue.record("\(small.outcome)")
            return
        }
        #expect(small.packets.isEmpty)
    }

    @Test("what must not go out is dropped with its reason")
    func dropped() {
        let stranger = Sample.stranger
        let rows: [([UInt8], DropReason)] = [
            (packet(from: stranger, to: Sample.peer), .noBinding),
            (packet(from: Sample.host, to: .allNodes), .notTunnelled),
            (packet(from: Sample.host, to: Sample.address("fe80::1")), .notTunnelled),
            (packet(from: Sample.address("fe80::1"), to: Sample.peer), .notTunnelled),
            (packet(from: .unspecified, to: Sample.peer), .notTunnelled),
            ([0x45] + [UInt8](repeating: 0, count: 60), .notIPv6),
            ([0x60, 0, 0, 0], .truncated),
            (Array(packet(from: Sample.host, to: Sample.peer, payload: [1, 2, 3]).dropLast()), .innerLengthWrong),
        ]
        for (bytes, reason) in rows {
            let result = encapsulate(plain + bytes, by: Sample.mobileRouter())
            guard case .dropped(reason) = result.outcome else {
                Issue.record("\(reason): \(result.outcome)")
                continue
            }
        }
        var unknown = plain
        unknown[1] = 77
        guard
            case .dropped(.offloadUnknown) = encapsulate(
                unknown + packet(from: Sample.host, to: Sample.peer), by: Sample.mobileRouter()
            ).outcome
        else {
            Issue.record("an unknown offload")
            return
        }
    }

    @Test(
        "a super-packet without the kernel's part of its checksum is dropped",
        arguments: golden.filter { $0.name.hasSuffix("_segmentation") }.map(\.name))
    func withoutPartialChecksum(name: String) throws {
        var frame = try #require(Self.golden.first { $0.name == name }).frame
        frame[0] &= ~VirtioNetHeader.needsChecksum
        guard case .dropped(.offloadUnknown) = encapsulate(frame, by: Sample.mobileRouter()).outcome else {
            Issue.record("\(encapsulate(frame, by: Sample.mobileRouter()).outcome)")
            return
        }
    }

    @Test("a home agent does not send its own tunnelled packet to a care-of address inside the node's own network")
    func recursion() {
        let inside = Sample.address("2001:db8:10::5")
        let table = ForwardingTable(
            own: [],
            nodes: [
                .init(
                    homeAddress: Sample.homeAddress, prefixes: [Sample.prefix],
                    active: Sample.tunnel(local: Sample.homeAgent, remote: inside))
            ])
        let result = encapsulate(plain + packet(from: Sample.homeAgent, to: inside, next: 41), by: table)
        guard case .dropped(.recursion) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        // A router behind this one that has the same home agent is another matter.
        let nested = packet(from: Sample.host, to: Sample.homeAgent, next: 41)
        #expect(encapsulate(plain + nested, by: Sample.mobileRouter()).packets.count == 1)
    }

    @Test("the outer header has a hop limit and a traffic class of its own making, and the inner one is left as it is")
    func outerFields() {
        for trafficClass in UInt8.min...UInt8.max {
            for hopLimit: UInt8 in [1, 2, 64, 255] {
                var inner = packet(from: Sample.host, to: Sample.peer, trafficClass: trafficClass, payload: [1, 2, 3])
                inner[7] = hopLimit
                let outer = encapsulate(plain + inner, by: Sample.mobileRouter()).packets.first ?? []
                // RFC 6040 §4.1 copies all of the traffic class; RFC 2473 §6.3 has a hop limit of the entry's.
                #expect((outer[0] & 15) << 4 | outer[1] >> 4 == trafficClass && outer[7] == 64)
                #expect(Array(outer.dropFirst(40)) == inner)
            }
        }
    }

    @Test("the flow label is the inner one, else one of the addresses that tells flows apart (RFC 6438 §3)")
    func flowLabel() {
        func label(_ number: UInt64, inner: UInt32 = 0) -> UInt32 {
            let peer = IPv6Address(high: Sample.peer.high, low: number)
            var bytes = packet(from: Sample.host, to: peer)
            for (place, shift) in [(1, 16), (2, 8), (3, 0)] { bytes[place] = UInt8(truncatingIfNeeded: inner >> shift) }
            let outer = encapsulate(plain + bytes, by: Sample.mobileRouter()).packets.first ?? []
            return outer[1..<4].reduce(0) { $0 << 8 | UInt32($1) } & 0xf_ffff
        }
        #expect(label(1, inner: 1) == 1 && label(1, inner: 0xf_ffff) == 0xf_ffff)
        let labels = (1...256).map { label($0) }
        #expect(labels == (1...256).map { label($0) })
        // Of 1024 ways, 256 flows take nearly as many different ones as chance would have them take: 226.
        #expect(Set(labels.map { $0 >> 10 }).count > 200 && Set(labels.map { $0 & 1023 }).count > 200)
        #expect(!labels.contains(0))
    }

    @Test("a home agent sends by the inner destination")
    func homeAgentSends() {
        let inner = packet(from: Sample.peer, to: Sample.host)
        let result = encapsulate(plain + inner, by: Sample.homeAgentTable())
        #expect(
            result.packets.map { Array($0.dropFirst(40)) } == [inner],
            "the inner packet is carried unchanged")
        #expect(
            result.packets.first.map { Array($0[24..<40]) }
                == Array(packet(from: .loopback, to: Sample.careOf)[24..<40]))
    }

    @Test("no frame makes it trap: every truncation and random headers")
    func hostileFrames() {
        var generator = RandomNumbers(seed: 1)
        for row in Self.golden {
            for length in 0..<row.frame.count {
                _ = encapsulate(Array(row.frame[..<length]), by: Sample.mobileRouter())
            }
            for _ in 0..<5000 {
                var frame = row.frame
                for _ in 0..<3 {
                    frame[Int.random(in: 0..<min(90, frame.count), using: &generator)] = .random(
                        in: 0...255, using: &generator)
                }
                _ = encapsulate(frame, by: Sample.mobileRouter(), capacity: 8)
            }
        }
    }
}
