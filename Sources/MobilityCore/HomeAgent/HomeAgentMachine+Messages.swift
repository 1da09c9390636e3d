import MobilityWire

// Receiving and answering. The order of the checks is that of RFC 6275 §10.3.1 with authentication (RFC 4285) as soon as
// it is known whose key counts.

extension HomeAgentMachine {
    /// A Binding Update on its way through the checks.
    struct Request {
        var envelope: MobilityEnvelope
        var update: BindingUpdate
        var homeAddress: IPv6Address
        var careOfAddress: IPv6Address
        /// What goes back in the Mesg-ID option: what came, or the home agent's time over it (RFC 4285 §6).
        var answerTimestamp: NTPTimestamp?
        /// The key to answer with, once it is known whose message this is.
        var association: MobilitySecurityAssociation?
        /// Whether the message is the node's own and new: its answers need no limit. A repeated one may come from anywhere.
        var isVouchedFor = false

        /// Lifetime zero, or the home address as care-of address (RFC 6275 §9.5.1, RFC 3963 §6.2).
        var isDeregistration: Bool { update.lifetime == .zero || careOfAddress == homeAddress }
    }

    mutating func receive(_ envelope: MobilityEnvelope, wallClock: NTPTimestamp, at now: Instant) {
        guard let message = try? MobilityHeader.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        guard configuration.addresses.contains(envelope.destination) else { return count(.destinationForeign) }
        guard envelope.source.isRoutableUnicast else { return count(.sourceInvalid) }
        switch message {
        case .bindingUpdate(let update):
            receive(update, in: envelope, wallClock: wallClock, at: now)
        case .unknown:
            count(.messageUnknown)
            sendBindingError(
                status: SpecificationConstants.bindingErrorUnrecognizedType,
                homeAddress: envelope.homeAddressOption ?? .unspecified, from: envelope.destination,
                to: envelope.source, at: now)
        default:
            count(.messageUnexpected)
        }
    }

    private mutating func receive(
        _ update: BindingUpdate, in envelope: MobilityEnvelope, wallClock: NTPTimestamp, at now: Instant
    ) {
        count(.bindingUpdateReceived)
        var request = Request(
            envelope: envelope, update: update, homeAddress: envelope.homeAddressOption ?? envelope.source,
            careOfAddress: update.options.alternateCareOfAddress ?? envelope.source,
            answerTimestamp: update.options.messageIdentifier)
        // Without a Home Address option only a node that is at home can say that it is (RFC 6275 §10.3.2).
        guard request.homeAddress.isRoutableUnicast,
            envelope.homeAddressOption != nil || request.isDeregistration
        else { return count(.homeAddressInvalid) }
        guard !update.options.hasNonceIndices else { return count(.nonceIndicesUnexpected) }

        guard let node = identify(request, at: now), authenticate(&request, as: node, at: now),
            isFresh(&request, of: node, wallClock: wallClock, at: now)
        else { return }
        if let refusal = refusal(of: request, by: node) { return answer(request, refusal, at: now) }

        // From here on the request is carried out.
        if request.association != nil, let timestamp = update.options.messageIdentifier {
            acceptedTimestamps[node.homeAddress] = timestamp
        }
        if request.isDeregistration {
            deregister(request, at: now)
        } else {
            register(request, of: node, at: now)
        }
    }

    // MARK: Whose it is

    private mutating func identify(_ request: Request, at now: Instant) -> HomeNode? {
        let isHomeRegistration = request.update.flags.contains(.homeRegistration)
        guard
            isHomeRegistration || request.update.flags.contains(.mobileRouter)
                || cache[request.homeAddress] != nil
        else {
            count(.homeRegistrationMissing)
            return nil
        }
        guard !configuration.prefixes.isEmpty else {
            answer(request, .homeRegistrationNotSupported, at: now)
            return nil
        }
        guard configuration.prefixes.contains(where: { $0.contains(request.homeAddress) }) else {
            answer(request, .notHomeSubnet, at: now)
            return nil
        }
        guard let node = configuration.nodes[request.homeAddress] else {
            answer(request, .notHomeAgentForThisMobileNode, at: now)
            return nil
        }
        return node
    }

    /// RFC 4285 §5.1.1. The home address names the key, so that no node can register for another one.
    private mutating func authenticate(_ request: inout Request, as node: HomeNode, at now: Instant) -> Bool {
        switch node.authentication {
        case .insecure:
            return true
        case .none:
            count(.securityAssociationMissing)
            log(.debug, "dropped a Binding Update for \(node.title), which has no key")
            return false
        case .association(let association):
            request.association = association
            let verdict = MobilityAuthentication.verify(
                request.envelope.message, careOfAddress: request.careOfAddress, homeAddress: request.homeAddress,
                association: association)
            switch verdict {
            case .authentic: return true
            case .missing: count(.authenticatorMissing)
            case .unknownSecurityParameterIndex: count(.securityParameterIndexUnknown)
            case .wrong: count(.authenticatorWrong)
            }
            log(.debug, "a Binding Update for \(node.title) failed authentication: \(verdict)")
            answer(request, .authenticationFailed, at: now)
            return false
        }
    }

