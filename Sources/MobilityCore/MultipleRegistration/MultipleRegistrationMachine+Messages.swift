import MobilityWire

// What a received message does (RFC 5648 §5.7, §5.8; RFC 6089 §5.2.6).

extension MultipleRegistrationMachine {
    mutating func receive(_ envelope: MobilityEnvelope, at now: Instant) {
        guard stage != .idle else { return }
        guard let message = try? MobilityHeader.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        switch message {
        case .bindingAcknowledgement(let acknowledgement): receive(acknowledgement, in: envelope, at: now)
        case .bindingError(let status, let homeAddress, _):
            guard envelope.source == configuration.homeAgent,
                status == SpecificationConstants.bindingErrorUnknownBinding, homeAddress == configuration.homeAddress
            else { return count(.bindingErrorIgnored) }
            count(.bindingErrorReceived)
            refreshOnHint(at: now)
        case .bindingRefreshRequest:
            guard envelope.source == configuration.homeAgent else { return count(.messageUnexpected) }
            count(.bindingRefreshRequestReceived)
            refreshOnHint(at: now)
        default: count(.messageUnexpected)
        }
    }

    /// Nothing authenticates these hints, so all they can do is cause one Binding Update for each binding.
    mutating func refreshOnHint(at now: Instant) {
        guard stage == .running, exchange.operation == nil else { return }
        if let last = lastAcknowledgementAt, now < last + Tunables.bindingErrorHoldOff {
            return count(.bindingErrorIgnored)
        }
        // The home agent may have lost the flows as well: described again, they are right in any case.
        flowsHeld = [:]
        for identifier in held.keys { held[identifier]?.isDoubtful = true }
    }

    // MARK: Binding Acknowledgements

    private mutating func receive(
        _ acknowledgement: BindingAcknowledgement, in envelope: MobilityEnvelope, at now: Instant
    ) {
        guard envelope.source == configuration.homeAgent,
            envelope.routingHeader ?? envelope.destination == configuration.homeAddress
        else { return count(.acknowledgementForeign) }
        let transmission: Exchange.Transmission
        switch exchange.outstanding.match(acknowledgement) {
        case .answers(let found): transmission = found
        case .unmatched: return count(.acknowledgementUnmatched)
        case .timestampMismatch: return count(.acknowledgementTimestampMismatch)
        }
        if let association = configuration.securityAssociation {
            let verdict = MobilityAuthentication.verify(
                envelope.message, careOfAddress: transmission.source.address, homeAddress: configuration.homeAddress,
                association: association)
            guard verdict == .authentic else {
                return receiveUnauthenticated(acknowledgement.status, answerTo: transmission, at: now)
            }
        }
        count(.acknowledgementReceived(acknowledgement.status))
        lastAcknowledgementAt = now
        unansweredInARow = 0
        if let timestamp = transmission.timestamp, acknowledgement.status.isAccepted { clock?.accepted(timestamp) }
        if let index = paths.firstIndex(where: { $0.path.identifier == transmission.identifier }) {
            paths[index].isVerified = true
            paths[index].unanswered = 0
        }
        if correct(acknowledgement, answerTo: transmission, at: now) { return }
        switch transmission.operation {
        case .deregisterAll:
            let isGone =
                acknowledgement.status.isAccepted
                || acknowledgement.status == .notHomeAgentForThisMobileNode
            endDeregistration(answered: isGone, at: now)
        case .deregister(let identifiers):
            guard knowsIdentifiers(acknowledgement) else { return fallBack() }
            // Whatever the status of each: what the home agent does not have is gone as well.
            attempted.subtract(identifiers)
            settle(transmission, at: now)
        case .register(let registering):
            guard knowsIdentifiers(acknowledgement) else { return fallBack() }
            conclude(registering, acknowledgement, answerTo: transmission, at: now)
        }
    }

    /// Whether the answer comes from somebody who has heard of RFC 5648 (§5.7).
    private func knowsIdentifiers(_ acknowledgement: BindingAcknowledgement) -> Bool {
        !acknowledgement.options.bindingIdentifiers.isEmpty || (4...5).contains(acknowledgement.status.rawValue)
            || (164...169).contains(acknowledgement.status.rawValue)
    }

    private mutating func fallBack() {
        count(.fellBackToSingleBinding)
        log(.notice, "the home agent serves one care-of address only: going on with the best uplink")
        stage = .finished
        actions.append(.fallBack)
    }

    private mutating func receiveUnauthenticated(
        _ status: BindingStatus, answerTo transmission: Exchange.Transmission, at now: Instant
    ) {
        count(.acknowledgementUnauthenticated)
        guard !status.isAccepted else { return }
        if !exchange.hasLoggedHint {
            exchange.hasLoggedHint = true
            log(.warning, "dropped an answer without the right authenticator that says \(status.words)")
        }
        // As in `RegistrationMachine`: it never ends a binding, only the haste of asking for one.
        if status == .authenticationFailed, phase == .registering, transmission.timestamp != nil {
            waitAfterRefusal(first: Tunables.longRetryInterval, at: now)
        }
    }

