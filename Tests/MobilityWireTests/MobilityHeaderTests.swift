import MobilityWire
import Testing

@Suite("The Mobility Header")
struct MobilityHeaderTests {
    @Test("parses what it emits, for every message", arguments: GoldenMessages.rows)
    func roundTrip(row: GoldenMessages.Row) throws {
        let octets = row.message.emit()
        #expect(octets.count.isMultiple(of: 8))
        #expect(try MobilityHeader.parse(octets.span.bytes) == row.message)
    }

    @Test("cut at any length is an error", arguments: GoldenMessages.rows)
    func truncates(row: GoldenMessages.Row) {
        let octets = row.message.emit()
        for count in 0..<octets.count {
            #expect(throws: ParseError.self) { try MobilityHeader.parse(octets.span.bytes.extracting(..<count)) }
        }
    }

    @Test(
        "changed in any octet or pair of octets never traps, and what parses can be emitted",
        arguments: GoldenMessages.rows)
    func mutates(row: GoldenMessages.Row) {
        var generator = RandomNumbers(seed: 2)
        let octets = row.message.emit()
        var all = mutations(of: octets)
        for _ in 0..<5000 {
            var mutated = octets
            for _ in 0..<4 {
                mutated[.random(in: 0..<octets.count, using: &generator)] = .random(in: 0...60, using: &generator)
            }
            all.append(mutated)
        }
        for mutated in all {
            guard let message = try? MobilityHeader.parse(mutated.span.bytes) else { continue }
            let emitted = message.emit()
            #expect(try! MobilityHeader.parse(emitted.span.bytes) == message)
            _ = MobilityHeader.authenticationCoverage(of: mutated.span.bytes)
            _ = MobilityHeader.authorizationCoverage(of: mutated.span.bytes)
        }
    }

    @Test("of random octets never traps")
    func random() {
        var generator = RandomNumbers(seed: 3)
        for round in 0..<50_000 {
            let count = Int.random(in: 0...96, using: &generator)
            var octets = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
            if count >= 8, round % 4 > 0 {
                octets[0] = 59
                octets[1] = UInt8(count / 8 - 1)
                octets[2] = UInt8(round % 8)
                for index in 8..<count { octets[index] &= round % 8 < 4 ? 0x0f : 0x3f }
            }
            guard let message = try? MobilityHeader.parse(octets.span.bytes) else { continue }
            let emitted = message.emit()
            #expect((try? MobilityHeader.parse(emitted.span.bytes)) == message)
        }
    }

    @Test("answers faults as RFC 6275 §9.2 says")
    func faults() {
        func fault(_ octets: [UInt8]) -> ParseError? {
            do throws(ParseError) {
                _ = try MobilityHeader.parse(octets.span.bytes)
                return nil
            } catch {
                return error
            }
        }
        var update = GoldenMessages.rows[7].message.emit()
        update[0] = 6
        #expect(fault(update) == ParseError(.mobilityPayloadProtocol, octet: 0))
        #expect(fault(update)?.parameterProblemCode == 0)
        update[0] = 59
        update[1] = 0
        #expect(fault(update) == ParseError(.mobilityHeaderLength, octet: 1))
        #expect(fault(update)?.parameterProblemCode == 0)
        update[1] = 2
        #expect(fault(update) == ParseError(.mobilityHeaderTruncated, octet: 1))
        #expect(fault(update)?.parameterProblemCode == nil)
        update[1] = 1
        #expect(fault(update) == nil)
        // A type that nobody knows is reported before its payload protocol is looked at, and draws a Binding Error.
        update[2] = 8
        update[0] = 6
        #expect(fault(update) == nil)
        // Options.
        #expect(fault([59, 1, 5, 0, 0, 0, 0, 1, 0x80, 0, 0, 1, 1, 3, 0, 0])?.octet == 13)
        #expect(
            fault([59, 1, 5, 0, 0, 0, 0, 1, 0x80, 0, 0, 1, 0, 0, 0, 9])
                == ParseError(.mobilityOptionTruncated, octet: 15))
        #expect(
            fault([59, 1, 5, 0, 0, 0, 0, 1, 0x80, 0, 0, 1, 2, 1, 0, 0]) == ParseError(.mobilityOptionLength, octet: 13))
    }

    @Test("ignores what stands behind its length, also in the checksum")
    func trailing() throws {
        let row = GoldenMessages.rows[7]
        var octets = row.message.emit()
        MobilityHeader.fillChecksum(&octets, source: GoldenMessages.home, destination: GoldenMessages.homeAgent)
        octets += [1, 2, 3]
        #expect(try MobilityHeader.parse(octets.span.bytes) == row.message)
        func isValid(from source: IPv6Address) -> Bool {
            MobilityHeader.isChecksumValid(
                octets.span.bytes, source: source, destination: GoldenMessages.homeAgent)
        }
        #expect(isValid(from: GoldenMessages.home))
        #expect(!isValid(from: GoldenMessages.careOf))
    }

    @Test("keeps a malformed prefix or binding identifier, because both are answered with a status")
    func malformedKept() throws {
        func options(_ option: [UInt8]) throws -> [MobilityOption] {
            var octets: [UInt8] = [59, 0, 5, 0, 0, 0, 0, 1, 0xc4, 0, 0, 1] + option
            while octets.count % 8 != 0 { octets.append(0) }
            octets[1] = UInt8(octets.count / 8 - 1)
            return try MobilityHeader.parse(octets.span.bytes).options
        }
        let shortPrefix = try options([6, 17] + [UInt8](repeating: 1, count: 17))
        #expect(shortPrefix.map(\.isMalformedMobileNetworkPrefix) == [true])
        let longPrefix = try options([6, 18, 0, 129] + [UInt8](repeating: 1, count: 16))
        #expect(longPrefix.map(\.isMalformedMobileNetworkPrefix) == [true])
        for length in [0, 3, 5, 12, 16, 21] {
            let identifier = try options([35, UInt8(length)] + [UInt8](repeating: 1, count: length))
            #expect(identifier.map(\.isMalformedBindingIdentifier) == [true], "length \(length)")
        }
        let ipv4 = try options([35, 8, 0, 1, 0, 0, 192, 0, 2, 1])
        #expect(
            ipv4 == [
                .bindingIdentifier(BindingIdentifierOption(identifier: 1, careOfAddress: address("::ffff:192.0.2.1")))
            ])
    }

    @Test("leaves out options that no longer fit into 2048 octets")
    func full() throws {
        let prefixes = [MobilityOption](repeating: .mobileNetworkPrefix(prefix("2001:db8::/48")), count: 100)
        let update = MobilityMessage.bindingUpdate(GoldenMessages.update(1, .acknowledge, 1, prefixes))
        let octets = update.emit()
        #expect(octets.count <= MobilityHeader.maximumLength)
        #expect(try MobilityHeader.parse(octets.span.bytes).options.count == 85)
        let draft = update.draft(authenticatedBy: 256)
        let parsed = try MobilityHeader.parse(draft.octets.span.bytes)
        guard case .messageAuthentication = parsed.options.last else {
            Issue.record("the authentication option is missing")
            return
        }
    }

    @Test("every status has a code of its own, and the code gives the status again")
    func statuses() {
        for code in UInt8.min...UInt8.max {
            let status = BindingStatus(rawValue: code)
            #expect(status.rawValue == code)
            #expect(status == BindingStatus(rawValue: code))
            #expect(status.isAccepted == (code < 128))
        }
        #expect(BindingStatus.accepted != .notHomeSubnet)
    }
}
