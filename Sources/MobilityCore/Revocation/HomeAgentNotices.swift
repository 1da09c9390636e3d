public import MobilityWire

/// What a home agent tells a mobile node besides acknowledgements: that it revokes the binding (RFC 5846 §10) or that the
/// node should go to another home agent (RFC 5142 §6).
///
/// Either would cut the node off if a stranger could say it, so both need the authentication option of RFC 4285 with the
/// key of the registration, and a Mesg-ID timestamp that is close to the home agent's time and newer than the last
/// one. A node without a security association believes neither. A repetition of what was accepted is acknowledged again
/// and does nothing else.
public struct HomeAgentNotices: Sendable {
    public struct Configuration: Hashable, Sendable {
        public var homeAddress: IPv6Address
        /// Those who may speak: the configured home agents and the one in use.
        public var homeAgents: [IPv6Address]
        public var securityAssociation: MobilitySecurityAssociation?

        public init(
            homeAddress: IPv6Address, homeAgents: [IPv6Address], securityAssociation: MobilitySecurityAssociation?
        ) {
            self.homeAddress = homeAddress
            self.homeAgents = homeAgents
            self.securityAssociation = securityAssociation
        }
    }

    public enum Event: Hashable, Sendable {
        /// The home agent that has a binding of ours; nil if none has.
        case bound(IPv6Address?)
        /// A message of type 12 or 16. `homeAgentTime` is the time of day that Binding Updates carry now
        /// (`RegistrationMachine.homeAgentTime`).
        case messageReceived(MobilityEnvelope, homeAgentTime: NTPTimestamp)
        case configurationChanged(Configuration)
    }

    public enum Action: Hashable, Sendable {
        case send(MobilityEnvelope)
        /// The home agent has ended the binding, or those with these identifiers (RFC 5648) where there are any.
        case revoked(RevocationTrigger, bindingIdentifiers: [UInt16])
        /// Leave the home agent for one of these, best first; none: discover. The sender serves on for `remaining`.
        /// Give it to `HomeAgentSelection` as `.suggested`.
        case switchHomeAgent(to: [IPv6Address], remaining: Instant.Span?)
        case count(RevocationCounter)
        case log(Severity, String)
    }

    public private(set) var configuration: Configuration
    private var boundTo: IPv6Address?
    /// The newest timestamp accepted from each home agent; as many as the configuration names at most.
    private var lastAccepted: [IPv6Address: NTPTimestamp] = [:]
    /// The last acknowledgement and what it answered.
    private var lastAnswer: (timestamp: NTPTimestamp, envelope: MobilityEnvelope)?
    private var actions: [Action] = []

    public init(_ configuration: Configuration) { self.configuration = configuration }

