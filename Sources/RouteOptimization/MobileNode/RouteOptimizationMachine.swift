public import MobilityCore
public import MobilityWire

/// Route optimisation, the mobile node's side: return routability and the bindings at correspondents (RFC 6275 §11.6,
/// §11.7.2 to §11.7.4), for all home addresses and peers of one node.
///
/// How to drive it:
///
///     var machine = RouteOptimizationMachine(configuration, secret: try CookieSecret(randomOctets))
///     perform(machine.handle(.located(homeAddress, .away(…)), at: now))
///     perform(machine.handle(.hint(homeAddress: homeAddress, peer: peer), at: now))
///
/// - Perform the actions in their order. After each call ask `nextDeadline`, and call `handle(.timer, at:)` when it has
///   come; calling it too early does nothing.
/// - Hints start the work and keep it going: tell one for traffic in the tunnel and, once in `Tunables.useMemory` or
///   more often, for traffic by an optimised route. What is not used is not refreshed.
/// - `.install` carries the whole route and replaces the one before of the same home address and peer. Without a route
///   packets go through the home agent, so that nothing waits for this machine.
/// - What it sends has its addresses as they are to be on the wire, whatever routes are installed: a Home Test Init goes
///   through the tunnel without Home Address option.
///
/// Every phase is left by time: a peer that does not answer costs its route after three repetitions and rests after a
/// minute or, if it may hold a binding, when that has ended; rests double, age, and end with a new care-of address.
public struct RouteOptimizationMachine: Sendable {
    public internal(set) var configuration: RouteOptimizationConfiguration

    public enum Event: Hashable, Sendable {
        /// Where the registration of a home address stands.
        case located(IPv6Address, HomeLocation)
        /// A packet went between the two.
        case hint(homeAddress: IPv6Address, peer: IPv6Address)
        /// A Mobility Header came for a home address or care-of address. `throughTunnel` says whether it came out of the
        /// tunnel from the home agent.
        case messageReceived(MobilityEnvelope, throughTunnel: Bool)
        /// The peer answered a test with an ICMPv6 Parameter Problem of code 1: it knows no Mobility Header.
        case parameterProblem(peer: IPv6Address)
        /// The deadline has come.
        case timer
        /// What the new settings exclude is no longer optimised.
        case configurationChanged(RouteOptimizationConfiguration)
        /// A person ends the rest of a peer.
        case forget(peer: IPv6Address)
        /// A route that an earlier program left in force, and the sequence number that it had come to. Packets go on by it
        /// while the tests are done anew; to be told before the first location.
        case restored(OptimizedRoute, SequenceNumber)
        /// The node gives this home address up: its peers are told with one message each, where that is possible.
        case retired(homeAddress: IPv6Address)
        /// De-registers with one message each, where that is possible, and ends.
        case stop
    }

    public enum Action: Hashable, Sendable {
        case send(MobilityEnvelope, Path)
        case install(OptimizedRoute)
        case remove(OptimizedRoute, RemovalReason)
        case count(RouteOptimizationCounter)
        case log(Severity, String)
    }

    /// How a message leaves.
    public enum Path: String, CaseIterable, Sendable {
        /// From the address in the envelope, by its interface.
        case direct
        /// Into the tunnel to the home agent.
        case homeTunnel
    }

    /// Why packets go through the home agent again.
    public enum RemovalReason: String, CaseIterable, Sendable {
        case expired
        /// The care-of address changed.
        case moved
        /// The home agent has no binding.
        case unregistered
        case returnedHome
        /// The peer said that it has no binding.
        case bindingError
        /// The peer does not answer.
        case silent
        case refused
        /// The settings do not allow it.
        case excluded
        case stopped

        /// The stable lower_snake_case name.
        public var name: String {
            switch self {
            case .returnedHome: "returned_home"
            case .bindingError: "binding_error"
            default: rawValue
            }
        }
    }

    /// Where an entry of the Binding Update List stands.
    public enum Phase: String, CaseIterable, Sendable {
        /// Keygen tokens are missing, or the home agent's acknowledgement of the care-of address is.
        case testing
        /// A Binding Update is unanswered.
        case updating
        /// The peer has accepted, and nothing is open.
        case bound
        /// The binding at the peer is being deleted.
        case leaving
        /// The home agent has no binding: nothing can be done until it has.
        case suspended
    }

