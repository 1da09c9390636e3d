import MobilityCore
import MobilityWire

// Receiving: whose a Binding Update is, and whether it is new. The order of the checks is that of RFC 6275 §10.3.1, with
// authentication (RFC 4285) as soon as it is known whose key counts.

extension HomeAgentMachine {
    /// A Binding Update on its way through the checks.
    struct Request {
        var envelope: MobilityEnvelope
        var update: BindingUpdate
        var homeAddress: IPv6Address
        var careOfAddress: IPv6Address
        /// What goes back in the Mesg-ID option: what came, or the home agent's time over it (RFC 4285 §6).
        var answerTimestamp: NTPTimestamp?
        /// The Binding Identifier options (RFC 5648 §4.3); none in the Binding Update of a single care-of address.
        var identifiers: [BindingIdentifierOption] = []
        /// Whether one of them is malformed.
        var hasMalformedIdentifier = false
        /// What goes back besides the Mesg-ID option.
        var answerOptions: [MobilityOption] = []
        /// The key to answer with, once it is known whose message this is.
        var association: MobilitySecurityAssociation?
        /// Whether the message is the node's own and new: its answers need no limit. A repeated one may come from anywhere.
        var isVouchedFor = false

        /// Lifetime zero, or the home address as care-of address (RFC 6275 §9.5.1, RFC 3963 §6.2), which with binding
        /// identifiers is a registration of the home link (RFC 5648 §5.6.3).
        var isDeregistration: Bool {
            update.lifetime == .zero || (careOfAddress == homeAddress && identifiers.isEmpty)
        }
        /// Whether several care-of addresses are meant.
        var isMultiple: Bool { !identifiers.isEmpty || hasMalformedIdentifier }
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
        request.readIdentifiers()
        // Without a Home Address option only a node that is at home can say that it is (RFC 6275 §10.3.2).
        guard request.homeAddress.isRoutableUnicast,
            envelope.homeAddressOption != nil || request.isDeregistration || request.namesHomeLink
        else { return count(.homeAddressInvalid) }
        guard !update.options.hasNonceIndices else { return count(.nonceIndicesUnexpected) }

        guard let node = identify(request, at: now), authenticate(&request, as: node, at: now),
            isFresh(&request, of: node, wallClock: wallClock, at: now)
        else { return }
        if request.isDeregistration { cancelDetection(of: node.homeAddress) }
        let refusal = refusal(of: request, by: node, at: now)
        // A de-registration counts even where there is nothing to end; see `noteDeregistrationOfNothing`.
        if refusal == nil || request.isDeregistration, request.association != nil,
            let timestamp = update.options.messageIdentifier
        {
            acceptedTimestamps[node.homeAddress] = timestamp
        }
        if let refusal {
            if request.isDeregistration, refusal == .notHomeAgentForThisMobileNode {
                noteDeregistrationOfNothing(request, at: now)
            }
            return answer(request, refusal, at: now)
        }

        // From here on the request is carried out.
        if request.isDeregistration {
            request.isMultiple ? deregisterIdentifiers(request, at: now) : deregister(request, at: now)
        } else if request.namesHomeLink || !waitsForDetection(request, at: now) {
            // A node at its home link has its home address there itself.
            carryOut(request, of: node, at: now)
        }
    }

    /// Registers what nothing stands against.
    mutating func carryOut(_ request: Request, of node: HomeNode, at now: Instant) {
        if request.isMultiple {
            registerIdentifiers(request, of: node, at: now)
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
            let wasAhead = wasAhead(
                timestamp, of: node.homeAddress, wallClock: wallClock, tolerance: association.tolerance)
            let isDistant = wasAhead || !timestamp.isClose(to: wallClock, within: association.tolerance)
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

    /// Whether a timestamp was refused before because it was ahead of our time. Time makes it fit, and the node has gone on
    /// with others since: only somebody who repeats its messages sends it again.
    private mutating func wasAhead(
        _ timestamp: NTPTimestamp, of homeAddress: IPv6Address, wallClock: NTPTimestamp, tolerance: Instant.Span
    ) -> Bool {
        if !timestamp.isClose(to: wallClock, within: tolerance) {
            guard timestamp.isNewer(than: wallClock) else { return false }
            aheadTimestamps[homeAddress, default: []].append(timestamp)
            if (aheadTimestamps[homeAddress]?.count ?? 0) > Tunables.outstandingUpdates {
                aheadTimestamps[homeAddress]?.removeFirst()
            }
            return false
        }
        guard let ahead = aheadTimestamps[homeAddress] else { return false }
        // Those that are behind by now are refused for that.
        let left = ahead.filter { $0.isNewer(than: wallClock) || $0.isClose(to: wallClock, within: tolerance) }
        aheadTimestamps[homeAddress] = left.isEmpty ? nil : left
        return left.contains(timestamp)
    }
}
