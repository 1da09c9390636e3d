import MobilityWire
import Testing

@testable import MobilityCore

/// Every state with every event: the state behind it, how many Binding Updates leave, and whether a tunnel stands.
@Suite struct RegistrationTableTests {
    typealias Phase = RegistrationMachine.Phase

    enum Event: String, CaseIterable {
        case start, sameAddress, plannedMove, unplannedMove, noAddress, comesHome, acceptance, refusal, correction
        case bindingError, refreshRequest, noise, timerTooEarly, deadline, newPrefixes, revoked, doubted, answered, stop

        /// The events of the table for one of the machine's: one that the table lacks does not compile.
        static func of(_ event: RegistrationMachine.Event) -> [Event] {
            switch event {
            case .start: [.start]
            case .careOfAddressChanged: [.sameAddress, .plannedMove, .unplannedMove, .noAddress, .comesHome]
            case .messageReceived:
                [.acceptance, .refusal, .correction, .bindingError, .refreshRequest, .noise]
            case .timer: [.timerTooEarly, .deadline]
            case .configurationChanged: [.newPrefixes]
            case .bindingRevoked: [.revoked]
            case .homeAgentDoubted: [.doubted]
            case .pathAnswered: [.answered]
            case .stop: [.stop]
            }
        }
    }

    /// What comes out. `sends` counts Binding Updates.
    struct Outcome: Equatable, CustomStringConvertible {
        var phase: Phase
        var sends: Int
        var hasTunnel: Bool
        init(_ phase: Phase, _ sends: Int, _ hasTunnel: Bool = false) {
            (self.phase, self.sends, self.hasTunnel) = (phase, sends, hasTunnel)
        }
        var description: String { "\(phase.rawValue), \(sends) sent, \(hasTunnel ? "tunnel" : "no tunnel")" }
    }