    /// What an entry is about.
    struct Pair: Hashable, Comparable, Sendable {
        var homeAddress: IPv6Address
        var peer: IPv6Address

        static func < (left: Pair, right: Pair) -> Bool {
            (left.homeAddress, left.peer) < (right.homeAddress, right.peer)
        }
    }

    var entries: [Pair: Entry] = [:]
    var locations: [IPv6Address: HomeLocation] = [:]
    var rests = RestingPeers()
    /// MAX_UPDATE_RATE, for each peer and type of message, over all home addresses.
    var rates: [IPv6Address: PeerRates] = [:]
    var newProcedures = RateLimit(
        perSecond: Tunables.newProceduresPerSecond, burst: Tunables.newProceduresBurst)
    var numbers: UnguessableNumbers
    var hasStopped = false
    /// The actions of the event in hand.
    var actions: [Action] = []

    /// - Parameter secret: makes cookies and sequence numbers; from the system's source of randomness, or a fixed one in
    ///   simulations.
    public init(_ configuration: RouteOptimizationConfiguration, secret: CookieSecret) {
        self.configuration = configuration
        numbers = UnguessableNumbers(secret)
    }

    /// The time at which `handle(.timer, at:)` is wanted; nil if only an event can change anything.
    public var nextDeadline: Instant? {
        guard !entries.isEmpty else { return nil }
        let homes = locations.values.compactMap { $0.away?.expiresAt }
        return (entries.values.compactMap(\.nextDeadline) + homes).min()
    }

    public enum Timer: String, CaseIterable, Sendable {
        /// A test is repeated.
        case test = "return_routability"
        /// A Binding Update is sent, or repeated.
        case update = "peer_binding_update"
        /// A binding at a peer is renewed, if it is used.
        case refresh = "route_refresh"
        case expiry = "route_expiry"
        /// A phase is left without success.
        case patience = "peer_patience"
    }

    /// How many entries of the Binding Update List wait for a timer, and when the first of them is due.
    public func pending(_ timer: Timer) -> (waiting: Int, due: Instant?) {
        let dues = entries.values.compactMap { entry in
            switch timer {
            case .test: [entry.homeTest?.nextAt, entry.careOfTest?.nextAt].compactMap(\.self).min()
            case .update: entry.updateAt
            case .refresh: entry.refreshAt
            case .expiry: entry.route?.expiresAt
            case .patience: entry.giveUpAt
            }
        }
        return (dues.count, dues.min())
    }

    /// The Binding Update List, in order.
    public var bindingUpdateList: [BindingUpdateListEntry] {
        entries.sorted { $0.key < $1.key }.map { pair, entry in
            BindingUpdateListEntry(
                homeAddress: pair.homeAddress, peer: pair.peer, phase: entry.phase, route: entry.route,
                lifetime: entry.lifetime, sequenceNumber: entry.sequenceNumber, status: entry.status,
                hasHomeToken: entry.homeToken != nil,
                hasCareOfToken: !entry.careOfTokens.isEmpty, lastUsedAt: entry.lastUsedAt, endsAt: entry.giveUpAt)
        }
    }

    /// The peers that are left alone now, in order.
    public func restingPeers(at now: Instant) -> [RestingPeer] { rests.resting(at: now) }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        guard !hasStopped else { return [] }
        fireTimers(at: now)
        switch event {
        case .located(let homeAddress, let location): locate(homeAddress, location, at: now)
        case .hint(let homeAddress, let peer): hint(Pair(homeAddress: homeAddress, peer: peer), at: now)
        case .messageReceived(let envelope, let throughTunnel):
            receive(envelope, throughTunnel: throughTunnel, at: now)
        case .parameterProblem(let peer): lackSupport(peer, at: now)
        case .timer: break
        case .configurationChanged(let configuration): change(to: configuration, at: now)
        case .forget(let peer): rests.forget(peer)
        case .restored(let route, let sequenceNumber): restore(route, sequenceNumber, at: now)
        case .retired(let homeAddress): retire(homeAddress, at: now)
        case .stop: stop(at: now)
        }
        return actions
    }

    mutating func count(_ counter: RouteOptimizationCounter) { actions.append(.count(counter)) }
    mutating func log(_ severity: Severity, _ text: String) { actions.append(.log(severity, text)) }
}
