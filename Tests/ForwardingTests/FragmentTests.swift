import Examples
import Foundation
import MobilityWire
import Testing

@testable import Forwarding

@Suite("Fragments of tunnelled packets (RFC 2473 §7.1)")
struct FragmentTests {
    /// Name, frame and what becomes of each packet of `Golden/fragments.txt`, which scapy wrote: one piece, or more.
    static let golden: [(name: String, frame: [UInt8], packets: [[[UInt8]]])] = {
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("Golden/fragments.txt")
        let text = (try? String(contentsOf: url, encoding: .utf8)) ?? ""
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let words = line.split(separator: " ")
            return (
                String(words[0]), hex(words[1]),
                words.dropFirst(2).map { $0.split(separator: "+").map { hex($0) } }
            )
        }
    }()

    /// A tunnel whose way takes 1300 octets, as scapy's.
    static let narrow = Sample.mobileRouter(mtu: 1260)

    static func identification(_ piece: [UInt8]) -> [UInt8]? { piece[6] == 44 ? Array(piece[44..<48]) : nil }

    static func withoutIdentification(_ piece: [UInt8]) -> [UInt8] {
        guard piece[6] == 44 else { return piece }
        var piece = piece
        piece.replaceSubrange(44..<48, with: [0, 0, 0, 0])
        return piece
    }

    @Test("frames become the fragments that scapy cuts", arguments: golden.map(\.name), [1, 2, 3, 128])
    func matchesScapy(name: String, capacity: Int) throws {
        let row = try #require(Self.golden.first { $0.name == name })
        let pieces = encapsulate(row.frame, by: Self.narrow, capacity: capacity).packets
        #expect(pieces.map(Self.withoutIdentification) == row.packets.flatMap(\.self))
        // One identification for all fragments of a packet, and another for the next packet.
        var place = 0
        var seen: Set<[UInt8]> = []
        for packet in row.packets {
            let own = Set(pieces[place..<place + packet.count].compactMap(Self.identification))
            #expect(own.count == (packet.count > 1 ? 1 : 0))
            #expect(seen.isDisjoint(with: own))
            seen.formUnion(own)
            place += packet.count
        }
    }

    @Test("the golden file is there, with packets in one piece and in two")
    func goldenIsThere() {
        #expect(Self.golden.count == 6)
        #expect(Set(Self.golden.flatMap { $0.packets.map(\.count) }) == [1, 2])
    }

    @Test(
        "only what every sender may send is cut: one octet more is answered, with 1280 and not less",
        arguments: [1240, 1260, 1279])
    func bounds(mtu: Int) {
        let table = Sample.mobileRouter(mtu: mtu)
        func inner(_ length: Int) -> [UInt8] {
            plain + packet(from: Sample.host, to: Sample.peer, payload: [UInt8](repeating: 1, count: length - 40))
        }
        #expect(encapsulate(inner(mtu), by: table).packets.count == 1)
        for length in mtu + 1...1280 {
            let pieces = encapsulate(inner(length), by: table).packets
            #expect(pieces.count == 2 && pieces.allSatisfy { $0.count <= mtu + 40 })
        }
        guard case .tooBig(mtu: 1280, errorSource: Sample.homeAddress) = encapsulate(inner(1281), by: table).outcome
        else {
            Issue.record("1281 octets")
            return
        }
    }

    @Test("nobody guesses the next identification from those before (RFC 7739)")
    func identifications() {
        let inner = packet(from: Sample.host, to: Sample.peer, payload: [UInt8](repeating: 1, count: 1240))
        let numbers = (0..<200).compactMap { _ in
            encapsulate(plain + inner, by: Self.narrow).packets.first.flatMap(Self.identification)
        }.map { $0.reduce(0 as UInt32) { $0 << 8 | UInt32($1) } }
        #expect(numbers.count == 200 && Set(numbers).count == 200)
        #expect(Set(zip(numbers, numbers.dropFirst()).map { $1 &- $0 }).count > 195)
        // Every bit is set about half of the time: 100 of 200, give or take seven standard deviations.
        for bit in 0..<32 { #expect((50...150).contains(numbers.count { $0 >> bit & 1 == 1 })) }
    }
}

@Suite("Tunnelled packets put together from fragments (RFC 8200 §4.5)")
struct ReassemblerTests {
    static let start = Instant(milliseconds: 1000)
    let table = Sample.homeAgentTable()

    static func whole(_ length: Int = 1300, trafficClass: UInt8 = 0) -> [UInt8] {
        let inner = packet(
            from: Sample.host, to: Sample.peer, payload: (0..<length - 40).map { UInt8(truncatingIfNeeded: $0 * 7) })
        return packet(from: Sample.careOf, to: Sample.homeAgent, trafficClass: trafficClass, next: 41, payload: inner)
    }

