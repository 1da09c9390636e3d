import MobilityWire
import Testing

@testable import MobilityCore

/// Which home agent serves: fail-over within seconds, and the way back.
@Suite struct HomeAgentSelectionTests {
    static let first = Sample.homeAgent
    static let second = HomeLinkSample.secondAgent
    static let third = HomeLinkSample.thirdAgent

    struct Harness {
        var machine: HomeAgentSelection
        var now = Sample.start
        var used: [IPv6Address] = []
        var deregisterFirst: [Bool] = []
        var abandoned: [IPv6Address] = []
        var discoveries = 0
        var probes: [ICMPv6Envelope] = []
        var counts: [DiscoveryCounter: Int] = [:]
        /// Whether probes are answered as soon as they leave.
        var isReachable = false

        init(_ homeAgents: [IPv6Address] = [first, second], discovers: Bool = true, seed: UInt64 = 3) {
            machine = HomeAgentSelection(.init(homeAgents: homeAgents, discovers: discovers), seed: seed)
        }

        static func started(_ homeAgents: [IPv6Address] = [first, second], discovers: Bool = true) -> Harness {
            var harness = Harness(homeAgents, discovers: discovers)
            harness.handle(.careOfAddressChanged(Sample.cable))
            harness.handle(.start)
            return harness
        }

        /// With the second home agent in use because the first was silent.
        static func failedOver() -> Harness {
            var harness = started()
            harness.handle(.updateUnanswered(count: 3))
            harness.handle(.accepted)
            return harness
        }

        mutating func handle(_ event: HomeAgentSelection.Event) {
            for action in machine.handle(event, at: now) {
                switch action {
                case .use(let address, _, let deregisterFirst):
                    used.append(address)
                    self.deregisterFirst.append(deregisterFirst)
                case .abandon(let address): abandoned.append(address)
                case .discover: discoveries += 1
                case .send(let envelope):
                    probes.append(envelope)
                    if isReachable { answer(envelope) }
                case .count(let counter): counts[counter, default: 0] += 1
                case .log: break
                }
            }
        }

