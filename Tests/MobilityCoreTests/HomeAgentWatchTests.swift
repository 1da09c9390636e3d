import MobilityWire
import Testing

@testable import MobilityCore

@Suite("Whether the home agent in use is still there")
struct HomeAgentWatchTests {
    struct Harness {
        var watch = HomeAgentWatch(seed: 1)
        var now = Sample.start
        var sent: [ICMPv6Envelope] = []
        var counts: [DiscoveryCounter: Int] = [:]
        var doubts = 0
        /// Whether the home agent answers.
        var isThere = true

        mutating func handle(_ event: HomeAgentWatch.Event) {
            for action in watch.handle(event, at: now) {
                switch action {
                case .send(let envelope):
                    sent.append(envelope)
                    if isThere { answer() }
                case .doubt: doubts += 1
                case .count(let counter): counts[counter, default: 0] += 1
                }
            }
        }

        mutating func answer(number: UInt16? = nil, from source: IPv6Address = Sample.homeAgent) {
            guard let request = sent.last,
                case .echoRequest(let identifier, let sent, _)? = try? ICMPv6Message.parse(request.message.span.bytes)
            else { return }
            let reply = ICMPv6Message.echoReply(identifier: identifier, sequenceNumber: number ?? sent, data: [])
            handle(
                .messageReceived(
                    ICMPv6Envelope(source: source, destination: request.source, message: reply.emit())))
        }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = watch.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }

        static func registered() -> Self {
            var harness = Self()
            harness.handle(.registered(homeAgent: Sample.homeAgent, careOf: Sample.cable))
            return harness
        }
    }

    @Test("it is asked from the care-of address every few seconds, and an answer is enough")
    func answers() {
        var harness = Harness.registered()
        harness.pass(.seconds(60))
        #expect(harness.sent.count == 12)
        #expect(harness.sent.first?.source == Sample.cable.address)
        #expect(harness.sent.first?.destination == Sample.homeAgent)
        #expect(harness.doubts == 0)
    }

    @Test("three questions without an answer make it doubtful, within ten seconds")
    func silence() {
        var harness = Harness.registered()
        harness.isThere = false
        harness.pass(.seconds(10))
        #expect(harness.sent.count == 3)
        #expect(harness.doubts == 1)
        #expect(harness.counts == [.homeAgentWatched: 3, .homeAgentSilent: 1])
    }

    @Test("one that answers Binding Updates and no echoes is asked less and less often; the next home agent is not")
    func mute() {
        var harness = Harness.registered()
        harness.isThere = false
        harness.pass(.seconds(10))
        harness.handle(.registered(homeAgent: Sample.homeAgent, careOf: Sample.radio))
        harness.pass(.seconds(55))
        #expect((harness.sent.count, harness.doubts) == (3, 1))
        harness.pass(.seconds(9))
        #expect((harness.sent.count, harness.doubts) == (6, 2))
        harness.pass(.seconds(118))
        #expect(harness.doubts == 2)
        harness.pass(.seconds(3600))
        #expect((7...9).contains(harness.doubts))
        let asked = harness.sent.count
        harness.handle(.registered(homeAgent: Sample.stranger, careOf: Sample.radio))
        harness.pass(Tunables.watchInterval)
        #expect(harness.sent.count == asked + 1)
    }

    @Test("echoes that the network lost do not end the watch")
    func transient() {
        var harness = Harness.registered()
        harness.isThere = false
        harness.pass(.seconds(10))
        harness.handle(.registered(homeAgent: Sample.homeAgent, careOf: Sample.cable))
        harness.isThere = true
        harness.pass(.seconds(65))
        harness.isThere = false
        harness.pass(.seconds(10))
        #expect(harness.doubts == 2)
    }

    @Test("answers of others, and old ones, count for nothing")
    func foreign() {
        var harness = Harness.registered()
        harness.isThere = false
        harness.pass(.seconds(5))
        harness.answer(from: Sample.stranger)
        harness.answer(number: 99)
        harness.pass(.seconds(5))
        #expect(harness.doubts == 1)
    }

    @Test("at rest it asks nobody")
    func rest() {
        var harness = Harness.registered()
        harness.handle(.rest)
        harness.pass(.seconds(100))
        #expect(harness.sent.isEmpty)
    }
}
