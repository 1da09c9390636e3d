public import MobilityWire

/// The packet inside a tunnelled packet that an ICMPv6 error is about (RFC 2473 §8).
public struct TunnelledPacket: Hashable, Sendable {
    /// The tunnel's near end, which sent the tunnelled packet.
    public var local: IPv6Address
    /// The tunnel's far end.
    public var remote: IPv6Address
    /// Of the inner packet.
    public var source: IPv6Address
    /// Of the inner packet.
    public var destination: IPv6Address
    /// The inner packet, as much of it as the error holds.
    public var octets: [UInt8]

    /// Finds the inner packet; nil where the error is about something else, or does not hold the whole inner header.
    ///
    /// - Parameter invoking: what stands in the error, from the outer IPv6 header on.
    public init?(invoking: RawSpan) {
        guard let outer = try? IPv6Header(parsing: invoking),
            let chain = try? ExtensionHeaderChain(of: invoking, header: outer, isCut: true),
            chain.upperProtocol == .ipv6,
            chain.fragment == nil || chain.fragment?.offset == 0
        else { return nil }
        let packet = invoking.extracting(chain.upperOffset..<chain.end)
        guard let inner = try? IPv6Header(parsing: packet) else { return nil }
        (local, remote) = (outer.source, outer.destination)
        (source, destination) = (inner.source, inner.destination)
        octets = packet.octets(checked: 0..<packet.byteCount)
    }

    /// The error that the inner packet's sender gets: its packet cannot be delivered, whatever the trouble on the tunnel's
    /// way was (RFC 2473 §8.2). Packets too big for the way are another matter.
    ///
    /// - Parameter address: of this node, from which the error comes.
    /// - Returns: the whole packet; nil where no error may be sent.
    public func unreachable(from address: IPv6Address) -> [UInt8]? {
        let room = ICMPv6Message.minimumMTU - IPv6Header.length - 8
        return ICMPv6Message.destinationUnreachable(
            code: Self.addressUnreachable, invoking: Array(octets.prefix(room))
        ).report(about: octets.span.bytes, from: address)
    }

    /// RFC 4443 §3.1
    private static let addressUnreachable: UInt8 = 3
}
