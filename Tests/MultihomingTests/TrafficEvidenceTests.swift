import MobilityWire
import Testing

@testable import Multihoming

@Suite struct TrafficEvidenceTests {
    let start = Instant(milliseconds: 5000)

    @Test("traffic that is not answered is the first failure, and calls a probe at once")
    func suspicion() {
        var path = ProbedPath(roundTrip: 20)
        path.hasTraffic = true
        path.run(for: .seconds(5))
        path.cut()
        let cut = path.now
        let suspected = path.run(until: cut + .seconds(1)) { $0.condition.isSuspected }
        #expect(suspected.map { $0 - cut <= .milliseconds(210) } == true)
        #expect(path.probes.last == suspected)
        #expect(path.health.targets[0].failures == 1)
    }

    @Test("a stream that only goes out costs one probe, and is left alone until something has come in again")
    func oneWayStream() {
        var path = ProbedPath(roundTrip: 20)
        path.hasTraffic = true
        path.run(for: .seconds(5))
        path.isBlockedDown = true
        // Only the stream: probes are answered, as they are with a camera that sends and hears nothing.
        var health = path.health
        var now = path.now
        var sample = TrafficSample(packetsOut: 1_000_000, packetsIn: 1_000_000)
        _ = health.handle(.traffic(sample), at: now)
        sample.packetsIn += 1
        _ = health.handle(.traffic(sample), at: now)
        let before = health.probesSent
        var suspicions = 0
        for _ in 0..<100 {
            now = now + .milliseconds(100)
            sample.packetsOut += 10
            let was = health.condition.isSuspected
            let actions = health.handle(.traffic(sample), at: now)
            if health.condition.isSuspected, !was { suspicions += 1 }
            for case .sendProbe(let target, let identifier) in actions {
                _ = health.handle(.answer(target: target, identifier: identifier), at: now + .milliseconds(20))
            }
        }
        #expect(suspicions == 1)
        #expect(health.condition.vitality == .up)
        #expect((10...12).contains(health.probesSent - before))
    }

    @Test("traffic that comes to an uplink anew is suspected without ever having been answered there, once")
    func moved() {
        var evidence = TrafficEvidence()
        func silent(_ packets: UInt64, at milliseconds: Int64) -> Bool {
            evidence.take(TrafficSample(packetsOut: packets, packetsIn: 0), at: start + .milliseconds(milliseconds))
            return evidence.suspicious(after: .zero) != nil
        }
        #expect(!silent(0, at: 0))
        #expect(silent(10, at: 100))
        evidence.refute()
        #expect(!silent(20, at: 200))
        #expect(!silent(30, at: 10_100))
        #expect(silent(40, at: 20_100))
    }

    @Test("fewer than three packets are nothing to suspect, and neither are counters that begin anew")
    func innocent() {
        var evidence = TrafficEvidence()
        evidence.take(TrafficSample(packetsOut: 100, packetsIn: 100), at: start)
        evidence.take(TrafficSample(packetsOut: 110, packetsIn: 101), at: start + .milliseconds(100))
        #expect(evidence.answeredAt == start + .milliseconds(100))
        evidence.take(TrafficSample(packetsOut: 112, packetsIn: 101), at: start + .milliseconds(200))
        #expect(evidence.suspicious(after: .zero) == nil)
        evidence.take(TrafficSample(packetsOut: 5, packetsIn: 0), at: start + .milliseconds(300))
        #expect(evidence.suspicious(after: .zero) == nil)
        evidence.take(TrafficSample(packetsOut: 8, packetsIn: 0), at: start + .milliseconds(400))
        #expect(evidence.suspicious(after: .milliseconds(100)) == start + .milliseconds(400))
        // What comes after a pause of the counters is no older than one period.
        evidence.take(TrafficSample(packetsOut: 8, packetsIn: 1), at: start + .milliseconds(500))
        evidence.take(TrafficSample(packetsOut: 11, packetsIn: 1), at: start + .seconds(9))
        #expect(evidence.suspicious(after: .milliseconds(100)) == start + .seconds(9))
        evidence.refute()
        evidence.take(TrafficSample(packetsOut: 99, packetsIn: 1), at: start + .seconds(10))
        #expect(evidence.suspicious(after: .zero) == nil)
    }
}
