import MobilityWire
import Testing

@testable import MobilityCore
@testable import RouteOptimization

/// Every state of a node at its correspondent with every event (RFC 6275 §9): the state behind it, and what is answered.
@Suite struct CorrespondentTableTests {
    typealias Harness = CorrespondentHarness

    enum State: String, CaseIterable {
        case absent
        case bound
        /// In use and near its end: it has been asked to refresh.
        case asked
        /// Ended; its last sequence number is kept as long as its nonces count.
        case remembered
    }

    enum Event: String, CaseIterable {
        case secret, homeTest, careOfTest, testWithHomeAddressOption
        case update, move, withoutAcknowledge, oldSequenceNumber, unauthorized, unknownNonces, deregistration
        case homeRegistration, unknownMessage, unexpected, malformed
        case packetWithoutBinding, packetOfBinding, used, timerTooEarly, deadline, prohibited, revoke, restored
    }

    enum Answer: Equatable {
        case nothing, test, refreshRequest
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

    static let key = CorrespondentBindingCache.Key(correspondent: Harness.address, homeAddress: Sample.home)

    static func state(of harness: Harness) -> State {
        guard let entry = harness.machine.cache.entry(key) else { return .absent }
        guard entry.binding != nil else { return .remembered }
        return entry.refreshRequests > 0 ? .asked : .bound
    }

    static func harness(in state: State) -> Harness {
        var harness = Harness()
        switch state {
        case .absent: break
        case .bound:
            harness.update()
            harness.pass(.seconds(10))
        case .asked:
            harness.update()
            harness.pass(.seconds(395))
            harness.handle(.bindingUsed(homeAddress: Sample.home, correspondent: Harness.address))
        case .remembered:
            harness.update()
            harness.update { $0.lifetime = .zero }
            harness.pass(.seconds(10))
        }
        return harness
    }

    static func perform(_ event: Event, on harness: inout Harness) {
        let address = Harness.address
        switch event {
        case .secret: harness.handle(.secret(NonceTableTests.secret(77)))
        case .homeTest: harness.receive(.homeTestInit(cookie: 1, options: []), from: Sample.home)
        case .careOfTest: harness.receive(.careOfTestInit(cookie: 1, options: []), from: Sample.cable.address)
        case .testWithHomeAddressOption:
            harness.receive(.homeTestInit(cookie: 1, options: []), homeAddressOption: Sample.home)
        case .update: harness.update()
        case .move: harness.update { $0.careOf = Sample.radio.address }
        case .withoutAcknowledge: harness.update { $0.flags = [] }
        case .oldSequenceNumber: harness.update { $0.sequenceNumber = SequenceNumber(rawValue: 65000) }
        case .unauthorized: harness.update { $0.withoutAuthorization = true }
        case .unknownNonces:
            let unknown = Harness.Token(index: 4711, token: KeygenToken(rawValue: 1))
            harness.update {
                $0.homeToken = unknown
                $0.careOfToken = unknown
            }
        case .deregistration: harness.update { $0.lifetime = .zero }
        case .homeRegistration: harness.update { $0.flags.insert(.homeRegistration) }
        case .unknownMessage: harness.receive(.unknown(type: 99, data: [0, 0]))
        case .unexpected: harness.receive(.bindingRefreshRequest(options: []))
        case .malformed:
            harness.handle(
                .messageReceived(MobilityEnvelope(source: Sample.stranger, destination: address, message: [59])))
        case .packetWithoutBinding:
            harness.handle(
                .bindingMissing(peer: Sample.stranger, homeAddress: Sample.home, correspondent: address))
        case .packetOfBinding:
            harness.handle(
                .bindingMissing(peer: Sample.cable.address, homeAddress: Sample.home, correspondent: address))
        case .used: harness.handle(.bindingUsed(homeAddress: Sample.home, correspondent: address))
        case .timerTooEarly: harness.handle(.timer)
        case .deadline:
            guard let deadline = harness.machine.cache.nextDeadline else { return }
            harness.now = max(harness.now, deadline)
            harness.handle(.timer)
        case .prohibited:
            harness.handle(
                .configurationChanged(
                    CorrespondentConfiguration(addresses: [address], prohibited: [Sample.homePrefix])))
        case .revoke: harness.handle(.revoke(homeAddress: Sample.home))
        case .restored:
            harness.handle(
                .restored([
                    Binding(
                        homeAddress: Sample.home, careOfAddress: Sample.third.address, homeAgent: address,
                        sequenceNumber: SequenceNumber(rawValue: 100), lifetime: .seconds(420),
                        expiresAt: harness.now + .seconds(100))
                ]))
        }
    }