    /// Sends again at once with the number or the time that the home agent told; tells whether that was it.
    private mutating func correct(
        _ acknowledgement: BindingAcknowledgement, answerTo transmission: Exchange.Transmission, at now: Instant
    ) -> Bool {
        switch StatusReaction(acknowledgement.status) {
        case .adoptSequenceNumber:
            count(.sequenceNumberAdopted)
            sequenceNumber = acknowledgement.sequenceNumber
        case .adoptClock where transmission.timestamp != nil:
            guard let answer = acknowledgement.options.messageIdentifier else { return true }
            count(.clockAdopted)
            log(.notice, "took over the home agent's time of day for authentication")
            clock?.adopt(
                answer, at: now,
                tolerance: configuration.securityAssociation?.tolerance ?? SpecificationConstants.timestampTolerance)
        case .sendTimestamps where transmission.timestamp == nil && configuration.securityAssociation != nil:
            timestampsDemanded = true
        default: return false
        }
        exchange.corrections += 1
        guard exchange.corrections <= Tunables.immediateCorrections else { return true }
        exchange.correct()
        return true
    }

    // MARK: The answer to a registration

    private mutating func conclude(
        _ registering: Registering, _ acknowledgement: BindingAcknowledgement,
        answerTo transmission: Exchange.Transmission, at now: Instant
    ) {
        let status = acknowledgement.status
        switch status {
        case .multipleCareOfAddressProhibited: return fallBack()
        case .multipleCareOfAddressBulkRegistrationProhibited where registering.members.count > 1:
            count(.bulkRegistrationProhibited)
            isBulkAllowed = false
            return exchange.end()
        case .multipleCareOfAddressNonMCoABindingExists where !registering.overwrites:
            needsOverwrite = true
            return exchange.end()
        case .registrationTypeChangeDisallowed where !hasDeregisteredFirst:
            hasDeregisteredFirst = true
            log(.notice, "the home agent has a registration of another kind: ending it first")
            return deregister(then: .registerAgain, at: now)
        default: break
        }
        if status.isAccepted, transmission.isMobileRouter, !acknowledgement.mobileRouter {
            count(.homeAgentWithoutMobileRouters)
            log(.error, "the home agent accepts hosts only: it does not serve mobile routers (RFC 3963 §5.3)")
            return deregister(then: .retry, at: now)
        }
        let answers = acknowledgement.options.bindingIdentifiers
        let outcomes = registering.members.map { member -> (member: Member, status: BindingStatus) in
            let own = answers.first { $0.identifier == member.path.identifier }?.status ?? 0
            return (member, own == 0 ? status : BindingStatus(rawValue: own))
        }
        let accepted = outcomes.filter(\.status.isAccepted).map(\.member)
        if accepted.isEmpty || !status.isAccepted {
            return refuse(outcomes, status, at: now)
        }
        grant(accepted, registering, acknowledgement, answerTo: transmission, at: now)
        for outcome in outcomes { note(outcome.status, of: outcome.member, at: now) }
    }

    private mutating func grant(
        _ members: [Member], _ registering: Registering, _ acknowledgement: BindingAcknowledgement,
        answerTo transmission: Exchange.Transmission, at now: Instant
    ) {
        let granted = min(acknowledgement.lifetime.span, transmission.lifetime.span)
        guard granted > .zero else {
            log(.warning, "the home agent granted a lifetime of zero")
            loseBindings()
            return waitAfterRefusal(first: Tunables.shortRetryInterval, at: now)
        }
        // It took longer than the lifetime; the next one may be faster.
        guard transmission.sentAt + granted > now else { return }
        let sixteenth = granted / 16
        let jitter = Int64.random(
            in: 0...(sixteenth * Tunables.refreshJitterSixteenths).milliseconds, using: &random)
        var interval = sixteenth * Tunables.refreshAfterSixteenths - .milliseconds(jitter)
        if let advised = acknowledgement.options.refreshAdvice { interval = min(interval, advised) }
        let refresh = max(transmission.sentAt + interval, now + Tunables.leastRefreshInterval)
        for member in members {
            let identifier = member.path.identifier
            if held[identifier] == nil {
                log(.info, "binding \(identifier) is registered for \(granted.milliseconds / 1000) s")
            }
            held[identifier] = HeldBinding(
                careOf: member.path.careOf, priority: member.priority, lifetime: granted,
                expiresAt: transmission.sentAt + granted, refreshAt: refresh)
            attempted.remove(identifier)
        }
        if registering.overwrites {
            needsOverwrite = false
            attempted = []
        }
        grantedUntil = max(grantedUntil ?? now, transmission.sentAt + granted)
        retryInterval = nil
        hasDeregisteredFirst = false
        noteFlows(registering.flows, acknowledgement, described: transmission.flowsDescribed, members: members)
        settle(transmission, at: now)
    }

