import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// The asking side of Dynamic Home Agent Address Discovery (RFC 6275 §11.4.1).
@Suite struct HomeAgentDiscoveryTests {
    typealias Phase = HomeAgentDiscovery.Phase

    struct Harness {
        var machine: HomeAgentDiscovery
        var now = Sample.start
        var sent: [(at: Instant, envelope: ICMPv6Envelope)] = []
        var found: [[IPv6Address]] = []
        var servesMobileRouters: [Bool] = []
        var counts: [DiscoveryCounter: Int] = [:]

        init(prefix: IPv6Prefix = Sample.homePrefix, mobileRouter: Bool = true, seed: UInt64 = 9) {
            machine = HomeAgentDiscovery(.init(homePrefix: prefix, mobileRouter: mobileRouter), seed: seed)
        }

        mutating func handle(_ event: HomeAgentDiscovery.Event) {
            for action in machine.handle(event, at: now) {
                switch action {
                case .send(let envelope): sent.append((now, envelope))
                case .discovered(let addresses, let mobileRouters):
                    found.append(addresses)
                    servesMobileRouters.append(mobileRouters)
                case .count(let counter): counts[counter, default: 0] += 1
                case .log: break
                }
            }
        }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = machine.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }

        var identifier: UInt16 {
            guard case .homeAgentAddressDiscoveryRequest(let identifier, _)? = sent.last?.envelope.icmpv6 else {
                return 0
            }
            return identifier
        }

        mutating func answer(
            _ addresses: [IPv6Address] = [Sample.homeAgent], identifier: UInt16? = nil, mobileRouter: Bool = true,
            to destination: IPv6Address? = nil
        ) {
            handle(
                .messageReceived(
                    ICMPv6Envelope(
                        source: HomeLinkSample.secondAgent,
                        destination: destination ?? sent.last?.envelope.source ?? Sample.cable.address,
                        message: ICMPv6Message.homeAgentAddressDiscoveryReply(
                            identifier: identifier ?? self.identifier, mobileRouter: mobileRouter, addresses: addresses
                        ).emit())))
        }

