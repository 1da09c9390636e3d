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

    struct Route: Sendable {
        /// Index of the tunnel for what goes out; below zero there is none.
        var active: Int32
        /// The tunnels from which packets are accepted.
        var accepted: Range<Int32>
        /// Flows to compare a packet with, before `active` takes it.
        var flows: Range<Int32>
        /// Whom an ICMPv6 error about a packet on this route comes from.
        var errorSource: IPv6Address
    }

    struct OuterPair: Hashable, Sendable {
        var local: IPv6Address
        var remote: IPv6Address
    }

    public let tunnels: [Tunnel]
    let routes: [Route]
    /// With the index of its tunnel each.
    private let flows: [Flow]
    /// Home address and prefixes of the nodes whose home agent we are.
    let nodes: PrefixTable
    /// Home address and prefixes of ourselves.
    let own: PrefixTable
    /// Ways past the home agent.
    public let direct: DirectRouteTable
    /// Only for telling, of a packet that is dropped anyway, what was wrong with it.
    private let pairs: Set<OuterPair>

    /// - Parameters:
    ///   - own: what this machine has registered at its home agents.
    ///   - nodes: what is bound here, at this machine as the home agent.
    ///   - direct: ways past the home agent, which come before the tunnels.
    public init(own: [Owner], nodes: [Owner], direct: DirectRouteTable = .empty) {
        self.direct = direct
        var tunnels: [Tunnel] = []
        var routes: [Route] = []
        var flows: [Flow] = []
        func entries(_ owners: [Owner], isOwn: Bool) -> [(prefix: IPv6Prefix, value: Int32)] {
            var entries: [(prefix: IPv6Prefix, value: Int32)] = []
            for owner in owners {
                let first = Int32(tunnels.count)
                if let active = owner.active { tunnels.append(active) }
                tunnels.append(contentsOf: owner.alsoAccepted)
                let route = Int32(routes.count)
                let firstFlow = Int32(flows.count)
                let places = 0..<tunnels.count - Int(first)
                for flow in owner.flows where places.contains(flow.tunnel) {
                    flows.append(Flow(selector: flow.selector, tunnel: Int(first) + flow.tunnel))
                }
                routes.append(
                    Route(
                        active: owner.active == nil ? -1 : first, accepted: first..<Int32(tunnels.count),
                        flows: firstFlow..<Int32(flows.count),
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
        self.flows = flows
        self.pairs = Set(tunnels.map { OuterPair(local: $0.local, remote: $0.remote) })
    }

    /// The table of a machine that has nothing to forward yet.
    public static let empty = ForwardingTable(own: [], nodes: [])

    /// The tunnel for a packet, and whom an error about it comes from: by the first flow that it belongs to, else the
    /// active one.
    @inline(__always)
    func tunnelOut(_ packet: borrowing InnerPacket) throws(DropReason) -> (tunnel: Int, errorSource: IPv6Address) {
        let toNode = nodes.lookup(packet.destination)
        let source = packet.source
        guard let index = toNode ?? own.lookup(source) else { throw .noBinding }
        let route = routes[Int(index)]
        if !route.flows.isEmpty, let tunnel = tunnel(of: packet, isReversed: toNode == nil, among: route.flows) {
            return (tunnel, route.errorSource)
        }
        guard route.active >= 0 else { throw .noActiveTunnel }
        return (Int(route.active), route.errorSource)
    }

    /// The tunnel of the first flow that the packet belongs to. Signalling belongs to none (RFC 6089 §4.3).
    private func tunnel(of packet: borrowing InnerPacket, isReversed: Bool, among range: Range<Int32>) -> Int? {
        let key = FlowKey(packet, isReversed: isReversed)
        guard key.nextHeader != IPProtocol.mobilityHeader.rawValue else { return nil }
        for index in range where flows[Int(index)].selector.matches(key) { return flows[Int(index)].tunnel }
        return nil
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

    /// Whether the address is ours, or of a network behind us.
    func isOwn(_ address: IPv6Address) -> Bool { own.lookup(address) != nil }

    /// Whether a node with this home address is registered at `local`, from this care-of address now.
    func isNode(_ home: IPv6Address, at careOf: IPv6Address, with local: IPv6Address) -> Bool {
        guard let index = nodes.lookup(host: home) else { return false }
        let active = routes[Int(index)].active
        return active >= 0 && tunnels[Int(active)].local == local && tunnels[Int(active)].remote == careOf
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
