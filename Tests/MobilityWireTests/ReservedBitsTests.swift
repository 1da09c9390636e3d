import MobilityWire
import Testing

/// What RFC 6275 says of every message: reserved fields are zero when sent and ignored when received, and what a receiver
/// does not know it skips.
@Suite("What is reserved or unknown")
struct ReservedBitsTests {
    /// The reserved bits of each message (RFC 6275 §6.1.1 to §6.1.9), by MH Type: octet, mask.
    static let reserved: [UInt8: [(octet: Int, mask: UInt8)]] = [
        0: [(3, 0xff), (6, 0xff), (7, 0xff)],
        1: [(3, 0xff), (6, 0xff), (7, 0xff)],
        2: [(3, 0xff), (6, 0xff), (7, 0xff)],
        3: [(3, 0xff)],
        4: [(3, 0xff)],
        // A, H, L and K are RFC 6275's; M, R, P, F and T have been given away since (RFC 3963 has R), O is RFC 5648's.
        5: [(3, 0xff), (9, 0x3f)],
        6: [(3, 0xff), (7, 0x3f)],
        7: [(3, 0xff), (7, 0xff)],
    ]

    static let rows = GoldenMessages.registrationRows.filter { reserved[$0.message.type] != nil }

    @Test("in a Mobility Header is zero when sent, and changes nothing when received", arguments: rows)
    func messages(row: GoldenMessages.Row) throws {
        let octets = row.message.emit()
        for field in Self.reserved[row.message.type] ?? [] {
            #expect(octets[field.octet] & field.mask == 0, "octet \(field.octet) is sent")
            var changed = octets
            changed[field.octet] |= field.mask
            var received = try MobilityHeader.parse(changed.span.bytes)
            if case .bindingUpdate(var update) = received, case .bindingUpdate(let sent) = row.message {
                // The flags come as they are; what they say is the same.
                #expect(update.flags.isSuperset(of: sent.flags))
                for flag: BindingUpdate.Flags in [
                    .acknowledge, .homeRegistration, .linkLocalCompatibility, .keyManagementMobility, .mobileRouter,
                    .overwrite,
                ] { #expect(update.flags.contains(flag) == sent.flags.contains(flag)) }
                update.flags = sent.flags
                received = .bindingUpdate(update)
            }
            #expect(received == row.message, "octet \(field.octet) is received")
        }
    }

    @Test("every message of the Mobility Header is among them")
    func complete() {
        #expect(Set(Self.rows.map(\.message.type)) == Set(0...7))
    }

    @Test("an unknown option is skipped in every message, and those around it count", arguments: rows)
    func unknownOptions(row: GoldenMessages.Row) throws {
        let octets = row.message.emit()
        let fixed = try #require(Self.fixedLengths[row.message.type])
        // Type 200, with three octets and with none, before what was there.
        let unknown: [UInt8] = [200, 3, 1, 2, 3, 200, 0, 1, 7] + [UInt8](repeating: 0, count: 7)
        var changed = Array(octets[..<fixed]) + unknown + octets[fixed...]
        changed[1] = UInt8(changed.count / 8 - 1)
        let received = try MobilityHeader.parse(changed.span.bytes)
        #expect(received.type == row.message.type)
        let known = received.options.filter { if case .unknown(200, _) = $0 { false } else { true } }
        #expect(known == row.message.options)
        #expect(received.options.count == known.count + 2)
    }

    /// Octets before the options (RFC 6275 §6.1).
    static let fixedLengths: [UInt8: Int] = [0: 8, 1: 16, 2: 16, 3: 24, 4: 24, 5: 12, 6: 12, 7: 24]

    @Test("the octets of PadN are not looked at")
    func padding() throws {
        // Binding Update, PadN with octets that are not zero, an Alternate Care-of Address, Pad1, PadN.
        let careOf = GoldenMessages.careOf.octets
        let octets: [UInt8] =
            [59, 4, 5, 0, 0, 0, 0, 1, 0xc0, 0, 0, 9] + [1, 0, 3, 16] + careOf + [0, 1, 4, 0xde, 0xad, 0xbe, 0xef, 0]
        let message = try MobilityHeader.parse((octets).span.bytes)
        #expect(message.options == [.alternateCareOfAddress(GoldenMessages.careOf)])
    }

    @Test("the reserved octets of a type 2 routing header are sent as zero and not looked at")
    func routingHeader() throws {
        var octets = Golden.packet("ba")
        #expect(octets[44..<48].allSatisfy { $0 == 0 })
        let before = try MobilityPacket.parse(octets.span.bytes).packet
        for offset in 44..<48 { octets[offset] = 0xff }
        #expect(try MobilityPacket.parse(octets.span.bytes).packet == before)
    }

    /// The reserved octets of the ICMPv6 messages of RFC 6275 §6.5 to §6.8, with the mask of what is reserved in the first.
    static let icmp: [(message: ICMPv6Message, mask: UInt8)] = [
        (.homeAgentAddressDiscoveryRequest(identifier: 7, mobileRouter: true), 0x7f),
        (
            .homeAgentAddressDiscoveryReply(identifier: 7, mobileRouter: true, addresses: [GoldenMessages.homeAgent]),
            0x7f
        ),
        (.mobilePrefixSolicitation(identifier: 7, options: []), 0xff),
        (.mobilePrefixAdvertisement(MobilePrefixAdvertisement(identifier: 7, managedAddresses: true)), 0x3f),
    ]

    @Test("in ICMPv6 is zero when sent, and changes nothing when received", arguments: icmp.indices)
    func discovery(index: Int) throws {
        let (message, mask) = Self.icmp[index]
        let octets = message.emit()
        #expect(octets[6] & mask == 0)
        #expect(octets[7] == 0)
        var changed = octets
        changed[6] |= mask
        changed[7] = 0xff
        #expect(try ICMPv6Message.parse(changed.span.bytes) == message)
    }

    @Test("an option of neighbour discovery that is unknown is skipped, and those around it count")
    func unknownNeighborOptions() throws {
        let known = NeighborOption.prefixInformation(
            PrefixInformation(
                address: GoldenMessages.homeAgent, prefixLength: 64, isRouterAddress: true, validLifetime: 1,
                preferredLifetime: 1))
        for message: ICMPv6Message in [
            .mobilePrefixSolicitation(identifier: 7, options: [known]),
            .mobilePrefixAdvertisement(MobilePrefixAdvertisement(identifier: 7, options: [known])),
        ] {
            let octets = message.emit()
            let changed = Array(octets[..<8]) + [200, 1, 9, 9, 9, 9, 9, 9] + octets[8...]
            switch try ICMPv6Message.parse(changed.span.bytes) {
            case .mobilePrefixSolicitation(7, let options): #expect(options.last == known && options.count == 2)
            case .mobilePrefixAdvertisement(let advertisement):
                #expect(advertisement.options.last == known && advertisement.options.count == 2)
            case let other: Issue.record("\(other)")
            }
        }
    }
}
