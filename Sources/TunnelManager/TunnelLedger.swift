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

    /// How many bindings of home agents are held at most; tests have less patience.
    var bindingLimit = Self.greatestNumberOfBindings
    private(set) var bindings: [BindingKey: Held<BindingEntry>] = [:]
    /// Of the home addresses that have bindings with identifiers: which.
    private var identifiers: [IPv6Address: Set<UInt16>] = [:]
    /// Home addresses bound with their link-local addresses, by the interface identifiers that they share with these.
    private(set) var homesWithLinkLocal: [UInt64: Set<IPv6Address>] = [:]
    /// No binding ends before its earliest deadline here; most are prolonged and end later.
    private(set) var expiries = DeadlineHeap<BindingKey>()
    /// Home addresses whose bindings are others than they were when somebody took note last.
    private(set) var changed: Set<IPv6Address> = []
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
            former = put(held)
        case .correspondent:
            let key = PairKey(homeAddress: entry.homeAddress, peer: entry.homeAgentAddress)
            former = correspondents.updateValue(held, forKey: key)
        }
        guard let former, former.expiry <= held.expiry, former.entry.forwards(like: entry) else {
            if entry.kind == .home { changed.insert(entry.homeAddress) }
            return true
        }
        return false
    }

    private mutating func put(_ held: Held<BindingEntry>) -> Held<BindingEntry>? {
        let key = BindingKey(
            homeAddress: held.entry.homeAddress, bindingIdentifier: held.entry.bindingIdentifier)
        let former = bindings.updateValue(held, forKey: key)
        if let identifier = key.bindingIdentifier {
            identifiers[key.homeAddress, default: []].insert(identifier)
        }
        if held.entry.defendsLinkLocal || former?.entry.defendsLinkLocal == true { noteLinkLocal(key.homeAddress) }
        // What is only prolonged is found too early, and put back then.
        if former.map({ $0.expiry > held.expiry }) ?? true { expiries.insert(key, at: held.expiry) }
        if expiries.count > 2 * bindings.count + Self.expiriesToSpare {
            expiries.removeAll()
            for (key, held) in bindings { expiries.insert(key, at: held.expiry) }
        }
        return former
    }

    /// Deadlines of bindings that are gone, which are kept until their time comes, beyond one for each that is there.
    private static let expiriesToSpare = 1024

    private mutating func drop(_ key: BindingKey) -> Held<BindingEntry>? {
        guard let held = bindings.removeValue(forKey: key) else { return nil }
        if let identifier = key.bindingIdentifier, identifiers[key.homeAddress]?.remove(identifier) != nil,
            identifiers[key.homeAddress]?.isEmpty == true
        {
            identifiers[key.homeAddress] = nil
        }
        if held.entry.defendsLinkLocal { noteLinkLocal(key.homeAddress) }
        changed.insert(key.homeAddress)
        return held
    }

    private mutating func noteLinkLocal(_ homeAddress: IPv6Address) {
        var others = homesWithLinkLocal[homeAddress.low] ?? []
        others.remove(homeAddress)
        if bindings(of: homeAddress).contains(where: \.defendsLinkLocal) { others.insert(homeAddress) }
        homesWithLinkLocal[homeAddress.low] = others.isEmpty ? nil : others
    }

    /// The bindings of a home address.
    func bindings(of homeAddress: IPv6Address) -> [BindingEntry] {
        let all = [nil] + (identifiers[homeAddress] ?? []).map(Optional.some)
        return all.compactMap { bindings[BindingKey(homeAddress: homeAddress, bindingIdentifier: $0)]?.entry }
    }

    /// Whether a home address has bindings with identifiers.
    func hasIdentifiers(_ homeAddress: IPv6Address) -> Bool { identifiers[homeAddress] != nil }

    /// The forwarding of this home address's bindings is to be looked at.
    mutating func noteChange(of homeAddress: IPv6Address) { changed.insert(homeAddress) }

    /// The home addresses that changed since the last call.
    mutating func takeChanged() -> Set<IPv6Address> {
        defer { changed = [] }
        return changed
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
        drop(BindingKey(homeAddress: homeAddress, bindingIdentifier: identifier)) != nil
    }

    /// - Returns: whether there was such an entry.
    mutating func removeRegistration(homeAddress: IPv6Address, careOfAddress: IPv6Address) -> Bool {
        registrations.removeValue(
            forKey: RegistrationKey(homeAddress: homeAddress, careOfAddress: careOfAddress)) != nil
    }

    mutating func flushBindings() {
        changed.formUnion(bindings.keys.map(\.homeAddress))
        bindings.removeAll()
        identifiers.removeAll()
        homesWithLinkLocal.removeAll()
        expiries.removeAll()
    }

    mutating func flushRegistrations() { registrations.removeAll() }

    /// Removes what another connection than `client` announced last.
    mutating func sweepBindings(keeping client: Announcer) {
        for key in bindings.filter({ $1.announcedBy != client }).keys { _ = drop(key) }
    }

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
        var ended = Ended(bindings: expireBindings(at: now))
        guard let next = nextExpiryOfOthers, next <= now else { return ended }
        let endedRegistrations = registrations.filter { $1.entry.forwards && $1.expiry <= now }
        for key in endedRegistrations.keys { registrations[key] = nil }
        ended.registrations = endedRegistrations.values.map(\.entry)
        expireRoutes(at: now, into: &ended)
        return ended
    }

    /// Removes the bindings at this home agent that ended by `now`, and looks at no others.
    mutating func expireBindings(at now: Instant) -> [BindingEntry] {
        var ended: [BindingEntry] = []
        while let (_, key) = expiries.takeDue(at: now) {
            guard let expiry = bindings[key]?.expiry else { continue }
            guard expiry <= now else {
                expiries.insert(key, at: expiry)
                continue
            }
            if let held = drop(key) { ended.append(held.entry) }
        }
        return ended
    }

    /// No binding at this home agent ends before; nil where there are none.
    var nextExpiryOfBindings: Instant? { bindings.isEmpty ? nil : expiries.earliest }

    /// When the next entry of another kind ends. Registrations that do not forward are only news, and do not end by
    /// themselves.
    var nextExpiryOfOthers: Instant? {
        (registrations.values.filter(\.entry.forwards).map(\.expiry) + routeExpiries).min()
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

extension BindingEntry {
    /// Whether the other one is but a later announcement of the same.
    fileprivate func forwards(like other: BindingEntry) -> Bool {
        var prolonged = self
        prolonged.lifetime = other.lifetime
        prolonged.remainingMilliseconds = other.remainingMilliseconds
        prolonged.sequenceNumber = other.sequenceNumber
        return prolonged == other
    }
}
