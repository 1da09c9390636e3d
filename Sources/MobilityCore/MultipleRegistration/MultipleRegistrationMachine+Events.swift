import MobilityWire

// What each event but a received message does.

extension MultipleRegistrationMachine {
    mutating func start(wallClock: NTPTimestamp, at now: Instant) {
        guard stage == .idle else { return }
        if clock == nil { clock = HomeAgentClock(wallClock: wallClock, at: now) }
        stage = .running
        if configuration.securityAssociation == nil {
            log(.warning, "registering without authentication: anybody on the path can move this network")
        }
    }

    mutating func change(to new: [RegistrationPath], at now: Instant) {
        var seen: Set<UInt16> = []
        let usable = new.filter { path in
            let isPlace =
                path.isHomeLink
                ? path.careOf.address == configuration.homeAddress
                : path.careOf.address.isRoutableUnicast && path.careOf.address != configuration.homeAddress
            return isPlace && path.identifier != 0 && seen.insert(path.identifier).inserted
        }
        if usable.count < new.count { log(.warning, "an address that cannot be a care-of address is not used") }
        let before = paths
        paths = usable.prefix(Tunables.bindingsPerNode).map { path in
            before.first { $0.path == path } ?? PathState(path: path)
        }
        guard paths.map(\.path) != before.map(\.path) else { return }
        // What was left aside for a better one is worth a try once there is none.
        if eligible.isEmpty { for index in paths.indices { wake(at: index) } }
        retire(before, at: now)
        switch stage {
        case .refused:
            // A new way is a new chance.
            if paths.contains(where: { !before.contains($0) }) { tryAgain() }
        case .deregistering where paths.isEmpty: endDeregistration(answered: false, at: now)
        case .idle, .running, .deregistering, .finished: break
        }
    }

    /// What left a moment ago may still bring something in.
    private mutating func retire(_ before: [PathState], at now: Instant) {
        let current = Set(paths.map(\.path.careOf))
        retiring.removeAll { current.contains($0.careOf) }
        for state in before where !current.contains(state.path.careOf) && !state.path.isHomeLink {
            guard held[state.path.identifier]?.careOf == state.path.careOf, state.restUntil == nil else { continue }
            retiring.insert(
                Retired(
                    identifier: state.path.identifier, careOf: state.path.careOf,
                    until: now + Tunables.previousCareOfAddressGrace), at: 0)
        }
        retiring = Array(retiring.prefix(Tunables.standbyAddresses))
    }

    mutating func change(to new: RegistrationConfiguration, at now: Instant) {
        precondition(
            new.homeAddress == configuration.homeAddress && new.homeAgent == configuration.homeAgent,
            "another home address or home agent is another machine")
        guard new != configuration else { return }
        guard new.following(configuration) != configuration else {
            // What is held differs now from what is wanted, which is reason enough to ask for it.
            configuration = new
            flowsRefused = [:]
            return
        }
        let wasMobileRouter = configuration.mode != .host
        configuration = new
        timestampsDemanded = false
        flowsRefused = [:]
        // What was sent before asked for something else.
        if stage == .running { exchange.end() }
        for identifier in held.keys { held[identifier]?.isDoubtful = true }
        if stage == .refused { tryAgain() }
        if stage == .running, !held.isEmpty, wasMobileRouter != (new.mode != .host) {
            deregister(then: .registerAgain, at: now)
        }
    }

    mutating func stop(at now: Instant) {
        switch stage {
        case .idle: stage = .finished
        case .finished: break
        case .deregistering: stage = .deregistering(.finish)
        case .running, .refused:
            guard !paths.isEmpty, !held.isEmpty || !attempted.isEmpty else { return finish() }
            deregister(then: .finish, at: now)
        }
    }

    private mutating func tryAgain() {
        stage = .running
        retryAt = nil
        retryInterval = nil
    }

    // MARK: Time

    mutating func fireTimers(at now: Instant) {
        for (identifier, binding) in held where binding.expiresAt <= now {
            held[identifier] = nil
            attempted.remove(identifier)
            guard stage != .deregistering(.finish) else { continue }
            count(.registrationExpired)
            log(.warning, "binding \(identifier) expired: the home agent has not answered in time")
        }
        if let end = grantedUntil, end <= now { grantedUntil = nil }
        retiring.removeAll { $0.until <= now }
        for index in paths.indices where paths[index].restUntil.map({ $0 <= now }) ?? false {
            wake(at: index)
        }
        if let retry = retryAt, retry <= now {
            retryAt = nil
            if stage == .refused { stage = .running }
        }
        if let end = deregistrationEnd, end <= now { endDeregistration(answered: false, at: now) }
        if let due = exchange.retransmitAt, due <= now {
            exchange.retransmitAt = nil
            exchange.isDue = true
            noteSilence(at: now)
        }
    }

