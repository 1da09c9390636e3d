import MobilityWire
import Testing

/// Octets typed from the figures of RFC 5648, RFC 6088 and RFC 6089.
@Suite("Options of multiple care-of addresses and flow bindings")
struct FlowOptionTests {
    /// A Binding Update of sequence number 1, flags A, H and O, lifetime 150, with octets as its options.
    static func update(_ options: [UInt8]) -> [UInt8] {
        let body = [59, 0, 5, 0, 0, 0, 0, 1, 0xc0, 0x40, 0, 150] + options
        precondition(body.count.isMultiple(of: 8))
        return body.enumerated().map { $0.offset == 1 ? UInt8(body.count / 8 - 1) : $0.element }
    }

    struct Row: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var octets: [UInt8]
        var options: [MobilityOption]
    }

    static let careOf = Golden.octets(hex: "20010db800a100000000000000000042") ?? []
    static let peer = Golden.octets(hex: "20010db8000c0000000000000000000c") ?? []
    static let lastPeer = Golden.octets(hex: "20010db8000c000000000000000000ff") ?? []

    static let rows = [
        Row(
            testDescription: "a Binding Identifier with an IPv6 care-of address and a priority",
            octets: [1, 4, 0, 0, 0, 0, 35, 20, 0, 7, 0, 20] + careOf,
            options: [
                .bindingIdentifier(
                    BindingIdentifierOption(identifier: 7, priority: 20, careOfAddress: address("2001:db8:a1::42")))
            ]),
        Row(
            testDescription: "a Binding Identifier without care-of address, at home and away",
            octets: [35, 4, 0, 2, 0, 0x81, 1, 4, 0, 0, 0, 0],
            options: [
                .bindingIdentifier(
                    BindingIdentifierOption(
                        identifier: 2, simultaneousHomeAndForeignBinding: true, priority: 1))
            ]),
        Row(
            testDescription: "a Flow Summary of three flows",
            octets: [44, 6, 0, 1, 0, 2, 0xff, 0xff, 1, 2, 0, 0],
            options: [.flowSummary([1, 2, 65535])]),
        Row(
            testDescription: "a Flow Identification of UDP to ports 5060 and 5061, by binding 2 or 1",
            // Binding Update, PadN up to 8n; FID 3, FID-PRI 10; selector with K, L and O; Pad1; BIDs 2 and 1.
            octets: [1, 2, 0, 0] + [45, 26, 0, 3, 0, 10, 0, 0]
                + [3, 11, 2, 0, 0x00, 0x32, 0, 0, 0x13, 0xc4, 0x13, 0xc5, 17, 0] + [2, 4, 0, 2, 0, 1] + [1, 2, 0, 0],
            options: [
                .flowIdentification(
                    FlowIdentificationOption(
                        identifier: 3, priority: 10, bindings: [2, 1],
                        selector: .ipv6(TrafficSelector(destinationPorts: 5060...5061, nextHeaders: 17...17))))
            ]),
        Row(
            testDescription: "a Flow Identification with addresses, aligned to 8 octets",
            octets: [1, 2, 0, 0] + [45, 46, 0, 1, 0, 1, 0, 0] + [3, 38, 2, 0, 0xc0, 0, 0, 0] + peer + lastPeer,
            options: [
                .flowIdentification(
                    FlowIdentificationOption(
                        identifier: 1, priority: 1,
                        selector: .ipv6(
                            TrafficSelector(
                                sourceAddresses: address("2001:db8:c::c")...address("2001:db8:c::ff")))))
            ]),
        Row(
            testDescription: "a Flow Identification with a selector of IPv4, kept as it came",
            octets: [1, 2, 0, 0] + [45, 14, 0, 9, 0, 2, 0, 133] + [3, 6, 1, 0, 0, 0, 0, 0],
            options: [
                .flowIdentification(
                    FlowIdentificationOption(
                        identifier: 9, priority: 2, status: .formatNotSupported,
                        selector: .other(format: 1, data: [0, 0, 0, 0])))
            ]),
    ]

    @Test("are read as the figures say", arguments: rows)
    func parses(row: Row) throws {
        guard case .bindingUpdate(let update) = try MobilityHeader.parse(Self.update(row.octets).span.bytes) else {
            Issue.record("not a Binding Update")
            return
        }
        #expect(update.flags == [.acknowledge, .homeRegistration, .overwrite])
        #expect(update.options == row.options)
    }

    @Test("are written as the figures say", arguments: rows)
    func emits(row: Row) {
        let update = BindingUpdate(
            sequenceNumber: SequenceNumber(rawValue: 1), flags: [.acknowledge, .homeRegistration, .overwrite],
            lifetime: BindingLifetime(rawValue: 150), options: row.options)
        #expect(MobilityMessage.bindingUpdate(update).emit().hex == Self.update(row.octets).hex)
    }

    /// The data of a Flow Identification option, FID 5, FID-PRI 1, with these sub-options.
    func option(_ subOptions: [UInt8]) -> MobilityOption? {
        let data = [0, 5, 0, 1, 0, 0] + subOptions
        var octets: [UInt8] = [1, 2, 0, 0, 45, UInt8(data.count)] + data
        octets += Array(repeating: 0, count: (12 - octets.count % 8) % 8)
        guard case .bindingUpdate(let update)? = try? MobilityHeader.parse(Self.update(octets).span.bytes) else {
            return nil
        }
        return update.options.first
    }

    @Test(
        "what a sub-option may not be makes the option malformed and keeps the message",
        arguments: [
            ("a reference of odd length", [2, 3, 0, 1, 0]), ("a reference to nothing", [2, 0]),
            ("two references", [2, 2, 0, 1, 2, 2, 0, 2]), ("a reference past the end", [2, 4, 0, 1]),
            ("a length past the end", [3]), ("a selector without format", [3, 1, 2]),
            ("a selector of format 0", [3, 2, 0, 0]), ("a selector without flags", [3, 2, 2, 0]),
            ("an end without a start", [3, 8, 2, 0, 0x00, 0x10, 0, 0, 0, 80]),
            ("an end before its start", [3, 10, 2, 0, 0x00, 0x30, 0, 0, 0, 80, 0, 79]),
            ("less than the flags promise", [3, 7, 2, 0, 0x00, 0x20, 0, 0, 0]),
            ("more than the flags promise", [3, 9, 2, 0, 0x00, 0x20, 0, 0, 0, 80, 0]),
            ("two selectors", [3, 6, 2, 0, 0, 0, 0, 0, 3, 6, 2, 0, 0, 0, 0, 0]),
        ] as [(String, [UInt8])])
    func malformed(name: String, subOptions: [UInt8]) {
        #expect(option(subOptions)?.malformedFlowIdentifier == 5, "\(name)")
    }

    @Test("padding and sub-options that nobody knows are skipped")
    func skips() {
        let known = FlowIdentificationOption(identifier: 5, priority: 1, bindings: [3])
        #expect(option([0, 1, 2, 9, 9, 77, 3, 1, 2, 3, 2, 2, 0, 3]) == .flowIdentification(known))
    }

    @Test("reserved bits, the lower bits of a traffic class and the first octet of a flow label do not count")
    func ignoredBits() {
        let read = TrafficSelector(octets: [0x02, 0x08, 0xff, 0xff, 0xaa, 1, 2, 3, 0xbb])
        #expect(read == TrafficSelector(flowLabels: 0x010203...0x010203, trafficClasses: 0xb8...0xb8))
    }

    @Test("a selector of every field survives, and cut anywhere it is refused")
    func allFields() {
        let all = TrafficSelector(
            sourceAddresses: address("2001:db8::1")...address("2001:db8::2"),
            destinationAddresses: address("2001:db8:10::")...address("2001:db8:10::"),
            securityParameterIndices: 1...UInt32.max, flowLabels: 0...0xf_ffff, sourcePorts: 0...UInt16.max,
            destinationPorts: 443...443, trafficClasses: 0x20...0xfc, nextHeaders: 6...17)
        let octets = all.octets
        #expect(TrafficSelector(octets: octets) == all)
        for count in octets.indices { #expect(TrafficSelector(octets: Array(octets[..<count])) == nil) }
        #expect(TrafficSelector(octets: [0, 0, 0, 0]) == .everything)
    }

    @Test("the longest option that fits can be answered with")
    func longest() {
        let option = FlowIdentificationOption(
            identifier: 1, priority: 1, bindings: Array(repeating: 1, count: 119),
            selector: .other(format: 3, data: [7, 7, 7, 7, 7]))
        let octets = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: SequenceNumber(rawValue: 1), flags: [], lifetime: .zero,
                options: [.flowIdentification(option)])
        ).emit()
        guard case .bindingUpdate(let update)? = try? MobilityHeader.parse(octets.span.bytes) else {
            Issue.record("not a Binding Update")
            return
        }
        #expect(update.options == [.flowIdentification(option)])
    }

    @Test("changed in any octet never traps, and what parses can be emitted", arguments: rows)
    func mutates(row: Row) {
        for mutated in mutations(of: Self.update(row.octets)) {
            guard let message = try? MobilityHeader.parse(mutated.span.bytes) else { continue }
            let emitted = message.emit()
            #expect((try? MobilityHeader.parse(emitted.span.bytes)) == message)
        }
    }
}
