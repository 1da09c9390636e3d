import Testing

@testable import Multihoming

@Suite("The file of accounts")
struct TrafficAccountFileTests {
    private static let accounts: [TrafficAccount.Snapshot] = [
        .init(uplink: "eth0"),
        .init(
            uplink: "wwan0", periodStart: LocalTime(year: 2026, month: 2, day: 3).date, usedOctets: .max,
            previousOctets: 7, counter: 0),
    ]

    @Test("What was written is read again")
    func roundTrip() throws {
        #expect(try TrafficAccountFile.decode(TrafficAccountFile.encode(Self.accounts)) == Self.accounts)
        #expect(try TrafficAccountFile.decode(TrafficAccountFile.encode([])) == [])
    }

    @Test("It is text")
    func text() {
        let lines = String(decoding: TrafficAccountFile.encode(Self.accounts), as: UTF8.self).split(separator: "\n")
        #expect(lines.dropLast() == ["shisa-accounts 1", "eth0 - 0 0 -", "wwan0 2026-02-03 18446744073709551615 7 0"])
    }

    @Test("Every octet that is another, and every end that is missing, is found")
    func damage() {
        let octets = TrafficAccountFile.encode(Self.accounts)
        for place in octets.indices {
            var damaged = octets
            damaged[place] ^= 1
            #expect(throws: TrafficAccountFileError.self) { try TrafficAccountFile.decode(damaged) }
            #expect(throws: TrafficAccountFileError.self) { try TrafficAccountFile.decode(Array(octets[..<place])) }
        }
    }

    @Test("A file of a newer program is told from a damaged one")
    func future() {
        #expect(throws: TrafficAccountFileError.version(2)) {
            try TrafficAccountFile.decode(Array("shisa-accounts 2\nanything\n".utf8))
        }
    }
}
