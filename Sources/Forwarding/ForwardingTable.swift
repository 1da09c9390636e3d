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
        /// Flows that take another tunnel than the active one, in the order in which they are tried (RFC 6089 §5.3.6).
        public var flows: [Flow]

        public init(
            homeAddress: IPv6Address, prefixes: [IPv6Prefix], active: Tunnel?, alsoAccepted: [Tunnel] = [],
            flows: [Flow] = []
        ) {
            self.homeAddress = homeAddress
            self.prefixes = prefixes
            self.active = active
            self.alsoAccepted = alsoAccepted
            self.flows = flows
        }
    }

    /// Packets that take a tunnel of their own.
    public struct Flow: Sendable {
        /// Describes packets on their way to the owner; those from it are compared the other way round.
        public var selector: TrafficSelector
        /// The tunnel's place: 0 is the active one, 1 the first of `alsoAccepted`.
        public var tunnel: Int

        public init(selector: TrafficSelector, tunnel: Int) {
            self.selector = selector
            self.tunnel = tunnel
        }
    }

    /// An owner as packets find it.
    final class Route: Sendable {
        let homeAddress: IPv6Address
        let prefixes: [IPv6Prefix]
        /// Whether the first of `tunnels` carries what goes out; else packets are only accepted.
        let isActive: Bool
        /// The tunnels from which packets are accepted.
        let tunnels: [Tunnel]
        /// Flows to compare a packet with, before the active tunnel takes it.
        let flows: [Flow]
        /// Whom an ICMPv6 error about a packet on this route comes from.
        let errorSource: IPv6Address

        init(_ owner: Owner, isOwn: Bool) {
            homeAddress = owner.homeAddress
            prefixes = owner.prefixes
            isActive = owner.active != nil
            let tunnels = (owner.active.map { [$0] } ?? []) + owner.alsoAccepted
            self.tunnels = tunnels
            flows = owner.flows.filter { tunnels.indices.contains($0.tunnel) }
            errorSource = isOwn ? owner.homeAddress : owner.active?.local ?? .unspecified
        }
    }

    struct OuterPair: SharedTableKey {
        var local: IPv6Address
        var remote: IPv6Address

        var mixed: UInt64 { local.mixed &* 0x94d0_49bb_1331_11eb ^ remote.mixed }
    }

    /// Home address and prefixes of the nodes whose home agent we are.
    let nodes: OwnerTable
    /// Home address and prefixes of ourselves.
    let own: OwnerTable
    /// Ways past the home agent.
    public let direct: DirectRouteTable
    /// Only for telling, of a packet that is dropped anyway, what was wrong with it: how many tunnels lie between two
    /// addresses.
    let pairs: SharedTable<OuterPair, Int>

    /// - Parameters:
    ///   - own: what this machine has registered at its home agents.
    ///   - nodes: what is bound here, at this machine as the home agent.
    ///   - direct: ways past the home agent, which come before the tunnels.
    public init(own: [Owner], nodes: [Owner], direct: DirectRouteTable = .empty) {
        var pairs = SharedTable<OuterPair, Int>()
        func table(_ owners: [Owner], isOwn: Bool) -> OwnerTable {
            var table = OwnerTable()
            for owner in owners { Self.set(Route(owner, isOwn: isOwn), in: &table, &pairs) }
            return table
        }
        self.own = table(own, isOwn: true)
        self.nodes = table(nodes, isOwn: false)
        self.direct = direct
        self.pairs = pairs
    }

    private init(_ former: ForwardingTable, nodes: OwnerTable, pairs: SharedTable<OuterPair, Int>) {
        own = former.own
        direct = former.direct
        self.nodes = nodes
        self.pairs = pairs
    }

    /// The table with other nodes, which costs what these cost and not what all would.
    ///
    /// - Parameter changes: nodes by their home addresses as they are from now on, and nil for those that are gone.
    public func changing(nodes changes: [(homeAddress: IPv6Address, owner: Owner?)]) -> ForwardingTable {
        var (nodes, pairs) = (nodes, pairs)
        for change in changes {
            if let owner = change.owner {
                Self.set(Route(owner, isOwn: false), in: &nodes, &pairs)
            } else {
                if let former = nodes.homes.find(change.homeAddress) { Self.count(former.tunnels, -1, in: &pairs) }
                nodes.remove(change.homeAddress)
            }
        }
        return ForwardingTable(self, nodes: nodes, pairs: pairs)
    }

    private static func set(
        _ route: Route, in table: inout OwnerTable, _ pairs: inout SharedTable<OuterPair, Int>
    ) {
        if let former = table.homes.find(route.homeAddress) { count(former.tunnels, -1, in: &pairs) }
        count(route.tunnels, 1, in: &pairs)
        table.set(route)
    }

    private static func count(_ tunnels: [Tunnel], _ change: Int, in pairs: inout SharedTable<OuterPair, Int>) {
        for tunnel in tunnels {
            let pair = OuterPair(local: tunnel.local, remote: tunnel.remote)
            let count = (pairs.find(pair) ?? 0) + change
            pairs.set(pair, count > 0 ? count : nil)
        }
    }

    /// Whether a node has this home address or prefix, exactly.
    public func holdsNode(at prefix: IPv6Prefix) -> Bool { nodes.holds(prefix) }

    /// The table of a machine that has nothing to forward yet.
    public static let empty = ForwardingTable(own: [], nodes: [])

    /// The tunnel for a packet, and whom an error about it comes from: by the first flow that it belongs to, else the
    /// active one.
    @inline(__always)
    func tunnelOut(_ packet: borrowing InnerPacket) throws(DropReason) -> (tunnel: Tunnel, errorSource: IPv6Address) {
        let toNode = nodes.lookup(packet.destination)
        let source = packet.source
        guard let route = toNode ?? own.lookup(source) else { throw .noBinding }
        if !route.flows.isEmpty, let tunnel = Self.tunnel(of: packet, isReversed: toNode == nil, by: route) {
            return (tunnel, route.errorSource)
        }
        guard route.isActive else { throw .noActiveTunnel }
        return (route.tunnels[0], route.errorSource)
    }

    /// The tunnel of the first flow that the packet belongs to. Signalling belongs to none (RFC 6089 §4.3).
    private static func tunnel(
        of packet: borrowing InnerPacket, isReversed: Bool, by route: Route
    ) -> Tunnel? {
        let key = FlowKey(packet, isReversed: isReversed)
        guard key.nextHeader != IPProtocol.mobilityHeader.rawValue else { return nil }
        for flow in route.flows where flow.selector.matches(key) { return route.tunnels[flow.tunnel] }
        return nil
    }

    /// The counters of the tunnel that brought a packet, if outer and inner addresses belong together (RFC 6275 §10.4.5,
    /// RFC 3963 §5.5, §6.5).
    @inline(__always)
    func tunnelIn(
        outerSource: IPv6Address, outerDestination: IPv6Address, source: IPv6Address, destination: IPv6Address
    ) throws(DropReason) -> TunnelCounters {
        if let route = nodes.lookup(source) {
            return try accepted(route, local: outerDestination, remote: outerSource)
        }
        if let route = own.lookup(destination) {
            let counters = try accepted(route, local: outerDestination, remote: outerSource)
            // Nobody outside has an address of ours.
            guard own.lookup(source) == nil else { throw .innerSourceSpoofed }
            return counters
        }
        throw isKnown(local: outerDestination, remote: outerSource)
            ? .innerAddressOutsideBinding : .outerPairNotRegistered
    }

    /// Whether the address is ours, or of a network behind us.
    func isOwn(_ address: IPv6Address) -> Bool { own.lookup(address) != nil }

    /// Whether a node with this home address is registered at `local`, from this care-of address now.
    func isNode(_ home: IPv6Address, at careOf: IPv6Address, with local: IPv6Address) -> Bool {
        guard let route = nodes.homes.find(home), route.isActive else { return false }
        return route.tunnels[0].local == local && route.tunnels[0].remote == careOf
    }

    @inline(__always)
    private func accepted(
        _ route: Route, local: IPv6Address, remote: IPv6Address
    ) throws(DropReason) -> TunnelCounters {
        for tunnel in route.tunnels where tunnel.remote == remote && tunnel.local == local { return tunnel.counters }
        throw isKnown(local: local, remote: remote) ? .innerAddressOutsideBinding : .outerPairNotRegistered
    }

    private func isKnown(local: IPv6Address, remote: IPv6Address) -> Bool {
        pairs.find(OuterPair(local: local, remote: remote)) != nil
    }
}
