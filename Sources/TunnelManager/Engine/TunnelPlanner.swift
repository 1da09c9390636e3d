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
    }

    /// What a link takes when nobody knows better: Ethernet's (RFC 2464 §2).
    static let defaultLinkMTU = 1500
    /// Of the tunnels that the routes lead, whose ways have to be asked for one by one, so many are asked for anew at each
    /// plan, in turn: where very much is bound, a plan must not cost a question for each.
    static let waysAsked = 256

    private(set) var tunnels: [TunnelRequest: PlannedTunnel] = [:]
    private var egress: [EnginePlan.Egress] = []
    /// How many tunnels of nodes the plans so far have gone through, less those of whole rounds.
    private var firstWayAsked = 0
    private var egressIndices: [EnginePlan.Egress: Int32] = [:]

    /// - Parameters:
    ///   - linkMTU: the MTU of the way to the remote address, through the uplink or by the routes; nil where unknown.
    mutating func plan(
        own: [TunnelLedger.OwnerRequest], nodes: [TunnelLedger.OwnerRequest],
        linkMTU: (TunnelRequest) -> Int?
    ) -> EnginePlan {
        let former = tunnels
        tunnels = [:]
        egress = []
        egressIndices = [:]
        let count = max(nodes.reduce(0) { $0 + 1 + $1.alsoAccepted.count }, 1)
        firstWayAsked %= count
        let asked = firstWayAsked..<(firstWayAsked + Self.waysAsked)
        firstWayAsked += Self.waysAsked
        var number = 0

        /// What the way takes, as it was unless its turn to be asked has come.
        func wayMTU(_ request: TunnelRequest) -> Int? {
            guard request.interfaceIndex == 0 else { return linkMTU(request) }
            defer { number += 1 }
            guard let known = former[request]?.mtu, !asked.contains(number), !asked.contains(number + count) else {
                return linkMTU(request)
            }
            return known + Tunnel.overhead
        }
        func tunnel(_ request: TunnelRequest, isActive: Bool) -> Tunnel {
            let mtu = (wayMTU(request) ?? Self.defaultLinkMTU) - Tunnel.overhead
            let counters = former[request]?.counters ?? TunnelCounters()
            tunnels[request] = PlannedTunnel(
                request: request, mtu: mtu, isActive: isActive, counters: counters)
            return Tunnel(
                local: request.local, remote: request.remote, egress: egressIndex(of: request),
                mtu: mtu, counters: counters)
        }
        func owner(_ request: TunnelLedger.OwnerRequest) -> ForwardingTable.Owner {
            let others = request.alsoAccepted.filter { $0 != request.active }
            let ways = [request.active] + others
            let carrying = Set(request.flows.map(\.tunnel))
            return ForwardingTable.Owner(
                homeAddress: request.homeAddress, prefixes: request.prefixes,
                active: tunnel(request.active, isActive: true),
                alsoAccepted: others.map { tunnel($0, isActive: carrying.contains($0)) },
                flows: request.flows.compactMap { flow in
                    ways.firstIndex(of: flow.tunnel).map {
                        ForwardingTable.Flow(selector: flow.rule.selector, tunnel: $0)
                    }
                })
        }
        let table = ForwardingTable(own: own.map(owner), nodes: nodes.map(owner))
        return EnginePlan(table: table, egress: egress)
    }

    /// The greatest of the tunnels' MTUs: what the TUN device may be handed at most.
    var greatestMTU: Int? { tunnels.values.map(\.mtu).max() }

    /// The tunnels as monitors see them.
    var status: [TunnelStatus] {
        tunnels.values.map { tunnel in
            let (received, sent) = (tunnel.counters.received, tunnel.counters.sent)
            return TunnelStatus(
                local: tunnel.request.local, remote: tunnel.request.remote,
                homeAddress: tunnel.request.homeAddress, interfaceIndex: tunnel.request.interfaceIndex,
                interfaceName: tunnel.request.interfaceName, mtu: UInt32(clamping: tunnel.mtu), active: tunnel.isActive,
                packetsIn: received.packets, packetsOut: sent.packets, bytesIn: received.octets,
                bytesOut: sent.octets)
        }.sorted { ($0.homeAddress, $0.local, $0.remote) < ($1.homeAddress, $1.local, $1.remote) }
    }

    private mutating func egressIndex(of request: TunnelRequest) -> Int32 {
        let wanted = EnginePlan.Egress(
            interfaceIndex: request.interfaceIndex, name: request.interfaceName, source: request.local)
        if let index = egressIndices[wanted] { return index }
        let index = Int32(egress.count)
        egress.append(wanted)
        egressIndices[wanted] = index
        return index
    }
}
