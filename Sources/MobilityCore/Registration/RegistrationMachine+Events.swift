import MobilityWire

// What each event but a received message does.

extension RegistrationMachine {
    mutating func start(wallClock: NTPTimestamp, at now: Instant) {
        guard phase == .idle else { return }
        clock = HomeAgentClock(wallClock: wallClock, at: now)
        phase = .waiting
        if configuration.securityAssociation == nil {
            log(.warning, "registering without authentication: anybody on the path can move this network")
        }
        if isHome { comeHome(previousUsable: false, at: now) } else if careOf != nil { begin(at: now) }
    }

    mutating func change(to new: CareOf?, previousUsable: Bool, at now: Instant) {
        let old = careOf
        careOf = new.flatMap { $0.address.isRoutableUnicast ? $0 : nil }
        if new != nil, careOf == nil { log(.warning, "an address that cannot be a care-of address is not used") }
        switch phase {
        case .idle, .finished:
            return
        case .deregistering where sequel == .stayHome, .home:
            guard let careOf else { return loseCareOfAddress() }
            if !isHome {
                handOver(from: nil, to: careOf, at: now)
            } else if careOf != old, phase == .deregistering {
                exchange = Exchange(rate: exchange.rate)
                transmit(at: now)
            }
        case .deregistering:
            if careOf == nil {
                endDeregistration(answered: false, at: now)
            } else if careOf != old {
                exchange = Exchange(rate: exchange.rate)
                transmit(at: now)
            }
        case .waiting, .registering, .registered, .updating, .refused:
            guard let careOf else { return loseCareOfAddress() }
            if isHome {
                comeHome(previousUsable: previousUsable, at: now)
            } else if careOf != old {
                handOver(from: previousUsable ? old : nil, to: careOf, at: now)
            } else if !previousUsable, phase == .updating, let active = plan.active, active != careOf {
                set(TunnelPlan(active: careOf))
            }
        }
    }

    /// Registers another care-of address than before; `old` is nil if that one no longer works.
    private mutating func handOver(from old: CareOf?, to careOf: CareOf, at now: Instant) {
        // Whatever is still to come answers for the address that was left.
        exchange = Exchange(rate: exchange.rate)
        retryInterval = nil
        begin(at: now)
        // Without a binding there is no tunnel before the home agent accepts.
        guard let binding else { return }
        timers[.standbyEnd] = nil
        if let old, plan.active != nil, plan.active != careOf {
            count(.handoverPlanned)
            set(TunnelPlan(active: old, standby: standby(careOf, besides: old)))
        } else if plan.active != careOf {
            if binding.careOf != careOf { count(.handoverUnplanned) }
            set(TunnelPlan(active: careOf))
        } else {
            // Back before the home agent answered for the other address, where packets may still arrive.
            set(TunnelPlan(active: careOf, standby: plan.standby))
        }
    }

    /// `first` and whatever else the plan listens to, without `active`.
    func standby(_ first: CareOf?, besides active: CareOf) -> [CareOf] {
        var listening: [CareOf] = []
        for careOf in [first, plan.active].compactMap({ $0 }) + plan.standby
        where careOf != active && !listening.contains(careOf) {
            listening.append(careOf)
        }
        return Array(listening.prefix(Tunables.standbyAddresses))
    }

    /// No uplink has an address. The home agent keeps the binding until it expires, and the same address may return.
    private mutating func loseCareOfAddress() {
        for timer in [Timer.retransmission, .refresh, .retry, .standbyEnd] { timers[timer] = nil }
        exchange = Exchange(rate: exchange.rate)
        phase = .waiting
        set(.none)
    }

    mutating func change(to new: RegistrationConfiguration, at now: Instant) {
        precondition(
            new.homeAddress == configuration.homeAddress && new.homeAgent == configuration.homeAgent,
            "another home address or home agent is another machine")
        defer { configuration = new }
        // With one binding there are no flows.
        guard new.following(configuration) != configuration else { return }
        configuration = new
        timestampsDemanded = false
        retryInterval = nil
        switch phase {
        case .idle, .waiting, .finished, .deregistering, .home:
            break
        case .registering, .registered, .updating, .refused:
            // What was sent before asked for something else.
            exchange = Exchange(rate: exchange.rate)
            if let binding, binding.isMobileRouter != (new.mode != .host) {
                deregister(then: .registerAgain, at: now)
            } else {
                begin(at: now)
            }
        }
    }

