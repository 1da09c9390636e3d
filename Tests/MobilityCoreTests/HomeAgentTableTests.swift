import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Every state that one node can be in at its home agent with every event: the state behind it, what is answered, and how
/// many bindings were installed and taken away. On a home link, where there is something to detect.
@Suite struct HomeAgentTableTests {
    enum State: String, CaseIterable {
        /// Nothing is known of it.
        case absent
        /// Its first registration waits for Duplicate Address Detection.
        case detecting
        /// It has no binding, and its home address has been through the detection.
        case verified
        case bound
        /// With two care-of addresses.
        case severalBound
        /// It de-registered a moment ago, whether or not there was something to end.
        case deregistered
    }

    enum Event: String, CaseIterable {
        case registers, registersOneOfSeveral, deregisters, deregistersOneOfSeveral, comesHome
        case wrongKey, staleTimestamp, foreignPrefix, withoutHomeFlag, unknownMessage, toForeignAddress
        case duplicate, noDuplicate, packetWithoutBinding, packetOfBinding
        case timerTooEarly, deadline, revoke, forget, unconfigured, leaving, prefixInvalid, restoredOlder, restoredNewer
    }

    enum Answer: Equatable {
        case nothing
        case status(UInt8)
        case bindingError(UInt8)
    }

    struct Outcome: Equatable, CustomStringConvertible {
        var state: State
        var answer: Answer
        var installed: Int
        var removed: Int
        init(_ state: State, _ answer: Answer = .nothing, installed: Int = 0, removed: Int = 0) {
            (self.state, self.answer, self.installed, self.removed) = (state, answer, installed, removed)
        }
        var description: String { "\(state.rawValue), \(answer), \(installed) installed, \(removed) removed" }
    }

    static var configuration: HomeAgentConfiguration {
        var configuration = Sample.homeAgent()
        configuration.homeNetwork = .link
        return configuration
    }

    static func state(of agent: HomeAgentHarness) -> State {
        let machine = agent.machine
        if machine.cache.isMultiple(Sample.home) { return .severalBound }
        if machine.cache[Sample.home] != nil { return .bound }
        if machine.detection.waiting[Sample.home] != nil { return .detecting }
        if machine.cache.isRemembered(Sample.home) { return .deregistered }
        return machine.detection.verified.contains(Sample.home) ? .verified : .absent
    }

