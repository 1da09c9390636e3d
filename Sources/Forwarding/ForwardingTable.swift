public import MobilityWire

/// Everything that a packet is looked up in, compiled once from registrations and bindings and then never changed.
///
/// An *owner* is a home address with the prefixes behind it. At a home agent a packet is sent to the owner of its inner
/// destination and accepted from the owner of its inner source; at a mobile router the other way round. That is the
/// only difference between the two roles.
public final class ForwardingTable: Sendable {
    /// A home address, its prefixes, and the tunnels that lead to it.
    public struct Owner: Sendable {
        public var homeAddress: IPv6Address
        public var prefixes: [IPv6Prefix]
        /// The tunnel that carries what goes out; absent where packets are only accepted.
        public var active: Tunnel?
        /// Further tunnels from which packets are accepted.
        public var alsoAccepted: [Tunnel]

        public init(homeAddress: IPv6Address, prefixes: [IPv6Prefix], active: Tunnel?, alsoAccepted: [Tunnel] = []) {
            self.homeAddress = homeAddress
            self.prefixes = prefixes
            self.active = active
            self.alsoAccepted = alsoAccepted
        }
    }

    struct Route: Sendable {
        /// Index of the tunnel for what goes out; below zero there is none.
        var active: Int32
        /// The tunnels from which packets are accepted.
        var accepted: Range<Int32>
        /// Whom an ICMPv6 error about a packet on this route comes from.
        var errorSource: IPv6Address
    }

    struct OuterPair: Hashable, Sendable {
        var local: IPv6Address
        var remote: IPv6Address
    }

    public let tunnels: [Tunnel]
    let routes: [Route]
    /// Home address and prefixes of the nodes whose home agent we are.
    let nodes: PrefixTable
    /// Home address and prefixes of ourselves.
    let own: PrefixTable
    /// Only for telling, of a packet that is dropped anyway, what was wrong with it.
    private let pairs: Set<OuterPair>

    /// - Parameters:
    ///   - own: what this machine has registered at its home agents.
    ///   - nodes: what is bound here, at this machine as the home agent.
    public init(own: [Owner], nodes: [Owner]) {
        var tunnels: [Tunnel] = []
        var routes: [Route] = []
        func entries(_ owners: [Owner], isOwn: Bool) -> [(prefix: IPv6Prefix, value: Int32)] {
            var entries: [(prefix: IPv6Prefix, value: Int32)] = []
            for owner in owners {
                let first = Int32(tunnels.count)
                if let active = owner.active { tunnels.append(active) }
                tunnels.append(contentsOf: owner.alsoAccepted)
                let route = Int32(routes.count)
                routes.append(
                    Route(
                        active: owner.active == nil ? -1 : first, accepted: first..<Int32(tunnels.count),
                        errorSource: isOwn ? owner.homeAddress : owner.active?.local ?? .unspecified))
                entries.append((IPv6Prefix(host: owner.homeAddress), route))
                for prefix in owner.prefixes { entries.append((prefix, route)) }
            }
            return entries
        }
        self.own = PrefixTable(entries(own, isOwn: true))
        self.nodes = PrefixTable(entries(nodes, isOwn: false))
        self.tunnels = tunnels
        self.routes = routes
        self.pairs = Set(tunnels.map { OuterPair(local: $0.local, remote: $0.remote) })
    }

    /// The table of a machine that has nothing to forward yet.
    public static let empty = ForwardingTable(own: [], nodes: [])

    /// The tunnel for a packet from `source` to `destination`, and whom an error about it comes from.
    @inline(__always)
    func tunnelOut(
        source: IPv6Address, destination: IPv6Address
    ) throws(DropReason) -> (tunnel: Int, errorSource: IPv6Address) {
        guard let index = nodes.lookup(destination) ?? own.lookup(source) else { throw .noBinding }
        let route = routes[Int(index)]
        guard route.active >= 0 else { throw .noActiveTunnel }
        return (Int(route.active), route.errorSource)
    }

    /// The tunnel that brought a packet, if outer and inner addresses belong together (RFC 6275 §10.4.5, RFC 3963 §5.5,
    /// §6.5).
    @inline(__always)
    func tunnelIn(
        outerSource: IPv6Address, outerDestination: IPv6Address, source: IPv6Address, destination: IPv6Address
    ) throws(DropReason) -> Int {
        if let route = nodes.lookup(source) {
            return try accepted(route, local: outerDestination, remote: outerSource)
        }
        if let route = own.lookup(destination) {
            let tunnel = try accepted(route, local: outerDestination, remote: outerSource)
            // Nobody outside has an address of ours.
            guard own.lookup(source) == nil else { throw .innerSourceSpoofed }
            return tunnel
        }
        throw isKnown(local: outerDestination, remote: outerSource)
            ? .innerAddressOutsideBinding : .outerPairNotRegistered
    }

    @inline(__always)
    private func accepted(_ route: Int32, local: IPv6Address, remote: IPv6Address) throws(DropReason) -> Int {
        for index in routes[Int(route)].accepted
        where tunnels[Int(index)].remote == remote && tunnels[Int(index)].local == local {
            return Int(index)
        }
        throw isKnown(local: local, remote: remote) ? .innerAddressOutsideBinding : .outerPairNotRegistered
    }

    private func isKnown(local: IPv6Address, remote: IPv6Address) -> Bool {
        pairs.contains(OuterPair(local: local, remote: remote))
    }
}
