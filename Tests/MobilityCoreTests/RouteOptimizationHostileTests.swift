import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore
@testable import RouteOptimization

/// Whatever arrives, nothing traps, nothing is believed, and nothing grows.
@Suite struct RouteOptimizationHostileTests {
    /// Whether a damaged message is still the same to whoever does not look at the checksum.
    static func isSame(_ message: [UInt8], as whole: [UInt8]) -> Bool {
        message.count >= whole.count && message[..<4] == whole[..<4] && message[6..<whole.count] == whole[6...]
    }

    @Test("damaged Binding Updates bind nothing at a correspondent", arguments: 1...10 as ClosedRange<UInt64>)
    func updates(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var harness = CorrespondentHarness()
        for _ in 0..<300 {
            var envelope = harness.envelope()
            let whole = envelope.message
            envelope.message = HostileInputTests.mutate(whole, &random)
            if Self.isSame(envelope.message, as: whole) { continue }
            harness.handle(.messageReceived(envelope))
        }
        #expect(harness.installed.isEmpty)
        #expect(harness.machine.cache.storedCount == 0)
    }

    @Test("damaged acknowledgements and tests optimise nothing", arguments: 1...10 as ClosedRange<UInt64>)
    func answers(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        let harness = RouteOptimizationHarness.updating()
        guard let (update, envelope) = harness.lastUpdate else {
            Issue.record("no Binding Update left")
            return
        }
        let key = BindingManagementKey(homeToken: harness.homeToken, careOfToken: harness.careOfToken)
        let whole = key.seal(
            .bindingAcknowledgement(
                BindingAcknowledgement(
                    status: .accepted, sequenceNumber: update.sequenceNumber, lifetime: update.lifetime)),
            careOfAddress: envelope.source, correspondent: RouteOptimizationHarness.peer)
        for _ in 0..<300 {
            var victim = harness
            let message = HostileInputTests.mutate(whole, &random)
            if Self.isSame(message, as: whole) { continue }
            victim.handle(
                .messageReceived(
                    MobilityEnvelope(
                        source: RouteOptimizationHarness.peer, destination: envelope.source,
                        routingHeader: Sample.home, message: message),
                    throughTunnel: false))
            #expect(victim.routes.isEmpty)
            #expect(victim.machine.entries.count <= 1)
        }
    }

    @Test("random messages from random addresses leave no trace", arguments: 1...10 as ClosedRange<UInt64>)
    func noise(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var correspondent = CorrespondentHarness()
        var mobile = RouteOptimizationHarness.bound()
        mobile.pass(.seconds(20))
        for _ in 0..<2000 {
            var message = (0..<8 * Int.random(in: 1...5, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            message[0] = 59
            message[1] = UInt8(message.count / 8 - 1)
            message[2] = UInt8.random(in: 0...8, using: &random)
            let source = IPv6Address(high: 0x2001_0db8_0bad_0000, low: random.next())
            let envelope = MobilityEnvelope(
                source: source, destination: CorrespondentHarness.address, message: message)
            correspondent.handle(.messageReceived(envelope))
            for target in [Sample.home, Sample.cable.address] {
                var envelope = envelope
                envelope.destination = target
                mobile.handle(.messageReceived(envelope, throughTunnel: Bool.random(using: &random)))
            }
        }
        #expect(correspondent.machine.cache.storedCount == 0)
        #expect(mobile.phase == .bound && mobile.machine.entries.count == 1 && mobile.sent.count == 3)
    }

    @Test("random events move every counter of the mobile side but those that other tests name")
    func counters() {
        var moved: Set<RouteOptimizationCounter> = []
        for seed in 1...20 as ClosedRange<UInt64> { moved.formUnion(Self.countersOfStory(seed: seed)) }
        let elsewhere: Set<RouteOptimizationCounter> = [
            .testOutsideTunnel, .hintRefused, .hintSuppressed, .hintResting, .messageMalformed, .messageDeferred,
            .acknowledgementUnauthenticated, .restForgotten, .routeRemoved(.stopped), .routeRemoved(.silent),
            .routeRemoved(.expired), .routeRemoved(.refused), .routeRestored,
        ]
        let missing = RouteOptimizationCounter.allCases.filter { counter in
            if case .acknowledgementReceived = counter { return false }
            return !moved.contains(counter) && !elsewhere.contains(counter)
        }
        #expect(missing.isEmpty, "\(missing.map(\.rawValue))")
        #expect(moved.isSubset(of: RouteOptimizationCounter.allCases))
    }

    /// Which counters a story of faults moves, to see that the names at the console live.
    static func countersOfStory(seed: UInt64) -> Set<RouteOptimizationCounter> {
        var harness = RouteOptimizationHarness.bound()
        var random = RandomNumbers(seed: seed)
        for _ in 0..<200 {
            if let event = RouteOptimizationTableTests.Event.allCases.randomElement(using: &random), event != .stop {
                RouteOptimizationTableTests.perform(event, on: &harness)
            }
            harness.receive(.homeTest(nonceIndex: 1, cookie: 1, keygenToken: 1, options: []))
            harness.handle(.configurationChanged(.init()))
            if harness.phase == nil {
                harness.handle(.forget(peer: RouteOptimizationHarness.peer))
                harness.away()
                harness.hint()
            }
            harness.pass(.milliseconds(Int64.random(in: 0...20_000, using: &random)))
            if let entry = harness.entry, let deadline = entry.nextDeadline { #expect(deadline > harness.now) }
        }
        return Set(harness.counts.keys)
    }
}