    /// The operation is done; ways that kept silent while this one was answered are left aside.
    private mutating func settle(_ transmission: Exchange.Transmission, at now: Instant) {
        exchange.end()
        for index in paths.indices where paths[index].path.identifier != transmission.identifier {
            guard paths[index].isVerified, paths[index].restUntil == nil,
                paths[index].unanswered >= Tunables.unansweredBeforeRest
            else { continue }
            count(.careOfAddressUnanswered)
            rest(at: index, for: Tunables.shortRetryInterval, now: now)
        }
        if let index = paths.firstIndex(where: { $0.path.identifier == transmission.identifier }) {
            paths[index].restInterval = nil
        }
    }

    private mutating func noteFlows(
        _ flows: [FlowBinding], _ acknowledgement: BindingAcknowledgement, described: Set<UInt16>, members: [Member]
    ) {
        let answers = acknowledgement.options.flowStatuses
        flowsHeld = [:]
        for flow in flows {
            let identifier = flow.rule.identifier
            let status = answers[identifier]
            let lost = flow.bindings.filter { id in !members.contains { $0.path.identifier == id } }
            if status == .bindingNotFound, !lost.isEmpty {
                // A binding that this Binding Update did not name: the home agent has lost it.
                for identifier in lost { held[identifier]?.isDoubtful = true }
            } else if described.contains(identifier) {
                // No answer to it: the home agent knows nothing of flows (RFC 6089 §5.2.6).
                guard let status, status.isAccepted else {
                    flowsRefused[identifier] = flow
                    count(.flowBindingRefused)
                    log(.notice, "the home agent does not take flow \(identifier): status \(status?.rawValue ?? 0)")
                    continue
                }
                flowsHeld[identifier] = flow
            } else if status == nil {
                flowsHeld[identifier] = flow
            }
        }
    }

    // MARK: Refused

    /// A status of one care-of address among others that were accepted.
    private mutating func note(_ status: BindingStatus, of member: Member, at now: Instant) {
        guard let index = paths.firstIndex(where: { $0.path == member.path }) else { return }
        paths[index].status = status
        guard !status.isAccepted else { return }
        count(.careOfAddressRefused)
        log(.warning, "refused binding \(member.path.identifier): \(status.words)")
        held[member.path.identifier] = nil
        attempted.insert(member.path.identifier)
        switch StatusReaction(status) {
        case .retry(let first, _): rest(at: index, for: first, now: now)
        default: rest(at: index, for: Tunables.longRetryInterval, now: now)
        }
    }

    /// Nothing of it was accepted.
    private mutating func refuse(
        _ outcomes: [(member: Member, status: BindingStatus)], _ status: BindingStatus, at now: Instant
    ) {
        let concernsAddress = outcomes.allSatisfy { Self.concernsAddress($0.status) }
        if concernsAddress, eligible.count > outcomes.count {
            // The other ways may do better.
            for outcome in outcomes { note(outcome.status, of: outcome.member, at: now) }
            return exchange.end()
        }
        for outcome in outcomes {
            guard let index = paths.firstIndex(where: { $0.path == outcome.member.path }) else { continue }
            paths[index].status = outcome.status
        }
        count(.careOfAddressRefused)
        log(.warning, "refused: \(status.words)")
        guard case .retry(let first, let bindingGone) = StatusReaction(status) else {
            return waitAfterRefusal(first: Tunables.longRetryInterval, at: now)
        }
        if bindingGone { loseBindings() }
        waitAfterRefusal(first: first, at: now)
    }

    /// Whether a status says something about one care-of address, and nothing about the node.
    private static func concernsAddress(_ status: BindingStatus) -> Bool {
        switch status {
        case .invalidCareOfAddress, .multipleCareOfAddressMalformed, .multipleCareOfAddressUnknownCareOfAddress,
            .multipleCareOfAddressSimultaneousHomeAndForeignProhibited, .insufficientResources:
            true
        default: false
        }
    }
}

extension [MobilityOption] {
    var bindingIdentifiers: [BindingIdentifierOption] {
        compactMap { if case .bindingIdentifier(let option) = $0 { option } else { nil } }
    }

    fileprivate var flowStatuses: [UInt16: FlowBindingStatus] {
        var statuses: [UInt16: FlowBindingStatus] = [:]
        for case .flowIdentification(let option) in self { statuses[option.identifier] = option.status }
        return statuses
    }
}
