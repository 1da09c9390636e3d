import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Every state of a node's revocation with every event (RFC 5846 §6, §7): the state behind it, how many indications leave,
/// and how the revocation ended.
@Suite struct RevocationTableTests {
    typealias Agent = RevocationTests.Agent

    enum State: String, CaseIterable {
        case none
        /// So many others are under way that its turn comes later.
        case waiting
        case told
        /// It was told again.
        case toldAgain
    }

    enum Event: String, CaseIterable {
        case revoke, revokeWithoutKey, acknowledged, refused, acknowledgedByOther, acknowledgedByWrongKey
        case acknowledgedOtherNumber, unexpected, malformed, bindingUpdated, bindingRemoved, timerTooEarly, deadline
    }

    struct Outcome: Equatable, CustomStringConvertible {
        var state: State
        var sent: Int
        var ended: [RevocationMachine.Outcome]
        init(_ state: State, _ sent: Int = 0, _ ended: [RevocationMachine.Outcome] = []) {
            (self.state, self.sent, self.ended) = (state, sent, ended)
        }
        var description: String { "\(state.rawValue), \(sent) sent, \(ended)" }
    }

    static var other: IPv6Address { IPv6Address(high: Sample.home.high, low: Sample.home.low + 0x10000) }

    static func state(of agent: Agent) -> State {
        if agent.machine.isWaiting(Sample.home) { return .waiting }
        guard agent.machine.homeAddresses.contains(Sample.home) else { return .none }
        return agent.sent.filter { $0.envelope.routingHeader == Sample.home }.count > 1 ? .toldAgain : .told
    }

    static func agent(in state: State) -> Agent {
        var agent = Agent()
        switch state {
        case .none: break
        case .waiting:
            for number in 0..<UInt64(Tunables.openRevocations) {
                var binding = RevocationTests.binding
                binding.homeAddress = IPv6Address(high: other.high, low: other.low + number)
                agent.handle(.revoke(binding, .administrativeReason, Sample.association))
            }
            agent.handle(.revoke(RevocationTests.binding, .administrativeReason, Sample.association))
        case .told: agent = .revoking()
        case .toldAgain:
            agent = .revoking()
            agent.pass(.seconds(1))
        }
        return agent
    }

    static func perform(_ event: Event, on agent: inout Agent) {
        switch event {
        case .revoke: agent.handle(.revoke(RevocationTests.binding, .administrativeReason, Sample.association))
        case .revokeWithoutKey: agent.handle(.revoke(RevocationTests.binding, .administrativeReason, nil))
        case .acknowledged: agent.acknowledge()
        case .refused: agent.acknowledge(.bindingDoesNotExist)
        case .acknowledgedByOther: agent.acknowledge { $1.homeAddressOption = Sample.otherHome }
        case .acknowledgedByWrongKey: agent.acknowledge(association: Sample.association(Sample.otherKey))
        case .acknowledgedOtherNumber:
            agent.acknowledge { acknowledgement, _ in
                acknowledgement.sequenceNumber = acknowledgement.sequenceNumber.next
            }
        case .unexpected:
            let message = MobilityMessage.bindingRefreshRequest(options: []).emit()
            agent.handle(
                .messageReceived(
                    MobilityEnvelope(source: Sample.cable.address, destination: Sample.homeAgent, message: message)))
        case .malformed:
            agent.handle(
                .messageReceived(
                    MobilityEnvelope(source: Sample.cable.address, destination: Sample.homeAgent, message: [59])))
        case .bindingUpdated: agent.handle(.bindingUpdated(homeAddress: Sample.home))
        case .bindingRemoved: agent.handle(.bindingRemoved(homeAddress: Sample.home))
        case .timerTooEarly: agent.handle(.timer)
        case .deadline:
            guard let deadline = agent.machine.nextDeadline else { return }
            agent.now = max(agent.now, deadline)
            agent.handle(.timer)
        }
    }

