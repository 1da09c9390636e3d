import MobilityWire

/// A packet of ours within an ICMPv6 error, taken back into the form that upper layers sent.
struct QuotedPacket {
    /// Without the headers of route optimisation, with the addresses that upper layers know; as much as the error holds.
    private(set) var octets: [UInt8]
    private(set) var source: IPv6Address
    private(set) var destination: IPv6Address
    /// As it was on its way.
    private let wireSource: IPv6Address
    private let wireDestination: IPv6Address
    /// The care-of address that a type 2 routing header names or named.
    private var remoteCareOf: IPv6Address?
    private var hasOption = false
    /// What was taken out, from the start of the packet as it was: in order.
    private var gaps: [Range<Int>] = []
    /// Where the Home Address option, the type 2 routing header and the octet that names a Mobility Header stood.
    private var optionOffset: Int?
    private var routingOffset: Int?
    private var mobilityOffset: Int?

    private static let headerLimit = 8

    var hasDirectHeaders: Bool { hasOption || remoteCareOf != nil }

    init?(_ quoted: [UInt8]) {
        guard let header = try? IPv6Header(parsing: quoted.span.bytes) else { return nil }
        octets = quoted
        (source, destination) = (header.source, header.destination)
        (wireSource, wireDestination) = (header.source, header.destination)
        read()
        take()
    }

    private mutating func read() {
        var offset = IPv6Header.length
        var naming = IPv6Header.Offset.nextHeader
        for _ in 0..<Self.headerLimit {
            let next = IPProtocol(rawValue: octets[naming])
            if next == .mobilityHeader { mobilityOffset = naming }
            guard [.hopByHopOptions, .routing, .destinationOptions].contains(next), offset + 8 <= octets.count
            else { return }
            let length = (Int(octets[offset + 1]) + 1) * 8
            guard offset + length <= octets.count else { return }
            if next == .routing, octets[offset + 2] == TypeTwoRoutingHeader.routingType,
                length == TypeTwoRoutingHeader.length, routingOffset == nil
            {
                let address = self.address(at: offset + 8)
                // The error may have come before or after its address was put in place.
                remoteCareOf = octets[offset + 3] == 0 ? address : destination
                if octets[offset + 3] != 0 { destination = address }
                routingOffset = offset
                gaps.append(offset..<offset + length)
            } else if next == .destinationOptions, length == HomeAddressOption.headerLength, !hasOption,
                octets[offset + 6] == HomeAddressOption.type, octets[offset + 7] == 16
            {
                source = address(at: offset + 8)
                hasOption = true
                optionOffset = offset + 6
                gaps.append(offset..<offset + length)
            }
            naming = offset
            offset += length
        }
    }

    /// Takes out what was found.
    private mutating func take() {
        guard !gaps.isEmpty else { return }
        for gap in gaps.reversed() {
            let naming = gap.lowerBound == IPv6Header.length ? IPv6Header.Offset.nextHeader : previousHeader(of: gap)
            octets[naming] = octets[gap.lowerBound]
            octets.removeSubrange(gap)
        }
        store(source, at: IPv6Header.Offset.source)
        store(destination, at: IPv6Header.Offset.destination)
        let removed = gaps.reduce(0) { $0 + $1.count }
        let length = max(Int(octets[4]) << 8 | Int(octets[5]), removed) - removed
        octets[4] = UInt8(truncatingIfNeeded: length >> 8)
        octets[5] = UInt8(truncatingIfNeeded: length)
    }

    /// Where the header before this place starts; all of them were walked already.
    private func previousHeader(of gap: Range<Int>) -> Int {
        var start = IPv6Header.length
        while true {
            let next = start + (Int(octets[start + 1]) + 1) * 8
            if next >= gap.lowerBound { return start }
            start = next
        }
    }

    /// Whether the packet could have left by this route: nobody learns of one by inventing errors.
    func went(by route: DirectRoute) -> Bool {
        guard hasOption == (route.localCareOf != nil), (remoteCareOf != nil) == (route.remoteCareOf != nil) else {
            return false
        }
        if let careOf = route.localCareOf, careOf != wireSource { return false }
        if let careOf = route.remoteCareOf, careOf != remoteCareOf { return false }
        return true
    }

    /// Whom the error says does not know a header of ours (RFC 6275 §11.3.5): Parameter Problem of code 1 that points at
    /// what names a Mobility Header, of code 2 that points at a Home Address option, of code 0 that points into a type 2
    /// routing header (RFC 8200 §4.4).
    func unsupported(by message: [UInt8], ownAddresses: Set<IPv6Address>) -> IPv6Address? {
        guard message[0] == ICMPv6Message.Kind.parameterProblem, ownAddresses.contains(wireSource) else { return nil }
        let pointer = message[4..<8].reduce(0) { $0 << 8 | Int($1) }
        switch message[1] {
        case 1 where mobilityOffset == pointer: return destination
        case 2 where optionOffset == pointer: return destination
        case 0:
            guard let routingOffset, pointer == routingOffset + 2 else { return nil }
            return destination
        default: return nil
        }
    }

    /// The place in the packet as upper layers know it; nil for one in a header of ours.
    func restored(pointer: Int) -> Int? {
        var place = pointer
        for gap in gaps {
            if gap.contains(pointer) { return nil }
            if pointer >= gap.upperBound { place -= gap.count }
        }
        return place
    }

    private func address(at offset: Int) -> IPv6Address {
        func half(_ range: Range<Int>) -> UInt64 { octets[range].reduce(0) { $0 << 8 | UInt64($1) } }
        return IPv6Address(high: half(offset..<offset + 8), low: half(offset + 8..<offset + 16))
    }

    private mutating func store(_ address: IPv6Address, at offset: Int) {
        for (index, octet) in address.octets.enumerated() { octets[offset + index] = octet }
    }
}
