import MobilityWire

@testable import MobilityCore
@testable import RouteOptimization

/// A correspondent machine on a hand-set clock, with everything that it did, and a mobile node's replies made by hand.
struct CorrespondentHarness {
    static let address = IPv6Address("2001:db8:c::c")!

    var machine: CorrespondentMachine
    var now = Sample.start
    var sent: [MobilityEnvelope] = []
    var installed: [Binding] = []
    var removed: [(binding: Binding, reason: CorrespondentMachine.RemovalReason)] = []
    var counts: [CorrespondentCounter: Int] = [:]
    var logs: [(severity: Severity, text: String)] = []
    var sequenceNumber = SequenceNumber(rawValue: 65533)
    /// Whether `.drawSecret` is answered.
    var hasRandomness = true
    private var draws: UInt8 = 0

    init(_ configuration: CorrespondentConfiguration = CorrespondentConfiguration(addresses: [address])) {
        machine = CorrespondentMachine(configuration, secret: NonceTableTests.secret(0x55))
    }

    @discardableResult
    mutating func handle(_ event: CorrespondentMachine.Event) -> [CorrespondentMachine.Action] {
        let actions = machine.handle(event, at: now)
        for action in actions {
            switch action {
            case .send(let envelope): sent.append(envelope)
            case .install(let binding): installed.append(binding)
            case .remove(let binding, let reason): removed.append((binding, reason))
            case .drawSecret:
                draws &+= 1
                if hasRandomness { handle(.secret(NonceTableTests.secret(draws))) }
            case .count(let counter): counts[counter, default: 0] += 1
            case .log(let severity, let text): logs.append((severity, text))
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

    func count(_ counter: CorrespondentCounter) -> Int { counts[counter, default: 0] }

    struct Token {
        var index: UInt16
        var token: KeygenToken
    }

    /// A home or care-of test; nil if nothing came back.
    mutating func test(_ address: IPv6Address, careOf: Bool) -> Token? {
        let before = sent.count
        let message: MobilityMessage =
            careOf ? .careOfTestInit(cookie: 0xc00c1e, options: []) : .homeTestInit(cookie: 0xc00c1e, options: [])
        handle(
            .messageReceived(
                MobilityEnvelope(source: address, destination: Self.address, message: message.emit())))
        guard sent.count > before else { return nil }
        switch parse(sent[before]) {
        case .homeTest(let index, 0xc00c1e, let token, _) where !careOf && sent[before].destination == address,
            .careOfTest(let index, 0xc00c1e, let token, _) where careOf && sent[before].destination == address:
            return Token(index: index, token: KeygenToken(rawValue: token))
        default: return nil
        }
    }

    struct Unanswered: Error {}

    mutating func token(_ address: IPv6Address, careOf: Bool) throws -> Token {
        guard let token = test(address, careOf: careOf) else { throw Unanswered() }
        return token
    }

    /// A Binding Update and what may be wrong with it.
    struct Update {
        var home = Sample.home
        var careOf = Sample.cable.address
        var source: IPv6Address?
        var destination = CorrespondentHarness.address
        var flags: BindingUpdate.Flags = [.acknowledge]
        var lifetime = BindingLifetime(seconds: 420)
        var sequenceNumber: SequenceNumber?
        var homeToken: Token?
        var careOfToken: Token?
        var withoutIndices = false
        var withoutAuthorization = false
        var withoutHomeAddressOption = false
        var options: [MobilityOption] = []
    }

    mutating func envelope(_ change: (inout Update) -> Void = { _ in }) -> MobilityEnvelope {
        var update = Update()
        change(&update)
        sequenceNumber = sequenceNumber.next
        let isDeletion = update.lifetime == .zero
        let none = Token(index: 0, token: KeygenToken(rawValue: 0))
        let homeToken = update.homeToken ?? test(update.home, careOf: false) ?? none
        let careOfToken = isDeletion ? nil : update.careOfToken ?? test(update.careOf, careOf: true) ?? none
        var options = update.options
        if !update.withoutIndices {
            options.append(.nonceIndices(home: homeToken.index, careOf: careOfToken?.index ?? 0))
        }
        let message = MobilityMessage.bindingUpdate(
            BindingUpdate(
                sequenceNumber: update.sequenceNumber ?? sequenceNumber, flags: update.flags,
                lifetime: update.lifetime, options: options))
        let key = BindingManagementKey(homeToken: homeToken.token, careOfToken: careOfToken?.token)
        let octets =
            update.withoutAuthorization
            ? message.emit()
            : key.seal(
                message, careOfAddress: isDeletion ? update.home : update.careOf, correspondent: Self.address)
        lastKey = key
        return MobilityEnvelope(
            source: update.source ?? update.careOf, destination: update.destination,
            homeAddressOption: update.withoutHomeAddressOption ? nil : update.home, message: octets)
    }

    /// The key of the Binding Update made last.
    var lastKey: BindingManagementKey?

    /// Sends a Binding Update to the machine, after the tests that it needs; the status of the answer, if there is one.
    @discardableResult
    mutating func update(_ change: (inout Update) -> Void = { _ in }) -> BindingStatus? { deliver(envelope(change)) }

    @discardableResult
    mutating func deliver(_ envelope: MobilityEnvelope) -> BindingStatus? {
        let before = sent.count
        handle(.messageReceived(envelope))
        guard sent.count > before, case .bindingAcknowledgement(let answer) = parse(sent[before]) else { return nil }
        return answer.status
    }

    mutating func receive(
        _ message: MobilityMessage, from source: IPv6Address = Sample.stranger, to: IPv6Address = address,
        homeAddressOption: IPv6Address? = nil
    ) {
        handle(
            .messageReceived(
                MobilityEnvelope(
                    source: source, destination: to, homeAddressOption: homeAddressOption, message: message.emit())))
    }

    func parse(_ envelope: MobilityEnvelope) -> MobilityMessage? {
        try? MobilityHeader.parse(envelope.message.span.bytes)
    }

    var lastAcknowledgement: BindingAcknowledgement? {
        guard let last = sent.last, case .bindingAcknowledgement(let answer) = parse(last) else { return nil }
        return answer
    }

    func binding(_ home: IPv6Address = Sample.home) -> Binding? {
        machine.cache[.init(correspondent: Self.address, homeAddress: home)]
    }
}