    static let table: [State: [Event: Outcome]] = [
        .absent: all(.absent).with([
            .update: Outcome(.bound, .status(0), installed: 1), .move: Outcome(.bound, .status(0), installed: 1),
            .withoutAcknowledge: Outcome(.bound, installed: 1),
            .oldSequenceNumber: Outcome(.bound, .status(0), installed: 1),
            .deregistration: Outcome(.remembered, .status(0)),
            // It forwards already.
            .restored: Outcome(.bound),
        ]),
        .bound: all(.bound).with([
            .update: Outcome(.bound, .status(0), installed: 1), .move: Outcome(.bound, .status(0), installed: 1),
            .withoutAcknowledge: Outcome(.bound, installed: 1),
            .oldSequenceNumber: Outcome(.bound, .status(135)),
            .deregistration: Outcome(.remembered, .status(0), removed: 1),
            .packetOfBinding: Outcome(.bound, installed: 1),
            // Not in use, so that nobody asks before its end, when the nonces of before are long gone.
            .deadline: Outcome(.bound),
            .prohibited: Outcome(.remembered, removed: 1), .revoke: Outcome(.remembered, removed: 1),
        ]),
        .asked: all(.asked).with([
            .update: Outcome(.bound, .status(0), installed: 1), .move: Outcome(.bound, .status(0), installed: 1),
            .withoutAcknowledge: Outcome(.bound, installed: 1),
            .oldSequenceNumber: Outcome(.asked, .status(135)),
            .deregistration: Outcome(.remembered, .status(0), removed: 1),
            .packetOfBinding: Outcome(.asked, installed: 1), .deadline: Outcome(.asked, .refreshRequest),
            // The nonces of its Binding Update count no more, so that there is nothing to remember for long.
            .prohibited: Outcome(.remembered, removed: 1), .revoke: Outcome(.remembered, removed: 1),
        ]),
        .remembered: all(.remembered).with([
            .update: Outcome(.bound, .status(0), installed: 1), .move: Outcome(.bound, .status(0), installed: 1),
            .withoutAcknowledge: Outcome(.bound, installed: 1),
            .oldSequenceNumber: Outcome(.remembered, .status(135)),
            .deregistration: Outcome(.remembered, .status(0)), .deadline: Outcome(.absent),
        ]),
    ]

    static func all(_ state: State) -> [Event: Outcome] {
        var row = Dictionary(uniqueKeysWithValues: Event.allCases.map { ($0, Outcome(state)) })
        row[.homeTest]?.answer = .test
        row[.careOfTest]?.answer = .test
        row[.unknownNonces]?.answer = .status(138)
        row[.homeRegistration]?.answer = .status(131)
        row[.unknownMessage]?.answer = .bindingError(2)
        row[.packetWithoutBinding]?.answer = .bindingError(1)
        row[.packetOfBinding]?.answer = .bindingError(1)
        return row
    }

    @Test("each event in each state does what the table says", arguments: State.allCases, Event.allCases)
    func pair(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var harness = Self.harness(in: state)
        #expect(Self.state(of: harness) == state)
        let before = (harness.sent.count, harness.installed.count, harness.removed.count)
        Self.perform(event, on: &harness)
        // The harness's own tests before a Binding Update are answered as well; the answer to the event is the last.
        var answer = Answer.nothing
        if harness.sent.count > before.0, let last = harness.sent.last {
            switch harness.parse(last) {
            case .bindingAcknowledgement(let value)?: answer = .status(value.status.rawValue)
            case .bindingError(let status, _, _)?: answer = .bindingError(status)
            case .bindingRefreshRequest?: answer = .refreshRequest
            case .homeTest?, .careOfTest?:
                answer = [.homeTest, .careOfTest].contains(event) ? .test : .nothing
            case let other: Issue.record("\(String(describing: other))")
            }
        }
        let outcome = Outcome(
            Self.state(of: harness), answer, installed: harness.installed.count - before.1,
            removed: harness.removed.count - before.2)
        #expect(outcome == expected)
    }

    @Test("every state but that of a stranger is left by time", arguments: State.allCases)
    func exitByTime(state: State) {
        var harness = Self.harness(in: state)
        #expect((harness.machine.nextDeadline == nil) == (state == .absent))
        harness.pass(.seconds(1000))
        #expect(Self.state(of: harness) == .absent)
        #expect(harness.machine.nextDeadline == nil)
    }
}

extension [CorrespondentTableTests.Event: CorrespondentTableTests.Outcome] {
    fileprivate func with(_ others: Self) -> Self { merging(others) { $1 } }
}

/// Every state of the nonces with every event (RFC 6275 §5.2.2, §5.2.7).
@Suite struct NonceTableTableTests {
    enum State: String, CaseIterable {
        /// Nothing, not even a secret.
        case empty
        /// A secret waits for the first request.
        case ready
        /// One nonce is in use, and no secret waits.
        case inUse
        /// One nonce is in use, and the next one waits.
        case inUseAndReady
        /// The one in use has made tokens for its interval; there is no other.
        case overdue
        /// The same, and the next one waits.
        case overdueAndReady
        /// The one of before does not count any more.
        case expired
    }