        static func asking() -> Harness {
            var harness = Harness()
            harness.handle(.careOfAddressChanged(Sample.cable))
            harness.handle(.discover)
            return harness
        }
    }

    @Test("a request goes to the anycast address of the home link, with the R flag for a mobile router")
    func request() throws {
        let harness = Harness.asking()
        let envelope = try #require(harness.sent.first?.envelope)
        #expect(envelope.source == Sample.cable.address)
        #expect(envelope.destination == IPv6Address("2001:db8:1:0:fdff:ffff:ffff:fffe"))
        guard case .homeAgentAddressDiscoveryRequest(_, true)? = envelope.icmpv6 else { return #expect(Bool(false)) }
    }

    @Test("four retransmissions of the same request, 3, 6, 12 and 24 seconds apart, then a rest that doubles")
    func schedule() {
        var harness = Harness.asking()
        harness.pass(.seconds(93))
        #expect(harness.sent.map { ($0.at - Sample.start).seconds } == [0, 3, 9, 21, 45])
        #expect(Set(harness.sent.map(\.envelope)).count == 1)
        #expect(harness.machine.phase == .resting)
        #expect(harness.counts[.discoveryFailed] == 1)
        let before = harness.identifier
        harness.pass(.seconds(30))
        #expect(harness.sent.count == 6)
        #expect(harness.identifier != before)
        harness.pass(.seconds(93 + 59))
        #expect(harness.sent.count == 10)
        harness.pass(.seconds(1))
        #expect(harness.sent.count == 11)
    }

    @Test("the answer's addresses come out in its order, without those that no home agent can have")
    func answer() {
        var harness = Harness.asking()
        harness.answer([
            HomeLinkSample.thirdAgent, .allNodes, Sample.homeAgent, HomeLinkSample.thirdAgent, .unspecified,
        ])
        #expect(harness.found == [[HomeLinkSample.thirdAgent, Sample.homeAgent]])
        #expect(harness.servesMobileRouters == [true])
        #expect(harness.machine.phase == .idle)
        #expect(harness.machine.nextDeadline == nil)
    }

    @Test("an answer without the R flag says that no home agent serves mobile routers")
    func withoutMobileRouters() {
        var harness = Harness.asking()
        harness.answer(mobileRouter: false)
        #expect(harness.servesMobileRouters == [false])
        var host = Harness(mobileRouter: false)
        host.handle(.careOfAddressChanged(Sample.cable))
        host.handle(.discover)
        host.answer(mobileRouter: false)
        #expect(host.servesMobileRouters == [true])
    }

    @Test("an empty list is the answerer itself; one with nothing of use is waited out")
    func emptyList() {
        var harness = Harness.asking()
        harness.answer([.allNodes, .loopback])
        #expect(harness.found.isEmpty)
        #expect(harness.machine.phase == .asking)
        harness.answer([])
        #expect(harness.found == [[HomeLinkSample.secondAgent]])
    }

    @Test("answers to somebody else's question, or to the care-of address before, are not taken")
    func unmatched() {
        var harness = Harness.asking()
        harness.answer(identifier: harness.identifier &+ 1)
        harness.answer(to: Sample.radio.address)
        #expect(harness.found.isEmpty)
        #expect(harness.counts[.discoveryReplyUnmatched] == 1)
        #expect(harness.counts[.messageForeign] == 1)
        harness.answer()
        harness.answer()
        #expect(harness.found.count == 1)
    }

    @Test("no more addresses are kept than make sense")
    func bounded() {
        var harness = Harness.asking()
        harness.answer((0..<75).map { IPv6Address(high: Sample.homeAgent.high, low: 100 + $0) })
        #expect(harness.found.first?.count == Tunables.candidatesKept)
    }

    @Test("a prefix that has no anycast address ends it with a complaint")
    func impossible() {
        var harness = Harness(prefix: IPv6Prefix(Sample.homeAgent, length: 128))
        harness.handle(.careOfAddressChanged(Sample.cable))
        harness.handle(.discover)
        #expect(harness.sent.isEmpty)
        #expect(harness.machine.phase == .idle)
    }

    // MARK: Every state with every event

    enum Event: String, CaseIterable {
        case discover, sameAddress, otherAddress, noAddress, reply, wrongReply, noise, tooEarly, deadline, stop

        /// The events of the table for one of the machine's: one that the table lacks does not compile.
        static func of(_ event: HomeAgentDiscovery.Event) -> [Event] {
            switch event {
            case .discover: [.discover]
            case .careOfAddressChanged: [.sameAddress, .otherAddress, .noAddress]
            case .messageReceived: [.reply, .wrongReply, .noise]
            case .timer: [.tooEarly, .deadline]
            case .stop: [.stop]
            }
        }
    }

    static func machine(in phase: Phase) -> Harness {
        var harness = Harness()
        switch phase {
        case .idle: harness.handle(.careOfAddressChanged(Sample.cable))
        case .waiting: harness.handle(.discover)
        case .asking: harness = .asking()
        case .resting:
            harness = .asking()
            harness.pass(.seconds(93))
        }
        return harness
    }

    static func perform(_ event: Event, on harness: inout Harness, in phase: Phase) {
        switch event {
        case .discover: harness.handle(.discover)
        case .sameAddress: harness.handle(.careOfAddressChanged(phase == .waiting ? nil : Sample.cable))
        case .otherAddress: harness.handle(.careOfAddressChanged(Sample.radio))
        case .noAddress: harness.handle(.careOfAddressChanged(nil))
        case .reply: harness.answer(to: Sample.cable.address)
        case .wrongReply: harness.answer(identifier: harness.identifier &+ 1)
        case .noise: harness.handle(.messageReceived(HomeLinkSample.advertisement(2)))
        case .tooEarly: harness.handle(.timer)
        case .deadline:
            if let deadline = harness.machine.nextDeadline { harness.now = max(harness.now, deadline) }
            harness.handle(.timer)
        case .stop: harness.handle(.stop)
        }
    }

    /// The state behind it, and how many requests leave.
    static let table: [Phase: [Event: (Phase, Int)]] = [
        .idle: [
            .discover: (.asking, 1), .sameAddress: (.idle, 0), .otherAddress: (.idle, 0), .noAddress: (.idle, 0),
            .reply: (.idle, 0), .wrongReply: (.idle, 0), .noise: (.idle, 0), .tooEarly: (.idle, 0),
            .deadline: (.idle, 0), .stop: (.idle, 0),
        ],
        .waiting: [
            .discover: (.waiting, 0), .sameAddress: (.waiting, 0), .otherAddress: (.asking, 1),
            .noAddress: (.waiting, 0), .reply: (.waiting, 0), .wrongReply: (.waiting, 0), .noise: (.waiting, 0),
            .tooEarly: (.waiting, 0), .deadline: (.waiting, 0), .stop: (.idle, 0),
        ],
        .asking: [
            .discover: (.asking, 0), .sameAddress: (.asking, 0), .otherAddress: (.asking, 1),
            .noAddress: (.waiting, 0), .reply: (.idle, 0), .wrongReply: (.asking, 0), .noise: (.asking, 0),
            .tooEarly: (.asking, 0), .deadline: (.asking, 1), .stop: (.idle, 0),
        ],
        .resting: [
            .discover: (.resting, 0), .sameAddress: (.resting, 0), .otherAddress: (.asking, 1),
            .noAddress: (.waiting, 0), .reply: (.resting, 0), .wrongReply: (.resting, 0), .noise: (.resting, 0),
            .tooEarly: (.resting, 0), .deadline: (.asking, 1), .stop: (.idle, 0),
        ],
    ]

    @Test("every state with every event", arguments: Phase.allCases, Event.allCases)
    func pairs(phase: Phase, event: Event) throws {
        let expected = try #require(Self.table[phase]?[event])
        var harness = Self.machine(in: phase)
        #expect(harness.machine.phase == phase)
        let before = harness.sent.count
        Self.perform(event, on: &harness, in: phase)
        #expect(harness.machine.phase == expected.0)
        #expect(harness.sent.count - before == expected.1)
    }

    @Test("both ends find each other over a network that loses a third", arguments: 1...50 as ClosedRange<UInt64>)
    func lossy(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var mobile = Harness(seed: seed)
        var agent = HomeAgentDirectoryTests.Harness()
        agent.hear(HomeLinkSample.advertisement(2, address: HomeLinkSample.secondAgent, preference: 9, lifetime: 65535))
        mobile.handle(.careOfAddressChanged(Sample.cable))
        mobile.handle(.discover)
        var carried = 0
        let end = mobile.now + .seconds(3600)
        while mobile.found.isEmpty, mobile.now < end {
            while carried < mobile.sent.count {
                let request = mobile.sent[carried].envelope
                carried += 1
                guard Int.random(in: 0..<3, using: &random) > 0 else { continue }
                agent.now = max(agent.now, mobile.now)
                for reply in agent.handle(.messageReceived(request)) where Int.random(in: 0..<3, using: &random) > 0 {
                    mobile.handle(.messageReceived(reply))
                    mobile.handle(.messageReceived(reply))
                }
            }
            mobile.pass(.seconds(1))
        }
        #expect(mobile.found == [[HomeLinkSample.secondAgent, Sample.homeAgent]])
    }
}
