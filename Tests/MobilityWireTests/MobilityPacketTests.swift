import MobilityWire
import Testing

@Suite("A packet of mobility signalling")
struct MobilityPacketTests {
    @Test("emits the octets that scapy builds", arguments: GoldenMessages.rows)
    func emits(row: GoldenMessages.Row) {
        #expect(row.packet.emit().hex == Golden.packet(row.name).hex)
    }

    @Test("parses what scapy builds", arguments: GoldenMessages.rows)
    func parses(row: GoldenMessages.Row) throws {
        let octets = Golden.packet(row.name)
        let (packet, message) = try MobilityPacket.parseMessage(octets.span.bytes)
        #expect(message == row.message)
        #expect(packet.source == row.source)
        #expect(packet.destination == row.destination)
        #expect(packet.homeAddressOption == row.homeAddressOption)
        #expect(packet.routingHeader == row.routingHeader)
        #expect(packet.hopLimit == 64)
        #expect(packet.emit() == octets)
    }

    @Test("parses orders and paddings that it would not make itself")
    func parsesOthers() throws {
        let update = MobilityMessage.bindingUpdate(GoldenMessages.update(1, [.acknowledge, .homeRegistration], 5))
        for name in ["parse_hop_by_hop", "parse_atomic_fragment"] {
            let (packet, message) = try MobilityPacket.parseMessage(Golden.packet(name).span.bytes)
            #expect(message == update)
            #expect(packet.homeAddressOption == GoldenMessages.home)
        }
        let both = try MobilityPacket(parsing: Golden.packet("parse_both").span.bytes)
        #expect(both.homeAddressOption == GoldenMessages.home)
        #expect(both.routingHeader == address("2001:db8:1::200"))
        #expect(both.destination == address("2001:db8:a2::9"))
        #expect(both.emit() == Golden.packet("parse_both"))
    }

    @Test("cut at any length is an error and never a trap")
    func truncates() {
        for (_, octets) in Golden.scapy {
            for count in 0..<octets.count {
                #expect(throws: ParseError.self) { try MobilityPacket.parse(octets.span.bytes.extracting(..<count)) }
            }
        }
    }

    @Test("changed in any octet never traps, and a change that is not an address's or length's breaks the checksum")
    func mutates() {
        for (_, octets) in Golden.scapy {
            for mutated in mutations(of: octets) where mutated != octets {
                do throws(ParseError) {
                    let (packet, _) = try MobilityPacket.parse(mutated.span.bytes)
                    _ = packet.emit()
                    if packet.upperProtocol == .mobilityHeader {
                        _ = try MobilityPacket.parseMessage(mutated.span.bytes)
                    }
                } catch {
                    #expect((0...octets.count).contains(error.octet))
                }
            }
        }
    }

    @Test("of random octets never traps")
    func random() {
        var generator = RandomNumbers(seed: 1)
        let starts: [[UInt8]] = [[], [0x60]] + Golden.scapy.map { [UInt8]($0.octets.prefix(64)) }
        for round in 0..<20_000 {
            var octets = starts[round % starts.count]
            for _ in 0..<Int.random(in: 0..<120, using: &generator) {
                octets.append(.random(in: 0...255, using: &generator))
            }
            if octets.count >= 40, round % 2 == 0 {
                octets[4] = UInt8((octets.count - 40) >> 8)
                octets[5] = UInt8((octets.count - 40) & 0xff)
            }
            _ = try? MobilityPacket.parse(octets.span.bytes)
        }
    }

    @Test("tells which octet of the packet is wrong, and how it is answered")
    func faults() {
        func fault(_ name: String, _ changes: [(Int, UInt8)]) -> ParseError? {
            var octets = Golden.packet(name)
            for (offset, octet) in changes { octets[offset] = octet }
            do throws(ParseError) {
                _ = try MobilityPacket.parse(octets.span.bytes)
                return nil
            } catch {
                return error
            }
        }
        // IPv6 header.
        #expect(fault("bu_plain", [(0, 0x40)]) == ParseError(.notVersion6, octet: 0))
        #expect(fault("bu_plain", [(5, 0x29)]) == ParseError(.payloadLength, octet: 4))
        // Destination options: Home Address option at 40 + 6.
        let unknown = fault("bu_plain", [(46, 0xc8)])
        #expect(unknown == ParseError(.unrecognizedOption(type: 0xc8), octet: 46))
        #expect(unknown?.parameterProblemCode == 2)
        #expect(unknown?.parameterProblemCode(toMulticast: true) == nil)
        let reported = fault("bu_plain", [(46, 0x88)])
        #expect(reported?.parameterProblemCode(toMulticast: true) == 2)
        #expect(fault("bu_plain", [(46, 0x48)])?.parameterProblemCode == nil)
        #expect(fault("bu_plain", [(46, 0x08)])?.reason == .checksum)
        #expect(fault("bu_plain", [(47, 15)]) == ParseError(.homeAddressOptionLength, octet: 47))
        #expect(fault("bu_plain", [(47, 17)]) == ParseError(.optionLength, octet: 47))
        #expect(fault("bu_plain", [(48, 0xff)]) == ParseError(.homeAddressNotUnicast, octet: 48))
        #expect(fault("bu_plain", [(41, 200)]) == ParseError(.extensionHeaderLength, octet: 41))
        #expect(fault("bu_plain", [(40, 0)]) == ParseError(.hopByHopNotFirst, octet: 40))
        #expect(fault("bu_plain", [(40, 0)])?.parameterProblemCode == 1)
        // Type 2 routing header at 40: silently discarded (RFC 6275 §11.3.3).
        #expect(fault("ba", [(41, 1)]) == ParseError(.routingHeaderLength, octet: 41))
        #expect(fault("ba", [(43, 0)]) == ParseError(.routingHeaderSegmentsLeft, octet: 43))
        #expect(fault("ba", [(43, 2)])?.parameterProblemCode == nil)
        #expect(fault("ba", [(48, 0xfe), (49, 0x80)]) == ParseError(.routingHeaderAddressNotUnicast, octet: 48))
        let type0 = fault("ba", [(42, 0)])
        #expect(type0 == ParseError(.unrecognizedRoutingType, octet: 42))
        #expect(type0?.parameterProblemCode == 0)
        // With no segments left an unknown type is passed over; then the pseudo-header has the wrong destination.
        #expect(fault("ba", [(42, 0), (43, 0)])?.reason == .checksum)
        // A fragment that is not the whole.
        #expect(fault("parse_atomic_fragment", [(67, 1)]) == ParseError(.fragmented, octet: 72))
        #expect(fault("parse_atomic_fragment", [(40, 60), (64, 44)])?.reason != nil)
        // The Mobility Header at 64.
        #expect(fault("bu_plain", [(65, 2)]) == ParseError(.mobilityHeaderTruncated, octet: 65))
        #expect(fault("bu_plain", [(70, 0)]) == ParseError(.checksum, octet: 68))
    }

