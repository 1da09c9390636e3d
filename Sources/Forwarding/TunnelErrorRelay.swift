public import MobilityWire

/// Tells the senders of tunnelled packets that the tunnel's way does not lead to its end (RFC 2473 §8): which ICMPv6
/// errors about our own tunnelled packets become errors about what was in them.
public struct TunnelErrorRelay: Sendable {
    /// Of errors to senders of what was tunnelled (RFC 4443 §2.4 (f)): whom the errors that they follow from come from is
    /// not known for certain.
    private var limit = ErrorLimit()

    public enum Outcome: Hashable, Sendable {
        /// A whole packet.
        case send([UInt8])
        case suppressed
        /// About no packet that came through one of our tunnels.
        case unmatched
        /// An error about it may not be sent: it was an error itself.
        case unanswerable
    }

    public init() {}

    /// - Parameter invoking: what stands in the error.
    public mutating func relay(_ invoking: [UInt8], by table: ForwardingTable, at now: Instant) -> Outcome {
        guard let packet = TunnelledPacket(invoking: invoking.span.bytes), let address = table.errorSource(of: packet)
        else { return .unmatched }
        guard limit.allow(packet.source, at: now) else { return .suppressed }
        return packet.unreachable(from: address).map { .send($0) } ?? .unanswerable
    }
}

extension ForwardingTable {
    /// Whom an error about a packet comes from that left through one of the tunnels; nil if it did not.
    ///
    /// At a mobile router that is the home address: the care-of address is no business of hosts behind it.
    fileprivate func errorSource(of packet: TunnelledPacket) -> IPv6Address? { way(of: packet)?.route.errorSource }

    /// The tunnel that a packet left through; nil if it left through none of ours.
    func tunnel(of packet: TunnelledPacket) -> Tunnel? { way(of: packet)?.tunnel }

    /// The home address of the node whose tunnel a packet left through that stands in an error; nil if it left through that
    /// of none.
    ///
    /// - Parameter invoking: the packet, from the outer IPv6 header on.
    public func node(ofInvoking invoking: [UInt8]) -> IPv6Address? {
        guard let packet = TunnelledPacket(invoking: invoking.span.bytes), let route = way(of: packet)?.route else {
            return nil
        }
        return nodes.homes.find(route.homeAddress) === route ? route.homeAddress : nil
    }

    private func way(of packet: TunnelledPacket) -> (route: Route, tunnel: Tunnel)? {
        guard let route = nodes.lookup(packet.destination) ?? own.lookup(packet.source) else { return nil }
        let tunnel = route.tunnels.first { $0.local == packet.local && $0.remote == packet.remote }
        return tunnel.map { (route, $0) }
    }
}