    /// A fragment of `packet`, of the octets behind its IPv6 header.
    static func fragment(
        _ packet: [UInt8], _ range: Range<Int>, last: Bool? = nil, identification: UInt32 = 7,
        trafficClass: UInt8? = nil
    ) -> [UInt8] {
        var header = Array(packet.prefix(40))
        let end = last ?? (range.upperBound == packet.count - 40)
        let place = UInt16(range.lowerBound) | (end ? 0 : 1)
        let extra: [UInt8] =
            [header[6], 0, UInt8(place >> 8), UInt8(place & 0xff)]
            + (0..<4).map { UInt8(truncatingIfNeeded: identification >> (24 - 8 * $0)) }
        header[6] = 44
        header[4] = UInt8((range.count + 8) >> 8)
        header[5] = UInt8((range.count + 8) & 0xff)
        if let trafficClass {
            header[0] = 0x60 | trafficClass >> 4
            header[1] = trafficClass << 4
        }
        return header + extra + packet.dropFirst(40)[(40 + range.lowerBound)..<(40 + range.upperBound)]
    }

    func add(
        _ bytes: [UInt8], to reassembler: inout Reassembler, at now: Instant = start, by table: ForwardingTable? = nil
    ) -> Result<[UInt8]?, DropReason> {
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { buffer in
            do throws(DropReason) {
                return .success(try reassembler.add(buffer, by: table ?? self.table, at: now).map { Array($0) })
            } catch {
                return .failure(error)
            }
        }
    }

