import Forwarding
import MobilitySocket
import MobilityWire

/// Makes the engine's plan of what the ledger asks for, and remembers what must outlive a plan: what each tunnel has
/// carried, and which interface has which number.
struct TunnelPlanner {
    typealias TunnelRequest = TunnelLedger.TunnelRequest

    /// A tunnel of the plan, with what the table does not hold.
    struct PlannedTunnel {
        var request: TunnelRequest
        var mtu: Int
        var isActive: Bool
        var counters: TunnelCounters

        var status: TunnelStatus {
            let (received, sent) = (counters.received, counters.sent)
            return TunnelStatus(
                local: request.local, remote: request.remote, homeAddress: request.homeAddress,
                interfaceIndex: request.interfaceIndex, interfaceName: request.interfaceName,
                mtu: UInt32(clamping: mtu), active: isActive, packetsIn: received.packets, packetsOut: sent.packets,
                bytesIn: received.octets, bytesOut: sent.octets)
        }
    }

    /// What is another than it was: tunnels that were and are no longer so, and those that are and were not so.
    func changes(since former: [TunnelRequest: PlannedTunnel]) -> (before: [TunnelStatus], now: [TunnelStatus]) {
        func difference(
            _ some: [TunnelRequest: PlannedTunnel], _ others: [TunnelRequest: PlannedTunnel]
        ) -> [TunnelStatus] {
            some.values.filter { tunnel in
                guard let other = others[tunnel.request] else { return true }
                return other.mtu != tunnel.mtu || other.isActive != tunnel.isActive
            }.map(\.status).inOrder
        }
        return (difference(former, tunnels), difference(tunnels, former))
    }

    /// What a link takes when nobody knows better: Ethernet's (RFC 2464 §2).
    static let defaultLinkMTU = 1500
    /// Of the tunnels that the routes lead, whose ways have to be asked for one by one, so many are asked for anew at each
    /// plan, in turn: where very much is bound, a plan must not cost a question for each.
    static let waysAsked = 256

    /// Packets that the kernel led here for the sake of another source leave with this mark, so that it does not lead them
    /// here again.
    static let passingMark: UInt32 = 0x4000_0000

    private(set) var tunnels: [TunnelRequest: PlannedTunnel] = [:]
    /// Those of the mobile node that this machine is.
    private var ownRequests: [TunnelRequest] = []
    /// What direct routes carried, by the addresses that upper layers know.
    private var directCounters: [TunnelLedger.PairKey: TunnelCounters] = [:]
    private var greatestDirectMTU: Int?
    /// Home addresses come from strangers: it keeps them from choosing such as fall into one place of a hash table.
    private let seed = UInt64.random(in: 0...UInt64.max)
    private var egress: [EnginePlan.Egress] = []
    private var tunnelTurn = Turn()
    private var directTurn = Turn()
    /// What the ways of the direct routes take.
    private var directWays: [TunnelRequest: Int] = [:]
    private var egressIndices: [EnginePlan.Egress: Int32] = [:]
    /// What is bound here, as the last plan has it.
    private var nodes: [IPv6Address: TunnelLedger.OwnerRequest] = [:]
    /// How many tunnels have each MTU.
    private var mtus: [Int: Int] = [:]
    private(set) var latest = EnginePlan.empty

    /// Of the nodes whose bindings share: by which of these each bucket comes.
    private var bucketMemories: [IPv6Address: BucketMemory] = [:]
    private let flowMemory = FlowMemory()