    /// Takes one event and says what is to be done. There are no timers here.
    public mutating func handle(_ event: Event) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        switch event {
        case .bound(let homeAgent): boundTo = homeAgent
        case .messageReceived(let envelope, let time): receive(envelope, time: time)
        case .configurationChanged(let new):
            configuration = new
            lastAccepted = lastAccepted.filter { new.homeAgents.contains($0.key) }
        }
        return actions
    }

    private mutating func count(_ counter: RevocationCounter) { actions.append(.count(counter)) }

    private mutating func receive(_ envelope: MobilityEnvelope, time: NTPTimestamp) {
        guard let message = try? MobilityHeader.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        switch message {
        case .bindingRevocationIndication, .homeAgentSwitch: break
        default: return count(.messageUnexpected)
        }
        guard envelope.source == boundTo || configuration.homeAgents.contains(envelope.source),
            envelope.source.isRoutableUnicast, envelope.routingHeader == configuration.homeAddress
        else { return count(.messageForeign) }
        guard let association = configuration.securityAssociation,
            case .authentic = MobilityAuthentication.verify(
                envelope.message, careOfAddress: envelope.destination, homeAddress: configuration.homeAddress,
                association: association)
        else { return count(.messageUnauthenticated) }
        guard let timestamp = message.options.messageIdentifier,
            timestamp.isClose(to: time, within: association.tolerance)
        else { return count(.messageRepeated) }
        if let last = lastAccepted[envelope.source], !timestamp.isNewer(than: last) {
            count(.messageRepeated)
            // Our acknowledgement was lost, or the network repeats: the same answer harms nobody.
            if let answer = lastAnswer, answer.timestamp == timestamp,
                answer.envelope.destination == envelope.source
            {
                actions.append(.send(answer.envelope))
            }
            return
        }
        lastAccepted[envelope.source] = timestamp
        switch message {
        case .bindingRevocationIndication(let indication):
            receive(indication, in: envelope, timestamp: timestamp, association: association)
        case .homeAgentSwitch(let message): receive(message, from: envelope.source)
        default: break
        }
    }

    // MARK: RFC 5142 §6

    private mutating func receive(_ message: HomeAgentSwitch, from source: IPv6Address) {
        // One that does not serve us may only call us to itself (RFC 5142 §5.1).
        guard source == boundTo || message.addresses == [source] else { return count(.messageForeign) }
        count(.switchReceived)
        let addresses = message.addresses.filter(\.isRoutableUnicast).prefix(Tunables.candidatesKept)
        actions.append(.switchHomeAgent(to: Array(addresses), remaining: message.options.refreshAdvice))
    }

    // MARK: RFC 5846 §6.2.1, §10

    private mutating func receive(
        _ indication: BindingRevocationIndication, in envelope: MobilityEnvelope, timestamp: NTPTimestamp,
        association: MobilitySecurityAssociation
    ) {
        // Without a binding there it is discarded silently (RFC 5846 §10), unless it says again what was done already: a
        // second indication for a binding that the first one ended still wants its acknowledgement.
        guard envelope.source == boundTo || lastAnswer?.envelope.destination == envelope.source else {
            return count(.messageForeign)
        }
        count(.revocationReceived)
        let status = status(of: indication)
        let acknowledgement = MobilityMessage.bindingRevocationAcknowledgement(
            BindingRevocationAcknowledgement(
                status: status, sequenceNumber: indication.sequenceNumber, flags: indication.flags,
                options: [.messageIdentifier(timestamp: timestamp.rawValue)]))
        let answer = MobilityEnvelope(
            source: envelope.destination, destination: envelope.source,
            homeAddressOption: configuration.homeAddress, interfaceIndex: envelope.interfaceIndex,
            message: MobilityAuthentication.seal(
                acknowledgement, careOfAddress: envelope.destination, homeAddress: configuration.homeAddress,
                association: association))
        lastAnswer = (timestamp, answer)
        count(.revocationAcknowledgementSent)
        actions.append(.send(answer))
        guard status.isSuccess else { return count(.revocationRefused) }
        guard envelope.source == boundTo else { return }
        let identifiers = indication.options.compactMap { option -> UInt16? in
            if case .bindingIdentifier(let option) = option { option.identifier } else { nil }
        }
        if identifiers.isEmpty { boundTo = nil }
        actions.append(.log(.warning, "home agent \(envelope.source) revoked the binding: \(indication.trigger.words)"))
        actions.append(.revoked(indication.trigger, bindingIdentifiers: identifiers))
    }

    private func status(of indication: BindingRevocationIndication) -> RevocationStatus {
        if indication.flags.contains(.proxyBinding) { return .proxyBindingRevocationNotSupported }
        // For peers that serve many nodes; a mobile node is one.
        if indication.flags.contains(.global) || indication.trigger.isGlobal { return .functionNotSupported }
        switch indication.trigger {
        case .unspecified, .administrativeReason, .userInitiatedSessionTermination,
            .accessNetworkSessionTermination, .possibleOutOfSync:
            break
        case .handoverOfSameAccessType, .handoverOfDifferentAccessType, .handoverUnknown, .perPeerPolicy, .localPolicy,
            .unknown:
            return .triggerNotSupported
        }
        if indication.flags.contains(.ipv4HomeAddressOnly) {
            let hasOption = indication.options.contains { $0.type == Self.ipv4HomeAddressOption }
            // There are no IPv4 home addresses here (RFC 5555).
            return hasOption ? .bindingDoesNotExist : .ipv4HomeAddressOptionRequired
        }
        return .success
    }

    /// IPv4 Home Address option (RFC 5555 §3.1.1).
    private static let ipv4HomeAddressOption: UInt8 = 29
}
