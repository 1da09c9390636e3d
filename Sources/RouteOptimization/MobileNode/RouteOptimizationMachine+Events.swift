import MobilityCore
import MobilityWire

// What hints, the registration, time and people do.

extension RouteOptimizationMachine {
    // MARK: Hints

    mutating func hint(_ pair: Pair, at now: Instant) {
        count(.hintReceived)
        guard let away = locations[pair.homeAddress]?.away else { return count(.hintIgnored) }
        if entries[pair] != nil {
            entries[pair]?.lastUsedAt = now
            // A person excluded the peer, and has allowed it again before it was told.
            if entries[pair]?.phase == .leaving, !configuration.excludes(pair.peer) { return begin(pair, at: now) }
            // Its refresh passed it by because nobody used it.
            if entries[pair]?.phase == .bound, entries[pair]?.refreshAt == nil { begin(pair, at: now) }
            return
        }
        guard away.isConfirmed, !configuration.excludes(pair.peer), pair.peer.isRoutableUnicast,
            pair.peer != away.homeAgent, pair.peer != away.careOf.address, locations[pair.peer] == nil
        else { return count(.hintIgnored) }
        guard !rests.isResting(pair.peer, at: now) else { return count(.hintResting) }
        guard entries.count < configuration.greatestNumberOfPeers else { return count(.hintRefused) }
        guard newProcedures.allow(at: now) else { return count(.hintSuppressed) }
        let number = SequenceNumber(rawValue: UInt16(truncatingIfNeeded: numbers.next()))
        entries[pair] = Entry(sequenceNumber: number, lastUsedAt: now)
        begin(pair, at: now)
    }

    // MARK: The registration

    mutating func locate(_ homeAddress: IPv6Address, _ location: HomeLocation, at now: Instant) {
        let old = locations[homeAddress] ?? .unregistered
        var location = location
        if let away = location.away, away.expiresAt <= now { location = .unregistered }
        locations[homeAddress] = location
        if let away = location.away, old.away?.careOf != away.careOf { rests.forgetSilent() }
        for pair in pairs(where: { pair, _ in pair.homeAddress == homeAddress }) {
            switch location {
            case .unregistered: suspend(pair, at: now)
            case .home: if old != location { leave(pair, .returnedHome, at: now) }
            case .away(let away): relocate(pair, from: old.away, to: away, at: now)
            }
        }
    }

    /// The peer may hold a binding that nothing can be done about now; with the tokens at hand it is soon put right.
    private mutating func suspend(_ pair: Pair, at now: Instant) {
        // What was restored is not held against a registration that has only just begun.
        if entries[pair]?.isRestored != true { withdraw(pair, .unregistered) }
        guard var entry = entries[pair], entry.phase != .suspended else { return }
        entry.clearExchange()
        entry.dropTokens(at: now)
        entry.phase = .suspended
        let until = max(entry.heldUntil ?? now, entry.homeToken?.expiresAt ?? now)
        entry.giveUpAt = until
        entries[pair] = until > now ? entry : nil
    }

    private mutating func relocate(
        _ pair: Pair, from old: HomeLocation.Away?, to away: HomeLocation.Away, at now: Instant
    ) {
        guard let entry = entries[pair] else { return }
        if let route = entry.route, route.careOf != away.careOf, !away.previousUsable { withdraw(pair, .moved) }
        let hasMoved = old?.careOf != away.careOf
        switch entry.phase {
        case .leaving, .suspended:
            guard hasMoved else { return }
            if configuration.excludes(pair.peer) { leave(pair, .excluded, at: now) } else { begin(pair, at: now) }
        case .testing, .updating, .bound:
            if hasMoved { return begin(pair, at: now) }
            guard entry.phase == .testing, away.isConfirmed, old?.isConfirmed == false else { return }
            // What was sent before may have been lost at the home agent.
            if entry.homeTest != nil {
                entries[pair]?.homeTest?.hurry(at: now)
                sendHomeTestInit(pair, at: now)
            }
            advance(pair, at: now)
        }
    }

    // MARK: Settings

    mutating func change(to new: RouteOptimizationConfiguration, at now: Instant) {
        configuration = new
        for pair in pairs(where: { pair, _ in new.excludes(pair.peer) }) where entries[pair]?.phase != .leaving {
            leave(pair, .excluded, at: now)
        }
    }

