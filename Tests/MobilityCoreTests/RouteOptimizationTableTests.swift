import MobilityWire
import Testing

@testable import MobilityCore
@testable import RouteOptimization

/// Every phase of an entry with every event: the phase behind it, what leaves, and whether there is a route.
@Suite struct RouteOptimizationTableTests {
    typealias Phase = RouteOptimizationMachine.Phase

    enum Event: String, CaseIterable {
        case hint, sameAddress, plannedMove, unplannedMove, unregistered, returnedHome, homeTest, careOfTest
        case acceptance, refusal, expiredNonces, correction, unknownBinding, unknownMessage, refreshRequest
        case parameterProblem, noise, timerTooEarly, deadline, exclusion, forget, restored, retired, stop

        /// The events of the table for one of the machine's: one that the table lacks does not compile.
        static func of(_ event: RouteOptimizationMachine.Event) -> [Event] {
            switch event {
            case .located: [.sameAddress, .plannedMove, .unplannedMove, .unregistered, .returnedHome]
            case .hint: [.hint]
            case .messageReceived:
                [
                    .homeTest, .careOfTest, .acceptance, .refusal, .expiredNonces, .correction, .unknownBinding,
                    .unknownMessage, .refreshRequest, .noise,
                ]
            case .parameterProblem: [.parameterProblem]
            case .timer: [.timerTooEarly, .deadline]
            case .configurationChanged: [.exclusion]
            case .forget: [.forget]
            case .restored: [.restored]
            case .retired: [.retired]
            case .stop: [.stop]
            }
        }
    }

    /// What comes out; without a phase there is no entry. `sends` counts messages of any type.
    struct Outcome: Equatable, CustomStringConvertible {
        var phase: Phase?
        var sends: Int
        var hasRoute: Bool
        init(_ phase: Phase?, _ sends: Int, _ hasRoute: Bool = false) {
            (self.phase, self.sends, self.hasRoute) = (phase, sends, hasRoute)
        }
        var description: String {
            "\(phase?.rawValue ?? "no entry"), \(sends) sent, \(hasRoute ? "route" : "no route")"
        }
    }

    /// A machine with an entry in each phase, ten seconds old where that matters.
    static func machine(in phase: Phase?) -> RouteOptimizationHarness {
        switch phase {
        case nil:
            var harness = RouteOptimizationHarness()
            harness.away()
            return harness
        case .testing: return .testing()
        case .updating: return .updating()
        case .bound:
            var harness = RouteOptimizationHarness.bound()
            harness.pass(.seconds(20))
            return harness
        case .leaving:
            var harness = RouteOptimizationHarness.bound()
            harness.pass(.seconds(20))
            harness.handle(.located(Sample.home, .home(interfaceIndex: 9)))
            return harness
        case .suspended:
            var harness = RouteOptimizationHarness.bound()
            harness.pass(.seconds(20))
            harness.handle(.located(Sample.home, .unregistered))
            return harness
        }
    }

