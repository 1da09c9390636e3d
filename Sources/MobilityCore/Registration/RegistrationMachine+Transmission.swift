package import MobilityWire

extension RegistrationMachine {
    /// The Binding Updates of one back-off process and what is needed to recognise their acknowledgements.
    struct Exchange: Sendable {
        /// One Binding Update on its way.
        struct Transmission: OpenUpdate, Sendable {
            var sequenceNumber: SequenceNumber
            var careOf: CareOf
            var lifetime: BindingLifetime
            var timestamp: NTPTimestamp?
            var sentAt: Instant
            var isMobileRouter: Bool
        }

        /// Oldest first, at most `Tunables.outstandingUpdates`.
        var outstanding: [Transmission] = []
        /// How long the next one waits for its acknowledgement.
        var timeout = SpecificationConstants.initialBindingAcknowledgementTimeout
        /// How often the home agent corrected a sequence number or timestamp, in a row.
        var corrections = 0
        /// Whether a status that nobody vouches for was logged already.
        var hasLoggedHint = false
        var rate = SendingRate()
    }

    /// At most MAX_UPDATE_RATE Binding Updates within a second (RFC 6275 §11.8), over all back-off processes.
    package struct SendingRate: Sendable {
        private var recent: [Instant] = []

        package init() {}

        /// The time from which one more may be sent; nil if now.
        package mutating func wait(at now: Instant) -> Instant? {
            recent.removeAll { $0 + .seconds(1) <= now }
            guard recent.count >= SpecificationConstants.maximumUpdateRate else { return nil }
            return recent.first.map { $0 + .seconds(1) }
        }

        package mutating func sent(at now: Instant) { recent.append(now) }
    }

    /// Starts a back-off process for the care-of address: a first registration, a refresh or a hand-over.
    mutating func begin(at now: Instant) {
        for timer in [Timer.refresh, .retry, .retransmission] { timers[timer] = nil }
        phase = binding == nil ? .registering : .updating
        exchange.corrections = 0
        exchange.hasLoggedHint = false
        exchange.timeout = initialTimeout
        exchange.outstanding.removeAll()
        transmit(at: now)
    }

    /// The first time-out of a back-off process (RFC 6275 §11.8).
    var initialTimeout: Instant.Span {
        phase == .registering
            ? SpecificationConstants.initialTimeoutOfFirstRegistration
            : SpecificationConstants.initialBindingAcknowledgementTimeout
    }

    /// Begins the back-off anew where it has doubled: the way has been shown to work (RFC 6275 §11.8 has the waits for want of
    /// better knowledge).
    mutating func hurry(at now: Instant) {
        guard timers[.retransmission] != nil, exchange.timeout > initialTimeout * 2 else { return }
        exchange.timeout = initialTimeout
        transmit(at: now)
    }

    /// Sends the next Binding Update and doubles the time-out behind it.
    mutating func transmit(at now: Instant) {
        guard let careOf else { return }
        if let allowed = exchange.rate.wait(at: now) {
            count(.bindingUpdateDeferred)
            timers[.retransmission] = allowed
            return
        }
        sequenceNumber = sequenceNumber.next
        let transmission = Exchange.Transmission(
            sequenceNumber: sequenceNumber, careOf: careOf,
            lifetime: phase == .deregistering ? .zero : configuration.wireLifetime, timestamp: nextTimestamp(at: now),
            sentAt: now, isMobileRouter: configuration.mode != .host)
        count(.bindingUpdateSent)
        if !exchange.outstanding.isEmpty { count(.bindingUpdateRetransmitted) }
        if phase == .deregistering { count(.deregistrationSent) }
        exchange.outstanding.append(transmission)
        if exchange.outstanding.count > Tunables.outstandingUpdates { exchange.outstanding.removeFirst() }
        exchange.rate.sent(at: now)
        timers[.retransmission] = now + exchange.timeout
        exchange.timeout = min(
            exchange.timeout * 2, SpecificationConstants.maximumBindingAcknowledgementTimeout)
        actions.append(
            .send(
                MobilityEnvelope(
                    source: careOf.address, destination: configuration.homeAgent,
                    homeAddressOption: isHome ? nil : configuration.homeAddress, interfaceIndex: careOf.interfaceIndex,
                    message: octets(of: transmission))))
    }

    private mutating func nextTimestamp(at now: Instant) -> NTPTimestamp? {
        guard let association = configuration.securityAssociation else { return nil }
        guard association.replayProtection == .timestamp || timestampsDemanded else { return nil }
        return clock?.stamp(at: now, random: random.next())
    }

    private func octets(of transmission: Exchange.Transmission) -> [UInt8] {
        var flags: BindingUpdate.Flags = [.acknowledge, .homeRegistration]
        if transmission.isMobileRouter { flags.insert(.mobileRouter) }
        var options: [MobilityOption] = [.alternateCareOfAddress(transmission.careOf.address)]
        // Not in a de-registration (RFC 3963 §5.8).
        if configuration.mode == .explicit, transmission.lifetime != .zero {
            options += configuration.prefixes.map(MobilityOption.mobileNetworkPrefix)
        }
        if let timestamp = transmission.timestamp { options.append(.messageIdentifier(timestamp: timestamp.rawValue)) }
        let update = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: transmission.sequenceNumber, flags: flags, lifetime: transmission.lifetime,
                options: options))
        guard let association = configuration.securityAssociation else { return update.emit() }
        return MobilityAuthentication.seal(
            update, careOfAddress: transmission.careOf.address, homeAddress: configuration.homeAddress,
            association: association)
    }
}
