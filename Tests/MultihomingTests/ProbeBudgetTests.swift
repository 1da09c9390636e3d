import MobilityWire
import Testing

@testable import Multihoming

@Suite struct ProbeBudgetTests {
    let start = Instant(milliseconds: 0)

    @Test("a metered uplink is probed for no more octets a day than it may cost", arguments: [0, 50_000, 1_000_000])
    func daily(octets: UInt64) {
        // A whole day in which something is always wrong: it never answers.
        var path = ProbedPath(
            roundTrip: 20, loss: 1, terms: UplinkTerms(isMetered: true, dailyProbeOctets: octets), kind: .cellular)
        path.run(for: .seconds(86_400))
        #expect(UInt64(path.probes.count) * PathTunables.probeOctets <= octets)
        #expect(UInt64(path.probes.count) * PathTunables.probeOctets >= octets * 9 / 10)
    }

    @Test("in good times probes leave enough for bad ones, and a failure is found as fast as elsewhere")
    func reserve() {
        var path = ProbedPath(roundTrip: 50, terms: UplinkTerms(isMetered: true), kind: .cellular)
        path.run(for: .seconds(6 * 3600))
        let probes = path.probes.suffix(100)
        let gaps = zip(probes, probes.dropFirst()).map { $1 - $0 }
        #expect(gaps.allSatisfy { $0 > .seconds(9) && $0 < .seconds(11) })
        path.hasTraffic = true
        path.run(for: .seconds(5))
        path.cut()
        let cut = path.now
        path.run(until: cut + .seconds(5)) { $0.condition.vitality == .down }
        #expect(path.now - cut <= .milliseconds(700))
    }

    @Test("however bad the day was, a metered uplink is still looked at, and found when it is back")
    func drained() {
        var path = ProbedPath(roundTrip: 50, terms: UplinkTerms(isMetered: true), kind: .cellular)
        for _ in 0..<20 {
            path.run(for: .seconds(30))
            path.cut()
            path.run(for: .seconds(30))
            path.cut(up: false, down: false)
        }
        path.run(for: .seconds(120))
        #expect(path.health.condition.vitality == .up)
        let gaps = zip(path.probes, path.probes.dropFirst()).map { $1 - $0 }
        #expect(gaps.allSatisfy { $0 < .seconds(14) })
        path.cut()
        let cut = path.now
        path.run(until: cut + .seconds(60)) { $0.condition.vitality == .down }
        #expect(path.now - cut < .seconds(42))
    }

    /// A metered uplink with traffic so many milliseconds after the last probe that could be afforded.
    private func drained(since milliseconds: Int64) -> ProbedPath {
        var path = ProbedPath(roundTrip: 50, terms: UplinkTerms(isMetered: true), kind: .cellular)
        path.run(for: .seconds(60))
        path.hasTraffic = true
        path.run(for: .seconds(5))
        while path.health.canAsk(at: path.now) {
            path.give(.doubted(since: path.now))
            path.run(for: .milliseconds(150))
        }
        path.run(for: .milliseconds(milliseconds))
        return path
    }

    @Test("where no more can be afforded, one probe confirms that the traffic is not answered", arguments: 0..<30)
    func confirmed(offset: Int64) {
        var path = drained(since: offset * 431)
        #expect(path.health.condition.vitality == .up)
        path.cut()
        let cut = path.now
        let before = path.probes.count
        var failing: Instant?
        path.run(until: cut + .seconds(60)) {
            failing = failing ?? $0.condition.failingSince
            return $0.condition.vitality == .down
        }
        // The next probe that can be afforded, a regular one at the latest, and its timeout.
        let probes = path.probes.dropFirst(before)
        #expect(probes.count == 1)
        #expect(probes.first.map { path.now - $0 <= .milliseconds(250) } == true)
        #expect(path.now - cut <= .milliseconds(13_400))
        // The other uplinks are asked before this one is given up.
        #expect(failing.map { $0 < path.now } == true)
    }

    @Test("where no more can be afforded, a stream that only goes out is still believed when its one probe is answered")
    func believed() {
        var health = drained(since: 0).health
        var now = drained(since: 0).now
        var sample = TrafficSample(packetsOut: 1_000_000, packetsIn: 1_000_000)
        _ = health.handle(.traffic(sample), at: now)
        let before = health.probesSent
        var wasSuspected = false
        for _ in 0..<300 {
            now = now + .milliseconds(100)
            sample.packetsOut += 10
            for case .sendProbe(let target, let identifier) in health.handle(.traffic(sample), at: now) {
                _ = health.handle(.answer(target: target, identifier: identifier), at: now + .milliseconds(50))
            }
            wasSuspected = wasSuspected || health.condition.isSuspected
            #expect(health.condition.vitality == .up)
        }
        #expect(wasSuspected && !health.condition.isSuspected)
        #expect(health.probesSent > before)
    }

    @Test("answered traffic takes over turns where octets cost something, but never all; elsewhere none")
    func replaced() {
        var metered = ProbedPath(roundTrip: 50, terms: UplinkTerms(isMetered: true), kind: .cellular)
        metered.hasTraffic = true
        metered.run(for: .seconds(3600))
        #expect(metered.health.probesReplaced > 0)
        #expect(metered.health.probesSent > 100)
        #expect(metered.health.condition.vitality == .up)
        var cable = ProbedPath(roundTrip: 50)
        cable.hasTraffic = true
        cable.run(for: .seconds(60))
        #expect(cable.health.probesReplaced == 0)
    }

    @Test("the cost of a setting is told before the bill comes")
    func cost() {
        // 86,400 probes of 112 octets, 30 times.
        #expect(
            ProbeCost.text("eth0", HealthSettings(), targets: 1, allowance: nil)
                == "probes of eth0 cost about 290 MB a month while all is well")
        #expect(
            ProbeCost.text("eth0", HealthSettings(interval: .seconds(10)), targets: 2, allowance: nil)
                == "probes of eth0 cost about 58 MB a month while all is well")
        // No more than eight are probed.
        #expect(
            ProbeCost.text("eth0", HealthSettings(interval: .seconds(10)), targets: 12, allowance: nil)
                == "probes of eth0 cost about 232 MB a month while all is well")
        #expect(
            ProbeCost.text("wwan0", HealthSettings(), targets: 9, allowance: 1_000_000)
                == "probes of wwan0 cost 30 MB a month at most")
    }
}