    // MARK: Whether it is new

    /// Timestamps (RFC 4285 §6) and sequence numbers (RFC 6275 §9.5.1).
    ///
    /// Where timestamps protect against repetition the sequence number is not asked (RFC 4285 §7): a node that started
    /// anew begins with any number. It is asked as well as long as no timestamp of the node is known, after a restart of
    /// the home agent.
    private mutating func isFresh(
        _ request: inout Request, of node: HomeNode, wallClock: NTPTimestamp, at now: Instant
    ) -> Bool {
        var asksSequenceNumber = true
        if let association = request.association, association.replayProtection == .timestamp {
            guard let timestamp = request.update.options.messageIdentifier else {
                count(.timestampMissing)
                answer(request, .mobilityMessageIdentifierRequired, at: now)
                return false
            }
            let last = acceptedTimestamps[node.homeAddress]
            let isDistant = !timestamp.isClose(to: wallClock, within: association.tolerance)
            if isDistant || last.map({ !timestamp.isNewer(than: $0) }) ?? false {
                count(isDistant ? .timestampDistant : .timestampRepeated)
                // Our seconds over its fraction: it learns the time and recognises its message.
                request.answerTimestamp = NTPTimestamp(
                    rawValue: UInt64(wallClock.seconds) << 32 | UInt64(timestamp.fraction))
                answer(request, .mobilityIdentifierMismatch, at: now)
                return false
            }
            asksSequenceNumber = last == nil
        }
        if asksSequenceNumber, let last = cache.lastSequenceNumber(of: request.homeAddress),
            !request.update.sequenceNumber.isNewer(than: last)
        {
            answer(request, .sequenceNumberOutOfWindow, sequenceNumber: last, at: now)
            return false
        }
        request.isVouchedFor = request.association != nil
        return true
    }

    // MARK: Whether it is allowed

    /// Why an authentic, fresh request is refused; nil if it is not.
    private func refusal(of request: Request, by node: HomeNode) -> BindingStatus? {
        let flags = request.update.flags
        let isMobileRouter = flags.contains(.mobileRouter)
        let existing = cache[request.homeAddress]
        if !flags.contains(.homeRegistration) {
            return isMobileRouter ? .mobileRouterOperationNotPermitted : .registrationTypeChangeDisallowed
        }
        if request.isDeregistration {
            let isKnown = existing != nil || cache.isRemembered(request.homeAddress)
            return isKnown ? nil : .notHomeAgentForThisMobileNode
        }
        if node.isProhibited { return .administrativelyProhibited }
        if let existing, (existing.mode != .host) != isMobileRouter { return .registrationTypeChangeDisallowed }
        if !canBeCareOf(request.careOfAddress, of: node) { return .invalidCareOfAddress }
        if isMobileRouter {
            guard node.mayBeMobileRouter else { return .mobileRouterOperationNotPermitted }
            let prefixes = request.update.options.mobileNetworkPrefixes
            guard prefixes.count <= Tunables.prefixesPerBinding,
                prefixes.allSatisfy({ $0.length > 0 && $0.address.isRoutableUnicast })
            else { return .invalidPrefix }
            guard prefixes.allSatisfy({ prefix in node.prefixes.contains { $0.contains(prefix) } }) else {
                return .notAuthorizedForPrefix
            }
            guard !prefixes.isEmpty || !node.prefixes.isEmpty else { return .forwardingSetupFailed }
        }
        if existing == nil, cache.count >= configuration.greatestNumberOfBindings { return .insufficientResources }
        return nil
    }

    /// A tunnel to this address must not lead back to the home agent: not to itself, nor to somebody's home address, nor
    /// into the network behind the node.
    private func canBeCareOf(_ address: IPv6Address, of node: HomeNode) -> Bool {
        address.isRoutableUnicast && !configuration.addresses.contains(address)
            && configuration.nodes[address] == nil && !node.prefixes.contains { $0.contains(address) }
    }

    // MARK: Carrying it out

