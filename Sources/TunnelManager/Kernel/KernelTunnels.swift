import Forwarding
import MobilityWire

/// What the kernel needs to forward in the engine's place: a pure function of what the planner asks for, so that what
/// is wanted and what is there can be compared.
///
/// One interface has all tunnels: a route says which outer addresses a packet gets, and the packet filter which inner
/// addresses may come from which outer ones. So a hand-over is one route that takes another's place, and nothing is
/// lost.
struct KernelTunnels: Sendable {
    /// The outer addresses of a tunnel.
    struct Pair: Hashable, Comparable, Sendable {
        var local: IPv6Address
        var remote: IPv6Address

        static func < (left: Pair, right: Pair) -> Bool {
            left.local != right.local ? left.local < right.local : left.remote < right.remote
        }
    }

    /// A tunnel that packets are sent into.
    struct Way: Hashable, Sendable {
        var pair: Pair
        /// The largest inner packet that fits, in octets.
        var mtu: Int
    }

    /// Inner addresses that may come by a tunnel.
    struct Accepted: Hashable, Sendable {
        var pair: Pair
        var prefix: IPv6Prefix
    }

    /// Why the engine has to forward, although the kernel was to: the end of a sentence that begins with "the engine
    /// forwards:".
    enum Refusal: Error, Equatable, Sendable {
        case notAvailable(String)
        case routeOptimisation, shares, withoutUplink, selector, nested, narrow, tooMany

        var text: String {
            switch self {
            case .notAvailable(let reason): reason
            case .routeOptimisation: "a correspondent or a host with route optimisation is here"
            case .shares: "several uplinks share what no flow names"
            case .withoutUplink: "a flow waits for its uplink, or goes nowhere without it"
            case .selector: "a flow is told by what the kernel's rules cannot tell"
            case .nested: "a tunnel leads through another one"
            case .narrow: "the way of a tunnel takes less than 1320 octets"
            case .tooMany: "there are more tunnels or flows than the kernel's are for"
            }
        }
    }

    var interface: String
    var pairs: Set<Pair> = []
    /// At a home agent: inner sources.
    var fromNodes: Set<Accepted> = []
    /// At a mobile node: inner destinations.
    var toOwn: Set<Accepted> = []
    var nodeAddresses: [IPv6Prefix] = []
    var ownAddresses: [IPv6Prefix] = []
    /// Where all goes that comes from our home addresses and no rule leads elsewhere.
    var ownWay: Way?
    var leastMTU: Int?
    var routes: Set<KernelPlan.Route> = []
    var rules: Set<KernelPlan.Rule> = []

    static let hopLimit: UInt8 = 64
    /// Of the interface, so that the routes' own count.
    static let greatestMTU: UInt32 = 65_000
    /// So many tunnels, and rules of flows, at most: each packet that is tunnelled meets all rules, and each change all
    /// tunnels.
    static let pairLimit = 2000
    static let ruleLimit = 256
    /// Before the rules of table 610: what another link of this router has stays here, and then come the flows.
    static let linkPriority: UInt32 = 545
    static let flowPriority: UInt32 = 546
    static let flowsOfOwner = 63
    /// The table of the tunnel of number 1 follows.
    static let firstTable: UInt32 = 61_000_000

