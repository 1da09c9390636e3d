import MobilitySocket
import MobilityWire

/// What the clients announced and nemonetd forwards by: bindings and registrations with the time they end.
///
/// Entries outlive the client that made them: they end by their lifetime, by deletion, or by a sweep of the next client
/// of the same role that did not announce them again.
struct TunnelLedger: Sendable {
    struct BindingKey: Hashable, Sendable {
        var homeAddress: IPv6Address
        var bindingIdentifier: UInt16?
    }

    struct RegistrationKey: Hashable, Sendable {
        var homeAddress: IPv6Address
        var careOfAddress: IPv6Address
    }

    /// The two ends of a way past the home agent: at a mobile node its home address and the peer, at a correspondent the
    /// node's home address and the address of ours that it bound with.
    struct PairKey: Hashable, Sendable {
        var homeAddress: IPv6Address
        var peer: IPv6Address
    }

    /// A connection to the mobility socket.
    typealias Announcer = MobilitySocketServer.ClientIdentifier

    struct Held<Entry: Sendable>: Sendable {
        var entry: Entry
        var expiry: Instant
        /// The connection that announced it last.
        var announcedBy: Announcer
    }

    private(set) var bindings: [BindingKey: Held<BindingEntry>] = [:]
    private(set) var registrations: [RegistrationKey: Held<RegistrationEntry>] = [:]
    /// The bindings of a correspondent.
    var correspondents: [PairKey: Held<BindingEntry>] = [:]
    var routes: [PairKey: Held<RouteEntry>] = [:]
    var restingPeers: [IPv6Prefix: Held<RestingPeerEntry>] = [:]

    /// - Returns: whether it forwards otherwise than before, or ends earlier. Most announcements only prolong.
    @discardableResult
    mutating func add(_ entry: BindingEntry, by client: Announcer, at now: Instant) -> Bool {
        let held = Held(
            entry: entry, expiry: now + .milliseconds(Int64(clamping: entry.remainingMilliseconds)),
            announcedBy: client)
        let former: Held<BindingEntry>?
        switch entry.kind {
        case .home:
            let key = BindingKey(homeAddress: entry.homeAddress, bindingIdentifier: entry.bindingIdentifier)
            former = bindings.updateValue(held, forKey: key)
        case .correspondent:
            let key = PairKey(homeAddress: entry.homeAddress, peer: entry.homeAgentAddress)
            former = correspondents.updateValue(held, forKey: key)
        }
        guard let former, former.expiry <= held.expiry else { return true }
        var prolonged = former.entry
        prolonged.lifetime = entry.lifetime
        prolonged.remainingMilliseconds = entry.remainingMilliseconds
        prolonged.sequenceNumber = entry.sequenceNumber
        return prolonged != entry
    }

    /// Whether the entry would take the place of one that is held.
    func holds(_ entry: BindingEntry) -> Bool {
        switch entry.kind {
        case .home:
            bindings[BindingKey(homeAddress: entry.homeAddress, bindingIdentifier: entry.bindingIdentifier)] != nil
        case .correspondent:
            correspondents[PairKey(homeAddress: entry.homeAddress, peer: entry.homeAgentAddress)] != nil
        }
    }

    mutating func add(_ entry: RegistrationEntry, by client: Announcer, at now: Instant) {
        registrations[RegistrationKey(homeAddress: entry.homeAddress, careOfAddress: entry.careOfAddress)] = Held(
            entry: entry, expiry: now + .milliseconds(Int64(clamping: entry.remainingMilliseconds)),
            announcedBy: client)
    }

    /// - Returns: whether there was such an entry.
    mutating func removeBinding(homeAddress: IPv6Address, identifier: UInt16?) -> Bool {
        bindings.removeValue(forKey: BindingKey(homeAddress: homeAddress, bindingIdentifier: identifier)) != nil
    }

    /// - Returns: whether there was such an entry.
    mutating func removeRegistration(homeAddress: IPv6Address, careOfAddress: IPv6Address) -> Bool {
        registrations.removeValue(
            forKey: RegistrationKey(homeAddress: homeAddress, careOfAddress: careOfAddress)) != nil
    }

    mutating func flushBindings() { bindings.removeAll() }
    mutating func flushRegistrations() { registrations.removeAll() }

    /// Removes what another connection than `client` announced last.
    mutating func sweepBindings(keeping client: Announcer) { bindings = bindings.filter { $1.announcedBy == client } }

    /// Removes what another connection than `client` announced last.
    mutating func sweepRegistrations(keeping client: Announcer) {
        registrations = registrations.filter { $1.announcedBy == client }
    }

    /// A client is gone: what forwards stays until it ends, and what is at home is at home; what only told of its
    /// endeavours goes with it.
    mutating func clientGone(_ client: Announcer) {
        registrations = registrations.filter {
            $1.announcedBy != client || $1.entry.forwards || $1.entry.careOfAddress == $1.entry.homeAddress
        }
        routes = routes.filter { $1.announcedBy != client || $1.entry.forwards }
        restingPeers = restingPeers.filter { $1.announcedBy != client }
    }

    /// What ended.
    struct Ended: Sendable {
        /// Of home agents and correspondents.
        var bindings: [BindingEntry] = []
        var registrations: [RegistrationEntry] = []
        var routes: [RouteEntry] = []
        var restingPeers: [RestingPeerEntry] = []
    }

    /// Removes what ended by `now`.
    mutating func expire(at now: Instant) -> Ended {
        guard let next = nextExpiry, next <= now else { return Ended() }
        let endedBindings = bindings.filter { $1.expiry <= now }
        let endedRegistrations = registrations.filter { $1.entry.forwards && $1.expiry <= now }
        for key in endedBindings.keys { bindings[key] = nil }
        for key in endedRegistrations.keys { registrations[key] = nil }
        var ended = Ended(
            bindings: endedBindings.values.map(\.entry), registrations: endedRegistrations.values.map(\.entry))
        expireRoutes(at: now, into: &ended)
        return ended
    }

    /// When the next entry ends. Registrations that do not forward are only news, and do not end by themselves.
    var nextExpiry: Instant? {
        let ends = bindings.values.map(\.expiry) + registrations.values.filter(\.entry.forwards).map(\.expiry)
        return (ends + routeExpiries).min()
    }

    /// The entries with what is left of their lifetimes, for a dump.
    func currentBindings(at now: Instant) -> [BindingEntry] {
        (Array(bindings.values) + Array(correspondents.values)).map { held in
            var entry = held.entry
            entry.remainingMilliseconds = UInt64(clamping: (held.expiry - now).milliseconds)
            return entry
        }.sorted {
            ($0.kind.rawValue, $0.homeAddress, $0.priority, $0.bindingIdentifier ?? 0, $0.homeAgentAddress)
                < ($1.kind.rawValue, $1.homeAddress, $1.priority, $1.bindingIdentifier ?? 0, $1.homeAgentAddress)
        }
    }

    /// The entries with what is left of their lifetimes, for a dump.
    func currentRegistrations(at now: Instant) -> [RegistrationEntry] {
        registrations.values.map { held in
            var entry = held.entry
            entry.remainingMilliseconds = UInt64(clamping: (held.expiry - now).milliseconds)
            return entry
        }.sorted { ($0.homeAddress, $0.priority, $0.careOfAddress) < ($1.homeAddress, $1.priority, $1.careOfAddress) }
    }
}
