import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Every state that a node can be in at the advertiser of prefixes with every event: the state behind it, and how many
/// advertisements leave.
@Suite struct PrefixAdvertiserTableTests {
    typealias Agent = PrefixDiscoveryTests.Agent

    enum State: String, CaseIterable {
        /// It has no binding.
        case unbound
        /// It knows what there is.
        case quiet
        /// An unsolicited advertisement is planned.
        case scheduled
        /// It left, and was not acknowledged yet.
        case repeating
        /// All repetitions have left without an acknowledgement.
        case unheard
        /// A solicitation came within a second of the last advertisement.
        case deferred
    }

    enum Event: String, CaseIterable {
        case binds, moves, unbinds, samePrefixes, news, solicitation, solicitationFromElsewhere, withoutHomeAddress
        case unexpected, malformed, protectionRequired, switchedOff, timerTooEarly, deadline
    }

    struct Outcome: Equatable, CustomStringConvertible {
        var state: State
        var sent: Int
        init(_ state: State, _ sent: Int = 0) { (self.state, self.sent) = (state, sent) }
        var description: String { "\(state.rawValue), \(sent) sent" }
    }

    static func state(of agent: Agent) -> State {
        guard let node = agent.machine.nodes[Sample.home] else { return .unbound }
        if node.pending != nil { return .deferred }
        if node.due != nil { return node.retransmissions > 0 ? .repeating : .scheduled }
        return node.timeout == nil ? .quiet : .unheard
    }

    static func agent(in state: State) -> Agent {
        guard state != .unbound else { return Agent() }
        // A new binding plans an advertisement.
        var agent = Agent.bound()
        func step() {
            guard let deadline = agent.machine.nextDeadline else { return }
            agent.now = max(agent.now, deadline)
            agent.handle(.timer)
        }
        switch state {
        case .unbound, .scheduled: break
        case .quiet:
            agent.solicit()
            agent.pass(.seconds(5))
        case .repeating: step()
        case .unheard: while agent.machine.nextDeadline != nil { step() }
        case .deferred:
            agent.solicit()
            agent.pass(.milliseconds(500))
            agent.solicit()
        }
        return agent
    }

    static func perform(_ event: Event, on agent: inout Agent) {
        let known = HomePrefix(PrefixDiscoveryTests.prefix())
        switch event {
        case .binds: agent.handle(.bindingInstalled(PrefixDiscoveryTests.binding, isProtected: false))
        case .moves:
            var binding = PrefixDiscoveryTests.binding
            binding.careOfAddress = Sample.radio.address
            agent.handle(.bindingInstalled(binding, isProtected: false))
        case .unbinds: agent.handle(.bindingRemoved(homeAddress: Sample.home))
        case .samePrefixes: agent.handle(.prefixesChanged([known]))
        case .news:
            agent.handle(
                .prefixesChanged([known, HomePrefix(PrefixDiscoveryTests.prefix(PrefixDiscoveryTests.other))]))
        case .solicitation: agent.solicit()
        case .solicitationFromElsewhere: agent.solicit { $0.source = Sample.stranger }
        case .withoutHomeAddress: agent.solicit { $0.homeAddressOption = nil }
        case .unexpected: agent.solicit { $0.message = ICMPv6Message.routerSolicitation(options: []).emit() }
        case .malformed: agent.solicit { $0.message = Array($0.message.prefix(5)) }
        case .protectionRequired: agent.handle(.configurationChanged(.init(requiresProtection: true)))
        case .switchedOff: agent.handle(.configurationChanged(.init(isEnabled: false, requiresProtection: false)))
        case .timerTooEarly: agent.handle(.timer)
        case .deadline:
            guard let deadline = agent.machine.nextDeadline else { return }
            agent.now = max(agent.now, deadline)
            agent.handle(.timer)
        }
    }

    static let table: [State: [Event: Outcome]] = [
        .unbound: all(.unbound).with([.binds: Outcome(.scheduled), .moves: Outcome(.scheduled)]),
        .quiet: all(.quiet).with([
            .unbinds: Outcome(.unbound), .news: Outcome(.scheduled), .solicitation: Outcome(.quiet, 1),
        ]),
        .scheduled: all(.scheduled).with([
            .unbinds: Outcome(.unbound), .solicitation: Outcome(.quiet, 1), .deadline: Outcome(.repeating, 1),
            .protectionRequired: Outcome(.unheard), .switchedOff: Outcome(.unheard),
        ]),
        // News while one is repeated begin the count of repetitions anew.
        .repeating: all(.repeating).with([
            .unbinds: Outcome(.unbound), .solicitation: Outcome(.deferred), .deadline: Outcome(.repeating, 1),
            .news: Outcome(.scheduled),
            .protectionRequired: Outcome(.unheard), .switchedOff: Outcome(.unheard),
        ]),
        .unheard: all(.unheard).with([
            .binds: Outcome(.scheduled), .moves: Outcome(.scheduled), .unbinds: Outcome(.unbound),
            .news: Outcome(.scheduled), .solicitation: Outcome(.deferred),
        ]),
        .deferred: all(.deferred).with([
            .unbinds: Outcome(.unbound), .deadline: Outcome(.quiet, 1),
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
        let before = agent.sent.count
        Self.perform(event, on: &agent)
        #expect(Outcome(Self.state(of: agent), agent.sent.count - before) == expected)
    }

    @Test("whatever is planned comes to an end", arguments: State.allCases)
    func exitByTime(state: State) {
        var agent = Self.agent(in: state)
        #expect((agent.machine.scheduledCount == 0) == [.unbound, .quiet, .unheard].contains(state))
        agent.pass(.seconds(3 * 86400))
        #expect(agent.machine.nextDeadline == nil)
        #expect([.unbound, .quiet, .unheard].contains(Self.state(of: agent)))
    }
}

extension [PrefixAdvertiserTableTests.Event: PrefixAdvertiserTableTests.Outcome] {
    fileprivate func with(_ others: Self) -> Self { merging(others) { $1 } }
}
