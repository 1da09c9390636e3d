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
        /// Flows that take another way than the active tunnel, in the order in which they are tried (RFC 6089 §5.3.6).
        public var flows: [Flow]
        /// How the tunnels share what no flow takes; absent where the active one takes it all.
        public var share: FlowShare?

        public init(
            homeAddress: IPv6Address, prefixes: [IPv6Prefix], active: Tunnel?, alsoAccepted: [Tunnel] = [],
            flows: [Flow] = [], share: FlowShare? = nil
        ) {
            self.homeAddress = homeAddress
            self.prefixes = prefixes
            self.active = active
            self.alsoAccepted = alsoAccepted
            self.flows = flows
            self.share = share
        }
    }

    /// Packets that take a way of their own, or have none.
    public struct Flow: Sendable {
        /// Describes packets on their way to the owner; those from it are compared the other way round.
        public var selector: TrafficSelector
        public var way: Way

        public enum Way: Sendable {
            /// The tunnel's place: 0 is the active one, 1 the first of `alsoAccepted`.
            case tunnel(Int)
            /// Neither sent nor taken in.
            case drop
            /// Not sent before there is a way.
            case wait
        }

        public init(selector: TrafficSelector, way: Way) {
            self.selector = selector
            self.way = way
        }

        fileprivate func isPossible(among tunnels: [Tunnel]) -> Bool {
            if case .tunnel(let place) = way { tunnels.indices.contains(place) } else { true }
        }

        fileprivate var isDropped: Bool { if case .drop = way { true } else { false } }
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
        let share: FlowShare?
        /// Whether a packet's flow matters to where it goes.
        let goesByFlow: Bool
        /// Whether packets of a flow are not to come in.
        let dropsFlows: Bool
        /// Whether packets that come in say where others go.
        let learns: Bool
        /// Whom an ICMPv6 error about a packet on this route comes from.
        let errorSource: IPv6Address

        init(_ owner: Owner, isOwn: Bool) {
            homeAddress = owner.homeAddress
            prefixes = owner.prefixes
            isActive = owner.active != nil
            let tunnels = (owner.active.map { [$0] } ?? []) + owner.alsoAccepted
            self.tunnels = tunnels
            flows = owner.flows.filter { $0.isPossible(among: tunnels) }
            dropsFlows = flows.contains(where: \.isDropped)
            let share = owner.share.flatMap { $0.isPossible(among: tunnels.count) ? $0 : nil }
            self.share = share
            goesByFlow = !flows.isEmpty || share != nil
            learns = share?.learns ?? false
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
    let clamp: SegmentClamp

    /// - Parameters:
    ///   - own: what this machine has registered at its home agents.
    ///   - nodes: what is bound here, at this machine as the home agent.
    ///   - direct: ways past the home agent, which come before the tunnels.
    ///   - clamp: for which connections segments are made to fit the tunnels.
    public init(own: [Owner], nodes: [Owner], direct: DirectRouteTable = .empty, clamp: SegmentClamp = .off) {
        self.clamp = clamp
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
        clamp = former.clamp
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

    /// Where a packet leaves.
    enum Exit {
        /// By the tunnel at this place of a route, which is good for as long as somebody holds the table.
        case tunnel(Unmanaged<Route>, place: Int)
        /// Nowhere, before there is another table.
        case later
    }

    /// The tunnel for a packet: by the first flow that it belongs to, else by its bucket where several share, else the active
    /// one.
    @inline(__always)
    func exit(of packet: borrowing InnerPacket) throws(DropReason) -> Exit {
        let source = packet.source
        let toNode = nodes.reference(packet.destination)
        guard let route = toNode ?? own.reference(source) else { throw .noBinding }
        if route._withUnsafeGuaranteedRef({ $0.goesByFlow }),
            let way = Self.way(of: packet, isReversed: toNode == nil, by: route.takeUnretainedValue())
        {
            switch way {
            case .tunnel(let place): return .tunnel(route, place: place)
            case .drop: throw .flowWithoutUplink
            case .wait: return .later
            }
        }
        guard route._withUnsafeGuaranteedRef({ $0.isActive }) else { throw .noActiveTunnel }
        return .tunnel(route, place: 0)
    }

    /// The way of the first flow that the packet belongs to, or of its bucket. Signalling belongs to none (RFC 6089 §4.3).
    private static func way(of packet: borrowing InnerPacket, isReversed: Bool, by route: Route) -> Flow.Way? {
        let key = FlowKey(packet, isReversed: isReversed)
        guard !key.isSignalling else { return nil }
        return flow(of: key, by: route)?.way ?? route.share?.tunnel(of: key).map(Flow.Way.tunnel)
    }

    private static func flow(of key: borrowing FlowKey, by route: Route) -> Flow? {
        for flow in route.flows where flow.selector.matches(key) { return flow }
        return nil
    }

    /// Counters, for as long as somebody holds the table, and MTU of the tunnel that brought a packet, if outer and inner
    /// addresses belong together (RFC 6275 §10.4.5, RFC 3963 §5.5, §6.5).
    @inline(__always)
    func tunnelIn(
        _ packet: borrowing InnerPacket, outerSource: IPv6Address, outerDestination: IPv6Address
    ) throws(DropReason) -> (counters: Unmanaged<TunnelCounters>, mtu: Int) {
        if let route = nodes.reference(packet.source) {
            guard let tunnel = Self.tunnel(of: route, local: outerDestination, remote: outerSource) else {
                throw refusal(local: outerDestination, remote: outerSource)
            }
            if route._withUnsafeGuaranteedRef({ $0.learns }) {
                Self.learn(packet, route.takeUnretainedValue(), by: tunnel.place)
            }
            return (tunnel.counters, tunnel.mtu)
        }
        if let route = own.reference(packet.destination) {
            guard let tunnel = Self.tunnel(of: route, local: outerDestination, remote: outerSource) else {
                throw refusal(local: outerDestination, remote: outerSource)
            }
            // Nobody outside has an address of ours.
            guard own.reference(packet.source) == nil else { throw .innerSourceSpoofed }
            if route._withUnsafeGuaranteedRef({ $0.dropsFlows }), Self.isDropped(packet, route.takeUnretainedValue()) {
                throw .flowNotTaken
            }
            return (tunnel.counters, tunnel.mtu)
        }
        throw refusal(local: outerDestination, remote: outerSource)
    }

    private static func isDropped(_ packet: borrowing InnerPacket, _ route: Route) -> Bool {
        let key = FlowKey(packet, isReversed: false)
        return !key.isSignalling && flow(of: key, by: route)?.isDropped == true
    }

    private static func learn(_ packet: borrowing InnerPacket, _ route: Route, by tunnel: Int) {
        let key = FlowKey(packet, isReversed: true)
        guard !key.isSignalling else { return }
        // What a rule leads says nothing about the rest.
        if flow(of: key, by: route) == nil { route.share?.note(key, by: tunnel) }
    }

    /// Whether the address is ours, or of a network behind us.
    func isOwn(_ address: IPv6Address) -> Bool { own.reference(address) != nil }

    /// Whether a node with this home address is registered at `local`, from this care-of address now.
    func isNode(_ home: IPv6Address, at careOf: IPv6Address, with local: IPv6Address) -> Bool {
        guard let route = nodes.homes.find(home), route.isActive else { return false }
        return route.tunnels[0].local == local && route.tunnels[0].remote == careOf
    }

    /// The tunnel of a route between these addresses: its place, its counters for as long as somebody holds the route, and
    /// its MTU.
    @inline(__always)
    private static func tunnel(
        of route: Unmanaged<Route>, local: IPv6Address, remote: IPv6Address
    ) -> (place: Int, counters: Unmanaged<TunnelCounters>, mtu: Int)? {
        route._withUnsafeGuaranteedRef { route in
            for place in route.tunnels.indices
            where route.tunnels[place].remote == remote && route.tunnels[place].local == local {
                return (place, .passUnretained(route.tunnels[place].counters), route.tunnels[place].mtu)
            }
            return nil
        }
    }

    /// Why a packet is not taken in that came between these addresses and belongs to no tunnel there.
    private func refusal(local: IPv6Address, remote: IPv6Address) -> DropReason {
        isKnown(local: local, remote: remote) ? .innerAddressOutsideBinding : .outerPairNotRegistered
    }

    /// Whether a tunnel lies between these addresses.
    func isKnown(local: IPv6Address, remote: IPv6Address) -> Bool {
        pairs.find(OuterPair(local: local, remote: remote)) != nil
    }
}