    /// - Parameters:
    ///   - interface: the one that has the tunnels.
    ///   - own: what this machine has registered at its home agents.
    ///   - nodes: what is bound here.
    ///   - mtu: what fits a tunnel.
    ///   - former: tunnels that may still be announced, and keep their numbers until then.
    ///   - numbers: numbers the tunnels.
    /// - Throws: why the engine has to forward.
    init(
        interface: String, own: [TunnelLedger.OwnerRequest], nodes: [TunnelLedger.OwnerRequest],
        mtu: (TunnelLedger.TunnelRequest) -> Int?, former: Set<Pair> = [], numbers: inout PairNumbers
    ) throws(Refusal) {
        self.interface = interface
        let own = own.sorted { $0.homeAddress < $1.homeAddress }
        let nodes = nodes.sorted { $0.homeAddress < $1.homeAddress }
        nodeAddresses = IPv6Prefix.merged(nodes.flatMap(\.addresses))
        ownAddresses = IPv6Prefix.merged(own.flatMap(\.addresses))
        for owner in own + nodes {
            guard owner.share == nil else { throw .shares }
            for request in [owner.active] + owner.alsoAccepted {
                pairs.insert(request.pair)
                let mtu = mtu(request) ?? TunnelPlanner.defaultLinkMTU - Tunnel.overhead
                guard mtu >= PathMTUTable.leastLink else { throw .narrow }
                leastMTU = min(leastMTU ?? mtu, mtu)
            }
        }
        guard pairs.count <= Self.pairLimit else { throw .tooMany }
        try checkNesting()
        numbers.keep(pairs.union(former))
        func way(_ request: TunnelLedger.TunnelRequest) -> Way {
            Way(pair: request.pair, mtu: mtu(request) ?? TunnelPlanner.defaultLinkMTU - Tunnel.overhead)
        }
        ownWay = own.first.map { way($0.active) }
        for owner in own {
            toOwn.formUnion(owner.accepted)
            // The table that all of them ask has one way out, which is the first one's.
            let last: [TrafficSelector] = owner.homeAddress == own.first?.homeAddress ? [] : [.everything]
            let flows = try owner.flowWays() + last.map { (selector: $0, request: owner.active) }
            guard !flows.isEmpty else { continue }
            for address in IPv6Prefix.merged(owner.addresses) {
                rules.insert(
                    KernelPlan.Rule(
                        priority: Self.linkPriority, source: address, table: RouteCalculator.table,
                        passesDefaultOver: true))
            }
            try add(flows, of: owner, isOwn: true, way, &numbers)
        }
        var known: Set<IPv6Prefix> = []
        for owner in nodes {
            fromNodes.formUnion(owner.accepted)
            for prefix in owner.addresses where known.insert(prefix).inserted {
                routes.insert(
                    KernelPlan.Route(
                        destination: prefix, table: KernelPlan.mainTable, metric: RouteCalculator.metric,
                        target: .tunnel(way(owner.active), interface: interface)))
            }
            try add(owner.flowWays(), of: owner, isOwn: false, way, &numbers)
        }
        guard rules.count <= Self.ruleLimit else { throw .tooMany }
    }

    /// The kernel does not send what comes out of the interface into it again.
    private func checkNesting() throws(Refusal) {
        let inside = IPv6PrefixSet(nodeAddresses + ownAddresses)
        let ownOnly = IPv6PrefixSet(ownAddresses)
        for pair in pairs where inside.contains(pair.remote) || ownOnly.contains(pair.local) { throw .nested }
    }

    private mutating func add(
        _ flows: [(selector: TrafficSelector, request: TunnelLedger.TunnelRequest)],
        of owner: TunnelLedger.OwnerRequest,
        isOwn: Bool, _ way: (TunnelLedger.TunnelRequest) -> Way, _ numbers: inout PairNumbers
    ) throws(Refusal) {
        guard flows.count <= Self.flowsOfOwner else { throw .tooMany }
        for (place, flow) in flows.enumerated() {
            let table = Self.firstTable + numbers[flow.request.pair]
            routes.insert(
                KernelPlan.Route(
                    destination: RouteCalculator.everything, table: table, metric: RouteCalculator.metric,
                    target: .tunnel(way(flow.request), interface: interface)))
            for address in IPv6Prefix.merged(owner.addresses) {
                guard
                    let rule = try flow.selector.rule(
                        about: address, isFromOwner: isOwn, priority: Self.flowPriority + UInt32(place), table: table)
                else { continue }
                rules.insert(rule)
            }
        }
    }
}

/// The numbers of tunnels: one keeps its own as long as it is there, and none gets what was another's lately, whose
/// rules may still be there.
struct PairNumbers: Sendable {
    private(set) var numbers: [KernelTunnels.Pair: UInt32] = [:]
    private var last: UInt32 = 0
    static let greatest: UInt32 = 0xff_ffff

