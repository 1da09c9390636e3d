import MobilityWire

@testable import MobilityCore
@testable import RouteOptimization

/// The mobile side of route optimisation on a hand-set clock, and a peer's answers made by hand.
struct RouteOptimizationHarness {
    static let peer = IPv6Address("2001:db8:c::c")!
    static let otherPeer = IPv6Address("2001:db8:c::d")!

    var machine: RouteOptimizationMachine
    var now = Sample.start
    var sent: [(envelope: MobilityEnvelope, path: RouteOptimizationMachine.Path)] = []
    var routes: [RouteOptimizationMachine.Pair: OptimizedRoute] = [:]
    var removed: [RouteOptimizationMachine.RemovalReason] = []
    var counts: [RouteOptimizationCounter: Int] = [:]
    var logs: [(severity: Severity, text: String)] = []
    var pair = RouteOptimizationMachine.Pair(homeAddress: Sample.home, peer: peer)
    /// The tokens that the peer hands out.
    var homeToken = KeygenToken(rawValue: 0x1111)
    var careOfToken = KeygenToken(rawValue: 0x2222)

    init(_ configuration: RouteOptimizationConfiguration = RouteOptimizationConfiguration()) {
        guard let secret = try? CookieSecret([UInt8](repeating: 7, count: CookieSecret.octetCount)) else {
            fatalError("it has its length")
        }
        machine = RouteOptimizationMachine(configuration, secret: secret)
    }

    @discardableResult
    mutating func handle(_ event: RouteOptimizationMachine.Event) -> [RouteOptimizationMachine.Action] {
        let actions = machine.handle(event, at: now)
        for action in actions {
            switch action {
            case .send(let envelope, let path): sent.append((envelope, path))
            case .install(let route):
                routes[.init(homeAddress: route.homeAddress, peer: route.peer)] = route
            case .remove(let route, let reason):
                routes[.init(homeAddress: route.homeAddress, peer: route.peer)] = nil
                removed.append(reason)
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

    mutating func passToDeadline() {
        guard let deadline = machine.nextDeadline else { return }
        now = max(now, deadline)
        handle(.timer)
    }

    func count(_ counter: RouteOptimizationCounter) -> Int { counts[counter, default: 0] }
    var entry: RouteOptimizationMachine.Entry? { machine.entries[pair] }
    var phase: RouteOptimizationMachine.Phase? { entry?.phase }
    var route: OptimizedRoute? { routes[pair] }

    // MARK: What happens to the node

    mutating func away(
        _ careOf: CareOf = Sample.cable, confirmed: Bool = true, previousUsable: Bool = false,
        lifetime: Instant.Span = .seconds(3600)
    ) {
        handle(
            .located(
                pair.homeAddress,
                .away(
                    .init(
                        homeAgent: Sample.homeAgent, careOf: careOf, expiresAt: now + lifetime, isConfirmed: confirmed,
                        previousUsable: previousUsable))))
    }

    mutating func hint() { handle(.hint(homeAddress: pair.homeAddress, peer: pair.peer)) }

    // MARK: What the peer does

    func parse(_ envelope: MobilityEnvelope) -> MobilityMessage? {
        try? MobilityHeader.parse(envelope.message.span.bytes)
    }

    /// The messages sent to the peer, in order.
    var messages: [MobilityMessage] { sent.compactMap { parse($0.envelope) } }

    mutating func receive(
        _ message: MobilityMessage, from source: IPv6Address? = nil, to destination: IPv6Address? = nil,
        throughTunnel: Bool = true
    ) {
        handle(
            .messageReceived(
                MobilityEnvelope(
                    source: source ?? pair.peer, destination: destination ?? pair.homeAddress,
                    message: message.emit()),
                throughTunnel: throughTunnel))
    }

    /// The last home test of this pair, or the one before.
    func lastCookie(careOf: Bool) -> UInt64? {
        for message in messages.reversed() {
            switch message {
            case .homeTestInit(let cookie, _) where !careOf: return cookie
            case .careOfTestInit(let cookie, _) where careOf: return cookie
            default: continue
            }
        }
        return nil
    }

    mutating func answerHomeTest(throughTunnel: Bool = true) {
        receive(
            .homeTest(
                nonceIndex: 3, cookie: lastCookie(careOf: false) ?? 0, keygenToken: homeToken.rawValue, options: []),
            throughTunnel: throughTunnel)
    }

    mutating func answerCareOfTest(to careOf: CareOf = Sample.cable) {
        receive(
            .careOfTest(
                nonceIndex: 4, cookie: lastCookie(careOf: true) ?? 0, keygenToken: careOfToken.rawValue, options: []),
            to: careOf.address, throughTunnel: false)
    }

    var lastUpdate: (update: BindingUpdate, envelope: MobilityEnvelope)? {
        for (envelope, _) in sent.reversed() {
            if case .bindingUpdate(let update)? = parse(envelope) { return (update, envelope) }
        }
        return nil
    }

    /// Answers the last Binding Update.
    mutating func acknowledge(
        _ status: BindingStatus = .accepted, lifetime: Instant.Span? = nil, sequenceNumber: UInt16? = nil,
        authorized: Bool = true
    ) {
        guard let (update, envelope) = lastUpdate else { return }
        let isDeletion = update.lifetime == .zero
        let careOf = envelope.source
        let message = MobilityMessage.bindingAcknowledgement(
            BindingAcknowledgement(
                status: status,
                sequenceNumber: sequenceNumber.map(SequenceNumber.init(rawValue:)) ?? update.sequenceNumber,
                lifetime: lifetime.map { BindingLifetime(seconds: $0.milliseconds / 1000) } ?? update.lifetime))
        let key = BindingManagementKey(homeToken: homeToken, careOfToken: isDeletion ? nil : careOfToken)
        let octets =
            authorized
            ? key.seal(
                message, careOfAddress: isDeletion ? pair.homeAddress : careOf, correspondent: pair.peer)
            : message.emit()
        handle(
            .messageReceived(
                MobilityEnvelope(
                    source: pair.peer, destination: envelope.source, routingHeader: envelope.homeAddressOption,
                    message: octets),
                throughTunnel: false))
    }

    // MARK: Machines that have come this far

    static func testing(_ configuration: RouteOptimizationConfiguration = .init()) -> RouteOptimizationHarness {
        var harness = RouteOptimizationHarness(configuration)
        harness.away()
        harness.hint()
        return harness
    }

    static func updating(_ configuration: RouteOptimizationConfiguration = .init()) -> RouteOptimizationHarness {
        var harness = testing(configuration)
        harness.answerHomeTest()
        harness.answerCareOfTest()
        return harness
    }

    static func bound(_ configuration: RouteOptimizationConfiguration = .init()) -> RouteOptimizationHarness {
        var harness = updating(configuration)
        harness.acknowledge()
        return harness
    }
}
