import MobilityWire

// What a received message does (RFC 6275 §11.7.3, §11.3.6, §11.7.4; RFC 4285 §6; RFC 3963 §5.3).

extension RegistrationMachine {
    mutating func receive(_ envelope: MobilityEnvelope, at now: Instant) {
        guard phase != .idle, phase != .finished else { return }
        guard let message = try? MobilityHeader.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        switch message {
        case .bindingAcknowledgement(let acknowledgement):
            receive(acknowledgement, in: envelope, at: now)
        case .bindingError(let status, let homeAddress, _):
            receiveBindingError(status: status, homeAddress: homeAddress, from: envelope.source, at: now)
        case .bindingRefreshRequest:
            guard envelope.source == configuration.homeAgent else { return count(.messageUnexpected) }
            count(.bindingRefreshRequestReceived)
            refreshOnHint(at: now)
        default:
            count(.messageUnexpected)
        }
    }

    /// The home agent dropped a packet because it knows no binding for it: after a restart, mostly.
    private mutating func receiveBindingError(
        status: UInt8, homeAddress: IPv6Address, from source: IPv6Address, at now: Instant
    ) {
        guard source == configuration.homeAgent,
            status == SpecificationConstants.bindingErrorUnknownBinding, homeAddress == configuration.homeAddress
        else { return count(.bindingErrorIgnored) }
        count(.bindingErrorReceived)
        refreshOnHint(at: now)
    }

    /// Nothing authenticates these hints, so all they can do is cause one Binding Update.
    mutating func refreshOnHint(at now: Instant) {
        guard phase == .registered else { return }
        if let last = lastAcknowledgementAt, now < last + Tunables.bindingErrorHoldOff {
            return count(.bindingErrorIgnored)
        }
        begin(at: now)
    }

    // MARK: Binding Acknowledgements

    private mutating func receive(
        _ acknowledgement: BindingAcknowledgement, in envelope: MobilityEnvelope, at now: Instant
    ) {
        guard envelope.source == configuration.homeAgent,
            envelope.routingHeader ?? envelope.destination == configuration.homeAddress
        else { return count(.acknowledgementForeign) }
        guard let transmission = match(acknowledgement) else { return }

        if let association = configuration.securityAssociation {
            let verdict = MobilityAuthentication.verify(
                envelope.message, careOfAddress: transmission.careOf.address, homeAddress: configuration.homeAddress,
                association: association)
            guard verdict == .authentic else {
                return receiveUnauthenticated(acknowledgement.status, answerTo: transmission, at: now)
            }
        }
        count(.acknowledgementReceived(acknowledgement.status))
        lastStatus = acknowledgement.status
        lastAcknowledgementAt = now
        if acknowledgement.status.isAccepted {
            accept(acknowledgement, answerTo: transmission, at: now)
        } else {
            refuse(acknowledgement, answerTo: transmission, at: now)
        }
    }

    /// The Binding Update that this acknowledgement answers, if it is one that is open.
    private mutating func match(_ acknowledgement: BindingAcknowledgement) -> Exchange.Transmission? {
        switch exchange.outstanding.match(acknowledgement) {
        case .answers(let transmission): return transmission
        case .unmatched: count(.acknowledgementUnmatched)
        case .timestampMismatch: count(.acknowledgementTimestampMismatch)
        }
        return nil
    }

    /// Dropped, but for what may help a person: with different keys at the two ends, the refusal that says so cannot be
    /// verified either.
    private mutating func receiveUnauthenticated(
        _ status: BindingStatus, answerTo transmission: Exchange.Transmission, at now: Instant
    ) {
        count(.acknowledgementUnauthenticated)
        guard !status.isAccepted else { return }
        if !exchange.hasLoggedHint {
            exchange.hasLoggedHint = true
            log(.warning, "dropped an answer without the right authenticator that says \(status.words)")
        }
        // It repeats our timestamp, so it comes from the home agent or somebody on the path, who could drop messages
        // just as well. It never ends a binding, only the haste of asking for one.
        if status == .authenticationFailed, phase == .registering, transmission.timestamp != nil {
            lastStatus = status
            waitAfterRefusal(first: Tunables.longRetryInterval, at: now)
        }
    }

    // MARK: Accepted

    private mutating func accept(
        _ acknowledgement: BindingAcknowledgement, answerTo transmission: Exchange.Transmission, at now: Instant
    ) {
        if let timestamp = transmission.timestamp { clock?.accepted(timestamp) }
        // Answers to earlier ones say nothing any more; a later one is a newer registration still.
        exchange.outstanding.removeAll { !$0.sequenceNumber.isNewer(than: transmission.sequenceNumber) }
        if phase == .deregistering { return endDeregistration(answered: true, at: now) }

        if transmission.isMobileRouter, !acknowledgement.mobileRouter {
            count(.homeAgentWithoutMobileRouters)
            log(.error, "the home agent accepts hosts only: it does not serve mobile routers (RFC 3963 §5.3)")
            return deregister(then: .retry, at: now)
        }
        let granted = min(acknowledgement.lifetime.span, transmission.lifetime.span)
        guard granted > .zero else {
            log(.warning, "the home agent granted a lifetime of zero")
            drop(binding: true)
            return waitAfterRefusal(first: Tunables.shortRetryInterval, at: now)
        }
        // It took longer than the lifetime; the next one may be faster.
        guard transmission.sentAt + granted > now else { return }
        if acknowledgement.status == .acceptedPrefixDiscoveryNecessary {
            log(.notice, "the home agent says that the home prefix is about to change")
        }
        if phase != .registered, binding?.careOf != transmission.careOf {
            log(.info, "registered for \(granted.milliseconds / 1000) s")
        }
        // The lifetime counts from the sending of the Binding Update (RFC 6275 §11.7.3).
        let grant = GrantedBinding(
            careOf: transmission.careOf, lifetime: granted, expiresAt: transmission.sentAt + granted,
            isMobileRouter: transmission.isMobileRouter)
        binding = grant
        retryInterval = nil
        hasDeregisteredFirst = false
        phase = .registered
        for timer in [Timer.retransmission, .retry] { timers[timer] = nil }
        timers[.expiry] = grant.expiresAt
        timers[.refresh] = refreshTime(of: grant, sentAt: transmission.sentAt, advice: acknowledgement, now: now)
        useTunnel(of: transmission.careOf, at: now)
    }