    static let table: [State: [Event: Outcome]] = [
        .none: all(.none).with([
            .revoke: Outcome(.told, 1), .revokeWithoutKey: Outcome(.none, 0, [.unprotected]),
        ]),
        // The deadline is that of the others, which are told again; only their end makes room.
        .waiting: all(.waiting).with([
            .revokeWithoutKey: Outcome(.none, 0, [.unprotected]), .bindingUpdated: Outcome(.none),
            .bindingRemoved: Outcome(.none), .deadline: Outcome(.waiting, Tunables.openRevocations),
        ]),
        .told: all(.told).with([
            .revokeWithoutKey: Outcome(.none, 0, [.unprotected]), .acknowledged: Outcome(.none, 0, [.acknowledged]),
            .refused: Outcome(.none, 0, [.refused(.bindingDoesNotExist)]),
            .bindingUpdated: Outcome(.none, 0, [.superseded]), .bindingRemoved: Outcome(.none),
            .deadline: Outcome(.toldAgain, 1),
        ]),
        .toldAgain: all(.toldAgain).with([
            .revokeWithoutKey: Outcome(.none, 0, [.unprotected]), .acknowledged: Outcome(.none, 0, [.acknowledged]),
            .refused: Outcome(.none, 0, [.refused(.bindingDoesNotExist)]),
            .bindingUpdated: Outcome(.none, 0, [.superseded]), .bindingRemoved: Outcome(.none),
            .deadline: Outcome(.none, 0, [.unanswered]),
        ]),
    ]

    static func all(_ state: State) -> [Event: Outcome] {
        Dictionary(uniqueKeysWithValues: Event.allCases.map { ($0, Outcome(state)) })
    }

    @Test("each event in each state does what the table says", arguments: State.allCases, Event.allCases)
    func pair(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var agent = Self.agent(in: state)
        #expect(Self.state(of: agent) == state)
        let before = (agent.sent.count, agent.ended.count)
        // What others answer is not this node's: without an indication of its own there is nothing to acknowledge.
        if state != .waiting || ![.acknowledged, .refused].contains(event) { Self.perform(event, on: &agent) }
        let outcome = Outcome(
            Self.state(of: agent), agent.sent.count - before.0, Array(agent.ended.dropFirst(before.1)))
        #expect(outcome == expected)
    }

    @Test("every revocation ends by time", arguments: State.allCases)
    func exitByTime(state: State) {
        var agent = Self.agent(in: state)
        #expect((agent.machine.nextDeadline == nil) == (state == .none))
        agent.pass(.seconds(60))
        #expect(Self.state(of: agent) == .none)
        #expect(agent.machine.nextDeadline == nil)
    }
}

extension [RevocationTableTests.Event: RevocationTableTests.Outcome] {
    fileprivate func with(_ others: Self) -> Self { merging(others) { $1 } }
}

/// Every state of a node that is to go to another home agent with every event (RFC 5142 §5).
@Suite struct HomeAgentSwitchTableTests {
    typealias Switcher = RevocationTests.Switcher

    enum State: String, CaseIterable {
        case none
        /// Another node was told this second.
        case waiting
        case told
        /// It was told for the last time.
        case toldAgain
    }

    enum Event: String, CaseIterable {
        case begin, beginAgain, beginWithNobody, bindingRemoved, otherBindingRemoved, notUnderstood, cancel
        case timerTooEarly, deadline
    }

    struct Outcome: Equatable, CustomStringConvertible {
        var state: State
        var sent: Int
        /// Those who went and those who stayed, if it is over.
        var finished: [Int]?
        init(_ state: State, _ sent: Int = 0, finished: [Int]? = nil) {
            (self.state, self.sent, self.finished) = (state, sent, finished)
        }
        var description: String { "\(state.rawValue), \(sent) sent" + (finished.map { ", finished \($0)" } ?? "") }
    }

    static func state(of switcher: Switcher) -> State {
        if switcher.machine.isWaiting(Sample.home) { return .waiting }
        guard switcher.machine.isTold(Sample.home) else { return .none }
        return switcher.sent.filter { $0.envelope.routingHeader == Sample.home }.count > 1 ? .toldAgain : .told
    }