    private mutating func register(_ request: Request, of node: HomeNode, at now: Instant) {
        let existing = cache[request.homeAddress]
        let prefixes = request.update.options.mobileNetworkPrefixes
        let mode: Binding.Mode =
            !request.update.flags.contains(.mobileRouter) ? .host : prefixes.isEmpty ? .implicit : .explicit
        let lifetime = grant(request.update.lifetime, to: node)
        var binding = Binding(
            homeAddress: request.homeAddress, careOfAddress: request.careOfAddress,
            homeAgent: request.envelope.destination, sequenceNumber: request.update.sequenceNumber,
            lifetime: lifetime.span, expiresAt: now + lifetime.span, mode: mode, name: node.name)
        switch mode {
        case .host: break
        case .implicit: binding.prefixes = node.prefixes
        case .explicit:
            for prefix in prefixes where !binding.prefixes.contains(prefix) { binding.prefixes.append(prefix) }
        }
        if let existing {
            binding.formerCareOfAddresses = formers(of: existing, without: binding.careOfAddress, at: now)
            count(existing.careOfAddress == binding.careOfAddress ? .bindingRefreshed : .bindingMoved)
        } else {
            count(.bindingCreated)
            log(.info, "\(node.title) registered for \(lifetime.seconds) s")
        }
        cache.set(binding)
        actions.append(.install(binding))
        answer(request, .accepted, lifetime: lifetime, at: now)
    }

    /// What is granted: not more than was asked for, nor than the limits; never zero, which would end the binding.
    private func grant(_ requested: BindingLifetime, to node: HomeNode) -> BindingLifetime {
        let limit = min(configuration.greatestLifetime, node.greatestLifetime ?? configuration.greatestLifetime)
        let units = min(requested.rawValue, BindingLifetime(seconds: limit.milliseconds / 1000).rawValue)
        return BindingLifetime(rawValue: max(units, 1))
    }

    private func formers(of existing: Binding, without careOfAddress: IPv6Address, at now: Instant) -> [Binding.Former]
    {
        var formers = existing.formerCareOfAddresses.filter { $0.until > now }
        if existing.careOfAddress != careOfAddress {
            formers.removeAll { $0.address == existing.careOfAddress }
            let until = now + Tunables.replacedCareOfAddressGrace
            formers.insert(Binding.Former(address: existing.careOfAddress, until: until), at: 0)
        }
        formers.removeAll { $0.address == careOfAddress }
        return Array(formers.prefix(Tunables.standbyAddresses))
    }

    private mutating func deregister(_ request: Request, at now: Instant) {
        if let binding = cache[request.homeAddress] {
            count(.bindingDeregistered)
            log(.info, "\(title(binding)) de-registered")
            actions.append(.remove(binding, .deregistered))
        }
        cache.deregister(
            request.homeAddress, sequenceNumber: request.update.sequenceNumber,
            forgetAt: now + SpecificationConstants.deletedBindingMemory)
        answer(request, .accepted, at: now)
    }

    // MARK: Answering

    /// Sends a Binding Acknowledgement to where the Binding Update came from (RFC 6275 §9.5.4).
    private mutating func answer(
        _ request: Request, _ status: BindingStatus, sequenceNumber: SequenceNumber? = nil,
        lifetime: BindingLifetime = .zero, at now: Instant
    ) {
        guard request.isVouchedFor || status.isAccepted || strangerAnswers.allow(at: now) else {
            return count(.answerSuppressed)
        }
        var options: [MobilityOption] = []
        if let timestamp = request.answerTimestamp {
            options.append(.messageIdentifier(timestamp: timestamp.rawValue))
        }
        let acknowledgement = MobilityMessage.bindingAcknowledgement(
            BindingAcknowledgement(
                status: status,
                mobileRouter: status.isAccepted && request.update.flags.contains(.mobileRouter),
                sequenceNumber: sequenceNumber ?? request.update.sequenceNumber, lifetime: lifetime,
                options: options))
        let octets =
            if let association = request.association {
                MobilityAuthentication.seal(
                    acknowledgement, careOfAddress: request.careOfAddress, homeAddress: request.homeAddress,
                    association: association)
            } else {
                acknowledgement.emit()
            }
        count(.acknowledgementSent(status))
        actions.append(
            .send(
                MobilityEnvelope(
                    source: request.envelope.destination, destination: request.envelope.source,
                    routingHeader: request.envelope.homeAddressOption, message: octets)))
    }

    mutating func sendBindingError(
        status: UInt8, homeAddress: IPv6Address, from agent: IPv6Address, to peer: IPv6Address, at now: Instant
    ) {
        guard peer.isRoutableUnicast, configuration.addresses.contains(agent) else { return count(.sourceInvalid) }
        guard strangerAnswers.allow(at: now) else { return count(.answerSuppressed) }
        count(.bindingErrorSent)
        let message = MobilityMessage.bindingError(status: status, homeAddress: homeAddress, options: [])
        actions.append(.send(MobilityEnvelope(source: agent, destination: peer, message: message.emit())))
    }
}
