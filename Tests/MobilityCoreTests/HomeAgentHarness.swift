import MobilityWire

@testable import HomeAgentOperation
@testable import MobilityCore

/// A home agent machine on a hand-set clock, with everything that it did.
struct HomeAgentHarness {
    var machine: HomeAgentMachine
    var now = Sample.start
    var wallClock = Sample.wallClock
    var sent: [MobilityEnvelope] = []
    var installed: [Binding] = []
    var removed: [(binding: Binding, reason: HomeAgentMachine.RemovalReason)] = []
    var detections: [(homeAddress: IPv6Address, linkLocal: IPv6Address?)] = []
    var stopped: [IPv6Address] = []
    var counts: [HomeAgentCounter: Int] = [:]
    var logs: [String] = []
    var severities: [Severity] = []
    var sequenceNumber = SequenceNumber(rawValue: 65533)
    private var stamps: UInt64 = 0

    init(_ configuration: HomeAgentConfiguration = Sample.homeAgent()) {
        machine = HomeAgentMachine(configuration)
    }

    @discardableResult
    mutating func handle(_ event: HomeAgentMachine.Event) -> [HomeAgentMachine.Action] {
        let actions = machine.handle(event, at: now)
        for action in actions {
            switch action {
            case .send(let envelope): sent.append(envelope)
            case .install(let binding): installed.append(binding)
            case .remove(let binding, let reason): removed.append((binding, reason))
            case .detectDuplicates(let homeAddress, let linkLocal): detections.append((homeAddress, linkLocal))
            case .stopDetecting(let homeAddress): stopped.append(homeAddress)
            case .count(let counter): counts[counter, default: 0] += 1
            case .log(let severity, let text):
                logs.append(text)
                severities.append(severity)
            }
        }
        return actions
    }

    mutating func pass(_ span: Instant.Span) {
        let end = now + span
        while let deadline = machine.nextDeadline, deadline <= end {
            now = max(now, deadline)
            handle(.timer)
        }
        now = end
    }

    func count(_ counter: HomeAgentCounter) -> Int { counts[counter, default: 0] }

    /// The home agent's time of day.
    var time: NTPTimestamp { wallClock + (now - Sample.start) }

    /// A Binding Update and what may be wrong with it.
    struct Update {
        var home = Sample.home
        var careOf = Sample.cable.address
        var source: IPv6Address?
        var destination = Sample.homeAgent
        var flags: BindingUpdate.Flags = [.acknowledge, .homeRegistration, .mobileRouter]
        var lifetime = BindingLifetime(seconds: 600)
        var sequenceNumber: SequenceNumber?
        var prefixes = [Sample.mobilePrefix]
        var options: [MobilityOption] = []
        var timestamp: NTPTimestamp?
        var association: MobilitySecurityAssociation? = Sample.association
        var withoutTimestamp = false
        var withoutHomeAddressOption = false
        var withoutAlternate = false
    }

    mutating func envelope(_ change: (inout Update) -> Void = { _ in }) -> MobilityEnvelope {
        var update = Update()
        change(&update)
        sequenceNumber = sequenceNumber.next
        stamps += 1
        var options: [MobilityOption] = update.withoutAlternate ? [] : [.alternateCareOfAddress(update.careOf)]
        options += update.prefixes.map(MobilityOption.mobileNetworkPrefix) + update.options
        let timestamp = update.timestamp ?? NTPTimestamp(rawValue: time.rawValue &+ stamps)
        if update.association?.replayProtection == .timestamp, !update.withoutTimestamp {
            options.append(.messageIdentifier(timestamp: timestamp.rawValue))
        }
        let message = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: update.sequenceNumber ?? sequenceNumber, flags: update.flags,
                lifetime: update.lifetime, options: options))
        let octets =
            if let association = update.association {
                MobilityAuthentication.seal(
                    message, careOfAddress: update.careOf, homeAddress: update.home, association: association)
            } else {
                message.emit()
            }
        return MobilityEnvelope(
            source: update.source ?? update.careOf, destination: update.destination,
            homeAddressOption: update.withoutHomeAddressOption ? nil : update.home, message: octets)
    }

    /// Sends a Binding Update to the machine; returns the status of the answer, if there is one.
    @discardableResult
    mutating func update(_ change: (inout Update) -> Void = { _ in }) -> BindingStatus? {
        deliver(envelope(change))
    }

    @discardableResult
    mutating func deliver(_ envelope: MobilityEnvelope) -> BindingStatus? {
        let before = sent.count
        handle(.messageReceived(envelope, wallClock: time))
        return sent.count > before ? acknowledgement(sent[before])?.status : nil
    }

    /// What was sent, as it is read.
    func message(_ index: Int) -> MobilityMessage? {
        let octets = sent[index].message
        return try? MobilityHeader.parse(octets.span.bytes)
    }

    func acknowledgement(_ envelope: MobilityEnvelope) -> BindingAcknowledgement? {
        guard case .bindingAcknowledgement(let value)? = try? MobilityHeader.parse(envelope.message.span.bytes) else {
            return nil
        }
        return value
    }

    var lastAcknowledgement: BindingAcknowledgement? { sent.last.flatMap(acknowledgement) }
}