    static func perform(_ event: Event, on harness: inout RouteOptimizationHarness) {
        switch event {
        case .hint: harness.hint()
        case .sameAddress:
            if let location = harness.machine.locations[Sample.home] { harness.handle(.located(Sample.home, location)) }
        case .plannedMove: harness.away(Sample.radio, previousUsable: true)
        case .unplannedMove: harness.away(Sample.radio)
        case .unregistered: harness.handle(.located(Sample.home, .unregistered))
        case .returnedHome: harness.handle(.located(Sample.home, .home(interfaceIndex: 9)))
        case .homeTest: harness.answerHomeTest()
        case .careOfTest: harness.answerCareOfTest()
        case .acceptance: harness.acknowledge()
        case .refusal: harness.acknowledge(.administrativelyProhibited)
        case .expiredNonces: harness.acknowledge(.expiredNonces, authorized: false)
        case .correction: harness.acknowledge(.sequenceNumberOutOfWindow)
        case .unknownBinding: harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []))
        case .unknownMessage: harness.receive(.bindingError(status: 2, homeAddress: .unspecified, options: []))
        case .refreshRequest: harness.receive(.bindingRefreshRequest(options: []))
        case .parameterProblem: harness.handle(.parameterProblem(peer: RouteOptimizationHarness.peer))
        case .noise: harness.receive(.unknown(type: 99, data: [0, 0]))
        case .timerTooEarly: harness.handle(.timer)
        case .deadline: harness.passToDeadline()
        case .exclusion:
            harness.handle(.configurationChanged(.init(never: [IPv6Prefix(host: RouteOptimizationHarness.peer)])))
        case .forget: harness.handle(.forget(peer: RouteOptimizationHarness.peer))
        case .restored:
            let route = OptimizedRoute(
                homeAddress: Sample.home, peer: RouteOptimizationHarness.peer, careOf: Sample.cable,
                expiresAt: harness.now + .seconds(100))
            harness.handle(.restored(route, SequenceNumber(rawValue: 9)))
        case .retired: harness.handle(.retired(homeAddress: Sample.home))
        case .stop: harness.handle(.stop)
        }
    }

    /// Home and care-of test in parallel are two messages.
    static let table: [Phase?: [Event: Outcome]] = [
        nil: all(Outcome(nil, 0)).with([.hint: Outcome(.testing, 2), .restored: Outcome(.suspended, 0)]),
        .testing: all(Outcome(.testing, 0)).with([
            .plannedMove: Outcome(.testing, 2), .unplannedMove: Outcome(.testing, 2),
            // Nothing is at the peer that would have to be put right.
            .unregistered: Outcome(nil, 0), .returnedHome: Outcome(nil, 0),
            .unknownMessage: Outcome(nil, 0), .parameterProblem: Outcome(nil, 0), .deadline: Outcome(.testing, 2),
            .exclusion: Outcome(nil, 0), .stop: Outcome(nil, 0), .retired: Outcome(nil, 0),
        ]),
        .updating: all(Outcome(.updating, 0)).with([
            // The home token is still good.
            .plannedMove: Outcome(.testing, 1), .unplannedMove: Outcome(.testing, 1),
            .unregistered: Outcome(.suspended, 0), .returnedHome: Outcome(.leaving, 1),
            .acceptance: Outcome(.bound, 0, true), .refusal: Outcome(nil, 0), .expiredNonces: Outcome(.testing, 2),
            .correction: Outcome(.updating, 1), .deadline: Outcome(.updating, 1), .exclusion: Outcome(.leaving, 1),
            .stop: Outcome(nil, 1), .retired: Outcome(nil, 1),
        ]),
        .bound: all(Outcome(.bound, 0, true)).with([
            .plannedMove: Outcome(.testing, 1, true), .unplannedMove: Outcome(.testing, 1),
            .unregistered: Outcome(.suspended, 0), .returnedHome: Outcome(.leaving, 1),
            .unknownBinding: Outcome(.testing, 2), .refreshRequest: Outcome(.updating, 1, true),
            .exclusion: Outcome(.leaving, 1), .stop: Outcome(nil, 1), .retired: Outcome(nil, 1),
        ]),
        .leaving: all(Outcome(.leaving, 0)).with([
            .plannedMove: Outcome(.testing, 1), .unplannedMove: Outcome(.testing, 1),
            .unregistered: Outcome(.suspended, 0), .acceptance: Outcome(nil, 0), .refusal: Outcome(nil, 0),
            .expiredNonces: Outcome(.leaving, 1), .correction: Outcome(.leaving, 1), .deadline: Outcome(.leaving, 1),
            .stop: Outcome(nil, 1), .retired: Outcome(nil, 1),
        ]),
        .suspended: all(Outcome(.suspended, 0)).with([
            .plannedMove: Outcome(.testing, 1), .unplannedMove: Outcome(.testing, 1),
            .returnedHome: Outcome(.leaving, 1), .deadline: Outcome(nil, 0), .exclusion: Outcome(nil, 0),
            .stop: Outcome(nil, 0), .retired: Outcome(nil, 0),
        ]),
    ]

    static func all(_ outcome: Outcome) -> [Event: Outcome] {
        Dictionary(uniqueKeysWithValues: Event.allCases.map { ($0, outcome) })
    }

    @Test("each event in each phase does what the table says", arguments: [nil] + Phase.allCases, Event.allCases)
    func pair(phase: Phase?, event: Event) throws {
        var expected = try #require(Self.table[phase]?[event])
        // The refresh of an entry that nobody used lately is passed by; its end is its own.
        if phase == .bound, event == .deadline { expected = Outcome(.bound, 0, true) }
        // One of the two tokens is there.
        var harness = Self.machine(in: phase)
        #expect(harness.phase == phase)
        let before = harness.sent.count
        Self.perform(event, on: &harness)
        let outcome = Outcome(harness.phase, harness.sent.count - before, harness.route != nil)
        #expect(outcome == expected)
        // What an earlier program left is in force already.
        let isRestored = phase == nil && event == .restored
        #expect(isRestored || harness.entry?.route == harness.route, "what was given out is what is known")
        if let entry = harness.entry {
            let deadline = try #require(entry.nextDeadline, "every phase has an exit by time")
            #expect(deadline > harness.now)
        }
    }

    @Test("every entry ends by itself when nothing answers", arguments: Phase.allCases)
    func exits(phase: Phase) {
        var harness = Self.machine(in: phase)
        harness.pass(.seconds(600))
        #expect(harness.phase == nil)
        #expect(harness.route == nil)
        #expect(harness.machine.nextDeadline == nil)
    }
}

extension [RouteOptimizationTableTests.Event: RouteOptimizationTableTests.Outcome] {
    func with(_ others: Self) -> Self { merging(others) { $1 } }
}
