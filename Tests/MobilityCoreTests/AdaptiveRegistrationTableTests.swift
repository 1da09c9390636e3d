import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// One care-of address or several: every state with every event, which machine goes on, and how many Binding Updates leave.
@Suite struct AdaptiveRegistrationTableTests {
    enum State: String, CaseIterable {
        case idle, waiting
        /// With one uplink.
        case registering, single
        /// With two: the first Binding Update of several care-of addresses is on its way, or all are registered.
        case takingOver, multiple
        /// With two uplinks, at a home agent that serves one care-of address.
        case fallenBack
        case home, deregistering, finished
    }

    enum Event: String, CaseIterable {
        case start, onePath, twoPaths, noPath, comesHome, acceptance, refusal, prohibition, noise, tooEarly, deadline
        case wantsOne, wantsSeveral, revoked, doubted, answered, stop

        /// The events of the table for one of the machine's: one that the table lacks does not compile.
        static func of(_ event: AdaptiveRegistrationMachine.Event) -> [Event] {
            switch event {
            case .start: [.start]
            case .pathsChanged: [.onePath, .twoPaths, .noPath, .comesHome]
            case .messageReceived: [.acceptance, .refusal, .prohibition, .noise]
            case .timer: [.tooEarly, .deadline]
            case .configurationChanged: [.wantsOne, .wantsSeveral]
            case .bindingRevoked: [.revoked]
            case .homeAgentDoubted: [.doubted]
            case .pathAnswered: [.answered]
            case .stop: [.stop]
            }
        }
    }

    enum Machine: String { case one, several, none }

    struct Outcome: Equatable, CustomStringConvertible {
        var machine: Machine
        var sends: Int
        init(_ machine: Machine, _ sends: Int) { (self.machine, self.sends) = (machine, sends) }
        var description: String { "\(machine), \(sends) sent" }
    }

    struct Harness {
        var machine = AdaptiveRegistrationMachine(Sample.registration(), style: .auto, seed: 4)
        var now = Sample.start
        var sent: [MobilityEnvelope] = []
        var isFinished = false

        mutating func handle(_ event: AdaptiveRegistrationMachine.Event) {
            for action in machine.handle(event, at: now) {
                switch action {
                case .send(let envelope): sent.append(envelope)
                case .finished: isFinished = true
                case .takenOver, .tunnels, .report, .reportMultiple, .count, .log: break
                }
            }
        }

        mutating func use(_ count: Int) {
            let paths = Array(MultipleTriangle.uplinks.prefix(count))
            handle(.pathsChanged(paths, active: paths.first?.careOf, previousUsable: true))
        }

        mutating func comeHome() { handle(.pathsChanged([], active: Sample.homeLink, previousUsable: false)) }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = machine.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }

        /// The home agent's answer to the last Binding Update.
        mutating func answer(_ status: BindingStatus = .accepted) {
            guard let envelope = sent.last,
                case .bindingUpdate(let update)? = try? MobilityHeader.parse(envelope.message.span.bytes)
            else { return }
            var options = update.options.bindingIdentifiers.map {
                MobilityOption.bindingIdentifier(BindingIdentifierOption(identifier: $0.identifier))
            }
            if let timestamp = update.options.messageIdentifier {
                options.append(.messageIdentifier(timestamp: timestamp.rawValue))
            }
            let message = MobilityMessage.bindingAcknowledgement(
                BindingAcknowledgement(
                    status: status, mobileRouter: true, sequenceNumber: update.sequenceNumber,
                    lifetime: status.isAccepted ? update.lifetime : .zero, options: options))
            let octets = MobilityAuthentication.seal(
                message, careOfAddress: envelope.source, homeAddress: Sample.home, association: Sample.association)
            handle(
                .messageReceived(
                    MobilityEnvelope(
                        source: Sample.homeAgent, destination: envelope.source, routingHeader: Sample.home,
                        message: octets)))
        }

