import MobilitySocket
import MobilityWire

// Ways past the home agent: the routes of a mobile node, and the bindings of a correspondent.

extension TunnelLedger {
    mutating func add(_ entry: RouteEntry, by client: Announcer, at now: Instant) {
        routes[PairKey(homeAddress: entry.homeAddress, peer: entry.peer)] = Held(
            entry: entry, expiry: now + .milliseconds(Int64(clamping: entry.remainingMilliseconds)),
            announcedBy: client)
    }

    mutating func add(_ entry: RestingPeerEntry, by client: Announcer, at now: Instant) {
        restingPeers[entry.prefix] = Held(
            entry: entry, expiry: now + .milliseconds(Int64(clamping: entry.remainingMilliseconds)),
            announcedBy: client)
    }

    /// Whether it is a home address of ours that a tunnel carries.
    func hasHomeAddress(_ address: IPv6Address) -> Bool {
        registrations.values.contains { $0.entry.homeAddress == address && $0.entry.forwards }
    }

    /// Whether the entry replaces one.
    func hasRoute(_ entry: RouteEntry) -> Bool {
        routes[PairKey(homeAddress: entry.homeAddress, peer: entry.peer)] != nil
    }

    /// - Returns: whether there was such an entry.
    mutating func removeCorrespondent(homeAddress: IPv6Address, correspondent: IPv6Address) -> Bool {
        correspondents.removeValue(forKey: PairKey(homeAddress: homeAddress, peer: correspondent)) != nil
    }

    /// - Returns: whether there was such an entry.
    mutating func removeRoute(homeAddress: IPv6Address, peer: IPv6Address) -> Bool {
        routes.removeValue(forKey: PairKey(homeAddress: homeAddress, peer: peer)) != nil
    }

    /// - Returns: whether there was such an entry.
    mutating func removeRestingPeer(_ prefix: IPv6Prefix) -> Bool { restingPeers.removeValue(forKey: prefix) != nil }

    mutating func flushCorrespondents() { correspondents.removeAll() }

    mutating func flushRoutes() {
        routes.removeAll()
        restingPeers.removeAll()
    }

    /// Removes what another connection than `client` announced last.
    mutating func sweepCorrespondents(keeping client: Announcer) {
        correspondents = correspondents.filter { $1.announcedBy == client }
    }

    /// Removes what another connection than `client` announced last.
    mutating func sweepRoutes(keeping client: Announcer) {
        routes = routes.filter { $1.announcedBy == client }
        restingPeers = restingPeers.filter { $1.announcedBy == client }
    }

    /// Routes that do not forward are only news, and do not end by themselves; nor does what is for good.
    var routeExpiries: [Instant] {
        correspondents.values.map(\.expiry) + routes.values.filter(\.entry.forwards).map(\.expiry)
            + restingPeers.values.filter { $0.entry.remainingMilliseconds > 0 }.map(\.expiry)
    }

    mutating func expireRoutes(at now: Instant, into ended: inout Ended) {
        for (key, held) in correspondents where held.expiry <= now {
            correspondents[key] = nil
            ended.bindings.append(held.entry)
        }
        for (key, held) in routes where held.entry.forwards && held.expiry <= now {
            routes[key] = nil
            ended.routes.append(held.entry)
        }
        for (key, held) in restingPeers where held.entry.remainingMilliseconds > 0 && held.expiry <= now {
            restingPeers[key] = nil
            ended.restingPeers.append(held.entry)
        }
    }

    /// The entries with what is left of their lifetimes, for a dump.
    func currentRoutes(at now: Instant) -> [RouteEntry] {
        routes.values.map { held in
            var entry = held.entry
            entry.remainingMilliseconds = UInt64(clamping: (held.expiry - now).milliseconds)
            return entry
        }.sorted { ($0.homeAddress, $0.peer) < ($1.homeAddress, $1.peer) }
    }

    /// The entries with what is left of them, for a dump.
    func currentRestingPeers(at now: Instant) -> [RestingPeerEntry] {
        restingPeers.values.map { held in
            var entry = held.entry
            if entry.remainingMilliseconds > 0 {
                // 0 would stand for good.
                entry.remainingMilliseconds = max(UInt64(clamping: (held.expiry - now).milliseconds), 1)
            }
            return entry
        }.sorted { ($0.prefix) < ($1.prefix) }
    }
}