    /// Nobody answered the last Binding Update.
    private mutating func noteSilence(at now: Instant) {
        if exchange.lastSource != nil { unansweredInARow += 1 }
        guard stage == .running, let source = exchange.lastSource,
            let index = paths.firstIndex(where: { $0.path.identifier == source })
        else { return }
        paths[index].unanswered += 1
        guard paths[index].unanswered >= Tunables.unansweredBeforeRest else { return }
        // A way that only has to show that it works makes room for the others; one that has worked is left aside as soon
        // as another one is answered.
        if case .register(let registering)? = exchange.operation, registering.source == source, eligible.count > 1 {
            count(.careOfAddressUnanswered)
            rest(at: index, for: Tunables.shortRetryInterval, now: now)
        }
    }

    /// A way answers again.
    mutating func hurry(_ interfaceIndex: UInt32) {
        guard let index = paths.firstIndex(where: { $0.path.careOf.interfaceIndex == interfaceIndex }) else { return }
        if paths[index].restUntil != nil, paths[index].unanswered > 0 { wake(at: index) }
        if exchange.lastSource == paths[index].path.identifier { exchange.hurry() }
    }

    /// Ends the rest of a way, which has to show again that it works.
    private mutating func wake(at index: Int) {
        paths[index].restUntil = nil
        paths[index].unanswered = 0
        paths[index].isVerified = false
    }

    /// Leaves a way aside, each time longer.
    mutating func rest(at index: Int, for first: Instant.Span, now: Instant) {
        let interval = max(paths[index].restInterval ?? first, first)
        paths[index].restInterval = min(interval * 2, Tunables.longestRetryInterval)
        paths[index].restUntil = now + interval
        log(.notice, "binding \(paths[index].path.identifier) is left aside for \(interval.milliseconds / 1000) s")
    }

    /// The earliest time at which something changes by itself.
    var deadline: Instant? {
        guard stage != .idle, stage != .finished else { return nil }
        var times = held.values.map(\.expiresAt) + retiring.map(\.until) + paths.compactMap(\.restUntil)
        times += [exchange.retransmitAt, retryAt, deregistrationEnd, grantedUntil].compactMap { $0 }
        if stage == .running, exchange.operation == nil {
            let eligible = Set(eligible.map(\.path.identifier))
            times += held.filter { eligible.contains($0.key) }.map(\.value.refreshAt)
        }
        return times.min()
    }

    /// How many things wait for the timers of one care-of address, and when the first of them is due.
    var pending: [(timer: RegistrationMachine.Timer, waiting: Int, due: Instant)] {
        let isQuiet = stage == .running && exchange.operation == nil
        let dues: [(RegistrationMachine.Timer, [Instant?])] = [
            (.expiry, held.values.map(\.expiresAt)), (.retransmission, [exchange.retransmitAt]),
            (.refresh, isQuiet ? held.values.map(\.refreshAt) : []), (.retry, [retryAt] + paths.map(\.restUntil)),
            (.standbyEnd, retiring.map(\.until)), (.deregistrationEnd, [deregistrationEnd]),
        ]
        return dues.compactMap { timer, dues in
            let dues = dues.compactMap(\.self)
            return dues.min().map { (timer, dues.count, $0) }
        }
    }

    // MARK: De-registration

    mutating func deregister(then sequel: RegistrationMachine.Sequel, at now: Instant) {
        guard !paths.isEmpty else { return finish() }
        stage = .deregistering(sequel)
        retryAt = nil
        exchange.end()
        deregistrationEnd = now + Tunables.deregistrationWait
    }

    mutating func endDeregistration(answered: Bool, at now: Instant) {
        guard case .deregistering(let sequel) = stage else { return }
        if !answered { count(.deregistrationUnanswered) }
        loseBindings()
        deregistrationEnd = nil
        exchange.end()
        switch sequel {
        case .finish:
            log(answered ? .info : .notice, answered ? "de-registered" : "stopped without the home agent's answer")
            finish()
        case .registerAgain where answered: stage = .running
        case .registerAgain, .retry, .stayHome: waitAfterRefusal(first: Tunables.longRetryInterval, at: now)
        }
    }

    private mutating func finish() {
        loseBindings()
        exchange.end()
        stage = .finished
    }

    /// The home agent has nothing of ours, or nothing that can be relied on.
    mutating func loseBindings() {
        held = [:]
        attempted = []
        flowsHeld = [:]
        grantedUntil = nil
        retiring = []
        needsOverwrite = true
    }

    mutating func waitAfterRefusal(first: Instant.Span, at now: Instant) {
        exchange.end()
        let interval = max(retryInterval ?? first, first)
        retryInterval = min(interval * 2, Tunables.longestRetryInterval)
        // Up to an eighth earlier, so that a fleet that was refused together does not come back together.
        let jitter = Int64.random(in: 0...interval.milliseconds / 8, using: &random)
        retryAt = now + interval - .milliseconds(jitter)
        stage = .refused
    }
}
