import MobilityWire

/// The header that is put before an inner packet (RFC 2473 §3.1).
enum OuterHeader {
    static let length = Tunnel.overhead
    static let protocolNumber = IPProtocol.ipv6.rawValue
    /// Hop limit of what we send, as the kernel's default (RFC 2473 §6.3).
    static let hopLimit: UInt8 = 64
    /// The Tunnel Encapsulation Limit option (RFC 2473 §4.1.1).
    static let encapsulationLimit: UInt8 = 4
    /// The destination options header that carries it.
    static let limitLength = 8

    /// The part that all segments of one inner packet share: everything but the payload length.
    ///
    /// The traffic class is copied, ECN included (RFC 6040 §4.1, normal mode). The flow label is the inner one, or made
    /// of the inner addresses where that is zero, so that routers under way can tell flows apart (RFC 6438 §3).
    @inline(__always)
    static func store(
        to block: UnsafeMutableRawBufferPointer, inner: borrowing InnerPacket, local: IPv6Address,
        remote: IPv6Address
    ) {
        var label = inner.flowLabel
        if label == 0 {
            let mixed =
                (inner.source.high ^ inner.source.low ^ inner.destination.high ^ inner.destination.low)
                &* 0x9e37_79b9_7f4a_7c15
            label = UInt32(truncatingIfNeeded: mixed >> 44)
        }
        block.store(UInt32(6) << 28 | UInt32(inner.trafficClass) << 20 | label, at: 0)
        block[6] = protocolNumber
        block[7] = hopLimit
        block.store(local, at: 8)
        block.store(remote, at: 24)
    }

    /// Puts the destination options header with an encapsulation limit behind the outer header.
    static func store(limit: UInt8, to block: UnsafeMutableRawBufferPointer) {
        block[6] = IPProtocol.destinationOptions.rawValue
        // Padding behind the option: PadN with one octet.
        let header: [UInt8] = [protocolNumber, 0, encapsulationLimit, 1, limit, 1, 1, 0]
        block.slice(length, limitLength).copyBytes(from: header)
    }

    @inline(__always)
    static func storePayloadLength(_ length: Int, to block: UnsafeMutableRawBufferPointer) {
        block.store(UInt16(truncatingIfNeeded: length), at: 4)
    }
}