    enum Event: String, CaseIterable { case supply, issue, lookUp, lookUpUnknown, expire }

    /// How many nonces there are, whether a secret is wanted, and which index came out.
    struct Outcome: Equatable, CustomStringConvertible {
        var count: Int
        var wantsSecret: Bool
        var index: UInt16?
        init(_ count: Int, wants wantsSecret: Bool, _ index: UInt16? = nil) {
            (self.count, self.wantsSecret, self.index) = (count, wantsSecret, index)
        }
        var description: String { "\(count) nonces, wants \(wantsSecret), index \(String(describing: index))" }
    }

    /// The index of the first nonce that `NonceTableTests.secret(1)` makes.
    static let first: UInt16 = 0xffff

    static func table(in state: State) -> (table: NonceTable, now: Instant) {
        var table = NonceTable(interval: .seconds(30))
        guard state != .empty else { return (table, Sample.start) }
        table.supply(NonceTableTests.secret(1))
        guard state != .ready else { return (table, Sample.start) }
        _ = table.issue(.home, for: Sample.home, at: Sample.start)
        if [.inUseAndReady, .overdueAndReady].contains(state) { table.supply(NonceTableTests.secret(2)) }
        let age: Int64 =
            switch state {
            case .overdue, .overdueAndReady: 30
            case .expired: 240
            default: 1
            }
        return (table, Sample.start + .seconds(age))
    }

    static let table: [State: [Event: Outcome]] = [
        .empty: [
            .supply: Outcome(0, wants: false), .issue: Outcome(0, wants: true), .lookUp: Outcome(0, wants: true),
            .lookUpUnknown: Outcome(0, wants: true), .expire: Outcome(0, wants: true),
        ],
        .ready: [
            .supply: Outcome(0, wants: false), .issue: Outcome(1, wants: true, first),
            .lookUp: Outcome(0, wants: false),
            .lookUpUnknown: Outcome(0, wants: false), .expire: Outcome(0, wants: false),
        ],
        .inUse: [
            .supply: Outcome(1, wants: false), .issue: Outcome(1, wants: true, first),
            .lookUp: Outcome(1, wants: true, first), .lookUpUnknown: Outcome(1, wants: true),
            .expire: Outcome(1, wants: true),
        ],
        .inUseAndReady: [
            .supply: Outcome(1, wants: false), .issue: Outcome(1, wants: false, first),
            .lookUp: Outcome(1, wants: false, first), .lookUpUnknown: Outcome(1, wants: false),
            .expire: Outcome(1, wants: false),
        ],
        // Tokens that do not last are better than none.
        .overdue: [
            .supply: Outcome(1, wants: false), .issue: Outcome(1, wants: true, first),
            .lookUp: Outcome(1, wants: true, first), .lookUpUnknown: Outcome(1, wants: true),
            .expire: Outcome(1, wants: true),
        ],
        .overdueAndReady: [
            .supply: Outcome(1, wants: false), .issue: Outcome(2, wants: true, 0),
            .lookUp: Outcome(1, wants: false, first), .lookUpUnknown: Outcome(1, wants: false),
            .expire: Outcome(1, wants: false),
        ],
        .expired: [
            .supply: Outcome(1, wants: false), .issue: Outcome(0, wants: true), .lookUp: Outcome(1, wants: true),
            .lookUpUnknown: Outcome(1, wants: true), .expire: Outcome(0, wants: true),
        ],
    ]

    @Test("each event in each state does what the table says", arguments: State.allCases, Event.allCases)
    func pair(state: State, event: Event) throws {
        let expected = try #require(Self.table[state]?[event])
        var (table, now) = Self.table(in: state)
        var index: UInt16?
        switch event {
        case .supply: table.supply(NonceTableTests.secret(3))
        case .issue: index = table.issue(.careOf, for: Sample.cable.address, at: now)?.index
        case .lookUp: index = table.secret(of: Self.first, at: now).map { _ in Self.first }
        case .lookUpUnknown: index = table.secret(of: 4711, at: now).map { _ in 4711 }
        case .expire: table.expire(at: now)
        }
        now = now + .seconds(1)
        #expect(Outcome(table.count, wantsSecret: table.wantsSecret, index: index) == expected)
    }
}

extension NonceTableTableTests.Outcome {
    fileprivate init(_ count: Int, wantsSecret: Bool, index: UInt16?) { self.init(count, wants: wantsSecret, index) }
}