    /// Plans everything anew.
    ///
    /// - Parameters:
    ///   - direct: ways past the home agent.
    ///   - networks: where who has no binding is unreachable.
    ///   - clamp: for which connections segments are made to fit the tunnels.
    ///   - asking: home addresses of nodes whose ways are asked for although it is not their turn.
    ///   - linkMTU: the MTU of the way to the remote address, through the uplink or by the routes; nil where unknown.
    ///   - learntMTU: what a router on the way said that it takes, if any did.
    ///   - isTooNarrow: whether a router on a way past the home agent said that it does not take what it must.
    mutating func plan(
        own: [TunnelLedger.OwnerRequest], nodes: [TunnelLedger.OwnerRequest],
        direct: TunnelLedger.DirectRequests = .init(), networks: EnginePlan.Networks = .init(),
        clamp: SegmentClamp = .off, asking: Set<IPv6Address> = [],
        linkMTU: (TunnelRequest) -> Int?, learntMTU: (TunnelRequest) -> Int? = { _ in nil },
        isTooNarrow: (DirectWay) -> Bool = { _ in false }
    ) -> EnginePlan {
        let former = tunnels
        tunnels = [:]
        tunnels.reserveCapacity(own.count + nodes.count)
        mtus = [:]
        let shared = Set(nodes.filter { $0.share != nil }.map(\.homeAddress))
        bucketMemories = bucketMemories.filter { shared.contains($0.key) }
        ownRequests = own.flatMap(\.ways)
        egress = []
        egressIndices = [:]
        self.nodes = Dictionary(nodes.map { ($0.homeAddress, $0) }) { first, _ in first }
        var turn = tunnelTurn
        turn.begin(of: nodes.reduce(0) { $0 + 1 + $1.alsoAccepted.count }, asking: Self.waysAsked)

        /// What the way takes, as it was unless its turn to be asked has come.
        func wayMTU(_ request: TunnelRequest) -> Int? {
            guard request.interfaceIndex == 0 else { return linkMTU(request) }
            let isAsked = turn.next() || asking.contains(request.homeAddress)
            guard !isAsked, let known = former[request]?.mtu else { return linkMTU(request) }
            return known + Tunnel.overhead
        }
        func owner(_ request: TunnelLedger.OwnerRequest) -> ForwardingTable.Owner {
            self.owner(request, counters: { former[$0]?.counters }, wayMTU: wayMTU, learntMTU: learntMTU)
        }
        let table = ForwardingTable(
            own: own.map(owner), nodes: nodes.map(owner),
            direct: directTable(direct, linkMTU: linkMTU, isTooNarrow: isTooNarrow), clamp: clamp)
        tunnelTurn = turn
        latest = EnginePlan(table: table, egress: egress, networks: networks, flowMemory: flowMemory)
        return latest
    }

    /// Plans what has become of some nodes, for what these cost and not what all would: the plan is the one that planning
    /// everything anew would give. The ways of these nodes' tunnels are asked for.
    ///
    /// - Parameter changes: nodes by their home addresses; nil for one that is no longer bound.
    /// - Returns: what is another than it was, as `changes(since:)` tells of whole plans.
    mutating func change(
        _ changes: [(homeAddress: IPv6Address, request: TunnelLedger.OwnerRequest?)],
        linkMTU: (TunnelRequest) -> Int?, learntMTU: (TunnelRequest) -> Int? = { _ in nil }
    ) -> (plan: EnginePlan, before: [TunnelStatus], now: [TunnelStatus]) {
        var (before, now): ([TunnelStatus], [TunnelStatus]) = ([], [])
        var owners: [(homeAddress: IPv6Address, owner: ForwardingTable.Owner?)] = []
        owners.reserveCapacity(changes.count)
        for change in changes {
            var former: [TunnelRequest: PlannedTunnel] = [:]
            for way in nodes[change.homeAddress]?.ways ?? [] {
                former[way] = tunnels.removeValue(forKey: way)
                former[way].map { count($0.mtu, -1) }
            }
            nodes[change.homeAddress] = change.request
            if change.request?.share == nil { bucketMemories[change.homeAddress] = nil }
            owners.append(
                (
                    change.homeAddress,
                    change.request.map {
                        owner($0, counters: { former[$0]?.counters }, wayMTU: linkMTU, learntMTU: learntMTU)
                    }
                ))
            for way in change.request?.ways ?? [] {
                guard let tunnel = tunnels[way] else { continue }
                let old = former.removeValue(forKey: way)
                if let old, old.mtu == tunnel.mtu, old.isActive == tunnel.isActive { continue }
                if let old { before.append(old.status) }
                now.append(tunnel.status)
            }
            before += former.values.map(\.status)
        }
        latest = EnginePlan(
            table: latest.table.changing(nodes: owners), egress: egress, networks: latest.networks,
            flowMemory: flowMemory)
        return (latest, before.inOrder, now.inOrder)
    }

