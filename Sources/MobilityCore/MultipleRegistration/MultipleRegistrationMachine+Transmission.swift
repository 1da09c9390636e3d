import MobilityWire

extension MultipleRegistrationMachine {
    /// The Binding Updates of one operation.
    struct Exchange: Sendable {
        struct Transmission: OpenUpdate, Sendable {
            var sequenceNumber: SequenceNumber
            /// The care-of address that the Binding Update left by.
            var source: CareOf
            var identifier: UInt16
            var lifetime: BindingLifetime
            var timestamp: NTPTimestamp?
            var sentAt: Instant
            var isMobileRouter: Bool
            var operation: Operation
            /// The flows that were named by Flow Identification options; the others stood in a summary.
            var flowsDescribed: Set<UInt16>
        }

        private(set) var operation: Operation?
        /// Oldest first, at most `Tunables.outstandingUpdates`.
        var outstanding: [Transmission] = []
        var timeout = SpecificationConstants.initialBindingAcknowledgementTimeout
        private var initialTimeout = SpecificationConstants.initialBindingAcknowledgementTimeout
        /// When the Binding Update is sent again.
        var retransmitAt: Instant?
        /// The time for that has come.
        var isDue = false
        /// The way of the last Binding Update; nil if it was held back.
        var lastSource: UInt16?
        var corrections = 0
        var hasLoggedHint = false
        var rate = RegistrationMachine.SendingRate()

        mutating func begin(_ operation: Operation, isFirst: Bool) {
            let rate = rate
            self = Exchange()
            self.rate = rate
            self.operation = operation
            if isFirst { initialTimeout = SpecificationConstants.initialTimeoutOfFirstRegistration }
            timeout = initialTimeout
        }

        /// The home agent answered, and what it corrected is to be sent at once: the back-off starts anew.
        mutating func correct() {
            outstanding.removeAll()
            timeout = initialTimeout
            isDue = true
        }

        /// The back-off starts anew where it has doubled.
        mutating func hurry() {
            guard retransmitAt != nil, timeout > initialTimeout * 2 else { return }
            timeout = initialTimeout
            retransmitAt = nil
            isDue = true
        }

        mutating func end() {
            guard operation != nil else { return }
            let rate = rate
            self = Exchange()
            self.rate = rate
        }
    }

    /// The way by which the next Binding Update leaves.
    private func source(of operation: Operation) -> PathState? {
        if case .register(let registering) = operation, let source = registering.source {
            return paths.first { $0.path.identifier == source }
        }
        // The best one that answers; where none does, by turns.
        let usable = eligible.isEmpty ? paths : eligible
        return usable.min { left, right in
            func rank(_ state: PathState) -> Int {
                state.unanswered < Tunables.unansweredBeforeRest ? 0 : state.unanswered
            }
            return rank(left) < rank(right)
        }
    }

    mutating func transmit(at now: Instant) {
        exchange.isDue = false
        guard let operation = exchange.operation, let source = source(of: operation) else {
            exchange.retransmitAt = nil
            return
        }
        if let allowed = exchange.rate.wait(at: now) {
            count(.bindingUpdateDeferred)
            exchange.retransmitAt = allowed
            exchange.lastSource = nil
            return
        }
        sequenceNumber = sequenceNumber.next
        var lifetime = BindingLifetime.zero
        if case .register = operation { lifetime = configuration.wireLifetime }
        var transmission = Exchange.Transmission(
            sequenceNumber: sequenceNumber, source: source.path.careOf, identifier: source.path.identifier,
            lifetime: lifetime, timestamp: nextTimestamp(at: now), sentAt: now,
            isMobileRouter: configuration.mode != .host, operation: operation, flowsDescribed: [])
        let message = octets(of: &transmission, isHomeLink: source.path.isHomeLink)
        note(operation, flowsDescribed: transmission.flowsDescribed)

        count(.bindingUpdateSent)
        if !exchange.outstanding.isEmpty { count(.bindingUpdateRetransmitted) }
        if lifetime == .zero { count(.deregistrationSent) }
        exchange.outstanding.append(transmission)
        if exchange.outstanding.count > Tunables.outstandingUpdates { exchange.outstanding.removeFirst() }
        exchange.rate.sent(at: now)
        exchange.lastSource = source.path.identifier
        exchange.retransmitAt = now + exchange.timeout
        exchange.timeout = min(exchange.timeout * 2, SpecificationConstants.maximumBindingAcknowledgementTimeout)
        actions.append(
            .send(
                MobilityEnvelope(
                    source: source.path.careOf.address, destination: configuration.homeAgent,
                    homeAddressOption: source.path.isHomeLink ? nil : configuration.homeAddress,
                    interfaceIndex: source.path.careOf.interfaceIndex, message: message)))
    }