        var outcome: Machine { isFinished ? .none : machine.isMultiple ? .several : .one }
    }

    static func harness(in state: State) -> Harness {
        var harness = Harness()
        if state == .idle { return harness }
        harness.handle(.start(wallClock: Sample.wallClock))
        if state == .waiting { return harness }
        if state == .home {
            harness.comeHome()
            harness.answer()
            return harness
        }
        harness.use(1)
        if state == .registering { return harness }
        harness.pass(.milliseconds(20))
        harness.answer()
        harness.pass(.seconds(10))
        if state == .single { return harness }
        harness.use(2)
        if state == .takingOver { return harness }
        if state == .fallenBack { harness.answer(.multipleCareOfAddressProhibited) }
        for _ in 0..<2 {
            harness.pass(.milliseconds(500))
            harness.answer()
        }
        harness.pass(.seconds(10))
        if state == .deregistering || state == .finished { harness.handle(.stop) }
        if state == .finished { harness.answer() }
        return harness
    }

    static func perform(_ event: Event, on harness: inout Harness) {
        switch event {
        case .start: harness.handle(.start(wallClock: Sample.wallClock))
        case .onePath: harness.use(1)
        case .twoPaths: harness.use(2)
        case .noPath: harness.use(0)
        case .comesHome: harness.comeHome()
        case .acceptance: harness.answer()
        case .refusal: harness.answer(.administrativelyProhibited)
        case .prohibition: harness.answer(.multipleCareOfAddressProhibited)
        case .noise:
            harness.handle(
                .messageReceived(
                    MobilityEnvelope(
                        source: Sample.homeAgent, destination: Sample.cable.address,
                        message: MobilityMessage.unknown(type: 99, data: []).emit())))
        case .tooEarly: harness.handle(.timer)
        case .deadline: if let deadline = harness.machine.nextDeadline { harness.pass(deadline - harness.now) }
        case .wantsOne: harness.handle(.configurationChanged(Sample.registration(), .single))
        case .wantsSeveral: harness.handle(.configurationChanged(Sample.registration(), .multiple))
        case .revoked: harness.handle(.bindingRevoked(.possibleOutOfSync))
        case .doubted: harness.handle(.homeAgentDoubted)
        case .answered: harness.handle(.pathAnswered(interfaceIndex: Sample.cable.interfaceIndex))
        case .stop: harness.handle(.stop)
        }
    }

    static let table: [State: [Event: Outcome]] = [
        .idle: all(Outcome(.one, 0)).with([.stop: Outcome(.none, 0)]),
        .waiting: all(Outcome(.one, 0)).with([
            .onePath: Outcome(.one, 1), .twoPaths: Outcome(.several, 1), .comesHome: Outcome(.one, 1),
            .wantsSeveral: Outcome(.several, 0), .stop: Outcome(.none, 0),
        ]),
        .registering: all(Outcome(.one, 0)).with([
            .twoPaths: Outcome(.several, 1), .comesHome: Outcome(.one, 1), .deadline: Outcome(.one, 1),
            .wantsSeveral: Outcome(.several, 1), .stop: Outcome(.one, 1),
        ]),
        .single: all(Outcome(.one, 0)).with([
            .twoPaths: Outcome(.several, 1), .comesHome: Outcome(.one, 1), .deadline: Outcome(.one, 1),
            .wantsSeveral: Outcome(.several, 1), .doubted: Outcome(.one, 1), .stop: Outcome(.one, 1),
        ]),
        .takingOver: all(Outcome(.several, 0)).with([
            .comesHome: Outcome(.one, 1), .acceptance: Outcome(.several, 1), .prohibition: Outcome(.one, 1),
            .deadline: Outcome(.several, 1), .wantsOne: Outcome(.one, 1), .stop: Outcome(.several, 1),
        ]),
        .multiple: all(Outcome(.several, 0)).with([
            // The home agent is told what went.
            .onePath: Outcome(.several, 1), .comesHome: Outcome(.one, 1), .deadline: Outcome(.several, 1),
            .wantsOne: Outcome(.one, 1), .doubted: Outcome(.several, 1), .stop: Outcome(.several, 1),
        ]),
        .fallenBack: all(Outcome(.one, 0)).with([
            .comesHome: Outcome(.one, 1), .deadline: Outcome(.one, 1), .wantsSeveral: Outcome(.several, 1),
            .doubted: Outcome(.one, 1), .stop: Outcome(.one, 1),
        ]),
        .home: all(Outcome(.one, 0)).with([
            .onePath: Outcome(.one, 1), .twoPaths: Outcome(.several, 1), .stop: Outcome(.none, 0),
        ]),
        .deregistering: all(Outcome(.several, 0)).with([
            .noPath: Outcome(.none, 0), .comesHome: Outcome(.none, 0), .acceptance: Outcome(.none, 0),
            .refusal: Outcome(.none, 0), .prohibition: Outcome(.none, 0), .deadline: Outcome(.several, 1),
        ]),
        .finished: all(Outcome(.none, 0)),
    ]

    static func all(_ outcome: Outcome) -> [Event: Outcome] {
        Dictionary(uniqueKeysWithValues: Event.allCases.map { ($0, outcome) })
    }

    @Test("each event in each state does what the table says", arguments: State.allCases, Event.allCases)
    func pair(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var harness = Self.harness(in: state)
        let before = harness.sent.count
        Self.perform(event, on: &harness)
        #expect(Outcome(harness.outcome, harness.sent.count - before) == expected)
    }

    @Test("whatever is on its way is left by time", arguments: State.allCases)
    func exitByTime(state: State) {
        let isAtRest = [.idle, .waiting, .home, .finished].contains(state)
        #expect((Self.harness(in: state).machine.nextDeadline == nil) == isAtRest)
    }
}

extension [AdaptiveRegistrationTableTests.Event: AdaptiveRegistrationTableTests.Outcome] {
    func with(_ others: Self) -> Self { merging(others) { $1 } }
}
