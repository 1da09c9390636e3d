extension ICMPv6Message {
    /// Where the checksum field stands, from the message's start.
    static let checksumOffset = 2

    /// Whether the checksum is right (RFC 4443 §2.3).
    ///
    /// - Parameters:
    ///   - source: the address in the Home Address option if there is one, else the packet's source.
    ///   - destination: the address in the type 2 routing header if there is one, else the packet's destination.
    public static func isChecksumValid(_ bytes: RawSpan, source: IPv6Address, destination: IPv6Address) -> Bool {
        guard bytes.byteCount >= 4 else { return false }
        var sum = Checksum(source: source, destination: destination, length: bytes.byteCount, nextHeader: .icmpv6)
        sum.add(bytes)
        return sum.isValid
    }

    /// Writes the checksum into an emitted message, whose checksum field may hold anything.
    public static func fillChecksum(_ octets: inout [UInt8], source: IPv6Address, destination: IPv6Address) {
        octets[checksumOffset] = 0
        octets[checksumOffset + 1] = 0
        var sum = Checksum(source: source, destination: destination, length: octets.count, nextHeader: .icmpv6)
        sum.add(octets.span.bytes)
        octets[checksumOffset] = UInt8(truncatingIfNeeded: sum.value >> 8)
        octets[checksumOffset + 1] = UInt8(truncatingIfNeeded: sum.value)
    }
}
