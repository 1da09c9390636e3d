import MobilityCore
import MobilityWire

extension RouteOptimizationMachine {
    /// An entry of the Binding Update List (RFC 6275 §11.1).
    struct Entry: Sendable {
        var phase = Phase.testing
        /// The tests that wait for an answer.
        var homeTest: AddressTest?
        var careOfTest: AddressTest?
        var homeToken: Token?
        /// Latest last, at most `Tunables.careOfTokens`, one an address.
        var careOfTokens: [Token] = []
        /// Binding Updates whose acknowledgement is still believed; oldest first, at most `Tunables.openCookies`.
        var outstanding: [Transmission] = []
        /// When to repeat the Binding Update.
        var updateAt: Instant?
        var updateTimeout = SpecificationConstants.initialBindingAcknowledgementTimeout
        var updateAttempts = 0
        /// The route that was given out.
        var route: OptimizedRoute?
        /// What the peer granted for it.
        var lifetime = Instant.Span.zero
        /// Until when the peer may hold a binding, whether it said so or not.
        var heldUntil: Instant?
        var sequenceNumber: SequenceNumber
        var lastUsedAt: Instant
        var acknowledgedAt: Instant?
        /// When the peer last said that it has no binding, and how often in a row.
        var bindingErrorAt: Instant?
        var bindingErrors = 0
        var refreshAt: Instant?
        /// When to leave the phase without success.
        var giveUpAt: Instant?
        /// How often in a row the peer asked for another try.
        var corrections = 0
        var status: BindingStatus?
        /// Of an earlier program, and not yet tested anew.
        var isRestored = false

        var nextDeadline: Instant? {
            [homeTest?.nextAt, careOfTest?.nextAt, updateAt, route?.expiresAt, refreshAt, giveUpAt]
                .compactMap { $0 }.min()
        }

        func careOfToken(of address: IPv6Address) -> Token? { careOfTokens.last { $0.address == address } }

        mutating func dropTokens(at now: Instant) {
            if let token = homeToken, token.expiresAt <= now { homeToken = nil }
            careOfTokens.removeAll { $0.expiresAt <= now }
        }

        /// Nothing that is on its way counts any more.
        mutating func clearExchange() {
            homeTest = nil
            careOfTest = nil
            clearUpdate()
            refreshAt = nil
            corrections = 0
        }

        mutating func clearUpdate() {
            outstanding.removeAll()
            updateAt = nil
            updateAttempts = 0
            updateTimeout = SpecificationConstants.initialBindingAcknowledgementTimeout
        }
    }

    /// A keygen token and the address that it was sent to.
    struct Token: Hashable, Sendable {
        var index: UInt16
        var token: KeygenToken
        var address: IPv6Address
        /// MAX_TOKEN_LIFETIME after the request left.
        var expiresAt: Instant
    }

    /// A Binding Update on its way.
    struct Transmission: Hashable, Sendable {
        var sequenceNumber: SequenceNumber
        var key: BindingManagementKey
        /// Nil for one that deletes the binding.
        var careOf: CareOf?
        var lifetime: BindingLifetime
        var sentAt: Instant
    }

    /// What was sent to a peer within the last second.
    struct PeerRates: Sendable {
        var homeTest = RegistrationMachine.SendingRate()
        var careOfTest = RegistrationMachine.SendingRate()
        var update = RegistrationMachine.SendingRate()
        var lastAt: Instant
    }

    /// Notes a message to a peer, or says from when it may be sent.
    mutating func take(
        _ rate: WritableKeyPath<PeerRates, RegistrationMachine.SendingRate>, of peer: IPv6Address, at now: Instant
    ) -> Instant? {
        if rates.count > 2 * configuration.greatestNumberOfPeers {
            rates = rates.filter { $0.value.lastAt + .seconds(1) > now }
        }
        var rates = self.rates[peer] ?? PeerRates(lastAt: now)
        let allowed = rates[keyPath: rate].wait(at: now)
        if allowed == nil { rates[keyPath: rate].sent(at: now) }
        rates.lastAt = now
        self.rates[peer] = rates
        if allowed != nil { count(.messageDeferred) }
        return allowed
    }

    /// In an order that does not change from run to run, so that simulations repeat.
    func pairs(where isWanted: (Pair, Entry) -> Bool) -> [Pair] {
        entries.filter { isWanted($0.key, $0.value) }.map(\.key).sorted()
    }

    // MARK: Routes

    mutating func withdraw(_ pair: Pair, _ reason: RemovalReason) {
        guard let route = entries[pair]?.route else { return }
        entries[pair]?.route = nil
        count(.routeRemoved(reason))
        actions.append(.remove(route, reason))
    }

    /// Forgets an entry; its peer may be tried again with the next hint.
    mutating func drop(_ pair: Pair, _ reason: RemovalReason) {
        withdraw(pair, reason)
        entries[pair] = nil
    }

    /// Forgets an entry and lets its peer rest.
    mutating func giveUp(_ pair: Pair, _ reason: RestingPeer.Reason, at now: Instant) {
        drop(pair, reason == .silent ? .silent : .refused)
        count(.peerRested(reason))
        log(.debug, "\(pair.peer) rests: \(reason.rawValue)")
        if rests.rest(pair.peer, for: reason, at: now) { count(.restForgotten) }
    }
}
