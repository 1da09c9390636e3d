extension ExtensionHeaderChain {
    /// What stands behind the extension headers of a packet and where, whatever is in them: for who has to know whom a packet
    /// concerns that cannot be read.
    ///
    /// - Returns: nil where they do not fit into the packet, are more than `maximumHeaders`, or belong to a piece that is not the
    ///   first.
    public static func upper(of packet: RawSpan) -> (protocol: IPProtocol, offset: Int)? {
        guard packet.byteCount >= IPv6Header.length else { return nil }
        var next = IPProtocol(rawValue: packet.octet(checked: IPv6Header.Offset.nextHeader))
        var offset = IPv6Header.length
        for _ in 0...maximumHeaders {
            guard [.hopByHopOptions, .destinationOptions, .routing, .fragment].contains(next) else {
                return (next, offset)
            }
            guard offset + 8 <= packet.byteCount else { return nil }
            let isFragment = next == .fragment
            // Its offset, without the last three bits of its field (RFC 8200 §4.5).
            if isFragment, packet.octet(checked: offset + 2) != 0 || packet.octet(checked: offset + 3) & 0xf8 != 0 {
                return nil
            }
            next = IPProtocol(rawValue: packet.octet(checked: offset))
            offset += isFragment ? 8 : (Int(packet.octet(checked: offset + 1)) + 1) * 8
            guard offset <= packet.byteCount else { return nil }
        }
        return nil
    }
}