    /// The home addresses and prefixes of those of these nodes that the plan has.
    func prefixes(of homeAddresses: some Sequence<IPv6Address>) -> Set<IPv6Prefix> {
        Set(
            homeAddresses.compactMap { nodes[$0] }.flatMap { [IPv6Prefix(host: $0.homeAddress)] + $0.prefixes })
    }

    private mutating func owner(
        _ request: TunnelLedger.OwnerRequest, counters: (TunnelRequest) -> TunnelCounters?,
        wayMTU: (TunnelRequest) -> Int?, learntMTU: (TunnelRequest) -> Int?
    ) -> ForwardingTable.Owner {
        func tunnel(_ request: TunnelRequest, isActive: Bool) -> Tunnel {
            let way = wayMTU(request) ?? Self.defaultLinkMTU
            let mtu = min(way, learntMTU(request) ?? way) - Tunnel.overhead
            let planned = PlannedTunnel(
                request: request, mtu: mtu, isActive: isActive, counters: counters(request) ?? TunnelCounters())
            if let twin = tunnels.updateValue(planned, forKey: request) { count(twin.mtu, -1) }
            count(mtu, 1)
            return Tunnel(
                local: request.local, remote: request.remote, egress: egressIndex(of: request), mtu: mtu,
                counters: planned.counters)
        }
        let ways = request.ways
        let carrying = Set(request.flows.compactMap(\.tunnel) + request.sharing)
        return ForwardingTable.Owner(
            homeAddress: request.homeAddress, prefixes: request.prefixes,
            active: tunnel(request.active, isActive: true),
            alsoAccepted: ways.dropFirst().map { tunnel($0, isActive: carrying.contains($0)) },
            flows: request.flows.compactMap { flow in
                let way: ForwardingTable.Flow.Way? =
                    switch flow.way {
                    case .tunnel(let tunnel): ways.firstIndex(of: tunnel).map { .tunnel($0) }
                    case .drop: .drop
                    case .wait: .wait
                    }
                return way.map { ForwardingTable.Flow(selector: flow.rule.selector, way: $0) }
            }, share: share(of: request, ways))
    }

    private mutating func share(of request: TunnelLedger.OwnerRequest, _ ways: [TunnelRequest])
        -> FlowShare?
    {
        switch request.share {
        case .assigned(let parts):
            var places = [UInt8](repeating: 0, count: FlowShare.buckets)
            for part in parts.reversed() {
                guard let place = ways.firstIndex(of: part.tunnel).flatMap(UInt8.init(exactly:)) else {
                    continue
                }
                for bucket in places.indices where part.buckets.contains(bucket) { places[bucket] = place }
            }
            return .assigned(places, flowMemory)
        case .learnt(let members):
            let memory = bucketMemories[request.homeAddress] ?? BucketMemory()
            bucketMemories[request.homeAddress] = memory
            return .learnt(
                members.compactMap { member in
                    ways.firstIndex(of: member.tunnel).map {
                        .init(tunnel: $0, identifier: member.identifier)
                    }
                }, memory, flowMemory)
        case nil: return nil
        }
    }

    private mutating func count(_ mtu: Int, _ change: Int) {
        let count = mtus[mtu, default: 0] + change
        mtus[mtu] = count > 0 ? count : nil
    }

