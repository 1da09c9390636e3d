import MobilityWire

/// The way in past the home agent: type 2 routing headers and Home Address options are checked, carried out and taken out of
/// the packet, so that nobody behind sees them (RFC 6275 §6.3, §6.4, §9.3.1, §11.3.3).
public struct DirectReceiver: Sendable {
    public init() {}

    /// Checks and changes one packet, in place.
    ///
    /// - Returns: the packet; nil where it is none of the engine's business: it has none of these headers, or is addressed to
    ///   others, or is signalling.
    /// - Throws: the reason to drop it.
    public func receive(
        _ packet: UnsafeMutableRawBufferPointer, virtio: VirtioNetHeader = VirtioNetHeader(),
        by table: borrowing ForwardingTable
    ) throws(DropReason) -> Decapsulator.Accepted? {
        guard var headers = try DirectHeaders(UnsafeRawBufferPointer(packet), by: table.direct) else { return nil }
        try check(&headers, by: table)
        let removed = headers.remove(from: packet)
        let whole = packet.slice(removed, headers.length - removed)
        whole.store(headers.source, at: 8)
        whole.store(headers.destination, at: 24)
        whole.store(UInt16(truncatingIfNeeded: whole.count - InnerPacket.headerLength), at: 4)
        if let index = table.direct.route(local: headers.destination, remote: headers.source) {
            table.direct.routes[index].counters.countReceived(octets: whole.count)
        }
        return Decapsulator.Accepted(
            packet: whole, virtio: Self.completed(virtio, of: whole, removed: removed, headers: headers))
    }

    /// Whom the packet is from, and whether it is so (RFC 6275 §9.3.1).
    private func check(_ headers: inout DirectHeaders, by table: borrowing ForwardingTable) throws(DropReason) {
        if let home = headers.homeAddress {
            guard headers.source.isRoutableUnicast else { throw .homeAddressOptionInvalid }
            guard isBound(home, at: headers.source, with: headers.destination, by: table) || headers.isSelfProtected
            else { throw .homeAddressNotBound }
            headers.source = home
        }
        guard headers.source.isRoutableUnicast, !table.isOwn(headers.source), headers.source != headers.destination
        else { throw .innerSourceSpoofed }
    }

    /// Whether there is a binding of the home address whose present care-of address this is.
    private func isBound(
        _ home: IPv6Address, at careOf: IPv6Address, with local: IPv6Address, by table: borrowing ForwardingTable
    ) -> Bool {
        if let index = table.direct.route(local: local, remote: home) {
            return table.direct.routes[index].remoteCareOf == careOf
        }
        // A home registration with this address is a binding as well.
        return table.isNode(home, at: careOf, with: local)
    }

    /// What the kernel knew of the packet, for what has become of it. The sum that it leaves to whoever is next is that of
    /// the addresses that count now.
    private static func completed(
        _ virtio: VirtioNetHeader, of packet: UnsafeMutableRawBufferPointer, removed: Int, headers: DirectHeaders
    ) -> VirtioNetHeader {
        let shifted = Decapsulator.shifted(virtio, by: removed)
        guard shifted.flags & VirtioNetHeader.needsChecksum != 0 else { return shifted }
        let start = Int(shifted.checksumStart)
        let field = start + Int(shifted.checksumOffset)
        guard start >= InnerPacket.headerLength, field + 2 <= packet.count else { return shifted }
        let pseudo = Checksum(
            source: headers.source, destination: headers.destination, length: packet.count - start,
            nextHeader: IPProtocol(rawValue: headers.upperProtocol))
        packet.store(~pseudo.value, at: field)
        return shifted
    }
}
