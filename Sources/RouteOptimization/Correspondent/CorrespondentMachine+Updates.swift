import MobilityCore
import MobilityWire

// Binding Updates, in the order of RFC 6275 §9.5.1: what can be refused without a computation first, then the
// authorization, then what only the node itself may learn.

extension CorrespondentMachine {
    /// A Binding Update on its way through the checks.
    struct Request {
        var envelope: MobilityEnvelope
        var update: BindingUpdate
        var homeAddress: IPv6Address
        /// The home address where a binding is deleted (RFC 6275 §6.2.7).
        var careOfAddress: IPv6Address
        /// The key to answer with, once the authorization is known to be right.
        var key: BindingManagementKey?
        /// Until when the nonces count.
        var noncesExpireAt: Instant

        var isDeletion: Bool { update.lifetime == .zero }
        var cacheKey: CorrespondentBindingCache.Key {
            .init(correspondent: envelope.destination, homeAddress: homeAddress)
        }
    }

    mutating func receive(_ update: BindingUpdate, in envelope: MobilityEnvelope, at now: Instant) {
        count(.bindingUpdateReceived)
        let homeAddress = envelope.homeAddressOption ?? envelope.source
        var request = Request(
            envelope: envelope, update: update, homeAddress: homeAddress,
            careOfAddress: update.lifetime == .zero
                ? homeAddress : update.options.alternateCareOfAddress ?? envelope.source,
            noncesExpireAt: now)
        guard homeAddress.isRoutableUnicast else { return count(.homeAddressInvalid) }
        guard !update.flags.contains(.homeRegistration) else {
            guard !configuration.hasHomeAgent else { return count(.homeRegistrationLeft) }
            // RFC 6275 §10.3.1
            return answer(request, .homeRegistrationNotSupported, at: now)
        }
        guard request.careOfAddress.isRoutableUnicast else { return count(.careOfAddressInvalid) }
        guard authorize(&request, at: now) else { return }

        if let last = cache.entry(request.cacheKey)?.sequenceNumber, !update.sequenceNumber.isNewer(than: last) {
            return answer(request, .sequenceNumberOutOfWindow, sequenceNumber: last, at: now)
        }
        if request.isDeletion { return deregister(request, at: now) }
        if let refusal = refusal(of: request) { return answer(request, refusal, at: now) }
        register(request, at: now)
    }

    /// Whether the nonces are known and the Binding Authorization Data is right (RFC 6275 §5.2.6).
    private mutating func authorize(_ request: inout Request, at now: Instant) -> Bool {
        guard let indices = request.update.options.nonceIndices else {
            count(.nonceIndicesMissing)
            return false
        }
        let home = nonces.secret(of: indices.home, at: now)
        // Not looked at where a binding is deleted.
        let careOf = request.isDeletion ? home : nonces.secret(of: indices.careOf, at: now)
        guard let home, let careOf else {
            let status: BindingStatus =
                if home != nil { .expiredCareOfNonceIndex } else if careOf != nil || request.isDeletion {
                    .expiredHomeNonceIndex
                } else { .expiredNonces }
            answer(request, status, at: now)
            return false
        }
        codesComputed += request.isDeletion ? 2 : 3
        let key = BindingManagementKey(
            homeToken: KeygenToken(of: request.homeAddress, .home, secret: home.secret),
            careOfToken: request.isDeletion
                ? nil : KeygenToken(of: request.careOfAddress, .careOf, secret: careOf.secret))
        guard
            key.verifies(
                request.envelope.message, careOfAddress: request.careOfAddress,
                correspondent: request.envelope.destination)
        else {
            count(.authorizationWrong)
            log(.debug, "dropped a Binding Update of \(request.homeAddress) with wrong authorization")
            return false
        }
        request.key = key
        request.noncesExpireAt = min(home.expiresAt, careOf.expiresAt)
        return true
    }

    /// Why an authorized request is refused; nil if it is not.
    private mutating func refusal(of request: Request) -> BindingStatus? {
        if configuration.prohibits(request.homeAddress) || configuration.prohibits(request.careOfAddress) {
            return .administrativelyProhibited
        }
        // Packets would come straight back.
        if request.careOfAddress == request.homeAddress || request.careOfAddress == request.envelope.destination
            || configuration.addresses.contains(request.careOfAddress)
        {
            return .invalidCareOfAddress
        }
        guard cache.entry(request.cacheKey) == nil, !hasRoom(for: request.homeAddress) else { return nil }
        if cache.storedCount < configuration.greatestNumberOfBindings { count(.prefixLimitReached) }
        return .insufficientResources
    }

