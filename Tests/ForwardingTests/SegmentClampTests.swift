import Examples
import Foundation
import MobilityWire
import Testing

@testable import Forwarding

@Suite("The segment sizes that connections begin with")
struct SegmentClampTests {
    /// Name, frame, and the packet behind a tunnel of 1300 octets, of `Golden/segment_sizes.txt`, which scapy wrote.
    static let golden: [(name: String, frame: [UInt8], packet: [UInt8])] = {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/segment_sizes.txt")
        let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let words = line.split(separator: " ")
            return (String(words[0]), hex(words[1]), hex(words[2]))
        }
    }()

    static func router(_ clamp: SegmentClamp, peerMTU mtu: Int = 1300) -> ForwardingTable {
        ForwardingTable(
            own: [
                .init(
                    homeAddress: Sample.homeAddress, prefixes: [Sample.prefix],
                    active: Sample.tunnel(local: Sample.careOf, remote: Sample.homeAgent, mtu: mtu))
            ], nodes: [], clamp: clamp)
    }

    static func agent(_ clamp: SegmentClamp) -> ForwardingTable {
        ForwardingTable(
            own: [],
            nodes: [
                .init(
                    homeAddress: Sample.homeAddress, prefixes: [Sample.prefix],
                    active: Sample.tunnel(local: Sample.homeAgent, remote: Sample.careOf, mtu: 1300))
            ], clamp: clamp)
    }

    /// What the tunnel's other end makes of a frame that this one sends as it is: the packet, and its virtio header.
    private func decapsulated(
        _ frame: [UInt8], by table: ForwardingTable
    ) throws -> (packet: [UInt8], virtio: VirtioNetHeader) {
        let inner = Array(frame.dropFirst(VirtioNetHeader.size))
        var virtio = frame.withUnsafeBytes { VirtioNetHeader($0) }
        if virtio.flags != 0 { virtio.checksumStart += 40 }
        var bytes = packet(from: Sample.careOf, to: Sample.homeAgent, next: 41, payload: inner)
        return try bytes.withUnsafeMutableBytes { buffer in
            let accepted = try Decapsulator().decapsulate(buffer, virtio: virtio, by: table)
            return (Array(accepted.packet), accepted.virtio)
        }
    }

    @Test("become those that fit on the way out, never greater ones, with the checksum of scapy")
    func out() {
        for row in Self.golden {
            let packets = encapsulate(row.frame, by: Self.router(.all)).packets.map { Array($0.dropFirst(40)) }
            #expect(packets == [row.packet], "\(row.name)")
        }
        #expect(Self.golden.count == 124)
    }

    @Test("and on the way in; a checksum that was left to be made is left so")
    func into() throws {
        for row in Self.golden {
            let (packet, virtio) = try decapsulated(row.frame, by: Self.agent(.all))
            guard row.frame[0] != 0 else {
                #expect(packet == row.packet, "\(row.name)")
                continue
            }
            // The kernel's part: the sum over what is there, the sum of the pseudo-header in its field included.
            var finished = packet
            #expect(virtio.flags == VirtioNetHeader.needsChecksum && virtio.checksumStart == 40)
            var sum = Checksum()
            sum.add(Array(packet.dropFirst(40)).span.bytes)
            finished[56] = UInt8(sum.value >> 8)
            finished[57] = UInt8(sum.value & 0xff)
            #expect(finished == row.packet, "\(row.name)")
        }
    }

    @Test("a super-packet that begins a connection is cut into segments that all say so")
    func segmentation() throws {
        let row = try #require(Self.golden.first { $0.name == "usual_1440_S_partial" })
        var frame = row.frame + [UInt8](repeating: 5, count: 995)
        frame[1] = VirtioNetHeader.tcp6
        frame[4] = UInt8(500 & 0xff)
        frame[5] = UInt8(500 >> 8)
        let length = frame.count - VirtioNetHeader.size - 40
        frame[VirtioNetHeader.size + 4] = UInt8(length >> 8)
        frame[VirtioNetHeader.size + 5] = UInt8(length & 0xff)
        // The kernel's part of the checksum, which has the length in it.
        let field = VirtioNetHeader.size + 56
        let sum = UInt32(frame[field]) << 8 + UInt32(frame[field + 1]) + 995
        frame[field] = UInt8(sum >> 8)
        frame[field + 1] = UInt8(sum & 0xff)
        let segments = encapsulate(frame, by: Self.router(.all)).packets.map { Array($0.dropFirst(40)) }
        #expect(segments.count == 2)
        for segment in segments {
            #expect(Array(segment[60..<64]) == [2, 4, UInt8(1240 >> 8), UInt8(1240 & 0xff)])
            var sum = Checksum(
                source: Sample.host, destination: Sample.peer, length: segment.count - 40, nextHeader: .tcp)
            sum.add(Array(segment.dropFirst(40)).span.bytes)
            #expect(sum.isValid)
        }
    }

    @Test("by default only those of peers whose addresses hold an IPv4 one, and never where it is off")
    func whose() throws {
        let row = try #require(Self.golden.first { $0.name == "usual_1440_S" })
        func isLowered(_ clamp: SegmentClamp, peer: String) -> Bool {
            var inner = Array(row.frame.dropFirst(VirtioNetHeader.size))
            inner.replaceSubrange(24..<40, with: Sample.address(peer).octets)
            let out = encapsulate(plain + inner, by: Self.router(clamp)).packets.first.map { Array($0.dropFirst(40)) }
            return out != inner
        }
        for peer in ["64:ff9b::c000:201", "64:ff9b:1::1", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "2002:c000:201::1"] {
            #expect(isLowered(.translated, peer: peer) && isLowered(.all, peer: peer) && !isLowered(.off, peer: peer))
        }
        for peer in ["2001:db8:c::c", "64:ff9b:0:1::c000:201", "64:ff9b:2::1", "64:ff9a::1", "2003::1"] {
            #expect(!isLowered(.translated, peer: peer) && isLowered(.all, peer: peer) && !isLowered(.off, peer: peer))
        }
    }

    @Test("no options make it trap, and nothing but an announced size and the checksum is changed")
    func hostile() {
        var generator = RandomNumbers(seed: 5)
        let table = Self.router(.all)
        for row in Self.golden where row.frame[0] == 0 {
            for _ in 0..<400 {
                var frame = row.frame
                for _ in 0..<3 {
                    let place = VirtioNetHeader.size + Int.random(in: 52..<row.packet.count, using: &generator)
                    frame[place] = .random(in: 0...255, using: &generator)
                }
                let packets = encapsulate(frame, by: table).packets
                #expect(packets.count == 1)
                let changed = zip(packets.first?.dropFirst(40) ?? [], frame.dropFirst(VirtioNetHeader.size))
                    .enumerated()
                    .filter { $1.0 != $1.1 }.map(\.offset)
                #expect(changed.allSatisfy { $0 == 56 || $0 == 57 || $0 >= 62 })
            }
            for length in 0..<row.frame.count {
                _ = encapsulate(Array(row.frame[..<length]), by: table)
            }
        }
    }
}
