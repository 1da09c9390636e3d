import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("Errors about packets past the home agent (RFC 6275 §9.3.4, §11.3.5)")
struct DirectErrorsTests {
    let router = IPv6Address("2001:db8:f1::1")!
    let start = Instant(milliseconds: 1000)

    private func error(_ type: UInt8, _ code: UInt8, _ value: UInt32, about packet: [UInt8]) -> [UInt8] {
        [type, code, 0, 0] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } + packet
    }

    private func restore(
        _ message: [UInt8], ends: String = "mobile", _ errors: inout DirectErrors
    ) -> DirectErrors.Outcome {
        errors.restore(
            message, from: router, by: DirectSample.sender(ends),
            ownAddresses: [DirectSample.careOf, DirectSample.home], at: start)
    }

    private func restore(_ message: [UInt8], ends: String = "mobile") -> DirectErrors.Outcome {
        var errors = DirectErrors()
        return restore(message, ends: ends, &errors)
    }

    @Test("become errors about the packets as they were sent", arguments: DirectSample.golden)
    func restored(row: DirectSample.Row) throws {
        guard row.name != "tcp_segmentation", row.name != "udp" else { return }
        let sent = Array(row.frame[VirtioNetHeader.size...])
        let overhead = row.ends == "both" ? 48 : 24
        for (type, code, value, expected): (UInt8, UInt8, UInt32, UInt32) in [
            (2, 0, 1400, UInt32(1400 - overhead)), (1, 3, 0, 0), (3, 0, 0, 0),
        ] {
            guard
                case .deliver(let packet, _) = restore(error(type, code, value, about: row.packets[0]), ends: row.ends)
            else {
                Issue.record("type \(type)")
                continue
            }
            let parsed = try MobilityPacket(parsing: packet.span.bytes)
            let local = try IPv6Header(parsing: sent.span.bytes).source
            #expect(parsed.source == router && parsed.destination == local)
            #expect(Array(parsed.message[4..<8]) == Array(error(0, 0, expected, about: [])[4..<8]))
            #expect(Array(parsed.message[8...]) == sent)
        }
    }

    @Test(
        "no sender is asked for less than 1280 octets, and the way that would need it is named",
        arguments: [(1305, 1281, false), (1304, 1280, false), (1303, 1280, true), (1280, 1280, true)])
    func narrow(mtu: UInt32, told: Int, isNarrow: Bool) throws {
        let row = try #require(DirectSample.row("mobile", "echo"))
        guard case .deliver(let packet, let way) = restore(error(2, 0, mtu, about: row.packets[0])) else {
            Issue.record("not delivered")
            return
        }
        #expect(Array(packet[44..<48]) == [0, 0, UInt8(told >> 8), UInt8(told & 255)])
        let named = DirectWay(
            local: DirectSample.home, remote: DirectSample.peer, localCareOf: DirectSample.careOf, remoteCareOf: nil)
        #expect(way == (isNarrow ? named : nil))
    }

    @Test("a link that takes less than IPv6 allows is not believed (RFC 8201 §4)")
    func belowMinimum() throws {
        let row = try #require(DirectSample.row("mobile", "echo"))
        #expect(restore(error(2, 0, 1279, about: row.packets[0])) == .unmatched)
    }

    @Test("a type 2 routing header that was carried out already is told as well")
    func carriedOut() throws {
        let row = try #require(DirectSample.row("correspondent", "echo"))
        var packet = row.packets[0]
        packet[43] = 0
        let careOf = Array(packet[24..<40])
        packet.replaceSubrange(24..<40, with: packet[48..<64])
        packet.replaceSubrange(48..<64, with: careOf)
        guard case .deliver(let answer, _) = restore(error(1, 4, 0, about: packet), ends: "correspondent") else {
            Issue.record("not delivered")
            return
        }
        #expect(Array(answer[48...]) == Array(row.frame[VirtioNetHeader.size...]))
    }

    @Test("a pointer counts the octets that were sent; one into our own headers is nobody's business")
    func pointers() throws {
        let row = try #require(DirectSample.row("mobile", "echo"))
        guard case .deliver(let packet, _) = restore(error(4, 0, 64, about: row.packets[0])) else {
            Issue.record("not delivered")
            return
        }
        #expect(Array(packet[44..<48]) == [0, 0, 0, 40])
        #expect(restore(error(4, 0, 41, about: row.packets[0])) == .unmatched)
    }

    @Test("say which peers know nothing of mobility, by what they point at")
    func unsupported() throws {
        let row = try #require(DirectSample.row("mobile", "echo"))
        let peer = DirectSample.peer
        #expect(restore(error(4, 2, 46, about: row.packets[0])) == .unsupported(peer: peer))
        #expect(restore(error(4, 2, 45, about: row.packets[0])) == .unmatched)
        let both = try #require(DirectSample.row("both", "echo"))
        #expect(
            restore(error(4, 0, 42, about: both.packets[0]), ends: "both") == .unsupported(peer: DirectSample.otherHome)
        )
        let test = MobilityPacket(
            source: DirectSample.home, destination: peer,
            message: [59, 1, 1, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
        ).emit()
        #expect(restore(error(4, 1, 6, about: test)) == .unsupported(peer: peer))
        let update = MobilityPacket(
            source: DirectSample.careOf, destination: peer, homeAddressOption: DirectSample.home,
            message: [59, 1, 5, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
        ).emit()
        #expect(restore(error(4, 1, 40, about: update)) == .unsupported(peer: peer))
        #expect(restore(error(4, 2, 46, about: update)) == .unsupported(peer: peer))
        // Somebody else's.
        let foreign = MobilityPacket(
            source: DirectSample.stranger, destination: peer, message: [UInt8](repeating: 59, count: 16)
        ).emit()
        #expect(restore(error(4, 1, 6, about: foreign)) == .unmatched)
    }

    @Test("about what did not leave by a route are invented, or somebody else's business")
    func unmatched() throws {
        let row = try #require(DirectSample.row("mobile", "echo"))
        // Another care-of address, another peer, another home address, no header of ours.
        for place in [23, 39, 63] {
            var packet = row.packets[0]
            packet[place] ^= 1
            #expect(restore(error(1, 3, 0, about: packet)) == .unmatched)
        }
        #expect(restore(error(1, 3, 0, about: Array(row.frame[VirtioNetHeader.size...]))) == .unmatched)
        for count in 0..<(40 + 24) {
            #expect(restore(error(1, 3, 0, about: Array(row.packets[0][..<count]))) == .unmatched)
        }
        for count in 0..<8 { #expect(restore([UInt8](repeating: 4, count: count)) == .unmatched) }
    }

    @Test("come no faster than a kernel would send them")
    func limited() throws {
        let row = try #require(DirectSample.row("mobile", "echo"))
        var errors = DirectErrors()
        for _ in 0..<50 { #expect(restore(error(1, 3, 0, about: row.packets[0]), &errors) != .suppressed) }
        #expect(restore(error(1, 3, 0, about: row.packets[0]), &errors) == .suppressed)
        #expect(restore(error(4, 2, 46, about: row.packets[0]), &errors) == .suppressed)
        // Of one peer too many are not taken from another.
        let other = try #require(DirectSample.row("both", "echo"))
        #expect(restore(error(1, 3, 0, about: other.packets[0]), ends: "both", &errors) != .suppressed)
    }
}