    mutating func stop(at now: Instant) {
        switch phase {
        case .idle, .waiting, .home:
            finish()
        case .finished:
            break
        case .deregistering:
            sequel = .finish
            timers[.deregistrationEnd] = timers[.deregistrationEnd] ?? now + Tunables.deregistrationWait
        case .registering, .registered, .updating:
            deregister(then: .finish, at: now)
        case .refused:
            if binding == nil { finish() } else { deregister(then: .finish, at: now) }
        }
    }

    mutating func fireTimers(at now: Instant) {
        while let timer = timers.takeDue(at: now) {
            switch timer {
            case .expiry: expire(at: now)
            case .retransmission: transmit(at: now)
            case .refresh: begin(at: now)
            case .retry: if isHome { comeHome(previousUsable: false, at: now) } else { begin(at: now) }
            case .standbyEnd: set(TunnelPlan(active: plan.active))
            case .deregistrationEnd: endDeregistration(answered: false, at: now)
            }
        }
    }

    /// The granted lifetime is over without a new acknowledgement.
    private mutating func expire(at now: Instant) {
        binding = nil
        if phase == .deregistering, sequel == .stayHome {
            // Then there is nothing left to end, by our clock. The home agent's may have gone back while its machine was off.
            endDeregistration(answered: false, at: now)
            timers[.retry] = now + SpecificationConstants.maximumBindingAcknowledgementTimeout
            return
        }
        guard phase != .deregistering else { return }
        count(.registrationExpired)
        log(.warning, "the registration expired: the home agent has not answered in time")
        timers[.refresh] = nil
        timers[.standbyEnd] = nil
        set(.none)
        if phase == .updating || phase == .registered { phase = .registering }
    }

    // MARK: Returning home

    /// RFC 6275 §11.5.5: the binding is ended from the home address. What an earlier machine may have left at the home
    /// agent would keep every packet from coming here, so this is said without knowing of a binding, too.
    private mutating func comeHome(previousUsable: Bool, at now: Instant) {
        for timer in [Timer.refresh, .retry, .standbyEnd, .deregistrationEnd] { timers[timer] = nil }
        log(.info, "on the home link")
        retryInterval = nil
        sequel = .stayHome
        phase = .deregistering
        exchange = Exchange(rate: exchange.rate)
        if !previousUsable { set(.none) }
        transmit(at: now)
    }

    // MARK: De-registration

    mutating func deregister(then sequel: Sequel, at now: Instant) {
        for timer in [Timer.refresh, .retry, .standbyEnd] { timers[timer] = nil }
        guard careOf != nil else { return finish() }
        self.sequel = sequel
        phase = .deregistering
        exchange = Exchange(rate: exchange.rate)
        timers[.deregistrationEnd] = now + Tunables.deregistrationWait
        transmit(at: now)
    }

    mutating func endDeregistration(answered: Bool, at now: Instant) {
        if !answered { count(.deregistrationUnanswered) }
        binding = nil
        timers.cancelAll()
        exchange = Exchange(rate: exchange.rate)
        set(.none)
        switch sequel {
        case .finish:
            log(answered ? .info : .notice, answered ? "de-registered" : "stopped without the home agent's answer")
            finish()
        case .stayHome:
            // Whoever was told before what to forward by must hear that this is over.
            actions.append(.tunnels(.none))
            phase = .home
            if !answered { timers[.retry] = now + Tunables.longRetryInterval }
        case .registerAgain where answered && careOf != nil:
            begin(at: now)
        case .registerAgain, .retry:
            if careOf == nil { phase = .waiting } else { waitAfterRefusal(first: Tunables.longRetryInterval, at: now) }
        }
    }

    private mutating func finish() {
        timers.cancelAll()
        binding = nil
        set(.none)
        phase = .finished
    }

    // MARK: Actions

    mutating func set(_ new: TunnelPlan) {
        guard new != plan else { return }
        plan = new
        actions.append(.tunnels(new))
    }

    mutating func count(_ counter: RegistrationCounter) { actions.append(.count(counter)) }
    mutating func log(_ severity: Severity, _ text: String) { actions.append(.log(severity, text)) }
}