    /// Those of an earlier run.
    init(_ numbers: [KernelTunnels.Pair: UInt32] = [:]) {
        self.numbers = numbers
        last = numbers.values.max() ?? 0
    }

    /// Gives each of these tunnels a number, and takes it from all others.
    mutating func keep(_ pairs: Set<KernelTunnels.Pair>) {
        numbers = numbers.filter { pairs.contains($0.key) }
        guard numbers.count < pairs.count else { return }
        let taken = Set(numbers.values)
        for pair in pairs.subtracting(numbers.keys).sorted() {
            repeat { last = last % Self.greatest + 1 } while taken.contains(last)
            numbers[pair] = last
        }
    }

    /// The number of a tunnel that has one, else 0.
    subscript(pair: KernelTunnels.Pair) -> UInt32 { numbers[pair] ?? 0 }
}

extension TunnelLedger.TunnelRequest {
    fileprivate var pair: KernelTunnels.Pair { KernelTunnels.Pair(local: local, remote: remote) }
}

extension TunnelLedger.OwnerRequest {
    fileprivate var addresses: [IPv6Prefix] { [IPv6Prefix(host: homeAddress)] + prefixes }

    fileprivate var accepted: [KernelTunnels.Accepted] {
        let addresses = IPv6Prefix.merged(addresses)
        return ([active] + alsoAccepted).flatMap { request in
            addresses.map { KernelTunnels.Accepted(pair: request.pair, prefix: $0) }
        }
    }

    fileprivate func flowWays() throws(KernelTunnels.Refusal) -> [(
        selector: TrafficSelector, request: TunnelLedger.TunnelRequest
    )] {
        var ways: [(selector: TrafficSelector, request: TunnelLedger.TunnelRequest)] = []
        for flow in flows {
            guard case .tunnel(let request) = flow.way else { throw .withoutUplink }
            ways.append((flow.rule.selector, request))
        }
        return ways
    }
}

extension TrafficSelector {
    /// The rule that leads this flow of an owner to a table; nil where it has none of these addresses.
    fileprivate func rule(
        about owner: IPv6Prefix, isFromOwner: Bool, priority: UInt32, table: UInt32
    ) throws(KernelTunnels.Refusal) -> KernelPlan.Rule? {
        guard trafficClasses == nil, flowLabels == nil, securityParameterIndices == nil else { throw .selector }
        var address = owner
        if let range = destinationAddresses {
            guard let wanted = IPv6Prefix(range) else { throw .selector }
            guard wanted.contains(owner) || owner.contains(wanted) else { return nil }
            if wanted.length > owner.length { address = wanted }
        }
        var peer: IPv6Prefix?
        if let range = sourceAddresses {
            guard let prefix = IPv6Prefix(range) else { throw .selector }
            peer = prefix
        }
        var ipProtocol: UInt8?
        if let nextHeaders, nextHeaders != 0...255 {
            guard nextHeaders.count == 1 else { throw .selector }
            ipProtocol = nextHeaders.lowerBound
        }
        return KernelPlan.Rule(
            priority: priority, source: isFromOwner ? address : peer, table: table,
            destination: isFromOwner ? peer : address, ipProtocol: ipProtocol,
            sourcePorts: isFromOwner ? destinationPorts : sourcePorts,
            destinationPorts: isFromOwner ? sourcePorts : destinationPorts)
    }
}

extension IPv6Prefix {
    /// The prefix that has just these addresses; nil if none has.
    fileprivate init?(_ range: ClosedRange<IPv6Address>) {
        let (first, last) = (range.lowerBound, range.upperBound)
        let high = (first.high ^ last.high).leadingZeroBitCount
        let length = UInt8(high < 64 ? high : 64 + (first.low ^ last.low).leadingZeroBitCount)
        let rest = (
            high: length >= 64 ? 0 : UInt64.max >> UInt64(length),
            low: length <= 64 ? UInt64.max : length == 128 ? 0 : UInt64.max >> UInt64(length - 64)
        )
        guard first.high & rest.high == 0, first.low & rest.low == 0, last.high == first.high | rest.high,
            last.low == first.low | rest.low
        else { return nil }
        self.init(first, length: length)
    }
}
