import MobilityWire

/// The headers of route optimisation in a packet that came in.
struct DirectHeaders {
    /// A header: where it starts, its length, and the octet that names it.
    private struct Place {
        var start: Int
        var length: Int
        var naming: Int
    }

    /// Of the whole packet.
    private(set) var length: Int
    /// Whom it is from; of a packet with a Home Address option at first the care-of address.
    var source: IPv6Address
    /// Whom it is for: the home address, where there is a type 2 routing header.
    private(set) var destination: IPv6Address
    /// What the Home Address option says.
    private(set) var homeAddress: IPv6Address?
    /// What stands behind the extension headers.
    private(set) var upperProtocol: UInt8 = 59
    private var routing: Place?
    private var options: Place?
    /// Where the Home Address option stands.
    private var optionOffset = 0
    /// Whether the destination options header has nothing else than it and padding.
    private var isAlone = true
    /// Whether an option came before that makes who does not know it discard the packet (RFC 8200 §4.2): the kernel does, and
    /// answers.
    private var isDiscarded = false
    /// Whether there is another routing header.
    private var hasOtherRouting = false
    /// Why it is to be dropped, unless it turns out to be signalling, which is judged elsewhere.
    private var refusal: DropReason?

    private static let headerLimit = 8
    /// Nobody's: who does not know an option with these bits passes over it (RFC 8200 §4.2; the number is for experiments, RFC
    /// 4727 §6).
    private static let passedOverOption: UInt8 = 0x1e

    /// ESP finds out for itself who a packet is from (RFC 6275 §9.3.1).
    var isSelfProtected: Bool { upperProtocol == IPProtocol.encapsulatingSecurityPayload.rawValue }

    /// Reads the headers and makes the checks that need no binding.
    ///
    /// - Returns: nil where the packet is none of ours.
    init?(_ bytes: UnsafeRawBufferPointer, by table: borrowing DirectRouteTable) throws(DropReason) {
        guard bytes.count >= InnerPacket.headerLength, bytes[0] >> 4 == 6 else { return nil }
        length = InnerPacket.headerLength + Int(bytes.uint16(at: 4))
        source = bytes.address(at: 8)
        destination = bytes.address(at: 24)
        let isOurs = (
            routing: table.routingHeaderAddresses.contains(destination),
            option: table.optionAddresses.contains(destination)
        )
        guard isOurs.routing || isOurs.option else { return nil }
        // What is cut, the kernel drops as well.
        guard length <= bytes.count else { throw .truncated }
        var offset = InnerPacket.headerLength
        var naming = 6
        walk: for count in 0...Self.headerLimit {
            guard count < Self.headerLimit else { return nil }
            switch IPProtocol(rawValue: bytes[naming]) {
            case .hopByHopOptions where offset == InnerPacket.headerLength:
                guard readOptions(bytes, at: offset, naming: nil, isOurs: false) else { return nil }
            case .routing:
                guard offset + 8 <= length else { return nil }
                guard bytes[offset + 2] == TypeTwoRoutingHeader.routingType else {
                    // RFC 8200 §4.4: with no segments left it is passed over; else it is the kernel's.
                    guard bytes[offset + 3] == 0 else { return nil }
                    hasOtherRouting = true
                    break
                }
                // Behind another one the kernel's copy cannot be told from others: its answer is the only one then.
                guard isOurs.routing, !hasOtherRouting else { return nil }
                try readRouting(bytes, at: offset, naming: naming, by: table)
            case .destinationOptions:
                guard readOptions(bytes, at: offset, naming: naming, isOurs: isOurs.option || routing != nil)
                else { return nil }
            case .fragment:
                guard offset + 8 <= length else { return nil }
                guard routing != nil || options != nil else { return nil }
                naming = offset
                guard bytes.uint16(at: offset + 2) & 0xfff8 == 0 else { break walk }
                offset += 8
                continue
            default:
                break walk
            }
            guard offset + 8 <= length else { return nil }
            naming = offset
            offset += (Int(bytes[offset + 1]) + 1) * 8
            guard offset <= length else { return nil }
        }
        upperProtocol = bytes[naming]
        guard routing != nil || options != nil else { return nil }
        guard !Self.isSignalling(upperProtocol, bytes, at: offset, end: length) else { return nil }
        if let refusal { throw refusal }
    }