    @Test("what scapy cut becomes what was cut, whichever comes first", arguments: FragmentTests.golden.map(\.name))
    func scapy(name: String) throws {
        let row = try #require(FragmentTests.golden.first { $0.name == name })
        let expected = encapsulate(row.frame, by: Sample.mobileRouter()).packets
        for isReversed in [false, true] {
            var reassembler = Reassembler()
            for (number, pieces) in row.packets.enumerated() where pieces.count > 1 {
                let ordered = isReversed ? pieces.reversed() : pieces
                for piece in ordered.dropLast() { #expect(add(piece, to: &reassembler) == .success(nil)) }
                #expect(add(ordered[ordered.count - 1], to: &reassembler) == .success(expected[number]))
                #expect(reassembler.release() == 0)
            }
        }
    }

    @Test("any number of fragments in any order, some of them twice, beside those of other packets")
    func orders() {
        var generator = RandomNumbers(seed: 3)
        var reassembler = Reassembler()
        for round in 0..<200 {
            let packets = (0..<4).map { Self.whole(Int.random(in: 200...1500, using: &generator) + $0) }
            var fragments: [(packet: Int, bytes: [UInt8])] = []
            for (number, packet) in packets.enumerated() {
                var start = 0
                while start < packet.count - 40 {
                    let end = min(packet.count - 40, start + 8 * Int.random(in: 1...60, using: &generator))
                    let bytes = Self.fragment(packet, start..<end, identification: UInt32(round * 4 + number))
                    fragments.append((number, bytes))
                    start = end
                }
            }
            fragments.shuffle(using: &generator)
            var done: [Int: [UInt8]] = [:]
            for fragment in fragments where done[fragment.packet] == nil {
                for _ in 0..<Int.random(in: 1...2, using: &generator) where done[fragment.packet] == nil {
                    guard case .success(let whole) = add(fragment.bytes, to: &reassembler) else {
                        Issue.record("refused")
                        return
                    }
                    done[fragment.packet] = whole
                }
            }
            for (number, packet) in packets.enumerated() { #expect(done[number] == packet) }
            #expect(reassembler.release() == 0)
        }
    }

    @Test("what is no fragment of a packet of ours says why not, or is none of our business")
    func refused() {
        let packet = Self.whole()
        var reassembler = Reassembler()
        let router = Sample.mobileRouter()
        #expect(add(Self.fragment(packet, 0..<800), to: &reassembler, by: router) == .failure(.outerPairNotRegistered))
        var datagram = packet
        datagram[6] = 17
        #expect(add(Self.fragment(datagram, 0..<800), to: &reassembler) == .success(nil))
        #expect(add(Self.fragment(datagram, 800..<1300), to: &reassembler) == .success(nil))
        // Not a multiple of eight octets; nothing at all; beyond the end of what is kept.
        #expect(add(Self.fragment(packet, 0..<801), to: &reassembler) == .failure(.fragmentInvalid))
        #expect(add(Self.fragment(packet, 8..<8), to: &reassembler) == .failure(.fragmentInvalid))
        let long = Self.whole(3000)
        #expect(add(Self.fragment(long, 1600..<2400), to: &reassembler) == .failure(.fragmentInvalid))
        let good = Self.fragment(packet, 0..<800)
        for length in 0..<good.count {
            #expect(add(Array(good[..<length]), to: &reassembler) == .failure(.truncated))
        }
        #expect(reassembler.release() == 0)
    }

    @Test("what overlaps or contradicts is given up whole (RFC 5722)")
    func overlaps() {
        let packet = Self.whole()
        var other = packet
        other[200] ^= 1
        let rows: [[[UInt8]]] = [
            [Self.fragment(packet, 0..<800), Self.fragment(packet, 792..<1300)],
            [Self.fragment(packet, 0..<800), Self.fragment(other, 0..<800)],
            // Two ends, an end before what came, and something behind the end.
            [Self.fragment(packet, 1200..<1300), Self.fragment(packet, 800..<900, last: true)],
            [Self.fragment(packet, 800..<880), Self.fragment(packet, 400..<500, last: true)],
            [Self.fragment(packet, 400..<500, last: true), Self.fragment(packet, 800..<880)],
        ]
        for row in rows {
            var reassembler = Reassembler()
            #expect(add(row[0], to: &reassembler) == .success(nil))
            #expect(add(row[1], to: &reassembler) == .failure(.fragmentInvalid))
            // From the beginning it goes.
            #expect(add(Self.fragment(packet, 0..<1000), to: &reassembler) == .success(nil))
            #expect(add(Self.fragment(packet, 1000..<1300), to: &reassembler) == .success(packet))
        }
    }

    @Test("a fragment that is all of its packet stands for itself (RFC 6946)")
    func atomic() {
        let packet = Self.whole(100)
        var reassembler = Reassembler()
        #expect(add(Self.fragment(packet, 0..<48), to: &reassembler) == .success(nil))
        #expect(add(Self.fragment(packet, 0..<100), to: &reassembler) == .success(packet))
        #expect(add(Self.fragment(packet, 48..<100), to: &reassembler) == .success(packet))
    }

    @Test("a congestion mark on one fragment marks the packet; where another cannot be marked, it is dropped")
    func congestion() {
        // RFC 3168 §5.3: first, second, and the whole.
        let rows: [(UInt8, UInt8, UInt8?)] = [
            (2, 2, 2), (1, 1, 1), (0, 0, 0), (2, 3, 3), (3, 1, 3), (3, 3, 3), (0, 3, nil), (3, 0, nil),
        ]
        for (first, second, both) in rows {
            var reassembler = Reassembler()
            let packet = Self.whole(trafficClass: first)
            let begin = Self.fragment(packet, 0..<800)
            let end = Self.fragment(packet, 800..<1300, trafficClass: second)
            for (one, two) in [(begin, end), (end, begin)] {
                #expect(add(one, to: &reassembler) == .success(nil))
                #expect(
                    add(two, to: &reassembler)
                        == (both.map { .success(Self.whole(trafficClass: $0)) } ?? .failure(.congestionNotDeliverable)))
                #expect(reassembler.release() == 0)
            }
        }
    }

    @Test("fragments wait a minute for the others, and no more packets wait than the limit says")
    func limits() {
        var reassembler = Reassembler()
        let packet = Self.whole()
        func first(_ number: Int) -> [UInt8] { Self.fragment(packet, 0..<800, identification: UInt32(number)) }
        func second(_ number: Int) -> [UInt8] { Self.fragment(packet, 800..<1300, identification: UInt32(number)) }
        for number in 0..<Reassembler.limit + 1 {
            let now = Self.start + .milliseconds(Int64(number))
            #expect(add(first(number), to: &reassembler, at: now) == .success(nil))
        }
        #expect(reassembler.release() == 1)
        // The oldest made room; its second fragment begins it anew in the place of the next one.
        let later = Self.start + .seconds(1)
        #expect(add(second(0), to: &reassembler, at: later) == .success(nil))
        #expect(reassembler.release() == 1)
        #expect(add(second(1), to: &reassembler, at: later) == .success(nil))
        #expect(add(second(Reassembler.limit), to: &reassembler, at: later) == .success(packet))
        #expect(reassembler.release() == 1)
        // After a minute all others are gone: but these two, which came a second later.
        let end = Self.start + Reassembler.patience + .milliseconds(Int64(Reassembler.limit))
        #expect(add(second(50), to: &reassembler, at: end) == .success(nil))
        #expect(reassembler.release() == Reassembler.limit - 3)
        #expect(add(first(0), to: &reassembler, at: end) == .success(packet))
        #expect(add(first(1), to: &reassembler, at: end) == .success(packet))
    }

    @Test("no fragment makes it trap")
    func hostile() {
        var generator = RandomNumbers(seed: 4)
        var reassembler = Reassembler()
        let packet = Self.whole()
        for round in 0..<20_000 {
            let start = 8 * Int.random(in: 0...160, using: &generator)
            let end = min(1300, start + Int.random(in: 0...400, using: &generator))
            var bytes = Self.fragment(
                packet, start..<max(start, end), last: Bool.random(using: &generator),
                identification: .random(in: 0...3, using: &generator))
            for _ in 0..<Int.random(in: 0...2, using: &generator) {
                let places = [0, 1, 4, 5, 6, 40, 41, 42, 43, 47]
                bytes[places.randomElement(using: &generator) ?? 0] = .random(in: 0...255, using: &generator)
            }
            _ = add(bytes, to: &reassembler, at: Self.start + .milliseconds(Int64(round * 10)))
            if round % 64 == 0 { _ = reassembler.release() }
        }
    }
}
