import MobilityCore
import MobilityWire

// What goes back to whoever sent something.

extension HomeAgentMachine {
    /// Sends a Binding Acknowledgement to where the Binding Update came from (RFC 6275 §9.5.4).
    mutating func answer(
        _ request: Request, _ status: BindingStatus, sequenceNumber: SequenceNumber? = nil,
        lifetime: BindingLifetime = .zero, at now: Instant
    ) {
        guard request.isVouchedFor || status.isAccepted || strangerAnswers.allow(at: now) else {
            return count(.answerSuppressed)
        }
        var options = request.answerOptions
        if let timestamp = request.answerTimestamp {
            options.append(.messageIdentifier(timestamp: timestamp.rawValue))
        }
        if status.isAccepted, let advice = configuration.refreshAdvice, advice >= .seconds(4), advice < lifetime.span {
            options.append(
                .bindingRefreshAdvice(interval: BindingLifetime(seconds: advice.milliseconds / 1000)))
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
                    routingHeader: request.envelope.homeAddressOption, interfaceIndex: wayHome(of: request),
                    message: octets)))
    }

    /// The interface that an answer has to leave by: a node on the home link must hear it there, for if it is a refusal
    /// the tunnel to where the node was goes on taking what is sent to its home address (RFC 6275 §10.3.2).
    private func wayHome(of request: Request) -> UInt32 {
        guard request.envelope.homeAddressOption == nil, configuration.homeNetwork != .virtual else { return 0 }
        return request.envelope.interfaceIndex
    }

    /// A tunnelled packet came for which the engine has no binding. Where the engine has only not heard of it yet, as
    /// after its restart, it hears of it now, and the node is left in peace.
    mutating func noteMissing(_ homeAddress: IPv6Address, peer: IPv6Address, agent: IPv6Address, at now: Instant) {
        let known = cache.bindings(of: homeAddress).filter { $0.homeAgent == agent }
        guard known.contains(where: { $0.careOfAddress == peer }) else {
            return sendBindingError(
                status: SpecificationConstants.bindingErrorUnknownBinding, homeAddress: homeAddress, from: agent,
                to: peer, at: now)
        }
        count(.bindingRepeated)
        for binding in known { actions.append(.install(binding)) }
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