    // MARK: Carrying it out

    private mutating func register(_ request: Request, at now: Instant) {
        let existing = cache.entry(request.cacheKey)
        let lifetime = grant(request.update.lifetime)
        let binding = Binding(
            homeAddress: request.homeAddress, careOfAddress: request.careOfAddress,
            homeAgent: request.envelope.destination, sequenceNumber: request.update.sequenceNumber,
            lifetime: lifetime.span, expiresAt: now + lifetime.span)
        switch existing?.binding {
        case nil:
            count(.bindingCreated)
            log(.debug, "\(request.homeAddress) is optimised for \(lifetime.seconds) s")
        case let old?: count(old.careOfAddress == binding.careOfAddress ? .bindingRefreshed : .bindingMoved)
        }
        let lead = min(Tunables.refreshRequestLead, lifetime.span / 8)
        cache.set(
            .init(
                binding: binding, sequenceNumber: request.update.sequenceNumber,
                noncesExpireAt: max(request.noncesExpireAt, existing?.noncesExpireAt ?? now),
                lastUsedAt: existing?.lastUsedAt, refreshRequestAt: binding.expiresAt - lead),
            for: request.cacheKey)
        actions.append(.install(binding))
        answer(request, .accepted, lifetime: lifetime, at: now)
    }

    /// What is granted: not more than was asked for, nor than the limits; never zero, which would end the binding.
    private func grant(_ requested: BindingLifetime) -> BindingLifetime {
        let limit = min(
            configuration.greatestLifetime, SpecificationConstants.maximumReturnRoutabilityBindingLifetime)
        let units = min(requested.rawValue, BindingLifetime(seconds: limit.milliseconds / 1000).rawValue)
        return BindingLifetime(rawValue: max(units, 1))
    }

    /// RFC 6275 §9.5.3. What is remembered keeps a Binding Update that was overtaken from bringing the binding back.
    private mutating func deregister(_ request: Request, at now: Instant) {
        let existing = cache.entry(request.cacheKey)
        if let binding = existing?.binding {
            count(.bindingDeregistered)
            log(.debug, "\(request.homeAddress) is no longer optimised")
            actions.append(.remove(binding, .deregistered))
        }
        if existing != nil || hasRoom(for: request.homeAddress) {
            cache.set(
                .init(
                    sequenceNumber: request.update.sequenceNumber,
                    noncesExpireAt: max(request.noncesExpireAt, existing?.noncesExpireAt ?? now)),
                for: request.cacheKey)
        }
        answer(request, .accepted, at: now)
    }

    // MARK: Answers

    /// Sends a Binding Acknowledgement to where the Binding Update came from, where one is due (RFC 6275 §9.5.4).
    private mutating func answer(
        _ request: Request, _ status: BindingStatus, sequenceNumber: SequenceNumber? = nil,
        lifetime: BindingLifetime = .zero, at now: Instant
    ) {
        guard request.update.flags.contains(.acknowledge) || !status.isAccepted else { return }
        guard request.key != nil || strangerAnswers.allow(at: now) else { return count(.answerSuppressed) }
        let acknowledgement = MobilityMessage.bindingAcknowledgement(
            BindingAcknowledgement(
                status: status, sequenceNumber: sequenceNumber ?? request.update.sequenceNumber, lifetime: lifetime))
        let octets: [UInt8]
        if let key = request.key {
            codesComputed += 1
            octets = key.seal(
                acknowledgement, careOfAddress: request.careOfAddress, correspondent: request.envelope.destination)
        } else {
            octets = acknowledgement.emit()
        }
        count(.acknowledgementSent(status))
        actions.append(
            .send(
                MobilityEnvelope(
                    source: request.envelope.destination, destination: request.envelope.source,
                    routingHeader: request.envelope.homeAddressOption, message: octets)))
    }
}

extension [MobilityOption] {
    /// What the Nonce Indices option says (RFC 6275 §6.2.6).
    var nonceIndices: (home: UInt16, careOf: UInt16)? {
        for case .nonceIndices(let home, let careOf) in self { return (home, careOf) }
        return nil
    }
}