    private mutating func refuse(_ reason: DropReason) { refusal = refusal ?? reason }

    /// Mobility Headers, and ICMPv6 of home agent and prefix discovery, are the programs'; an authentication header
    /// covers what is taken out here, and only the kernel can check it.
    private static func isSignalling(_ next: UInt8, _ bytes: UnsafeRawBufferPointer, at offset: Int, end: Int) -> Bool {
        switch IPProtocol(rawValue: next) {
        case .mobilityHeader, .authenticationHeader: true
        case .icmpv6: offset < end && (144...147).contains(bytes[offset])
        default: false
        }
    }

    /// RFC 6275 §6.4, §11.3.3.
    private mutating func readRouting(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, naming: Int, by table: borrowing DirectRouteTable
    ) throws(DropReason) {
        guard bytes[offset + 1] == 2, bytes[offset + 3] == 1, offset + TypeTwoRoutingHeader.length <= length else {
            throw .routingHeaderInvalid
        }
        let home = bytes.address(at: offset + 8)
        guard home.isRoutableUnicast, routing == nil else { throw .routingHeaderInvalid }
        if options != nil { refuse(.homeAddressOptionMisplaced) }
        if !table.isRegistered(home: home, careOf: destination) { refuse(.routingHeaderForeign) }
        routing = Place(start: offset, length: TypeTwoRoutingHeader.length, naming: naming)
        destination = home
    }

    /// RFC 6275 §6.3.
    ///
    /// - Parameter naming: what names a destination options header; nil for hop-by-hop options, which have no Home Address.
    /// - Returns: false where the options cannot be read, or the kernel answers them: it says what is wrong with them.
    private mutating func readOptions(
        _ bytes: UnsafeRawBufferPointer, at start: Int, naming: Int?, isOurs: Bool
    ) -> Bool {
        guard start + 8 <= length else { return false }
        let end = start + (Int(bytes[start + 1]) + 1) * 8
        guard end <= length else { return false }
        var offset = start + 2
        var hasOption = false
        var hasOthers = false
        while offset < end {
            let type = bytes[offset]
            if type == 0 {
                offset += 1
                continue
            }
            guard offset + 2 <= end, offset + 2 + Int(bytes[offset + 1]) <= end else { return false }
            if naming != nil, type == HomeAddressOption.type {
                guard isOurs else { return false }
                // Behind a type 2 routing header there is no copy of the kernel's.
                guard routing != nil || (HomeAddressPlaces.contains(offset) && !isDiscarded) else { return false }
                if options != nil || hasOption { refuse(.homeAddressOptionRepeated) }
                hasOption = true
                optionOffset = offset
                guard bytes[offset + 1] == 16, case let home = bytes.address(at: offset + 2), home.isRoutableUnicast
                else {
                    refuse(.homeAddressOptionInvalid)
                    offset += 2 + Int(bytes[offset + 1])
                    continue
                }
                homeAddress = home
            } else if type != 1 {
                hasOthers = true
                // A short hop-by-hop header is where it usually is, and the kernel's copy goes.
                if type & 0xc0 != 0, naming != nil || end - start > 8 { isDiscarded = true }
            }
            offset += 2 + Int(bytes[offset + 1])
        }
        if hasOption, let naming {
            options = Place(start: start, length: end - start, naming: naming)
            isAlone = !hasOthers
        }
        return true
    }

    /// Takes the headers out: what stands before them moves up.
    ///
    /// - Returns: by how many octets the packet begins later.
    func remove(from packet: UnsafeMutableRawBufferPointer) -> Int {
        var removed = 0
        func take(_ place: Place) {
            packet[removed + place.naming] = packet[removed + place.start]
            let before = packet.slice(removed, place.start)
            packet.slice(removed + place.length, place.start).copyMemory(from: UnsafeRawBufferPointer(before))
            removed += place.length
        }
        // From the back, so that the places before stay where they are, seen from the packet's beginning.
        if let options {
            if isAlone {
                take(options)
            } else {
                // Others are for upper layers. Padding as long as this a kernel takes for a hidden channel, and drops.
                packet[optionOffset] = Self.passedOverOption
                packet.slice(optionOffset + 2, 16).copyBytes(from: repeatElement(0, count: 16))
            }
        }
        if let routing { take(routing) }
        return removed
    }
}
