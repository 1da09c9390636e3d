import MobilityCore
import MobilitySocket
import MobilityWire
import RouteOptimization

/// What nemonetd is told of the Binding Update List and of the peers that are left alone: the difference to what it was
/// told before.
struct RouteTable {
    /// An entry without the time that runs, and when it ends.
    struct Row: Equatable {
        var entry: RouteEntry
        var expiry: Instant?
    }

    private struct Pair: Hashable {
        var homeAddress: IPv6Address
        var peer: IPv6Address
    }

    private struct Rest: Equatable {
        var reason: RestingPeerEntry.Reason
        var until: Instant?
    }

    private var routes: [Pair: Row] = [:]
    private var rests: [IPv6Prefix: Rest] = [:]

    /// Whether nemonetd was told to send by this route, or by an earlier one to the same place.
    func forwards(_ route: OptimizedRoute) -> Bool {
        guard let row = routes[Pair(homeAddress: route.homeAddress, peer: route.peer)] else { return false }
        return row.entry.forwards && row.entry.careOfAddress == route.careOf.address
    }

    /// Takes over what is so now.
    ///
    /// - Returns: what nemonetd has to hear: first what ends, then what is new.
    mutating func changes(
        to rows: [Row], resting: [RestingPeer], excluded: [IPv6Prefix], at now: Instant
    ) -> [MobilitySocketMessage] {
        var current: [Pair: Row] = [:]
        for row in rows { current[Pair(homeAddress: row.entry.homeAddress, peer: row.entry.peer)] = row }
        var messages: [MobilitySocketMessage] = routes.keys.filter { current[$0] == nil }
            .sorted { ($0.homeAddress, $0.peer) < ($1.homeAddress, $1.peer) }
            .map { .routeDelete(homeAddress: $0.homeAddress, peer: $0.peer) }
        for row in rows where routes[Pair(homeAddress: row.entry.homeAddress, peer: row.entry.peer)] != row {
            var entry = row.entry
            entry.remainingMilliseconds = row.expiry.map { UInt64(clamping: ($0 - now).milliseconds) } ?? 0
            messages.append(.routeAdd(entry))
        }
        routes = current
        return messages + changes(resting, excluded, at: now)
    }

    private mutating func changes(
        _ resting: [RestingPeer], _ excluded: [IPv6Prefix], at now: Instant
    ) -> [MobilitySocketMessage] {
        var current: [IPv6Prefix: Rest] = [:]
        for peer in resting {
            current[IPv6Prefix(host: peer.peer)] = Rest(reason: .init(peer.reason), until: peer.until)
        }
        for prefix in excluded { current[prefix] = Rest(reason: .excluded) }
        var messages: [MobilitySocketMessage] = rests.keys.filter { current[$0] == nil }.sorted()
            .map { .restingPeerDelete(prefix: $0) }
        for (prefix, rest) in current.sorted(by: { $0.key < $1.key }) where rests[prefix] != rest {
            // 0 stands for good.
            let remaining = rest.until.map { max(UInt64(clamping: ($0 - now).milliseconds), 1) } ?? 0
            messages.append(
                .restingPeer(RestingPeerEntry(prefix: prefix, remainingMilliseconds: remaining, reason: rest.reason)))
        }
        rests = current
        return messages
    }
}

extension RouteTable.Row {
    /// - Parameters:
    ///   - careOf: the care-of address of the registration, for an entry without a route.
    ///   - name: the name of the interface with an index.
    init(_ entry: BindingUpdateListEntry, careOf: CareOf?, name: (UInt32) -> String) {
        let careOf = entry.route?.careOf ?? careOf ?? CareOf(address: .unspecified, interfaceIndex: 0)
        self.init(
            entry: RouteEntry(
                homeAddress: entry.homeAddress, peer: entry.peer, careOfAddress: careOf.address,
                interfaceIndex: careOf.interfaceIndex, interfaceName: name(careOf.interfaceIndex),
                lifetime: entry.route == nil ? 0 : UInt32(clamping: entry.lifetime.milliseconds / 1000),
                remainingMilliseconds: 0, state: .init(entry.phase), forwards: entry.route != nil,
                sequenceNumber: entry.sequenceNumber, status: entry.status?.rawValue ?? 0),
            expiry: entry.route?.expiresAt ?? entry.endsAt)
    }
}

extension OptimizedRoute {
    /// A route that nemonetd still sends by; nil for an entry that is only news.
    init?(_ entry: RouteEntry, at now: Instant) {
        guard entry.forwards else { return nil }
        self.init(
            homeAddress: entry.homeAddress, peer: entry.peer,
            careOf: CareOf(address: entry.careOfAddress, interfaceIndex: entry.interfaceIndex),
            expiresAt: now + .milliseconds(Int64(clamping: entry.remainingMilliseconds)))
    }
}

extension RouteEntry.State {
    init(_ phase: RouteOptimizationMachine.Phase) {
        switch phase {
        case .testing: self = .testing
        case .updating: self = .updating
        case .bound: self = .bound
        case .leaving: self = .leaving
        case .suspended: self = .suspended
        }
    }
}

extension RestingPeerEntry.Reason {
    init(_ reason: RestingPeer.Reason) {
        switch reason {
        case .silent: self = .silent
        case .refused: self = .refused
        case .unsupported: self = .unsupported
        }
    }
}
