public import MobilityCore
public import MobilityWire

/// The home agent's half of binding revocation (RFC 5846 §6, §7): tells a node that its binding ends, and repeats it
/// until the node says that it heard.
///
/// The messages carry what protects the registration, as RFC 5846 §6.1 asks: the authentication option of RFC 4285 with a
/// Mesg-ID timestamp against repetition. RFC 4285 names the option for Binding Updates and Acknowledgements only; both
/// ends of this program agree on more. To a node without a security association nothing is sent: it could not know
/// whose word that is, and its binding ends at once.
///
/// Whatever comes of it, `.ended` says when the binding is to be taken away (`HomeAgentMachine.Event.revoke`).
public struct RevocationMachine: Sendable {
    public struct Configuration: Hashable, Sendable {
        /// InitMINDelayBRIs; at least half a second.
        public var initialTimeout: Instant.Span
        /// MAX_BRACK_TIMEOUT
        public var greatestTimeout: Instant.Span
        /// BRIMaxRetriesNumber
        public var retransmissions: Int

        public init(
            initialTimeout: Instant.Span = .seconds(1), greatestTimeout: Instant.Span = .seconds(2),
            retransmissions: Int = 1
        ) {
            self.initialTimeout = max(initialTimeout, .milliseconds(500))
            self.greatestTimeout = max(greatestTimeout, self.initialTimeout)
            self.retransmissions = max(retransmissions, 0)
        }
    }

    public enum Event: Hashable, Sendable {
        case revoke(Binding, RevocationTrigger, MobilitySecurityAssociation?)
        /// A Binding Revocation Acknowledgement.
        case messageReceived(MobilityEnvelope)
        /// The node's Binding Update was accepted while the revocation was under way (RFC 5846 §7).
        case bindingUpdated(homeAddress: IPv6Address)
        /// The binding ended otherwise.
        case bindingRemoved(homeAddress: IPv6Address)
        case timer
    }

    public enum Action: Hashable, Sendable {
        case send(MobilityEnvelope)
        case ended(homeAddress: IPv6Address, Outcome)
        case count(RevocationCounter)
        case log(Severity, String)
    }

    public enum Outcome: Hashable, Sendable {
        case acknowledged
        /// The node refused; the binding ends all the same.
        case refused(RevocationStatus)
        /// No answer: "clean up all resources" (RFC 5846 §6.3).
        case unanswered
        /// Not sent, for nothing protects it.
        case unprotected
        /// The node registered anew: the binding stays.
        case superseded

        public var endsBinding: Bool { self != .superseded }
    }

    private struct Revocation: Sendable {
        var binding: Binding
        var trigger: RevocationTrigger
        var association: MobilitySecurityAssociation
        var sequenceNumber: SequenceNumber
        /// Of each transmission; the acknowledgement repeats one.
        var timestamps: [NTPTimestamp] = []
        var timeout: Instant.Span
        var due: Instant
        var retransmissions = 0
    }

    public let configuration: Configuration
    private var open: [IPv6Address: Revocation] = [:]
    /// Those whose turn comes later, and their order, which may name some that are gone.
    private var waiting: [IPv6Address: (Binding, RevocationTrigger, MobilitySecurityAssociation)] = [:]
    private var order: ArraySlice<IPv6Address> = []
    private var queue = DeadlineHeap<IPv6Address>()
    private var lastNumber: SequenceNumber
    private var clock: HomeAgentClock
    private var random: RandomNumbers
    private var actions: [Action] = []

    /// - Parameter wallClock: the time of day at `now`, which then runs on the monotonic clock.
    public init(
        _ configuration: Configuration = Configuration(), wallClock: NTPTimestamp, at now: Instant, seed: UInt64
    ) {
        self.configuration = configuration
        clock = HomeAgentClock(wallClock: wallClock, at: now)
        random = RandomNumbers(seed: seed)
        lastNumber = SequenceNumber(rawValue: UInt16(truncatingIfNeeded: random.next()))
    }

    public var nextDeadline: Instant? { queue.earliest }

    /// The home addresses whose revocation is under way.
    public var homeAddresses: some Collection<IPv6Address> { open.keys }

