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
