extension IPv6Address {
    /// The 16 octets in the order of the wire.
    public var octets: [UInt8] {
        var writer = ByteWriter(capacity: 16)
        writer.write(self)
        return writer.octets
    }

    /// The address of exactly 16 octets in the order of the wire.
    public init?(octets: [UInt8]) {
        guard octets.count == 16 else { return nil }
        self = octets.span.bytes.address(checked: 0)
    }

    /// Whether this is an IPv4 address in `::ffff:0:0/96` (RFC 4291 §2.5.5.2).
    public var isIPv4Mapped: Bool { high == 0 && low >> 32 == 0xffff }

    /// The IPv4 address that an IPv4-mapped address holds.
    public var ipv4: UInt32? { isIPv4Mapped ? UInt32(truncatingIfNeeded: low) : nil }

    /// `::ffff:a.b.c.d`
    public init(ipv4: UInt32) { self.init(high: 0, low: 0xffff_0000_0000 | UInt64(ipv4)) }

    /// The link's multicast group that neighbour solicitations for this address go to (RFC 4291 §2.7.1).
    public var solicitedNodeMulticast: IPv6Address {
        IPv6Address(high: 0xff02_0000_0000_0000, low: 0x1_ff00_0000 | low & 0xff_ffff)
    }

    /// The Mobile IPv6 Home-Agents anycast address of this address's /64 (RFC 2526 §2, RFC 6275 §6.5). For a home link
    /// of another prefix length see `IPv6Prefix.homeAgentsAnycast`.
    public var homeAgentsAnycast: IPv6Address { IPv6Address(high: high, low: 0xfdff_ffff_ffff_fffe) }
}
