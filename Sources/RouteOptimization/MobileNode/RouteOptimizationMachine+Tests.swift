import MobilityCore
import MobilityWire

// Return routability (RFC 6275 §11.6).

extension RouteOptimizationMachine {
    /// Begins a correspondent registration: for a new peer, a new care-of address or a refresh.
    mutating func begin(_ pair: Pair, at now: Instant) {
        let end = patience(with: pair, at: now)
        entries[pair]?.clearExchange()
        entries[pair]?.dropTokens(at: now)
        entries[pair]?.phase = .testing
        entries[pair]?.isRestored = false
        entries[pair]?.giveUpAt = end
        if entries[pair]?.homeToken != nil { count(.homeTokenReused) }
        advance(pair, at: now)
    }

    /// A peer that may hold an older binding sends to an address that was left: that is worth trying until it ends.
    func patience(with pair: Pair, at now: Instant) -> Instant {
        max(now + Tunables.routeOptimizationPatience, entries[pair]?.heldUntil ?? now)
    }

    /// Sends what is missing, or the Binding Update if nothing is.
    mutating func advance(_ pair: Pair, at now: Instant) {
        entries[pair]?.dropTokens(at: now)
        guard let entry = entries[pair] else { return }
        switch entry.phase {
        case .testing:
            guard let away = locations[pair.homeAddress]?.away else { return }
            let hasCareOfToken = entry.careOfToken(of: away.careOf.address) != nil
            if entry.homeToken == nil, entry.homeTest == nil {
                entries[pair]?.homeTest = AddressTest(at: now)
                sendHomeTestInit(pair, at: now)
            }
            if !hasCareOfToken, entry.careOfTest == nil {
                entries[pair]?.careOfTest = AddressTest(at: now)
                sendCareOfTestInit(pair, at: now)
            }
            // No correspondent learns a care-of address before the home agent accepted it (§11.7.2).
            if entry.homeToken != nil, hasCareOfToken, away.isConfirmed {
                let end = patience(with: pair, at: now)
                entries[pair]?.phase = .updating
                entries[pair]?.giveUpAt = end
                sendUpdate(pair, at: now)
            }
        case .leaving:
            if entry.homeToken != nil {
                sendUpdate(pair, at: now)
            } else if entry.homeTest == nil {
                entries[pair]?.homeTest = AddressTest(at: now)
                sendHomeTestInit(pair, at: now)
            }
        case .updating, .bound, .suspended:
            break
        }
    }

    mutating func sendHomeTestInit(_ pair: Pair, at now: Instant) {
        guard let test = entries[pair]?.homeTest else { return }
        withdrawIfSilent(pair, after: test.attempts)
        if let allowed = take(\.homeTest, of: pair.peer, at: now) {
            entries[pair]?.homeTest?.nextAt = allowed
            return
        }
        let cookie = numbers.next()
        entries[pair]?.homeTest?.sent(cookie, at: now)
        count(.homeTestInitSent)
        if test.attempts > 0 { count(.messageRetransmitted) }
        var envelope = MobilityEnvelope(
            source: pair.homeAddress, destination: pair.peer,
            message: MobilityMessage.homeTestInit(cookie: cookie, options: []).emit())
        var path = Path.homeTunnel
        if case .home(let interfaceIndex)? = locations[pair.homeAddress] {
            envelope.interfaceIndex = interfaceIndex
            path = .direct
        }
        actions.append(.send(envelope, path))
    }

    mutating func sendCareOfTestInit(_ pair: Pair, at now: Instant) {
        guard let test = entries[pair]?.careOfTest, let away = locations[pair.homeAddress]?.away else { return }
        withdrawIfSilent(pair, after: test.attempts)
        if let allowed = take(\.careOfTest, of: pair.peer, at: now) {
            entries[pair]?.careOfTest?.nextAt = allowed
            return
        }
        let cookie = numbers.next()
        entries[pair]?.careOfTest?.sent(cookie, at: now)
        count(.careOfTestInitSent)
        if test.attempts > 0 { count(.messageRetransmitted) }
        let envelope = MobilityEnvelope(
            source: away.careOf.address, destination: pair.peer, interfaceIndex: away.careOf.interfaceIndex,
            message: MobilityMessage.careOfTestInit(cookie: cookie, options: []).emit())
        actions.append(.send(envelope, .direct))
    }

    /// After MAX_RO_FAILURE repetitions packets go through the home agent again, whatever comes later (§5.2.9).
    mutating func withdrawIfSilent(_ pair: Pair, after attempts: Int) {
        if attempts > SpecificationConstants.maximumRouteOptimizationFailures { withdraw(pair, .silent) }
    }

    // MARK: Answers

    mutating func receiveHomeTest(
        _ index: UInt16, cookie: UInt64, token: UInt64, in envelope: MobilityEnvelope, throughTunnel: Bool,
        at now: Instant
    ) {
        let pair = Pair(homeAddress: envelope.destination, peer: envelope.source)
        guard let sentAt = entries[pair]?.homeTest?.sentAt(of: cookie), envelope.routingHeader == nil else {
            return count(.testUnmatched)
        }
        guard throughTunnel || locations[pair.homeAddress]?.away == nil else { return count(.testOutsideTunnel) }
        count(.homeTestReceived)
        entries[pair]?.homeTest = nil
        entries[pair]?.homeToken = Token(
            index: index, token: KeygenToken(rawValue: token), address: pair.homeAddress,
            expiresAt: sentAt + SpecificationConstants.maximumTokenLifetime)
        advance(pair, at: now)
    }

    mutating func receiveCareOfTest(
        _ index: UInt16, cookie: UInt64, token: UInt64, in envelope: MobilityEnvelope, at now: Instant
    ) {
        let careOfAddress = envelope.destination
        let found = pairs { pair, entry in
            pair.peer == envelope.source && entry.careOfTest?.sentAt(of: cookie) != nil
                && locations[pair.homeAddress]?.away?.careOf.address == careOfAddress
        }.first
        guard let pair = found, let sentAt = entries[pair]?.careOfTest?.sentAt(of: cookie),
            envelope.routingHeader == nil
        else { return count(.testUnmatched) }
        count(.careOfTestReceived)
        entries[pair]?.careOfTest = nil
        var tokens = (entries[pair]?.careOfTokens ?? []).filter { $0.address != careOfAddress }
        tokens.append(
            Token(
                index: index, token: KeygenToken(rawValue: token), address: careOfAddress,
                expiresAt: sentAt + SpecificationConstants.maximumTokenLifetime))
        entries[pair]?.careOfTokens = tokens.suffix(Tunables.careOfTokens)
        advance(pair, at: now)
    }

    /// A peer that cannot read a test (RFC 6275 §11.6.2). Whoever has answered one can, and is not denied by strangers.
    mutating func lackSupport(_ peer: IPv6Address, at now: Instant) {
        let found = pairs { pair, entry in
            pair.peer == peer && entry.phase == .testing && entry.homeToken == nil && entry.careOfTokens.isEmpty
                && entry.acknowledgedAt == nil
        }
        for pair in found { giveUp(pair, .unsupported, at: now) }
    }
}
