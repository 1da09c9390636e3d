import MobilitySocket
import MobilityWire

/// The default routers of one link that has carrier: what neighbour unreachability detection found since it has.
///
/// The kernel asks a router only while something is sent by it, so a router that dies on an idle link would never be
/// missed. Whenever the kernel's confidence has run out (after half a minute, RFC 4861 §6.3.2), the router is to be asked.
struct RouterWatch {
    typealias Verdict = LinkObservation.Neighbor.Verdict

    private var known: [IPv6Address: (state: UplinkReport.RouterState, verdict: Verdict?)] = [:]

    var routers: [IPv6Address] { known.keys.sorted() }

    /// Where there is no router to ask, as on a point-to-point link, nothing speaks against the way.
    func state(of router: IPv6Address) -> UplinkReport.RouterState { known[router]?.state ?? .unconfirmed }

    /// Those that are not being asked and have not answered lately.
    func waiting(onlyUnreachable: Bool) -> [IPv6Address] {
        known.filter { _, entry in
            if onlyUnreachable { return entry.state == .unreachable }
            return entry.verdict != .answered && entry.verdict != .asked
        }.keys.sorted()
    }

    /// Takes the routers that there are now, and what the kernel says of all neighbours.
    ///
    /// - Returns: The routers that are to be asked, and whether one has just been found silent.
    mutating func update(
        _ routers: Set<IPv6Address>, _ neighbors: [IPv6Address: Verdict]
    ) -> (probe: [IPv6Address], isOneLost: Bool) {
        var probe: [IPv6Address] = []
        var isOneLost = false
        known = known.filter { routers.contains($0.key) }
        for router in routers.sorted() {
            let former = known[router]
            let verdict = neighbors[router]
            let state = Self.state(verdict, former: former?.state)
            if state == .unreachable, former?.state != .unreachable { isOneLost = true }
            let isNews = former == nil || former?.verdict != verdict
            // Of a router that has just been forgotten after it failed nothing new is known.
            if isNews, verdict == .resting || former == nil && verdict == nil { probe.append(router) }
            known[router] = (state, verdict)
        }
        return (probe, isOneLost)
    }

    /// That a router has answered counts until it is found silent, so that there is one report a change; and that it was
    /// silent counts until it is heard.
    private static func state(
        _ verdict: Verdict?, former: UplinkReport.RouterState?
    ) -> UplinkReport.RouterState {
        switch verdict {
        case .answered: .reachable
        case .silent: .unreachable
        case .resting: former == .reachable ? .reachable : .unconfirmed
        case .asked, nil: former ?? .unconfirmed
        }
    }
}