    static func agent(in state: State) -> HomeAgentHarness {
        var agent = HomeAgentHarness(configuration)
        func verify() { agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false)) }
        switch state {
        case .absent: break
        case .detecting: agent.update()
        case .verified: verify()
        case .bound:
            verify()
            agent.update()
        case .severalBound:
            verify()
            agent.register(MultipleBindingTests.both, overwrite: true)
        case .deregistered:
            verify()
            agent.update()
            agent.update { $0.lifetime = .zero }
        }
        agent.pass(.seconds(1))
        return agent
    }

    static func binding(_ sequenceNumber: SequenceNumber, at now: Instant) -> Binding {
        Binding(
            homeAddress: Sample.home, careOfAddress: Sample.third.address, homeAgent: Sample.homeAgent,
            sequenceNumber: sequenceNumber, lifetime: .seconds(600), expiresAt: now + .seconds(500), mode: .explicit,
            prefixes: [Sample.mobilePrefix])
    }

    static func perform(_ event: Event, on agent: inout HomeAgentHarness) {
        switch event {
        case .registers: agent.update()
        case .registersOneOfSeveral: agent.register([MultipleBindingTests.both[0]])
        case .deregisters: agent.update { $0.lifetime = .zero }
        case .deregistersOneOfSeveral: agent.register([MultipleBindingTests.both[0]], lifetime: 0)
        case .comesHome:
            agent.update {
                $0.careOf = Sample.home
                $0.lifetime = .zero
                $0.withoutHomeAddressOption = true
            }
        case .wrongKey: agent.update { $0.association = Sample.association(Sample.otherKey) }
        case .staleTimestamp:
            let old = NTPTimestamp(rawValue: agent.time.rawValue - 3600 << 32)
            agent.update { $0.timestamp = old }
        case .foreignPrefix: agent.update { $0.prefixes = [Sample.homePrefix] }
        case .withoutHomeFlag: agent.update { $0.flags = [.acknowledge] }
        case .unknownMessage:
            let message = MobilityMessage.unknown(type: 99, data: [0, 0]).emit()
            agent.deliver(
                MobilityEnvelope(source: Sample.cable.address, destination: Sample.homeAgent, message: message))
        case .toForeignAddress: agent.update { $0.destination = Sample.stranger }
        case .duplicate: agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: true))
        case .noDuplicate: agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
        case .packetWithoutBinding:
            agent.handle(.bindingMissing(peer: Sample.stranger, homeAddress: Sample.home, agent: Sample.homeAgent))
        case .packetOfBinding:
            agent.handle(
                .bindingMissing(peer: Sample.cable.address, homeAddress: Sample.home, agent: Sample.homeAgent))
        case .timerTooEarly: agent.handle(.timer)
        case .deadline:
            guard let deadline = agent.machine.nextDeadline else { return }
            agent.now = max(agent.now, deadline)
            agent.handle(.timer)
        case .revoke: agent.handle(.revoke(homeAddress: Sample.home))
        case .forget: agent.handle(.forget(homeAddress: Sample.home))
        case .unconfigured:
            var new = configuration
            new = HomeAgentConfiguration(
                addresses: new.addresses, prefixes: new.prefixes, nodes: [], homeNetwork: .link)
            agent.handle(.configurationChanged(new))
        case .leaving:
            var new = configuration
            new.isLeaving = true
            agent.handle(.configurationChanged(new))
        case .prefixInvalid:
            agent.handle(.homePrefixesChanged([HomePrefix(Sample.homePrefixInformation(valid: 0, preferred: 0))]))
        case .restoredOlder:
            agent.handle(.restored([binding(SequenceNumber(rawValue: 65000), at: agent.now)]))
        case .restoredNewer:
            agent.handle(.restored([binding(SequenceNumber(rawValue: 100), at: agent.now)]))
        }
    }

    static let table: [State: [Event: Outcome]] = [
        .absent: all(.absent).with([
            .registers: Outcome(.detecting), .registersOneOfSeveral: Outcome(.detecting),
            .noDuplicate: Outcome(.verified),
            .restoredOlder: Outcome(.bound, installed: 1), .restoredNewer: Outcome(.bound, installed: 1),
        ]),
        .detecting: all(.detecting).with([
            .duplicate: Outcome(.absent, .status(134)), .noDuplicate: Outcome(.bound, .status(0), installed: 1),
            .deadline: Outcome(.absent, .status(128)), .unconfigured: Outcome(.absent),
            .restoredOlder: Outcome(.bound, installed: 1), .restoredNewer: Outcome(.bound, installed: 1),
        ]),
        .verified: all(.verified).with([
            .registers: Outcome(.bound, .status(0), installed: 1),
            .registersOneOfSeveral: Outcome(.severalBound, .status(0), installed: 1),
            .duplicate: Outcome(.absent), .unconfigured: Outcome(.absent),
            .restoredOlder: Outcome(.bound, installed: 1), .restoredNewer: Outcome(.bound, installed: 1),
        ]),
        .bound: all(.bound).with([
            .registers: Outcome(.bound, .status(0), installed: 1),
            .registersOneOfSeveral: Outcome(.bound, .status(165)),
            .deregisters: Outcome(.deregistered, .status(0), removed: 1),
            .deregistersOneOfSeveral: Outcome(.bound, .status(133)),
            .comesHome: Outcome(.deregistered, .status(0), removed: 1),
            .withoutHomeFlag: Outcome(.bound, .status(139)),
            .duplicate: Outcome(.absent, removed: 1), .deadline: Outcome(.verified, removed: 1),
            .packetOfBinding: Outcome(.bound, installed: 1),
            .revoke: Outcome(.verified, removed: 1), .forget: Outcome(.verified, removed: 1),
            .unconfigured: Outcome(.absent, removed: 1),
            .prefixInvalid: Outcome(.verified, removed: 1), .restoredNewer: Outcome(.bound, installed: 1),
        ]),
        .severalBound: all(.severalBound).with([
            .registers: Outcome(.bound, .status(0), installed: 1, removed: 2),
            .registersOneOfSeveral: Outcome(.severalBound, .status(0), installed: 1),
            .deregisters: Outcome(.deregistered, .status(0), removed: 2),
            .deregistersOneOfSeveral: Outcome(.severalBound, .status(0), installed: 1, removed: 1),
            .comesHome: Outcome(.deregistered, .status(0), removed: 2),
            .withoutHomeFlag: Outcome(.severalBound, .status(139)),
            .duplicate: Outcome(.absent, removed: 2), .deadline: Outcome(.verified, removed: 2),
            .packetOfBinding: Outcome(.severalBound, installed: 2),
            .revoke: Outcome(.verified, removed: 2), .forget: Outcome(.verified, removed: 2),
            .unconfigured: Outcome(.absent, removed: 2),
            .prefixInvalid: Outcome(.verified, removed: 2),
            .restoredNewer: Outcome(.bound, installed: 1, removed: 2),
        ]),
        .deregistered: all(.deregistered).with([
            .registers: Outcome(.bound, .status(0), installed: 1),
            .registersOneOfSeveral: Outcome(.severalBound, .status(0), installed: 1),
            .deregisters: Outcome(.deregistered, .status(0)),
            .comesHome: Outcome(.deregistered, .status(0)), .deadline: Outcome(.verified),
            .restoredNewer: Outcome(.bound, installed: 1),
        ]),
    ]

    /// What most states do with most events; a row says what differs.
    static func all(_ state: State) -> [Event: Outcome] {
        var row = Dictionary(uniqueKeysWithValues: Event.allCases.map { ($0, Outcome(state)) })
        for event in [Event.deregisters, .deregistersOneOfSeveral, .comesHome] {
            row[event] = Outcome(.deregistered, .status(133))
        }
        row[.wrongKey] = Outcome(state, .status(146))
        row[.staleTimestamp] = Outcome(state, .status(144))
        row[.foreignPrefix] = Outcome(state, .status(142))
        row[.unknownMessage] = Outcome(state, .bindingError(2))
        row[.packetWithoutBinding] = Outcome(state, .bindingError(1))
        row[.packetOfBinding] = Outcome(state, .bindingError(1))
        return row
    }

    @Test("each event in each state does what the table says", arguments: State.allCases, Event.allCases)
    func pair(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var agent = Self.agent(in: state)
        #expect(Self.state(of: agent) == state)
        let before = (agent.sent.count, agent.installed.count, agent.removed.count)
        Self.perform(event, on: &agent)
        var answer = Answer.nothing
        if agent.sent.count > before.0 {
            switch agent.message(before.0) {
            case .bindingAcknowledgement(let value)?: answer = .status(value.status.rawValue)
            case .bindingError(let status, _, _)?: answer = .bindingError(status)
            case let other: Issue.record("\(String(describing: other))")
            }
        }
        #expect(agent.sent.count <= before.0 + 1)
        let outcome = Outcome(
            Self.state(of: agent), answer, installed: agent.installed.count - before.1,
            removed: agent.removed.count - before.2)
        #expect(outcome == expected)
    }

    @Test("every state that holds something is left by time", arguments: State.allCases)
    func exitByTime(state: State) {
        var agent = Self.agent(in: state)
        #expect((agent.machine.nextDeadline == nil) == [.absent, .verified].contains(state))
        agent.pass(.seconds(2000))
        #expect([.absent, .verified].contains(Self.state(of: agent)))
        #expect(agent.machine.nextDeadline == nil)
    }
}

extension [HomeAgentTableTests.Event: HomeAgentTableTests.Outcome] {
    fileprivate func with(_ others: Self) -> Self { merging(others) { $1 } }
}