    /// Once it is sent, nobody knows whether the home agent has it as it was or as it is to be.
    private mutating func note(_ operation: Operation, flowsDescribed: Set<UInt16>) {
        func forget(_ identifiers: some Sequence<UInt16>) {
            for identifier in identifiers {
                held[identifier] = nil
                attempted.insert(identifier)
            }
        }
        switch operation {
        case .register(let registering):
            let named = Set(registering.members.map(\.path.identifier))
            attempted.formUnion(named)
            for member in registering.members {
                guard let binding = held[member.path.identifier] else { continue }
                if binding.careOf != member.path.careOf || binding.priority != member.priority {
                    held[member.path.identifier]?.isDoubtful = true
                }
            }
            if registering.overwrites { forget(held.keys.filter { !named.contains($0) }) }
            let kept = Set(registering.flows.map(\.rule.identifier)).subtracting(flowsDescribed)
            flowsHeld = flowsHeld.filter { kept.contains($0.key) }
        case .deregister(let identifiers): forget(identifiers)
        case .deregisterAll: break
        }
    }

    private mutating func nextTimestamp(at now: Instant) -> NTPTimestamp? {
        guard let association = configuration.securityAssociation else { return nil }
        guard association.replayProtection == .timestamp || timestampsDemanded else { return nil }
        return clock?.stamp(at: now, random: random.next())
    }

    /// The Mobility Header. Without an Alternate Care-of Address option, as RFC 5648 §5.2 asks: the authenticator covers
    /// the source of the packet and the care-of addresses in the options.
    private func octets(of transmission: inout Exchange.Transmission, isHomeLink: Bool) -> [UInt8] {
        var flags: BindingUpdate.Flags = [.acknowledge, .homeRegistration]
        if transmission.isMobileRouter { flags.insert(.mobileRouter) }
        var options: [MobilityOption] = []
        switch transmission.operation {
        case .register(let registering):
            if registering.overwrites { flags.insert(.overwrite) }
            options = registering.members.map { member in
                .bindingIdentifier(
                    BindingIdentifierOption(
                        identifier: member.path.identifier,
                        simultaneousHomeAndForeignBinding: member.path.isHomeLink, priority: member.priority,
                        careOfAddress: member.path.careOf.address))
            }
            if configuration.mode == .explicit {
                options += configuration.prefixes.map(MobilityOption.mobileNetworkPrefix)
            }
            let described = registering.flows.filter { flowsHeld[$0.rule.identifier] != $0 }
            transmission.flowsDescribed = Set(described.map(\.rule.identifier))
            options += described.map { flow in
                .flowIdentification(
                    FlowIdentificationOption(
                        identifier: flow.rule.identifier, priority: flow.rule.priority, bindings: flow.bindings,
                        selector: .ipv6(flow.rule.selector)))
            }
            options += summary(of: registering.flows.map(\.rule.identifier), without: transmission.flowsDescribed)
        case .deregister(let identifiers):
            options = identifiers.map { .bindingIdentifier(BindingIdentifierOption(identifier: $0)) }
            // Else the flows would go as well (RFC 6089 §5.3.3).
            options += summary(of: flowsHeld.keys.sorted(), without: [])
        case .deregisterAll:
            options = [.alternateCareOfAddress(transmission.source.address)]
        }
        if let timestamp = transmission.timestamp { options.append(.messageIdentifier(timestamp: timestamp.rawValue)) }
        let update = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: transmission.sequenceNumber, flags: flags, lifetime: transmission.lifetime,
                options: options))
        guard let association = configuration.securityAssociation else { return update.emit() }
        return MobilityAuthentication.seal(
            update, careOfAddress: transmission.source.address, homeAddress: configuration.homeAddress,
            association: association)
    }

    private func summary(of identifiers: [UInt16], without described: Set<UInt16>) -> [MobilityOption] {
        let kept = identifiers.filter { !described.contains($0) }
        return kept.isEmpty ? [] : [.flowSummary(kept)]
    }
}