        mutating func answer(_ probe: ICMPv6Envelope, number: UInt16 = 0) {
            guard case .echoRequest(let identifier, let sequence, _)? = probe.icmpv6 else { return }
            let reply = ICMPv6Message.echoReply(identifier: identifier, sequenceNumber: sequence &+ number, data: [])
            handle(
                .messageReceived(
                    ICMPv6Envelope(source: probe.destination, destination: probe.source, message: reply.emit())))
        }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = machine.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }
    }

    @Test("the first configured home agent serves, and one that stays silent is left for the next")
    func failOver() {
        var harness = Harness.started()
        #expect(harness.used == [Self.first])
        harness.handle(.updateUnanswered(count: 2))
        #expect(harness.used.count == 1)
        harness.handle(.updateUnanswered(count: 3))
        #expect(harness.used == [Self.first, Self.second])
        #expect(harness.deregisterFirst == [false, false])
        #expect(harness.discoveries == 0)
    }

    @Test("when all are silent they are tried in turn for ever, with discovery beside")
    func forEver() {
        var harness = Harness.started()
        for _ in 0..<40 {
            harness.handle(.updateUnanswered(count: 3))
            harness.pass(.seconds(10))
        }
        #expect(Set(harness.used) == [Self.first, Self.second])
        #expect(harness.used.suffix(6).contains(Self.first))
        #expect(harness.machine.candidates.map(\.address) == [Self.first, Self.second])
        #expect(harness.discoveries > 0)
    }

    @Test("the only home agent is never left for silence")
    func only() {
        var harness = Harness.started([Self.first], discovers: false)
        for _ in 0..<10 { harness.handle(.updateUnanswered(count: 3)) }
        #expect(harness.used == [Self.first])
        #expect(harness.machine.current == Self.first)
        #expect(harness.discoveries == 0)
    }

    @Test("the preferred home agent is returned to when it answers some probes in a row, after de-registering")
    func returns() {
        var harness = Harness.failedOver()
        harness.pass(.seconds(29))
        #expect(harness.probes.isEmpty)
        harness.isReachable = true
        harness.pass(.seconds(5))
        #expect(harness.used.last == Self.first)
        #expect(harness.deregisterFirst.last == true)
        #expect(harness.probes.count == Tunables.preferredProbeAnswers)
        #expect(harness.probes.allSatisfy { $0.destination == Self.first && $0.source == Sample.cable.address })
        harness.handle(.accepted)
        harness.pass(.seconds(1000))
        #expect(harness.probes.count == Tunables.preferredProbeAnswers)
    }

    @Test("probes without answer, or with a wrong one, return nowhere")
    func staysAway() {
        var harness = Harness.failedOver()
        harness.pass(.seconds(30))
        for probe in harness.probes { harness.answer(probe, number: 1) }
        harness.handle(.messageReceived(ICMPv6Envelope(source: Self.first, destination: .unspecified, message: [129])))
        harness.pass(.seconds(300))
        #expect(harness.used.last == Self.second)
        #expect(harness.probes.count <= 11)
    }

    @Test("a single answer now and then does not bring it back")
    func flapping() {
        var harness = Harness.failedOver()
        for _ in 0..<20 {
            let before = harness.probes.count
            harness.pass(.seconds(1))
            if harness.probes.count > before, harness.probes.count % 3 != 0 { harness.answer(harness.probes.last!) }
        }
        harness.pass(.seconds(30))
        #expect(harness.used.last == Self.second)
    }

    @Test("each refusal leads on exactly where another home agent may do better", arguments: BindingStatus.named)
    func refusals(status: BindingStatus) {
        var harness = Harness.started()
        harness.handle(.refused(status))
        let stays: [BindingStatus] = [
            .sequenceNumberOutOfWindow, .mobilityIdentifierMismatch, .mobilityMessageIdentifierRequired,
            .registrationTypeChangeDisallowed, .duplicateAddressDetectionFailed, .invalidCareOfAddress,
        ]
        if !status.isAccepted { #expect((harness.used.last == Self.first) == stays.contains(status)) }
    }

    @Test("where the home address is found defended, the home agent that accepted last is gone back to after its rest")
    func defended() {
        var harness = Harness.started([Self.second, Self.first], discovers: false)
        harness.handle(.updateUnanswered(count: 3))
        harness.handle(.accepted)
        #expect(harness.machine.current == Self.first)
        harness.pass(.seconds(60))
        var waits: [Double] = []
        for _ in 0..<3 {
            harness.handle(.updateUnanswered(count: 3))
            #expect(harness.machine.current == Self.second)
            let left = harness.now
            harness.handle(.refused(.duplicateAddressDetectionFailed))
            while harness.machine.current == Self.second, let due = harness.machine.nextDeadline {
                harness.now = max(harness.now, due)
                harness.handle(.timer)
            }
            waits.append((harness.now - left).seconds)
            #expect(harness.machine.current == Self.first)
            #expect(harness.deregisterFirst.last == false)
        }
        #expect(waits == [30, 60, 120])
        // It is the one in use: whoever has the address then is somebody else.
        harness.handle(.accepted)
        harness.handle(.refused(.duplicateAddressDetectionFailed))
        harness.pass(.seconds(3600))
        #expect(harness.machine.current == Self.first)
    }

    @Test("each rest is longer than the one before, up to ten minutes, and a success forgets it")
    func rests() {
        var harness = Harness.started([Self.first, Self.second], discovers: false)
        var rests: [Double] = []
        for _ in 0..<7 {
            while harness.machine.current != Self.first { harness.handle(.updateUnanswered(count: 3)) }
            harness.handle(.updateUnanswered(count: 3))
            let candidate = harness.machine.candidates[0]
            rests.append((candidate.restsUntil! - harness.now).seconds)
            harness.now = candidate.restsUntil!
        }
        #expect(rests == [30, 60, 120, 240, 480, 600, 600])
        while harness.machine.current != Self.first { harness.handle(.updateUnanswered(count: 3)) }
        harness.handle(.accepted)
        harness.handle(.updateUnanswered(count: 3))
        #expect((harness.machine.candidates[0].restsUntil! - harness.now).seconds == 30)
    }

    @Test("without a configured home agent discovery comes first, and its list is used in its order")
    func discovered() {
        var harness = Harness.started([])
        #expect(harness.discoveries == 1)
        harness.handle(.discovered([Self.third, Self.second]))
        #expect(harness.used == [Self.third])
        harness.handle(.updateUnanswered(count: 3))
        #expect(harness.used == [Self.third, Self.second])
    }

    @Test("discovered home agents are forgotten an hour after they were last named or served; configured ones never")
    func ages() {
        var harness = Harness.started()
        harness.handle(.discovered([Self.third]))
        #expect(harness.machine.candidates.map(\.address) == [Self.first, Self.second, Self.third])
        harness.pass(.seconds(3599))
        #expect(harness.machine.candidates.count == 3)
        harness.pass(.seconds(1))
        #expect(harness.machine.candidates.map(\.address) == [Self.first, Self.second])
        harness.pass(.seconds(1_000_000))
        #expect(harness.machine.candidates.count == 2)
    }

    @Test("a home agent that asks to be left is, for the first that it names and after de-registering")
    func suggested() {
        var harness = Harness.started()
        harness.handle(.suggested([Self.first, Self.third]))
        #expect(harness.used.last == Self.third)
        #expect(harness.deregisterFirst.last == true)
        #expect(harness.machine.candidates.map(\.address) == [Self.first, Self.second, Self.third])
        #expect(harness.machine.candidates[0].restsUntil == harness.now + .seconds(600))
    }

    @Test("one that names nobody makes discovery run, and is abandoned where nobody else is known")
    func suggestedNobody() {
        var harness = Harness.started()
        harness.handle(.suggested([]))
        #expect(harness.used.last == Self.second)
        #expect(harness.discoveries == 1)
        var alone = Harness.started([Self.first])
        alone.handle(.suggested([]))
        #expect(alone.abandoned == [Self.first])
        #expect(alone.machine.current == nil)
        alone.handle(.discovered([Self.first]))
        #expect(alone.machine.current == nil)
        alone.handle(.discovered([Self.second]))
        #expect(alone.used.last == Self.second)
    }

    @Test("an abandoned one is tried again after its rest")
    func abandonedReturns() {
        var harness = Harness.started([Self.first], discovers: false)
        harness.handle(.suggested([]))
        harness.pass(.seconds(599))
        #expect(harness.machine.current == nil)
        harness.pass(.seconds(2))
        #expect(harness.machine.current == Self.first)
    }

    @Test("a new configuration keeps the home agent in use if it names it, and leaves it if not")
    func configuration() {
        var harness = Harness.failedOver()
        harness.handle(.configurationChanged(.init(homeAgents: [Self.second, Self.third], discovers: false)))
        #expect(harness.machine.current == Self.second)
        #expect(harness.machine.candidates.map(\.address) == [Self.second, Self.third])
        harness.handle(.configurationChanged(.init(homeAgents: [Self.third], discovers: false)))
        #expect(harness.used.last == Self.third)
        #expect(harness.deregisterFirst.last == true)
        harness.handle(.configurationChanged(.init(homeAgents: [], discovers: false)))
        #expect(harness.abandoned == [Self.third])
    }

    @Test("what strangers name is bounded")
    func bounded() {
        var harness = Harness.started()
        for number in 0..<UInt64(1000) {
            harness.handle(.discovered([IPv6Address(high: Self.first.high, low: 1000 + number)]))
        }
        #expect(harness.machine.candidates.count == 2 + Tunables.candidatesKept)
        #expect(Array(harness.machine.candidates.prefix(2).map(\.address)) == [Self.first, Self.second])
    }

    // MARK: Every state with every event

    enum State: String, CaseIterable { case new, without, preferred, fallback, probing, abandoned }
    enum Event: String, CaseIterable {
        case start, address, noAddress, silence, accepted, refused, discovered, suggested, noise, reply, tooEarly,
            deadline
        case configured

        /// The events of the table for one of the machine's: one that the table lacks does not compile.
        static func of(_ event: HomeAgentSelection.Event) -> [Event] {
            switch event {
            case .start: [.start]
            case .careOfAddressChanged: [.address, .noAddress]
            case .updateUnanswered: [.silence]
            case .accepted: [.accepted]
            case .refused: [.refused]
            case .discovered: [.discovered]
            case .suggested: [.suggested]
            case .messageReceived: [.noise, .reply]
            case .configurationChanged: [.configured]
            case .timer: [.tooEarly, .deadline]
            }
        }
    }

    static func harness(in state: State) -> Harness {
        switch state {
        case .new: return Harness()
        case .without: return .started([])
        case .preferred: return .started()
        case .fallback: return .failedOver()
        case .probing:
            var harness = Harness.failedOver()
            harness.pass(.seconds(30))
            return harness
        case .abandoned:
            var harness = Harness.started([first])
            harness.handle(.suggested([]))
            return harness
        }
    }

    static func perform(_ event: Event, on harness: inout Harness) {
        switch event {
        case .start: harness.handle(.start)
        case .address: harness.handle(.careOfAddressChanged(Sample.radio))
        case .noAddress: harness.handle(.careOfAddressChanged(nil))
        case .silence: harness.handle(.updateUnanswered(count: 3))
        case .accepted: harness.handle(.accepted)
        case .refused: harness.handle(.refused(.administrativelyProhibited))
        case .discovered: harness.handle(.discovered([third]))
        case .suggested: harness.handle(.suggested([third]))
        case .noise: harness.handle(.messageReceived(HomeLinkSample.advertisement(2)))
        case .reply: if let probe = harness.probes.last { harness.answer(probe) }
        case .deadline:
            if let deadline = harness.machine.nextDeadline { harness.now = max(harness.now, deadline) }
            harness.handle(.timer)
        case .tooEarly: harness.handle(.timer)
        case .configured: harness.handle(.configurationChanged(.init(homeAgents: [third], discovers: true)))
        }
    }

    /// Which home agent is in use behind it.
    static func table(_ state: State) -> [Event: IPv6Address?] {
        func row(_ stays: IPv6Address?, _ others: [Event: IPv6Address?]) -> [Event: IPv6Address?] {
            var row: [Event: IPv6Address?] = [:]
            for event in Event.allCases { row[event] = .some(stays) }
            return row.merging(others) { $1 }
        }
        return switch state {
        case .new: row(nil, [.start: first, .discovered: third, .suggested: third, .configured: third])
        case .without: row(nil, [.discovered: third, .suggested: third, .configured: third])
        case .preferred: row(first, [.silence: second, .refused: second, .suggested: third, .configured: third])
        case .fallback, .probing:
            row(second, [.silence: first, .refused: first, .suggested: third, .configured: third])
        case .abandoned: row(nil, [.discovered: third, .suggested: third, .deadline: first, .configured: third])
        }
    }

    @Test("every state with every event", arguments: State.allCases, Event.allCases)
    func pairs(state: State, event: Event) throws {
        var harness = Self.harness(in: state)
        Self.perform(event, on: &harness)
        #expect(harness.machine.current == Self.table(state)[event]!)
    }
}
