import MobilityWire

/// The way in: what a tunnel brought becomes a packet for the TUN device.
public struct Decapsulator: Sendable {
    /// An inner packet that may pass, and the tunnel it came through.
    public struct Accepted {
        /// The inner packet, where it lies in the outer one.
        public let packet: UnsafeMutableRawBufferPointer
        /// What the kernel knows of its segments and checksum, with offsets that count from the inner packet.
        public let virtio: VirtioNetHeader
    }

    public init() {}

    /// Checks and opens one outer packet.
    ///
    /// - Parameters:
    ///   - virtio: what the kernel says of the outer packet; absent where the socket gives none.
    ///   - packet: an IPv6 packet addressed to this machine. Its ECN field may be changed in place.
    /// - Throws: the reason to drop it.
    public func decapsulate(
        _ packet: UnsafeMutableRawBufferPointer, virtio: VirtioNetHeader = VirtioNetHeader(),
        by table: borrowing ForwardingTable
    ) throws(DropReason) -> Accepted {
        let outer = try Self.outer(UnsafeRawBufferPointer(packet))
        let payload = packet.slice(outer.payloadOffset, outer.length - outer.payloadOffset)
        let inner = try InnerPacket(UnsafeRawBufferPointer(payload))
        // First, for whoever is bound has no such address: another reason would be given.
        guard !inner.source.isLinkLocal, !inner.source.isMulticast, !inner.source.isUnspecified,
            !inner.destination.isLinkLocal, !inner.destination.isMulticast
        else {
            throw table.isKnown(local: outer.destination, remote: outer.source)
                ? .notTunnelled : .outerPairNotRegistered
        }
        let tunnel = try table.tunnelIn(
            inner, outerSource: outer.source, outerDestination: outer.destination)
        try Self.mergeCongestion(outer: outer.trafficClass, into: payload)
        let octets = inner.bytes.count
        tunnel.counters._withUnsafeGuaranteedRef { $0.countReceived(octets: octets) }
        let virtio = Self.shifted(virtio, by: outer.payloadOffset)
        // What is sent in answer goes back through this tunnel.
        table.clamp.lower(payload, inner, mtu: tunnel.mtu, by: virtio)
        return Accepted(packet: payload.slice(0, inner.bytes.count), virtio: virtio)
    }

    private struct Outer {
        var source: IPv6Address
        var destination: IPv6Address
        var trafficClass: UInt8
        var payloadOffset: Int
        var length: Int
    }

    /// The outer header; a destination options header (a tunnel encapsulation limit, RFC 2473 §4.1.1) is skipped.
    @inline(__always)
    private static func outer(_ bytes: UnsafeRawBufferPointer) throws(DropReason) -> Outer {
        guard bytes.count >= OuterHeader.length else { throw .truncated }
        guard bytes[0] >> 4 == 6 else { throw .notIPv6 }
        let length = OuterHeader.length + Int(bytes.uint16(at: 4))
        guard length <= bytes.count else { throw .truncated }
        var offset = OuterHeader.length
        var next = bytes[6]
        if next == IPProtocol.destinationOptions.rawValue {
            guard offset + 8 <= length else { throw .truncated }
            next = bytes[offset]
            offset += (Int(bytes[offset + 1]) + 1) * 8
            guard offset <= length else { throw .truncated }
        }
        guard next == OuterHeader.protocolNumber else { throw .notIPv6 }
        return Outer(
            source: bytes.address(at: 8), destination: bytes.address(at: 24),
            trafficClass: UInt8(truncatingIfNeeded: bytes.uint16(at: 0) >> 4), payloadOffset: offset, length: length)
    }

    /// Carries a congestion mark of the outer path over to the inner packet, as the table in RFC 6040 §4.2 says.
    @inline(__always)
    private static func mergeCongestion(
        outer: UInt8, into packet: UnsafeMutableRawBufferPointer
    ) throws(DropReason) {
        let mark = outer & 3
        guard mark == 3 || mark == 1 else { return }
        // The two bits of ECN are bits 4 and 5 of the second octet.
        switch (packet[1] >> 4) & 3 {
        case 0:
            guard mark == 1 else { throw .congestionNotDeliverable }
        case 2:
            packet[1] = packet[1] & 0xcf | mark << 4
        case 1:
            if mark == 3 { packet[1] |= 0x30 }
        default:
            break
        }
    }

    @inline(__always)
    static func shifted(_ virtio: VirtioNetHeader, by offset: Int) -> VirtioNetHeader {
        guard virtio.flags & VirtioNetHeader.needsChecksum != 0, Int(virtio.checksumStart) >= offset else {
            return VirtioNetHeader()
        }
        var inner = virtio
        inner.checksumStart -= UInt16(truncatingIfNeeded: offset)
        inner.headerLength =
            inner.headerLength > UInt16(truncatingIfNeeded: offset)
            ? inner.headerLength - UInt16(truncatingIfNeeded: offset) : 0
        return inner
    }
}
