import MobilityCore
import MobilityWire

// Receiving, and the tests of return routability (RFC 6275 §9.2, §9.4).

extension CorrespondentMachine {
    mutating func receive(_ envelope: MobilityEnvelope, at now: Instant) {
        guard let message = try? MobilityHeader.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        guard configuration.isOwn(envelope.destination) else { return count(.destinationForeign) }
        guard envelope.source.isRoutableUnicast else { return count(.sourceInvalid) }
        switch message {
        case .homeTestInit(let cookie, _):
            count(.homeTestInitReceived)
            guard let (index, token) = issue(.home, answering: envelope, at: now) else { return }
            count(.homeTestSent)
            let answer = MobilityMessage.homeTest(
                nonceIndex: index, cookie: cookie, keygenToken: token.rawValue, options: [])
            reply(to: envelope, with: answer)
        case .careOfTestInit(let cookie, _):
            count(.careOfTestInitReceived)
            guard let (index, token) = issue(.careOf, answering: envelope, at: now) else { return }
            count(.careOfTestSent)
            let answer = MobilityMessage.careOfTest(
                nonceIndex: index, cookie: cookie, keygenToken: token.rawValue, options: [])
            reply(to: envelope, with: answer)
        case .bindingUpdate(let update):
            receive(update, in: envelope, at: now)
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

    /// A token for the source of a test.
    private mutating func issue(
        _ purpose: KeygenToken.Purpose, answering envelope: MobilityEnvelope, at now: Instant
    ) -> (index: UInt16, token: KeygenToken)? {
        guard envelope.homeAddressOption == nil else {
            count(.homeAddressOptionUnexpected)
            return nil
        }
        guard tests.allow(at: now) else {
            count(.testSuppressed)
            return nil
        }
        let issued = nonces.issue(purpose, for: envelope.source, at: now)
        if nonces.wantsSecret { actions.append(.drawSecret) }
        guard let issued else {
            count(.secretMissing)
            return nil
        }
        codesComputed += 1
        return issued
    }

    private mutating func reply(to envelope: MobilityEnvelope, with message: MobilityMessage) {
        actions.append(
            .send(
                MobilityEnvelope(
                    source: envelope.destination, destination: envelope.source, message: message.emit())))
    }

    // MARK: Binding Errors

    /// RFC 6275 §9.3.1, §9.3.3.
    mutating func bindingMissing(
        peer: IPv6Address, homeAddress: IPv6Address, correspondent: IPv6Address, at now: Instant
    ) {
        if let binding = cache[.init(correspondent: correspondent, homeAddress: homeAddress)],
            binding.careOfAddress == peer
        {
            // The packet overtook the binding on its way to the forwarding plane, or that one lost it.
            count(.bindingRepeated)
            actions.append(.install(binding))
            return
        }
        sendBindingError(
            status: SpecificationConstants.bindingErrorUnknownBinding, homeAddress: homeAddress, from: correspondent,
            to: peer, at: now)
    }

    private mutating func sendBindingError(
        status: UInt8, homeAddress: IPv6Address, from correspondent: IPv6Address, to peer: IPv6Address,
        at now: Instant
    ) {
        guard configuration.isOwn(correspondent) else { return count(.destinationForeign) }
        guard peer.isRoutableUnicast else { return count(.sourceInvalid) }
        guard strangerAnswers.allow(at: now) else { return count(.answerSuppressed) }
        count(.bindingErrorSent)
        let message = MobilityMessage.bindingError(status: status, homeAddress: homeAddress, options: [])
        actions.append(.send(MobilityEnvelope(source: correspondent, destination: peer, message: message.emit())))
    }
}