    /// A machine in each state, with a care-of address wherever the state can have one.
    static func machine(in phase: Phase) -> RegistrationHarness {
        switch phase {
        case .idle:
            return RegistrationHarness()
        case .waiting:
            var harness = RegistrationHarness()
            harness.handle(.start(wallClock: harness.wallClock))
            return harness
        case .registering:
            return .registering()
        case .registered:
            var harness = RegistrationHarness.registered()
            harness.pass(.seconds(10))
            return harness
        case .updating:
            var harness = RegistrationHarness.registered()
            harness.passToDeadline()
            return harness
        case .refused:
            var harness = RegistrationHarness.registering()
            harness.refuse(.administrativelyProhibited)
            harness.pass(.seconds(5))
            return harness
        case .deregistering:
            var harness = RegistrationHarness.registered()
            harness.pass(.seconds(10))
            harness.handle(.stop)
            return harness
        case .home:
            var harness = RegistrationHarness.registered()
            harness.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: false))
            harness.acknowledge()
            return harness
        case .finished:
            var harness = RegistrationHarness.registered()
            harness.handle(.stop)
            harness.acknowledge()
            return harness
        }
    }

    static func perform(_ event: Event, on harness: inout RegistrationHarness) {
        let answerable = !harness.sent.isEmpty
        switch event {
        case .start: harness.handle(.start(wallClock: harness.wallClock))
        case .sameAddress:
            harness.handle(.careOfAddressChanged(harness.machine.careOf, previousUsable: true))
        case .plannedMove: harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        case .unplannedMove: harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: false))
        case .noAddress: harness.handle(.careOfAddressChanged(nil, previousUsable: false))
        case .comesHome: harness.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: true))
        case .acceptance: if answerable { harness.acknowledge() }
        case .refusal: if answerable { harness.refuse(.administrativelyProhibited) }
        case .correction: if answerable { harness.refuse(.sequenceNumberOutOfWindow) }
        case .bindingError: harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []))
        case .refreshRequest: harness.receive(.bindingRefreshRequest(options: []))
        case .noise: harness.receive(.unknown(type: 99, data: [0, 0]))
        case .timerTooEarly: harness.handle(.timer)
        case .deadline: harness.passToDeadline()
        case .newPrefixes: harness.handle(.configurationChanged(Sample.registration(mode: .implicit)))
        case .revoked: harness.handle(.bindingRevoked(.possibleOutOfSync))
        case .doubted: harness.handle(.homeAgentDoubted)
        case .answered:
            harness.handle(.pathAnswered(interfaceIndex: harness.machine.careOf?.interfaceIndex ?? 0))
        case .stop: harness.handle(.stop)
        }
    }

    static let table: [Phase: [Event: Outcome]] = [
        .idle: all(Outcome(.idle, 0)).with([.stop: Outcome(.finished, 0)]),
        .waiting: all(Outcome(.waiting, 0)).with([
            .plannedMove: Outcome(.registering, 1), .unplannedMove: Outcome(.registering, 1),
            .comesHome: Outcome(.deregistering, 1), .stop: Outcome(.finished, 0),
        ]),
        .registering: all(Outcome(.registering, 0)).with([
            .plannedMove: Outcome(.registering, 1), .unplannedMove: Outcome(.registering, 1),
            .noAddress: Outcome(.waiting, 0), .acceptance: Outcome(.registered, 0, true),
            .refusal: Outcome(.refused, 0), .correction: Outcome(.registering, 1),
            .deadline: Outcome(.registering, 1), .newPrefixes: Outcome(.registering, 1),
            .comesHome: Outcome(.deregistering, 1), .stop: Outcome(.deregistering, 1),
        ]),
        .registered: all(Outcome(.registered, 0, true)).with([
            .plannedMove: Outcome(.updating, 1, true), .unplannedMove: Outcome(.updating, 1, true),
            .noAddress: Outcome(.waiting, 0), .bindingError: Outcome(.updating, 1, true),
            .refreshRequest: Outcome(.updating, 1, true), .deadline: Outcome(.updating, 1, true),
            .newPrefixes: Outcome(.updating, 1, true), .stop: Outcome(.deregistering, 1, true),
            .comesHome: Outcome(.deregistering, 1, true), .revoked: Outcome(.refused, 0),
            .doubted: Outcome(.updating, 1, true),
        ]),
        .updating: all(Outcome(.updating, 0, true)).with([
            .plannedMove: Outcome(.updating, 1, true), .unplannedMove: Outcome(.updating, 1, true),
            .noAddress: Outcome(.waiting, 0), .acceptance: Outcome(.registered, 0, true),
            .refusal: Outcome(.refused, 0), .correction: Outcome(.updating, 1, true),
            .deadline: Outcome(.updating, 1, true), .newPrefixes: Outcome(.updating, 1, true),
            .stop: Outcome(.deregistering, 1, true), .comesHome: Outcome(.deregistering, 1, true),
            .revoked: Outcome(.refused, 0),
        ]),
        .refused: all(Outcome(.refused, 0)).with([
            .plannedMove: Outcome(.registering, 1), .unplannedMove: Outcome(.registering, 1),
            .noAddress: Outcome(.waiting, 0), .deadline: Outcome(.registering, 1),
            .newPrefixes: Outcome(.registering, 1), .stop: Outcome(.finished, 0),
            .comesHome: Outcome(.deregistering, 1),
        ]),
        .deregistering: all(Outcome(.deregistering, 0, true)).with([
            .plannedMove: Outcome(.deregistering, 1, true), .unplannedMove: Outcome(.deregistering, 1, true),
            .noAddress: Outcome(.finished, 0), .acceptance: Outcome(.finished, 0), .refusal: Outcome(.finished, 0),
            .correction: Outcome(.deregistering, 1, true), .deadline: Outcome(.deregistering, 1, true),
            .comesHome: Outcome(.deregistering, 1, true),
        ]),
        .home: all(Outcome(.home, 0)).with([
            .plannedMove: Outcome(.registering, 1), .unplannedMove: Outcome(.registering, 1),
            .noAddress: Outcome(.waiting, 0), .stop: Outcome(.finished, 0),
        ]),
        .finished: all(Outcome(.finished, 0)),
    ]

    static func all(_ outcome: Outcome) -> [Event: Outcome] {
        Dictionary(uniqueKeysWithValues: Event.allCases.map { ($0, outcome) })
    }

    @Test("each event in each state does what the table says", arguments: Phase.allCases, Event.allCases)
    func pair(phase: Phase, event: Event) throws {
        var expected = try #require(Self.table[phase]?[event])
        if phase == .idle, event == .start { expected = Outcome(.waiting, 0) }
        var harness = Self.machine(in: phase)
        #expect(harness.machine.phase == phase)
        let before = harness.sent.count
        Self.perform(event, on: &harness)
        let outcome = Outcome(
            harness.machine.phase, harness.sent.count - before, harness.machine.plan.active != nil)
        #expect(outcome == expected)
    }

    @Test("every state but those at rest is left by time", arguments: Phase.allCases)
    func exitByTime(phase: Phase) {
        let harness = Self.machine(in: phase)
        let isAtRest = [.idle, .waiting, .home, .finished].contains(phase)
        #expect((harness.machine.nextDeadline == nil) == isAtRest)
    }
}

extension [RegistrationTableTests.Event: RegistrationTableTests.Outcome] {
    func with(_ others: Self) -> Self { merging(others) { $1 } }
}
