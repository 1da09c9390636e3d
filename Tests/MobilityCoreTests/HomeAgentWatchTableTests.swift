import MobilityWire
import Testing

@testable import MobilityCore

/// The watch over the home agent in use: every state with every event.
@Suite struct HomeAgentWatchTableTests {
    typealias Harness = HomeAgentWatchTests.Harness

    enum State: String, CaseIterable {
        /// Nothing is registered.
        case idle
        case watching
        /// One question is open.
        case asking
        /// Two were not answered, and the third is open.
        case last
        /// It was doubted, and has answered no echo since: asked again after a rest.
        case mute
    }

    enum Event: String, CaseIterable {
        case registered, registeredElsewhere, rest, answer, wrongAnswer, tooEarly, deadline

        /// The events of the table for one of the machine's: one that the table lacks does not compile.
        static func of(_ event: HomeAgentWatch.Event) -> [Event] {
            switch event {
            case .registered: [.registered, .registeredElsewhere]
            case .rest: [.rest]
            case .messageReceived: [.answer, .wrongAnswer]
            case .timer: [.tooEarly, .deadline]
            }
        }
    }

    /// How many questions and doubts come out, and whether something is to come by time.
    struct Outcome: Equatable {
        var sends: Int
        var doubts: Int
        var goesOn: Bool
        init(_ sends: Int, _ doubts: Int, _ goesOn: Bool) {
            (self.sends, self.doubts, self.goesOn) = (sends, doubts, goesOn)
        }
    }

    static func harness(in state: State) -> Harness {
        if state == .idle { return Harness() }
        var harness = Harness.registered()
        harness.isThere = false
        let asked = [State.watching: 0, .asking: 1, .last: 3, .mute: 3][state] ?? 0
        while harness.sent.count < asked { passToDeadline(&harness) }
        if state == .mute { passToDeadline(&harness) }
        return harness
    }

    private static func passToDeadline(_ harness: inout Harness) {
        guard let deadline = harness.watch.nextDeadline else { return }
        harness.pass(deadline - harness.now)
    }

    static func perform(_ event: Event, on harness: inout Harness) {
        switch event {
        case .registered: harness.handle(.registered(homeAgent: Sample.homeAgent, careOf: Sample.cable))
        case .registeredElsewhere: harness.handle(.registered(homeAgent: Sample.stranger, careOf: Sample.cable))
        case .rest: harness.handle(.rest)
        case .answer: harness.answer()
        case .wrongAnswer: harness.answer(number: 9999)
        case .tooEarly: harness.handle(.timer)
        case .deadline: passToDeadline(&harness)
        }
    }

    static let table: [State: [Event: Outcome]] = [
        .idle: [
            .registered: Outcome(0, 0, true), .registeredElsewhere: Outcome(0, 0, true), .rest: Outcome(0, 0, false),
            .answer: Outcome(0, 0, false), .wrongAnswer: Outcome(0, 0, false), .tooEarly: Outcome(0, 0, false),
            .deadline: Outcome(0, 0, false),
        ],
        .watching: [
            .registered: Outcome(0, 0, true), .registeredElsewhere: Outcome(0, 0, true), .rest: Outcome(0, 0, false),
            .answer: Outcome(0, 0, true), .wrongAnswer: Outcome(0, 0, true), .tooEarly: Outcome(0, 0, true),
            .deadline: Outcome(1, 0, true),
        ],
        .asking: [
            .registered: Outcome(0, 0, true), .registeredElsewhere: Outcome(0, 0, true), .rest: Outcome(0, 0, false),
            .answer: Outcome(0, 0, true), .wrongAnswer: Outcome(0, 0, true), .tooEarly: Outcome(0, 0, true),
            .deadline: Outcome(1, 0, true),
        ],
        .last: [
            .registered: Outcome(0, 0, true), .registeredElsewhere: Outcome(0, 0, true), .rest: Outcome(0, 0, false),
            .answer: Outcome(0, 0, true), .wrongAnswer: Outcome(0, 0, true), .tooEarly: Outcome(0, 0, true),
            .deadline: Outcome(0, 1, true),
        ],
        .mute: [
            .registered: Outcome(0, 0, true), .registeredElsewhere: Outcome(0, 0, true), .rest: Outcome(0, 0, false),
            .answer: Outcome(0, 0, true), .wrongAnswer: Outcome(0, 0, true), .tooEarly: Outcome(0, 0, true),
            .deadline: Outcome(1, 0, true),
        ],
    ]

    @Test("each event in each state does what the table says", arguments: State.allCases, Event.allCases)
    func pair(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var harness = Self.harness(in: state)
        #expect(harness.doubts == (state == .mute ? 1 : 0))
        let (sends, doubts) = (harness.sent.count, harness.doubts)
        Self.perform(event, on: &harness)
        #expect(
            Outcome(harness.sent.count - sends, harness.doubts - doubts, harness.watch.nextDeadline != nil) == expected)
    }
}
