import HomeAgentOperation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Wiring

// Ending bindings early (RFC 5846), and sending nodes to another home agent (RFC 5142).

extension HomeAgent {
    /// What this end can count.
    static let revocationCounters: [RevocationCounter] = [
        .messageMalformed, .messageUnexpected, .messageForeign, .messageUnauthenticated, .revocationSent,
        .revocationRetransmitted, .revocationAcknowledgementReceived, .revocationAcknowledgementUnmatched,
        .revocationRefused, .revocationUnanswered, .revocationSuperseded, .switchSent, .switchRetransmitted,
        .switchFollowed, .switchUnanswered,
    ]

    /// The types of the Mobility Header that the binding cache has no use for.
    private enum MobilityType {
        static let bindingError: UInt8 = 7
        static let bindingRevocation: UInt8 = 16
        /// Status of a Binding Error: the message type is not known.
        static let unrecognizedType: UInt8 = 2
    }

    /// A Mobility Header.
    func receive(_ envelope: MobilityEnvelope) {
        switch envelope.message.dropFirst(2).first {
        case MobilityType.bindingRevocation:
            perform(revocation.handle(.messageReceived(envelope), at: loop.now))
            setTimer()
        case MobilityType.bindingError where switcher.nextDeadline != nil: noteNotUnderstood(envelope)
        default: handle(.messageReceived(envelope, wallClock: now))
        }
    }

    /// A node that does not know the Home Agent Switch message says so once, and stays.
    private func noteNotUnderstood(_ envelope: MobilityEnvelope) {
        guard case .bindingError(let status, _, _)? = try? MobilityHeader.parse(envelope.message.span.bytes),
            status == MobilityType.unrecognizedType,
            let binding = machine.cache.bindings.first(where: {
                $0.careOfAddress == envelope.source && $0.homeAgent == envelope.destination
            })
        else { return handle(.messageReceived(envelope, wallClock: now)) }
        perform(switcher.handle(.notUnderstood(homeAddress: binding.homeAddress), at: loop.now))
        setTimer()
    }

    /// Ends the bindings of a node by the administrator's wish, and tells it.
    func revoke(_ homeAddress: IPv6Address) {
        guard let binding = machine.cache[homeAddress] else { return }
        let association = machine.configuration.nodes[homeAddress]?.association
        publish("binding_revocation", "\(Self.title(binding)): revoked by an administrator")
        perform(revocation.handle(.revoke(binding, .administrativeReason, association), at: loop.now))
        setTimer()
    }

    /// Ends the bindings of these nodes, or all, by the administrator's wish, and tells nobody.
    func forget(_ homeAddresses: [IPv6Address]) {
        let wanted = homeAddresses.isEmpty ? Set(machine.cache.bindings.map(\.homeAddress)) : Set(homeAddresses)
        let names = wanted.sorted().prefix(Self.namesTold).map { machine.cache[$0].map(Self.title) ?? "\($0)" }
        let further = wanted.count > names.count ? " and \(wanted.count - names.count) more" : ""
        let whose = names.isEmpty ? "nobody" : names.joined(separator: ", ") + further
        publish("bindings_forgotten", "by an administrator, without telling the nodes: \(whose)")
        for homeAddress in wanted.sorted() { handle(.forget(homeAddress: homeAddress)) }
    }

    /// Nodes that an event names.
    private static let namesTold = 5

    /// Asks these nodes to go to one of `agents`; all that are bound if none is named.
    func sendElsewhere(_ homeAddresses: [IPv6Address], to agents: [IPv6Address]) {
        let bindings =
            homeAddresses.isEmpty ? Array(machine.cache.bindings) : homeAddresses.compactMap { machine.cache[$0] }
        var targets: [HomeAgentSwitcher.Target] = []
        var seen: Set<IPv6Address> = []
        for binding in bindings where seen.insert(binding.homeAddress).inserted {
            guard let association = machine.configuration.nodes[binding.homeAddress]?.association else { continue }
            targets.append(.init(binding: binding, association: association))
        }
        let whither = agents.isEmpty ? "another home agent" : agents.map { "\($0)" }.joined(separator: " or ")
        let (who, verb) = (Self.nodes(targets.count), targets.count == 1 ? "is" : "are")
        log.notice("\(who) \(verb) asked to go to \(whither)")
        publish("home_agent_switch", "\(who) \(verb) asked to go to \(whither)")
        perform(switcher.handle(.begin(targets, alternatives: agents, remaining: nil), at: loop.now))
        setTimer()
    }

    func perform(_ actions: [RevocationMachine.Action]) {
        for action in actions {
            switch action {
            case .send(let envelope): client.send(.mobilitySend(MobilityDatagram(envelope)))
            case .ended(let homeAddress, let outcome):
                publish("binding_revocation_ended", "\(title(homeAddress)): \(outcome.text)")
                if outcome.endsBinding { handle(.revoke(homeAddress: homeAddress)) }
            case .count(let counter): counters.count(counter.rawValue)
            case .log(let severity, let text): log.log(level: LogLevel(severity), text)
            }
        }
    }

    func perform(_ actions: [HomeAgentSwitcher.Action]) {
        for action in actions {
            switch action {
            case .send(let envelope): client.send(.mobilitySend(MobilityDatagram(envelope)))
            case .finished(let left, let stayed):
                log.notice("\(Self.nodes(left)) left as asked, \(stayed) stayed")
                publish("home_agent_switch_ended", "\(Self.nodes(left)) left as asked, \(stayed) stayed")
            case .count(let counter): counters.count(counter.rawValue)
            }
        }
    }
}

extension RevocationMachine.Outcome {
    fileprivate var text: String {
        switch self {
        case .acknowledged: "acknowledged"
        case .refused(let status): "the node refused, status \(status.rawValue) of RFC 5846"
        case .unanswered: "no answer"
        case .unprotected: "not told, it has no key"
        case .superseded: "the node registered again"
        }
    }
}