    @Test("tells of a Mobility Header that is answered with a Parameter Problem where in the packet it is wrong")
    func mobilityHeaderFaults() {
        func fault(_ message: [UInt8]) -> ParseError? {
            let packet = MobilityPacket(
                source: GoldenMessages.careOf, destination: GoldenMessages.homeAgent,
                homeAddressOption: GoldenMessages.home, message: message)
            let octets = packet.emit()
            do throws(ParseError) {
                _ = try MobilityPacket.parse(octets.span.bytes)
                return nil
            } catch {
                return error
            }
        }
        // A Binding Update has 12 octets before its options.
        let short = fault([59, 0, 5, 0, 0, 0, 0, 7])
        #expect(short == ParseError(.mobilityHeaderLength, octet: 65))
        #expect(short?.parameterProblemCode == 0)
        let payload = fault([17, 1, 5, 0, 0, 0, 0, 7] + [UInt8](repeating: 0, count: 8))
        #expect(payload == ParseError(.mobilityPayloadProtocol, octet: 64))
        #expect(payload?.parameterProblemCode == 0)
        // An unknown type is answered otherwise, whatever else is wrong with it.
        #expect(fault([17, 0, 200, 0, 0, 0, 0, 0]) == nil)
    }

    @Test("refuses a second Home Address option, and one before the routing header")
    func places() throws {
        let home = HomeAddressOption(homeAddress: GoldenMessages.home)
        func chain(_ make: (inout ByteWriter) -> Void, first: IPProtocol) throws(ParseError) -> ExtensionHeaderChain {
            var body = ByteWriter()
            make(&body)
            let header = IPv6Header(
                payloadLength: UInt16(body.count), nextHeader: first, source: GoldenMessages.careOf,
                destination: GoldenMessages.homeAgent)
            let octets = header.emit() + body.octets
            return try ExtensionHeaderChain(of: octets.span.bytes, header: header)
        }
        #expect(throws: ParseError(.homeAddressOptionRepeated, octet: 70)) {
            try chain(
                {
                    home.emitHeader(nextHeader: .destinationOptions, into: &$0)
                    home.emitHeader(nextHeader: .none, into: &$0)
                }, first: .destinationOptions)
        }
        #expect(throws: ParseError(.homeAddressOptionMisplaced, octet: 64)) {
            try chain(
                {
                    home.emitHeader(nextHeader: .routing, into: &$0)
                    TypeTwoRoutingHeader(homeAddress: GoldenMessages.home).emit(nextHeader: .none, into: &$0)
                }, first: .destinationOptions)
        }
        #expect(throws: ParseError(.homeAddressOptionMisplaced, octet: 54)) {
            try chain(
                {
                    FragmentHeader(
                        nextHeader: .destinationOptions, offset: 0, moreFragments: false, identification: 1
                    ).emit(into: &$0)
                    home.emitHeader(nextHeader: .none, into: &$0)
                }, first: .fragment)
        }
        let atLimit = try chain(
            {
                for _ in 0..<8 { $0.write([60, 0, 1, 4, 0, 0, 0, 0]) }; $0.overwrite(59 as UInt8, at: 56)
            },
            first: .destinationOptions)
        #expect(atLimit.upperOffset == 40 + 64)
        #expect(throws: ParseError(.tooManyExtensionHeaders, octet: 40 + 64)) {
            try chain(
                {
                    for _ in 0..<9 { $0.write([60, 0, 1, 4, 0, 0, 0, 0]) }; $0.overwrite(59 as UInt8, at: 64)
                },
                first: .destinationOptions)
        }
    }
}