    /// Deletes the binding at the peer, if it may have one (RFC 6275 §11.7.2).
    mutating func leave(_ pair: Pair, _ reason: RemovalReason, at now: Instant) {
        withdraw(pair, reason)
        guard let heldUntil = entries[pair]?.heldUntil, heldUntil > now,
            locations[pair.homeAddress] ?? .unregistered != .unregistered
        else {
            entries[pair] = nil
            return
        }
        entries[pair]?.clearExchange()
        entries[pair]?.phase = .leaving
        entries[pair]?.giveUpAt = heldUntil
        advance(pair, at: now)
    }

    mutating func stop(at now: Instant) {
        dismiss(pairs { _, _ in true }, at: now)
        hasStopped = true
    }

    mutating func retire(_ homeAddress: IPv6Address, at now: Instant) {
        dismiss(pairs { pair, _ in pair.homeAddress == homeAddress }, at: now)
        locations[homeAddress] = nil
    }

    private mutating func dismiss(_ pairs: [Pair], at now: Instant) {
        for pair in pairs {
            withdraw(pair, .stopped)
            entries[pair]?.dropTokens(at: now)
            guard let entry = entries[pair], entry.homeToken != nil, entry.heldUntil.map({ $0 > now }) ?? false,
                entry.phase != .suspended
            else { continue }
            entries[pair]?.clearExchange()
            entries[pair]?.phase = .leaving
            sendUpdate(pair, at: now)
        }
        for pair in pairs { entries[pair] = nil }
    }

    // MARK: An earlier program

    mutating func restore(_ route: OptimizedRoute, _ sequenceNumber: SequenceNumber, at now: Instant) {
        let pair = Pair(homeAddress: route.homeAddress, peer: route.peer)
        guard entries[pair] == nil, route.expiresAt > now else { return }
        var entry = Entry(sequenceNumber: sequenceNumber, lastUsedAt: now)
        entry.phase = .suspended
        entry.heldUntil = route.expiresAt
        entry.giveUpAt = route.expiresAt
        entry.isRestored = true
        entry.route = route
        entry.lifetime = route.expiresAt - now
        entries[pair] = entry
        count(.routeRestored)
        // The peer has a binding all the same, which is deleted as soon as the node can.
        if configuration.excludes(pair.peer) { withdraw(pair, .excluded) }
    }

    // MARK: Time

    mutating func fireTimers(at now: Instant) {
        for (homeAddress, location) in locations.sorted(by: { $0.key < $1.key }) {
            guard let away = location.away, away.expiresAt <= now else { continue }
            locate(homeAddress, .unregistered, at: now)
        }
        for pair in pairs(where: { _, entry in entry.nextDeadline.map { $0 <= now } ?? false }) {
            fire(pair, at: now)
        }
    }

    private mutating func fire(_ pair: Pair, at now: Instant) {
        func isDue(_ deadline: Instant?) -> Bool { deadline.map { $0 <= now } ?? false }

        if isDue(entries[pair]?.route?.expiresAt) {
            guard entries[pair]?.phase != .bound else { return drop(pair, .expired) }
            withdraw(pair, .expired)
        }
        if isDue(entries[pair]?.giveUpAt) { return runOut(pair, at: now) }
        if let entry = entries[pair], isDue(entry.refreshAt) {
            entries[pair]?.refreshAt = nil
            if entry.lastUsedAt + Tunables.useMemory > now { return begin(pair, at: now) }
        }
        if isDue(entries[pair]?.homeTest?.nextAt) { sendHomeTestInit(pair, at: now) }
        if isDue(entries[pair]?.careOfTest?.nextAt) { sendCareOfTestInit(pair, at: now) }
        if isDue(entries[pair]?.updateAt) { sendUpdate(pair, at: now) }
    }

    /// The time of a phase is over.
    private mutating func runOut(_ pair: Pair, at now: Instant) {
        switch entries[pair]?.phase {
        case .testing:
            // Waiting for the home agent is no fault of the peer's.
            let isConfirmed = locations[pair.homeAddress]?.away?.isConfirmed ?? false
            if isConfirmed { giveUp(pair, .silent, at: now) } else { drop(pair, .silent) }
        case .updating: giveUp(pair, .silent, at: now)
        case .bound, .leaving, .suspended, nil: drop(pair, .expired)
        }
    }
}
