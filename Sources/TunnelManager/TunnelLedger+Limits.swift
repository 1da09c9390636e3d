import MobilitySocket
import Settings

/// Entries of one kind that may be held at a time, of all clients together. What is held may be renewed when there is no room
/// for more.
extension TunnelLedger {
    static let greatestNumberOfBindings = 2_000_000
    static let registrationLimit = 4096
    static let correspondentLimit = CorrespondentSettings.Limits.greatestBindings
    static let routeLimit = 4096
    static let restingPeerLimit = 8192

    /// - Throws: `.limitReached`.
    func checkRoom(for entry: BindingEntry) throws(MobilitySocketError) {
        guard !holds(entry) else { return }
        switch entry.kind {
        case .home: try Self.check(bindings.count, bindingLimit, "bindings")
        case .correspondent: try Self.check(correspondents.count, Self.correspondentLimit, "bindings")
        }
    }

    /// - Throws: `.limitReached`.
    func checkRoom(for entry: RegistrationEntry) throws(MobilitySocketError) {
        let key = RegistrationKey(homeAddress: entry.homeAddress, careOfAddress: entry.careOfAddress)
        guard registrations[key] == nil else { return }
        try Self.check(registrations.count, Self.registrationLimit, "registrations")
    }

    /// - Throws: `.limitReached`.
    func checkRoom(for entry: RouteEntry) throws(MobilitySocketError) {
        guard !hasRoute(entry) else { return }
        try Self.check(routes.count, Self.routeLimit, "routes")
    }

    /// - Throws: `.limitReached`.
    func checkRoom(for entry: RestingPeerEntry) throws(MobilitySocketError) {
        guard restingPeers[entry.prefix] == nil else { return }
        try Self.check(restingPeers.count, Self.restingPeerLimit, "resting peers")
    }

    private static func check(_ held: Int, _ limit: Int, _ what: String) throws(MobilitySocketError) {
        guard held < limit else { throw MobilitySocketError(.limitReached, "\(limit) \(what) are held") }
    }
}