    private mutating func directTable(
        _ requests: TunnelLedger.DirectRequests, linkMTU: (TunnelRequest) -> Int?, isTooNarrow: (DirectWay) -> Bool
    ) -> DirectRouteTable {
        let former = directCounters
        let formerWays = directWays
        directCounters = [:]
        directWays = [:]
        directTurn.begin(of: requests.routes.count, asking: Self.waysAsked)
        greatestDirectMTU = nil
        let routes = requests.routes.map { request in
            let pair = TunnelLedger.PairKey(homeAddress: request.local, peer: request.remote)
            let counters = former[pair] ?? TunnelCounters()
            directCounters[pair] = counters
            // The headers are as long as both ends' being away makes them.
            var route = DirectRoute(
                local: request.local, remote: request.remote, localCareOf: request.localCareOf,
                remoteCareOf: request.remoteCareOf,
                egress: egressIndex(
                    EnginePlan.Egress(
                        interfaceIndex: request.interfaceIndex, name: request.interfaceName,
                        source: request.localCareOf ?? request.local, mark: request.mark)),
                mtu: 0, counters: counters)
            let isAsked = directTurn.next() || request.interfaceIndex != 0
            let known = isAsked ? nil : formerWays[request.tunnel]
            let way = known ?? linkMTU(request.tunnel) ?? Self.defaultLinkMTU
            directWays[request.tunnel] = way
            route.mtu = way - route.overhead
            route.isTooNarrow = route.mtu < PathMTUTable.leastLink || isTooNarrow(request.way)
            greatestDirectMTU = max(greatestDirectMTU ?? 0, route.mtu)
            return route
        }
        let leadsHere = requests.routes.contains { $0.remoteCareOf != nil }
        return DirectRouteTable(
            routes: routes, registered: requests.registered,
            routingHeaderAddresses: requests.routingHeaderAddresses, optionAddresses: requests.optionAddresses,
            hinted: requests.hinted, listener: requests.listener,
            passingEgress: leadsHere
                ? egressIndex(
                    EnginePlan.Egress(interfaceIndex: 0, name: "", source: nil, mark: Self.passingMark)) : -1,
            seed: seed)
    }

    /// What went by the direct routes: packets in and out.
    var directTraffic: (received: UInt64, sent: UInt64) {
        directCounters.values.reduce(into: (0, 0)) {
            $0.0 += $1.received.packets
            $0.1 += $1.sent.packets
        }
    }

    /// What the TUN device may be handed at most: the greatest of the tunnels' MTUs. Direct routes take a little more, but a
    /// node would then learn anew for every peer that the tunnel does not, and whenever a route comes or goes.
    var greatestMTU: Int? { mtus.keys.max() ?? greatestDirectMTU }

    /// The tunnels of the mobile node that this machine is.
    var ownTunnels: [TunnelStatus] { ownRequests.compactMap { tunnels[$0]?.status } }

    /// The tunnels as monitors see them.
    var status: [TunnelStatus] { tunnels.values.map(\.status).inOrder }

    private mutating func egressIndex(of request: TunnelRequest) -> Int32 {
        egressIndex(
            EnginePlan.Egress(
                interfaceIndex: request.interfaceIndex, name: request.interfaceName, source: request.local, mark: nil))
    }

    private mutating func egressIndex(_ wanted: EnginePlan.Egress) -> Int32 {
        if let index = egressIndices[wanted] { return index }
        let index = Int32(egress.count)
        egress.append(wanted)
        egressIndices[wanted] = index
        return index
    }
}

extension [TunnelStatus] {
    fileprivate var inOrder: [TunnelStatus] {
        sorted { ($0.homeAddress, $0.local, $0.remote) < ($1.homeAddress, $1.local, $1.remote) }
    }
}

extension TunnelLedger.OwnerRequest {
    /// Its tunnels, each once: the active one first.
    fileprivate var ways: [TunnelLedger.TunnelRequest] {
        guard !alsoAccepted.isEmpty else { return [active] }
        var seen: Set = [active]
        return [active] + alsoAccepted.filter { seen.insert($0).inserted }
    }
}