    static func switcher(in state: State) -> Switcher {
        var switcher = Switcher()
        let targets = Switcher.targets(2)
        switch state {
        case .none: break
        // The second node of two comes a second later; here the node of the tests is that second one.
        case .waiting: switcher.handle(.begin(targets.reversed(), alternatives: [], remaining: nil))
        case .told: switcher.handle(.begin([targets[0]], alternatives: [], remaining: nil))
        case .toldAgain:
            switcher.handle(.begin([targets[0]], alternatives: [], remaining: nil))
            switcher.pass(.seconds(15))
        }
        return switcher
    }

    static func perform(_ event: Event, on switcher: inout Switcher) {
        let targets = Switcher.targets(2)
        switch event {
        case .begin, .beginAgain:
            switcher.handle(.begin([targets[0]], alternatives: [], remaining: nil))
            if event == .beginAgain { switcher.handle(.begin([targets[0]], alternatives: [], remaining: nil)) }
        case .beginWithNobody: switcher.handle(.begin([], alternatives: [], remaining: nil))
        case .bindingRemoved: switcher.handle(.bindingRemoved(homeAddress: Sample.home))
        case .otherBindingRemoved: switcher.handle(.bindingRemoved(homeAddress: Sample.stranger))
        case .notUnderstood: switcher.handle(.notUnderstood(homeAddress: Sample.home))
        case .cancel: switcher.handle(.cancel)
        case .timerTooEarly: switcher.handle(.timer)
        case .deadline:
            guard let deadline = switcher.machine.nextDeadline else { return }
            switcher.now = max(switcher.now, deadline)
            switcher.handle(.timer)
        }
    }

    static let table: [State: [Event: Outcome]] = [
        .none: all(.none).with([
            .begin: Outcome(.told, 1), .beginAgain: Outcome(.told, 1),
            .beginWithNobody: Outcome(.none, finished: [0, 0]),
        ]),
        .waiting: all(.waiting).with([
            // The other one is told still.
            .bindingRemoved: Outcome(.none), .cancel: Outcome(.none), .deadline: Outcome(.told, 1),
        ]),
        .told: all(.told).with([
            .bindingRemoved: Outcome(.none, finished: [1, 0]), .notUnderstood: Outcome(.none, finished: [0, 1]),
            .cancel: Outcome(.none),
        ]),
        .toldAgain: all(.toldAgain).with([
            .bindingRemoved: Outcome(.none, finished: [1, 0]), .notUnderstood: Outcome(.none, finished: [0, 1]),
            .cancel: Outcome(.none), .deadline: Outcome(.none, finished: [0, 1]),
        ]),
    ]

    static func all(_ state: State) -> [Event: Outcome] {
        Dictionary(uniqueKeysWithValues: Event.allCases.map { ($0, Outcome(state)) })
    }

    @Test("each event in each state does what the table says", arguments: State.allCases, Event.allCases)
    func pair(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var switcher = Self.switcher(in: state)
        #expect(Self.state(of: switcher) == state)
        let before = (switcher.sent.count, switcher.finished.count)
        Self.perform(event, on: &switcher)
        let finished = switcher.finished.dropFirst(before.1).first.map { [$0.left, $0.stayed] }
        #expect(Outcome(Self.state(of: switcher), switcher.sent.count - before.0, finished: finished) == expected)
    }

    @Test("nobody is asked for ever", arguments: State.allCases)
    func exitByTime(state: State) {
        var switcher = Self.switcher(in: state)
        #expect((switcher.machine.nextDeadline == nil) == (state == .none))
        switcher.pass(.seconds(60))
        #expect(Self.state(of: switcher) == .none)
        #expect(switcher.machine.nextDeadline == nil)
    }
}

extension [HomeAgentSwitchTableTests.Event: HomeAgentSwitchTableTests.Outcome] {
    fileprivate func with(_ others: Self) -> Self { merging(others) { $1 } }
}
