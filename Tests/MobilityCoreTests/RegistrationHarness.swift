import MobilityWire

@testable import MobilityCore

/// A registration machine on a hand-set clock, with everything that it did.
struct RegistrationHarness {
    var machine: RegistrationMachine
    var now = Sample.start
    var wallClock = Sample.wallClock
    var sent: [MobilityEnvelope] = []
    var plans: [TunnelPlan] = []
    var counts: [RegistrationCounter: Int] = [:]
    var logs: [String] = []
    var isFinished = false

    init(_ configuration: RegistrationConfiguration = Sample.registration(), seed: UInt64 = 1) {
        machine = RegistrationMachine(configuration, seed: seed)
    }

    /// Started, with a care-of address and a first Binding Update on its way.
    static func registering(_ configuration: RegistrationConfiguration = Sample.registration()) -> Self {
        var harness = Self(configuration)
        harness.handle(.start(wallClock: harness.wallClock))
        harness.handle(.careOfAddressChanged(Sample.cable, previousUsable: false))
        return harness
    }

    /// The same, accepted a moment later.
    static func registered(_ configuration: RegistrationConfiguration = Sample.registration()) -> Self {
        var harness = registering(configuration)
        harness.pass(.milliseconds(20))
        harness.acknowledge()
        return harness
    }

    @discardableResult
    mutating func handle(_ event: RegistrationMachine.Event) -> [RegistrationMachine.Action] {
        let actions = machine.handle(event, at: now)
        for action in actions {
            switch action {
            case .send(let envelope): sent.append(envelope)
            case .tunnels(let plan): plans.append(plan)
            case .count(let counter): counts[counter, default: 0] += 1
            case .log(_, let text): logs.append(text)
            case .finished: isFinished = true
            case .report: break
            }
        }
        return actions
    }

    /// Lets time pass, with every timer on the way.
    mutating func pass(_ span: Instant.Span) {
        let end = now + span
        while let deadline = machine.nextDeadline, deadline <= end {
            now = max(now, deadline)
            handle(.timer)
        }
        now = end
    }

    /// Goes to the next deadline and lets it happen.
    mutating func passToDeadline() {
        guard let deadline = machine.nextDeadline else { return }
        pass(deadline - now)
    }

    func count(_ counter: RegistrationCounter) -> Int { counts[counter, default: 0] }

    /// The Binding Updates sent, as the home agent reads them.
    var updates: [BindingUpdate] {
        sent.compactMap { envelope in
            guard case .bindingUpdate(let update)? = try? MobilityHeader.parse(envelope.message.span.bytes) else {
                return nil
            }
            return update
        }
    }

    var lastUpdate: BindingUpdate { updates.last! }

    /// What an acknowledgement of the last Binding Update differs in from a good one.
    struct Answer {
        var status = BindingStatus.accepted
        var isMobileRouter: Bool?
        var sequenceNumber: SequenceNumber?
        var lifetime: BindingLifetime?
        var timestamp: NTPTimestamp?
        var withoutTimestamp = false
        var key: SharedKey?
        var options: [MobilityOption] = []
        var source = Sample.homeAgent
        var routingHeader: IPv6Address? = Sample.home
        /// Which Binding Update is answered.
        var index: Int?
    }

    func acknowledgement(_ answer: Answer) -> MobilityEnvelope {
        let index = answer.index ?? sent.count - 1
        let update = updates[index]
        var options: [MobilityOption] = answer.options
        if let timestamp = answer.timestamp ?? update.options.messageIdentifier, !answer.withoutTimestamp {
            options.append(.messageIdentifier(timestamp: timestamp.rawValue))
        }
        let message = MobilityMessage.bindingAcknowledgement(
            BindingAcknowledgement(
                status: answer.status,
                mobileRouter: answer.isMobileRouter ?? update.flags.contains(.mobileRouter),
                sequenceNumber: answer.sequenceNumber ?? update.sequenceNumber,
                lifetime: answer.lifetime ?? (answer.status.isAccepted ? update.lifetime : .zero), options: options))
        var octets = message.emit()
        if let association = machine.configuration.securityAssociation {
            octets = MobilityAuthentication.seal(
                message, careOfAddress: sent[index].source, homeAddress: Sample.home,
                association: Sample.association(answer.key ?? association.key))
        }
        return MobilityEnvelope(
            source: answer.source, destination: sent[index].source, routingHeader: answer.routingHeader,
            message: octets)
    }

    @discardableResult
    mutating func acknowledge(_ change: (inout Answer) -> Void = { _ in }) -> [RegistrationMachine.Action] {
        var answer = Answer()
        change(&answer)
        return handle(.messageReceived(acknowledgement(answer)))
    }

    @discardableResult
    mutating func refuse(_ status: BindingStatus) -> [RegistrationMachine.Action] {
        acknowledge { $0.status = status }
    }

    @discardableResult
    mutating func receive(_ message: MobilityMessage, from source: IPv6Address = Sample.homeAgent)
        -> [RegistrationMachine.Action]
    {
        handle(
            .messageReceived(
                MobilityEnvelope(source: source, destination: Sample.cable.address, message: message.emit())))
    }
}
