public import MobilityWire

/// ICMPv6 errors about packets that went past the home agent, for upper layers that know nothing of that: the packet in the
/// error is put back into the form that they sent (RFC 6275 §9.3.4, §11.3.5).
public struct DirectErrors: Sendable {
    /// Of errors about each peer: whom they come from is not known for certain.
    private var limit = ErrorLimit()

    public enum Outcome: Hashable, Sendable {
        /// A whole packet, an ICMPv6 error from whoever sent it to the address of ours that upper layers know; and the way,
        /// if it takes less than every sender may send.
        case deliver([UInt8], tooNarrow: DirectWay?)
        /// The peer does not know a Mobility Header, a Home Address option or a type 2 routing header of ours.
        case unsupported(peer: IPv6Address)
        case suppressed
        /// About no packet with headers of ours.
        case unmatched
    }

    public init() {}

    /// - Parameters:
    ///   - message: the error, from its type on; its checksum was found right.
    ///   - source: whom it comes from.
    ///   - ownAddresses: home and care-of addresses of ours.
    public mutating func restore(
        _ message: [UInt8], from source: IPv6Address, by table: ForwardingTable, ownAddresses: Set<IPv6Address>,
        at now: Instant
    ) -> Outcome {
        guard message.count > Self.headerLength, let quoted = QuotedPacket(Array(message[Self.headerLength...])) else {
            return .unmatched
        }
        if let peer = quoted.unsupported(by: message, ownAddresses: ownAddresses) {
            return limit.allow(peer, at: now) ? .unsupported(peer: peer) : .suppressed
        }
        guard quoted.hasDirectHeaders,
            let index = table.direct.route(local: quoted.source, remote: quoted.destination),
            case let route = table.direct.routes[index], quoted.went(by: route)
        else { return .unmatched }
        guard limit.allow(quoted.destination, at: now) else { return .suppressed }
        var error = Array(message[..<Self.headerLength])
        var tooNarrow: DirectWay?
        if error[0] == ICMPv6Message.Kind.packetTooBig {
            let mtu = error[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
            guard mtu >= PathMTUTable.leastLink else { return .unmatched }
            let least = UInt32(PathMTUTable.leastLink + route.overhead)
            if mtu < least { tooNarrow = route.way }
            let inner = max(mtu, least) - UInt32(route.overhead)
            for place in 0..<4 { error[4 + place] = UInt8(truncatingIfNeeded: inner >> (24 - 8 * place)) }
        } else if error[0] == ICMPv6Message.Kind.parameterProblem {
            // It counts octets of the packet as it was on its way.
            let pointer = error[4..<8].reduce(0) { $0 << 8 | Int($1) }
            guard let restored = quoted.restored(pointer: pointer) else { return .unmatched }
            for place in 0..<4 { error[4 + place] = UInt8(truncatingIfNeeded: restored >> (24 - 8 * place)) }
        }
        return .deliver(
            MobilityPacket(
                source: source, destination: quoted.source, upperProtocol: .icmpv6, message: error + quoted.octets
            ).emit(), tooNarrow: tooNarrow)
    }

    /// Of an ICMPv6 error, before the packet that it is about (RFC 4443 §3).
    private static let headerLength = 8
}
