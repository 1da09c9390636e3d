import MobilityWire
import Testing

@testable import MobilitySocket

@Suite("Frames of the mobility socket")
struct FrameTests {
    @Test("every message comes back as it was sent", arguments: Samples.messages)
    func roundTrip(message: MobilitySocketMessage) throws {
        let frame = MobilitySocketFrame.request(message, sequence: 0xffff_fffe)
        let octets = try frame.encoded()
        #expect(octets.count % 4 == 0)
        #expect(try MobilitySocketFrame.decode(octets) == [frame])
    }

    @Test("acknowledgements, refusals, ends of dumps and overruns come back as they were sent")
    func control() throws {
        let frames = [
            MobilitySocketFrame(sequence: 1, flags: .capped, content: .acknowledgement),
            MobilitySocketFrame(
                sequence: 2, flags: [.capped, .acknowledgementAttributes],
                content: .refusal(MobilitySocketError(.busy, "another program is the home agent"))),
            MobilitySocketFrame(
                sequence: 3, flags: .capped, content: .refusal(MobilitySocketError(.init(rawValue: .max), ""))),
            MobilitySocketFrame(sequence: 4, flags: .multipart, content: .done),
            MobilitySocketFrame(content: .overrun),
        ]
        for frame in frames { #expect(try MobilitySocketFrame.decode(try frame.encoded()) == [frame]) }
    }

    @Test("an error number above zero is no refusal: netlink's are negative")
    func refusalAboveZero() throws {
        let refusal = MobilitySocketFrame(
            sequence: 2, flags: .capped, content: .refusal(MobilitySocketError(.busy, "")))
        var octets = try refusal.encoded()
        octets.replaceSubrange(16..<20, with: [0xff, 0xff, 0xff, 0x3b])
        guard case .malformed(let error) = try #require(try MobilitySocketFrame.decode(octets).first).content else {
            Issue.record("taken for a refusal")
            return
        }
        #expect(error.code == .invalid)
    }

    @Test("a packet may hold several frames")
    func several() throws {
        let frames = Samples.messages.prefix(4).map { MobilitySocketFrame.notification($0) }
        let octets = try frames.flatMap { try $0.encoded() }
        #expect(try MobilitySocketFrame.decode(octets) == frames)
    }

    @Test("what does not fit into a frame is refused when it is built")
    func tooLong() {
        let frame = MobilitySocketFrame.notification(
            .mobilitySend(
                MobilityDatagram(
                    source: Samples.home, destination: Samples.agent, message: Array(repeating: 0, count: 40_000))))
        #expect(throws: MobilitySocketError.self) { try frame.encoded() }
        let nested = MobilitySocketFrame.notification(
            .movementScan(interfaceIndices: Array(repeating: 1, count: 20_000)))
        #expect(throws: MobilitySocketError.self) { try nested.encoded() }
    }

    @Test("attributes that a later version adds are skipped")
    func unknownAttributes() throws {
        var octets = try MobilitySocketFrame.notification(.uplinkGone(interfaceIndex: 5)).encoded()
        octets += [6, 0, 0xff, 0x3f, 1, 2, 0, 0]
        octets[0] += 8
        #expect(
            try MobilitySocketFrame.decode(octets) == [.notification(.uplinkGone(interfaceIndex: 5))])
    }

    @Test("a report without router state and signal, of a program of before, has a router where it is up")
    func formerReports() throws {
        for (state, expected) in [(UplinkReport.State.up, UplinkReport.RouterState.unconfirmed), (.noRouter, .absent)] {
            var report = UplinkReport(
                interfaceIndex: 1, name: "e", type: "", state: state, routerState: .unreachable, mtu: 1500, metric: 0)
            var octets = try MobilitySocketFrame.notification(.uplinkReport(report)).encoded()
            // The last attribute, router state, gets a number that nobody knows.
            octets[octets.count - 6] = 99
            report.routerState = expected
            #expect(try MobilitySocketFrame.decode(octets) == [.notification(.uplinkReport(report))])
        }
    }

    @Test("an integer of the wrong width, a missing attribute and an unknown value name what is wrong")
    func complaints() throws {
        func complaint(_ octets: [UInt8]) throws -> String? {
            guard case .malformed(let error) = try MobilitySocketFrame.decode(octets).first?.content else { return nil }
            return error.reason
        }
        var wide = try MobilitySocketFrame.notification(.uplinkGone(interfaceIndex: 5)).encoded()
        wide[16] = 6
        #expect(try complaint(wide) == "attribute interfaceIndex has 2 octets instead of 4")
        var missing = try MobilitySocketFrame.notification(.uplinkGone(interfaceIndex: 5)).encoded()
        missing[18] = 99
        #expect(try complaint(missing) == "attribute interfaceIndex is missing")
        var value = try MobilitySocketFrame.request(.dump(.bindings), sequence: 1).encoded()
        value[20] = 77
        #expect(try complaint(value) == "attribute table has no value 77")
        value[6] = 1
        value[7] = 0
        #expect(try complaint(value) == "a dump without NLM_F_DUMP")
        let unknown: [UInt8] = [16, 0, 0, 0, 0xee, 0x7f, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        #expect(try complaint(unknown) == "unknown message type 32750")
    }

    @Test("a length with the highest bit set is no frame, whatever libmnl thinks of it")
    func negativeLength() throws {
        var octets = try MobilitySocketFrame.notification(.bindingFlush).encoded()
        octets[3] = 0x80
        #expect(throws: MobilitySocketError.self) { try MobilitySocketFrame.decode(octets) }
    }

    @Test("truncation at every length is an error, never a trap", arguments: Samples.messages)
    func truncated(message: MobilitySocketMessage) throws {
        let octets = try MobilitySocketFrame.request(message, sequence: 1).encoded()
        // Long frames repeat themselves.
        for length in stride(from: 1, to: octets.count, by: max(1, octets.count / 700)) {
            #expect(throws: MobilitySocketError.self) { try MobilitySocketFrame.decode(Array(octets.prefix(length))) }
            // The same with a header that admits to the shorter length.
            guard length >= 16 else { continue }
            var shorter = Array(octets.prefix(length))
            shorter[0] = UInt8(truncatingIfNeeded: length)
            shorter[1] = UInt8(truncatingIfNeeded: length >> 8)
            _ = try MobilitySocketFrame.decode(shorter)
        }
    }

    @Test("a hundred thousand damaged packets do not trap")
    func mutations() throws {
        var random = RandomNumbers(seed: 0x5115a)
        let originals = try Samples.messages.map { try MobilitySocketFrame.request($0, sequence: 1).encoded() }
            .filter { $0.count < 1500 }
        var understood = 0
        for _ in 0..<100_000 {
            var octets = originals[Int(random.next() % UInt64(originals.count))]
            for _ in 0...(random.next() % 6) {
                let place = Int(random.next() % UInt64(octets.count))
                switch random.next() % 4 {
                case 0: octets[place] = UInt8(truncatingIfNeeded: random.next())
                case 1: octets[place] ^= 1 << UInt8(random.next() % 8)
                case 2: octets.remove(at: place)
                default: octets.insert(UInt8(truncatingIfNeeded: random.next()), at: place)
                }
                if octets.isEmpty { break }
            }
            let frames = (try? MobilitySocketFrame.decode(octets)) ?? []
            for case .message(let message) in frames.map(\.content) {
                understood += 1
                // What was understood can be said again.
                _ = try MobilitySocketFrame.notification(message).encoded()
            }
        }
        #expect(understood > 1000)
    }
}