    private mutating func refreshTime(
        of grant: GrantedBinding, sentAt: Instant, advice: BindingAcknowledgement, now: Instant
    ) -> Instant {
        let sixteenth = grant.lifetime / 16
        let jitter = Int64.random(
            in: 0...(sixteenth * Tunables.refreshJitterSixteenths).milliseconds, using: &random)
        var interval = sixteenth * Tunables.refreshAfterSixteenths - .milliseconds(jitter)
        if let advised = advice.options.refreshAdvice { interval = min(interval, advised) }
        return max(sentAt + interval, now + Tunables.leastRefreshInterval)
    }

    /// The home agent sends to this care-of address from now on; what it sent elsewhere before is still under way.
    private mutating func useTunnel(of careOf: CareOf, at now: Instant) {
        guard plan.active != careOf || (!plan.standby.isEmpty && plan.standbyUntil == nil) else { return }
        let standby = standby(nil, besides: careOf)
        let until = standby.isEmpty ? nil : now + Tunables.previousCareOfAddressGrace
        timers[.standbyEnd] = until
        set(TunnelPlan(active: careOf, standby: standby, standbyUntil: until))
    }

    // MARK: Refused

    private mutating func refuse(
        _ acknowledgement: BindingAcknowledgement, answerTo transmission: Exchange.Transmission, at now: Instant
    ) {
        let status = acknowledgement.status
        switch StatusReaction(status) {
        case .adoptSequenceNumber:
            count(.sequenceNumberAdopted)
            sequenceNumber = acknowledgement.sequenceNumber
            correct(at: now)
        case .adoptClock where transmission.timestamp != nil:
            guard let answer = acknowledgement.options.messageIdentifier else { return }
            count(.clockAdopted)
            log(.notice, "took over the home agent's time of day for authentication")
            clock?.adopt(
                answer, at: now,
                tolerance: configuration.securityAssociation?.tolerance ?? SpecificationConstants.timestampTolerance)
            correct(at: now)
        case .sendTimestamps where transmission.timestamp == nil && configuration.securityAssociation != nil:
            timestampsDemanded = true
            correct(at: now)
        case _ where phase == .deregistering:
            // Without a binding there is nothing to end (status 133).
            endDeregistration(answered: status == .notHomeAgentForThisMobileNode, at: now)
        case .deregisterFirst where !hasDeregisteredFirst:
            hasDeregisteredFirst = true
            log(.notice, "the home agent has a registration of another kind: ending it first")
            deregister(then: .registerAgain, at: now)
        case .retry(let first, let bindingGone):
            log(.warning, "refused: \(status.words)")
            drop(binding: bindingGone)
            waitAfterRefusal(first: first, at: now)
        case .adoptClock, .sendTimestamps, .deregisterFirst:
            // The remedy does not apply or did not help.
            log(.warning, "refused: \(status.words)")
            drop(binding: false)
            waitAfterRefusal(first: Tunables.longRetryInterval, at: now)
        }
    }

    /// Sends again at once with what the home agent corrected, unless correcting does not help. It answered: the
    /// back-off starts anew.
    private mutating func correct(at now: Instant) {
        exchange.corrections += 1
        guard exchange.corrections <= Tunables.immediateCorrections else { return }
        exchange.outstanding.removeAll()
        exchange.timeout = initialTimeout
        // An acknowledgement that came late has no Binding Update to repeat.
        if phase == .registered { begin(at: now) } else { transmit(at: now) }
    }

    /// Settles what to forward through after a refusal.
    mutating func drop(binding isGone: Bool) {
        if isGone {
            binding = nil
            timers[.expiry] = nil
        }
        guard let binding else { return dropTunnel() }
        // A refused hand-over leaves the home agent with the address before; that one may still work.
        if plan.active != binding.careOf { dropTunnel() }
    }

    private mutating func dropTunnel() {
        timers[.standbyEnd] = nil
        set(.none)
    }

    mutating func waitAfterRefusal(first: Instant.Span, at now: Instant) {
        for timer in [Timer.retransmission, .refresh] { timers[timer] = nil }
        exchange = Exchange(rate: exchange.rate)
        let interval = max(retryInterval ?? first, first)
        retryInterval = min(interval * 2, Tunables.longestRetryInterval)
        // Up to an eighth earlier, so that a fleet that was refused together does not come back together.
        let jitter = Int64.random(in: 0...interval.milliseconds / 8, using: &random)
        timers[.retry] = now + interval - .milliseconds(jitter)
        phase = .refused
    }
}