    /// Whether the revocation of a node waits for its turn.
    func isWaiting(_ homeAddress: IPv6Address) -> Bool { waiting[homeAddress] != nil }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        fire(at: now)
        switch event {
        case .revoke(let binding, let trigger, let association): revoke(binding, trigger, association, at: now)
        case .messageReceived(let envelope): receive(envelope)
        case .bindingUpdated(let homeAddress):
            waiting[homeAddress] = nil
            guard open[homeAddress] != nil else { break }
            count(.revocationSuperseded)
            end(homeAddress, .superseded)
        case .bindingRemoved(let homeAddress):
            waiting[homeAddress] = nil
            open[homeAddress] = nil
        case .timer: break
        }
        startWaiting(at: now)
        return actions
    }

    private mutating func count(_ counter: RevocationCounter) { actions.append(.count(counter)) }

    private mutating func end(_ homeAddress: IPv6Address, _ outcome: Outcome) {
        open[homeAddress] = nil
        waiting[homeAddress] = nil
        actions.append(.ended(homeAddress: homeAddress, outcome))
    }

    // MARK: Sending

    private mutating func revoke(
        _ binding: Binding, _ trigger: RevocationTrigger, _ association: MobilitySecurityAssociation?, at now: Instant
    ) {
        guard let association else { return end(binding.homeAddress, .unprotected) }
        guard open[binding.homeAddress] == nil else { return }
        if waiting.updateValue((binding, trigger, association), forKey: binding.homeAddress) == nil {
            order.append(binding.homeAddress)
        }
    }

    /// So few at a time that their sequence numbers differ, and that a home agent which revokes all its bindings does not
    /// flood its uplink.
    private mutating func startWaiting(at now: Instant) {
        while open.count < Tunables.openRevocations, let homeAddress = order.popFirst() {
            guard let (binding, trigger, association) = waiting.removeValue(forKey: homeAddress) else { continue }
            repeat { lastNumber = lastNumber.next } while open.values.contains { $0.sequenceNumber == lastNumber }
            open[binding.homeAddress] = Revocation(
                binding: binding, trigger: trigger, association: association, sequenceNumber: lastNumber,
                timeout: configuration.initialTimeout, due: now)
            transmit(binding.homeAddress, at: now)
        }
    }

    private mutating func transmit(_ homeAddress: IPv6Address, at now: Instant) {
        guard var revocation = open[homeAddress] else { return }
        let timestamp = clock.stamp(at: now, random: random.next())
        revocation.timestamps.append(timestamp)
        revocation.due = now + revocation.timeout
        revocation.timeout = min(revocation.timeout * 2, configuration.greatestTimeout)
        open[homeAddress] = revocation
        queue.insert(homeAddress, at: revocation.due)
        count(.revocationSent)
        let message = MobilityMessage.bindingRevocationIndication(
            BindingRevocationIndication(
                trigger: revocation.trigger, sequenceNumber: revocation.sequenceNumber,
                options: [.messageIdentifier(timestamp: timestamp.rawValue)]))
        let binding = revocation.binding
        actions.append(
            .send(
                MobilityEnvelope(
                    source: binding.homeAgent, destination: binding.careOfAddress, routingHeader: homeAddress,
                    message: MobilityAuthentication.seal(
                        message, careOfAddress: binding.careOfAddress, homeAddress: homeAddress,
                        association: revocation.association))))
    }

    private mutating func fire(at now: Instant) {
        while let (deadline, homeAddress) = queue.takeDue(at: now) {
            guard let revocation = open[homeAddress], revocation.due == deadline else { continue }
            guard revocation.retransmissions < configuration.retransmissions else {
                count(.revocationUnanswered)
                end(homeAddress, .unanswered)
                continue
            }
            open[homeAddress]?.retransmissions += 1
            count(.revocationRetransmitted)
            transmit(homeAddress, at: now)
        }
    }

    // MARK: Receiving (RFC 5846 §6.2.2)

    private mutating func receive(_ envelope: MobilityEnvelope) {
        guard let message = try? MobilityHeader.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        guard case .bindingRevocationAcknowledgement(let acknowledgement) = message else {
            return count(.messageUnexpected)
        }
        guard let homeAddress = envelope.homeAddressOption, let revocation = open[homeAddress],
            revocation.binding.homeAgent == envelope.destination
        else { return count(.messageForeign) }
        let verdict = MobilityAuthentication.verify(
            envelope.message, careOfAddress: envelope.source, homeAddress: homeAddress,
            association: revocation.association)
        guard verdict == .authentic else { return count(.messageUnauthenticated) }
        guard acknowledgement.sequenceNumber == revocation.sequenceNumber,
            let timestamp = acknowledgement.options.messageIdentifier, revocation.timestamps.contains(timestamp)
        else { return count(.revocationAcknowledgementUnmatched) }
        count(.revocationAcknowledgementReceived)
        guard !acknowledgement.status.isSuccess else { return end(homeAddress, .acknowledged) }
        count(.revocationRefused)
        end(homeAddress, .refused(acknowledgement.status))
    }
}
