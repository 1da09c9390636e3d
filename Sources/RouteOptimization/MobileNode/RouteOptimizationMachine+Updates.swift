import MobilityCore
import MobilityWire

// Binding Updates to correspondents and what comes back (RFC 6275 §11.7.2 to §11.7.4, §11.3.6).

extension RouteOptimizationMachine {
    /// Sends the next Binding Update of a registration or, when leaving, of a de-registration.
    mutating func sendUpdate(_ pair: Pair, at now: Instant) {
        entries[pair]?.dropTokens(at: now)
        guard let entry = entries[pair], let location = locations[pair.homeAddress] else { return }
        let isDeletion = entry.phase == .leaving
        let away = location.away
        let careOfToken = away.flatMap { entry.careOfToken(of: $0.careOf.address) }
        guard let homeToken = entry.homeToken, isDeletion || careOfToken != nil else {
            // They were too old to be repeated with.
            entries[pair]?.clearUpdate()
            if !isDeletion { entries[pair]?.phase = .testing }
            return advance(pair, at: now)
        }
        withdrawIfSilent(pair, after: entry.updateAttempts)
        if let allowed = take(\.update, of: pair.peer, at: now) {
            entries[pair]?.updateAt = allowed
            return
        }
        let transmission = Transmission(
            sequenceNumber: entry.sequenceNumber.next,
            key: BindingManagementKey(
                homeToken: homeToken.token, careOfToken: isDeletion ? nil : careOfToken?.token),
            careOf: isDeletion ? nil : away?.careOf, lifetime: isDeletion ? .zero : lifetime(until: away, at: now),
            sentAt: now)
        note(transmission, of: pair, at: now)
        let indices = MobilityOption.nonceIndices(
            home: homeToken.index, careOf: isDeletion ? 0 : careOfToken?.index ?? 0)
        // A deletion always wants to know: nothing else tells that it arrived.
        let isAnswered = configuration.requestsAcknowledgement || isDeletion
        let message = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: transmission.sequenceNumber, flags: isAnswered ? .acknowledge : [],
                lifetime: transmission.lifetime, options: [indices]))
        var envelope = MobilityEnvelope(
            source: pair.homeAddress, destination: pair.peer,
            message: transmission.key.seal(
                message, careOfAddress: transmission.careOf?.address ?? pair.homeAddress, correspondent: pair.peer))
        if let away {
            envelope.source = away.careOf.address
            envelope.homeAddressOption = pair.homeAddress
            envelope.interfaceIndex = away.careOf.interfaceIndex
        } else if case .home(let interfaceIndex) = location {
            envelope.interfaceIndex = interfaceIndex
        }
        actions.append(.send(envelope, .direct))
        if !isAnswered { use(transmission, lifetime: transmission.lifetime, of: pair, at: now) }
    }

    /// Not longer than the home registration (§11.7.2), nor than 420 s; at least what the wire can say.
    private func lifetime(until away: HomeLocation.Away?, at now: Instant) -> BindingLifetime {
        let longest = min(configuration.lifetime, SpecificationConstants.maximumReturnRoutabilityBindingLifetime)
        let left = away.map { min(longest, $0.expiresAt - now) } ?? longest
        return BindingLifetime(rawValue: max(BindingLifetime(seconds: left.milliseconds / 1000).rawValue, 1))
    }

    private mutating func note(_ transmission: Transmission, of pair: Pair, at now: Instant) {
        guard var entry = entries[pair] else { return }
        count(.bindingUpdateSent)
        if entry.updateAttempts > 0 { count(.messageRetransmitted) }
        entry.sequenceNumber = transmission.sequenceNumber
        entry.outstanding.append(transmission)
        if entry.outstanding.count > Tunables.openCookies { entry.outstanding.removeFirst() }
        entry.updateAttempts += 1
        entry.updateAt = now + entry.updateTimeout
        entry.updateTimeout = min(
            entry.updateTimeout * 2, SpecificationConstants.maximumBindingAcknowledgementTimeout)
        if transmission.lifetime != .zero {
            entry.heldUntil = max(entry.heldUntil ?? now, now + transmission.lifetime.span)
        }
        entries[pair] = entry
    }

    // MARK: Receiving

    mutating func receive(_ envelope: MobilityEnvelope, throughTunnel: Bool, at now: Instant) {
        guard let message = try? MobilityHeader.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        switch message {
        case .homeTest(let index, let cookie, let token, _):
            receiveHomeTest(
                index, cookie: cookie, token: token, in: envelope, throughTunnel: throughTunnel, at: now)
        case .careOfTest(let index, let cookie, let token, _):
            receiveCareOfTest(index, cookie: cookie, token: token, in: envelope, at: now)
        case .bindingAcknowledgement(let acknowledgement):
            receive(acknowledgement, in: envelope, at: now)
        case .bindingError(let status, let homeAddress, _):
            receiveBindingError(status, homeAddress: homeAddress, from: envelope.source, at: now)
        case .bindingRefreshRequest:
            receiveRefreshRequest(Pair(homeAddress: envelope.destination, peer: envelope.source), at: now)
        default:
            count(.messageUnexpected)
        }
    }

    private mutating func receive(
        _ acknowledgement: BindingAcknowledgement, in envelope: MobilityEnvelope, at now: Instant
    ) {
        let pair = Pair(homeAddress: envelope.routingHeader ?? envelope.destination, peer: envelope.source)
        let status = acknowledgement.status
        let outstanding = entries[pair]?.outstanding ?? []
        switch status {
        case .expiredHomeNonceIndex, .expiredCareOfNonceIndex, .expiredNonces:
            // These carry no authorization data (RFC 6275 §9.5.4). All that they can do is cause another test.
            guard outstanding.contains(where: { $0.sequenceNumber == acknowledgement.sequenceNumber }) else {
                return count(.acknowledgementUnmatched)
            }
            note(status, of: pair)
            if status != .expiredCareOfNonceIndex { entries[pair]?.homeToken = nil }
            if status != .expiredHomeNonceIndex { entries[pair]?.careOfTokens.removeAll() }
            correct(pair, at: now)
        default:
            let candidates = outstanding.filter {
                $0.sequenceNumber == acknowledgement.sequenceNumber || status == .sequenceNumberOutOfWindow
            }
            guard !candidates.isEmpty else { return count(.acknowledgementUnmatched) }
            let verified = candidates.last {
                $0.key.verifies(
                    envelope.message, careOfAddress: $0.careOf?.address ?? pair.homeAddress, correspondent: pair.peer)
            }
            guard let verified else { return count(.acknowledgementUnauthenticated) }
            // It answers a repetition from before a correction; taking it over again would use a number twice.
            if status == .sequenceNumberOutOfWindow,
                entries[pair]?.sequenceNumber.isNewer(than: acknowledgement.sequenceNumber) ?? true
            {
                return count(.acknowledgementUnmatched)
            }
            note(status, of: pair)
            entries[pair]?.acknowledgedAt = now
            if status == .sequenceNumberOutOfWindow {
                count(.sequenceNumberAdopted)
                entries[pair]?.sequenceNumber = acknowledgement.sequenceNumber
                correct(pair, at: now)
            } else if entries[pair]?.phase == .leaving {
                drop(pair, .returnedHome)
            } else if status.isAccepted {
                let lifetime = min(acknowledgement.lifetime.rawValue, verified.lifetime.rawValue)
                entries[pair]?.outstanding.removeAll()
                use(verified, lifetime: BindingLifetime(rawValue: lifetime), of: pair, at: now)
            } else {
                giveUp(pair, .refused, at: now)
            }
        }
    }

    private mutating func note(_ status: BindingStatus, of pair: Pair) {
        count(.acknowledgementReceived(status))
        entries[pair]?.status = status
    }

    /// Tries again at once with what the correspondent corrected, a few times.
    private mutating func correct(_ pair: Pair, at now: Instant) {
        guard var entry = entries[pair] else { return }
        let corrections = entry.corrections + 1
        guard corrections <= Tunables.routeOptimizationCorrections else {
            return entry.phase == .leaving ? drop(pair, .refused) : giveUp(pair, .refused, at: now)
        }
        entry.clearExchange()
        entry.corrections = corrections
        // Used without waiting for an acknowledgement, and wrongly so.
        if entry.phase == .bound { withdraw(pair, .refused) }
        entry.route = entries[pair]?.route
        if entry.phase != .leaving {
            entry.phase = .testing
            entry.giveUpAt = patience(with: pair, at: now)
        }
        entries[pair] = entry
        advance(pair, at: now)
    }

    /// The correspondent has the binding, or will have when the Binding Update arrives.
    private mutating func use(
        _ transmission: Transmission, lifetime: BindingLifetime, of pair: Pair, at now: Instant
    ) {
        guard lifetime != .zero, let careOf = transmission.careOf else { return giveUp(pair, .refused, at: now) }
        // The lifetime counts from the sending of the Binding Update (RFC 6275 §11.7.3).
        let expiresAt = transmission.sentAt + lifetime.span
        // It took longer than the lifetime; the next one may be faster.
        guard expiresAt > now, var entry = entries[pair] else { return }
        // A refusal may come where no acknowledgement was asked for.
        let unacknowledged = entry.outstanding
        entry.clearUpdate()
        entry.outstanding = unacknowledged
        entry.phase = .bound
        entry.giveUpAt = nil
        entry.corrections = 0
        let sixteenth = lifetime.span / 16
        let jitter = Int64.random(
            in: 0...(sixteenth * Tunables.refreshJitterSixteenths).milliseconds, using: &numbers)
        let refreshAt = transmission.sentAt + sixteenth * Tunables.refreshAfterSixteenths - .milliseconds(jitter)
        entry.refreshAt = max(refreshAt, now + Tunables.leastRefreshInterval)
        let route = OptimizedRoute(
            homeAddress: pair.homeAddress, peer: pair.peer, careOf: careOf, expiresAt: expiresAt)
        entry.route = route
        entry.lifetime = lifetime.span
        entries[pair] = entry
        rests.forget(pair.peer)
        count(.routeInstalled)
        actions.append(.install(route))
    }

    // MARK: What nothing authenticates

    /// RFC 6275 §11.3.6.
    private mutating func receiveBindingError(
        _ status: UInt8, homeAddress: IPv6Address, from peer: IPv6Address, at now: Instant
    ) {
        if status == SpecificationConstants.bindingErrorUnrecognizedType {
            let rested = actions.count
            lackSupport(peer, at: now)
            return count(actions.count > rested ? .bindingErrorReceived : .bindingErrorIgnored)
        }
        let pair = Pair(homeAddress: homeAddress, peer: peer)
        guard status == SpecificationConstants.bindingErrorUnknownBinding, let entry = entries[pair],
            entry.route != nil, !wasAcknowledged(entry, within: Tunables.bindingErrorHoldOff, at: now)
        else { return count(.bindingErrorIgnored) }
        count(.bindingErrorReceived)
        withdraw(pair, .bindingError)
        guard entry.phase == .bound else { return }
        let isRepeated = entry.bindingErrorAt.map { now < $0 + Tunables.useMemory } ?? false
        let errors = isRepeated ? entry.bindingErrors + 1 : 1
        guard errors <= Tunables.bindingErrorsInARow else { return giveUp(pair, .refused, at: now) }
        entries[pair]?.bindingErrorAt = now
        entries[pair]?.bindingErrors = errors
        // It lost its binding, so it has lost its nonces too, most likely.
        entries[pair]?.homeToken = nil
        entries[pair]?.careOfTokens.removeAll()
        begin(pair, at: now)
    }

    /// RFC 6275 §11.7.4.
    private mutating func receiveRefreshRequest(_ pair: Pair, at now: Instant) {
        guard let entry = entries[pair], entry.phase == .bound,
            !wasAcknowledged(entry, within: Tunables.refreshRequestHoldOff, at: now)
        else { return count(.bindingRefreshRequestIgnored) }
        count(.bindingRefreshRequestReceived)
        begin(pair, at: now)
    }

    private func wasAcknowledged(_ entry: Entry, within span: Instant.Span, at now: Instant) -> Bool {
        entry.acknowledgedAt.map { now < $0 + span } ?? false
    }
}
