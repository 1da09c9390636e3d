import MobilityWire
import Testing

@testable import Multihoming

@Suite struct LinkHealthTests {
    let start = Instant(milliseconds: 5000)
    let target = ProbedPath.target

    func identifiers(_ actions: [LinkHealth.Action]) -> [UInt32] {
        actions.map { if case .sendProbe(_, let identifier) = $0 { identifier } else { 0 } }
    }

    @Test("an uplink that comes up is probed fast, and is up after five answers in a row")
    func comesUp() {
        var path = ProbedPath(roundTrip: 20)
        let begin = path.now
        #expect(path.health.condition.vitality == .unproven)
        let up = path.run(until: begin + .seconds(10)) { $0.condition.vitality == .up }
        #expect(path.probes.map { ($0 - begin).milliseconds } == [0, 200, 400, 600, 800])
        #expect(up.map { $0 - begin < .milliseconds(830) } == true)
        path.run(for: .seconds(10))
        #expect(path.probes.count == 15)
    }

    @Test("interval, failure_interval, down and up are obeyed")
    func settings() {
        let settings = HealthSettings(interval: .seconds(4), failureInterval: .milliseconds(500), down: 2, up: 1)
        var path = ProbedPath(roundTrip: 20, settings: settings)
        let begin = path.now
        path.run(for: .seconds(8))
        #expect(path.probes.map { ($0 - begin).milliseconds } == [0, 4000, 8000])
        #expect(path.health.condition.vitality == .up)
        path.cut()
        path.run(until: begin + .seconds(20)) { $0.condition.vitality == .down }
        // The third is lost, which calls the next one half a second later; that one times out after 0.2 s.
        #expect((path.now - begin).milliseconds == 8700)
    }

    @Test("more probes than are remembered may be on their way: those that make room have failed")
    func crowded() {
        let settings = HealthSettings(failureInterval: .milliseconds(50), timeout: .seconds(60))
        var path = ProbedPath(roundTrip: 3000, settings: settings)
        path.run(until: path.now + .seconds(60)) { $0.condition.vitality == .up }
        path.run(for: .seconds(30))
        #expect(path.health.condition.vitality == .up)
        path.cut()
        #expect(path.run(until: path.now + .seconds(60)) { $0.condition.vitality == .down } != nil)
    }

    @Test("two failures in a row are none")
    func twoFailures() {
        var health = LinkHealth(targets: [target], firstIdentifier: 1, at: start)
        var now = start
        func answer(_ actions: [LinkHealth.Action]) {
            for identifier in identifiers(actions) {
                _ = health.handle(.answer(target: target, identifier: identifier), at: now + .milliseconds(20))
            }
        }
        answer(health.handle(.linkReady, at: now))
        for round in 1...60 {
            now = health.nextDeadline ?? now
            let actions = health.handle(.timer, at: now)
            // Every third probe is answered.
            if round.isMultiple(of: 3) { answer(actions) }
        }
        #expect(health.condition.vitality == .unproven)
    }

    @Test("an answer counts once, from its target, while it is remembered; anything else is a stray")
    func strays() {
        var health = LinkHealth(targets: [target], firstIdentifier: 40, at: start)
        #expect(identifiers(health.handle(.linkReady, at: start)) == [40])
        _ = health.handle(.answer(target: target, identifier: 41), at: start)
        _ = health.handle(.answer(target: IPv6Address("2001:db8::66")!, identifier: 40), at: start)
        #expect(health.strayAnswers == 2)
        _ = health.handle(.answer(target: target, identifier: 40), at: start + .milliseconds(30))
        #expect(health.condition.roundTrip == 30)
        _ = health.handle(.answer(target: target, identifier: 40), at: start + .milliseconds(31))
        #expect(health.strayAnswers == 3)
    }

    @Test("a path that becomes slow is left and found again: late answers teach the timeout")
    func becomesSlow() {
        var path = ProbedPath(roundTrip: 20)
        path.run(for: .seconds(10))
        path.roundTrip = 800
        path.run(for: .seconds(20))
        #expect(path.health.condition.vitality == .up)
        #expect(path.health.condition.loss ?? 100 < 1)
        #expect((700...1100).contains(path.health.condition.roundTrip ?? 0))
        path.roundTrip = 20
        path.run(for: .seconds(60))
        #expect(path.health.condition.vitality == .up)
        #expect(path.health.condition.roundTrip ?? 100 < 30)
    }

    @Test("latency and loss have a threshold to fail and one to recover")
    func quality() {
        let settings = HealthSettings(
            down: 50,
            failureLatency: .milliseconds(300), recoveryLatency: .milliseconds(100), failureLoss: 30, recoveryLoss: 5)
        var path = ProbedPath(roundTrip: 200, settings: settings)
        path.run(for: .seconds(30))
        #expect(!path.health.condition.isDegraded)
        path.roundTrip = 400
        path.run(for: .seconds(60))
        #expect(path.health.condition.isDegraded)
        path.roundTrip = 200
        path.run(for: .seconds(60))
        #expect(path.health.condition.isDegraded)
        path.roundTrip = 50
        path.run(for: .seconds(60))
        #expect(!path.health.condition.isDegraded)
        path.loss = 0.25
        path.run(for: .seconds(60))
        #expect(path.health.condition.isDegraded)
        #expect(path.health.condition.loss ?? 0 > 5)
        path.loss = 0
        path.run(for: .seconds(60))
        #expect(!path.health.condition.isDegraded)
        #expect(path.health.condition.loss == 0)
    }

    @Test("one that is only believed is doubted as well, and left to be when it fails")
    func believedAndDoubted() {
        var health = LinkHealth(targets: [], firstIdentifier: 7, at: start)
        _ = health.handle(.linkReady, at: start)
        #expect(health.condition.vitality == .unmonitored)
        health.configure(
            targets: [target], settings: HealthSettings(), kind: .ethernet, terms: UplinkTerms(), at: start)
        #expect(health.condition.works && !health.condition.isDoubted)
        var now = start + .milliseconds(10)
        _ = health.handle(.doubted(since: now), at: now)
        #expect(health.condition.works && health.condition.isDoubted)
        while let next = health.nextDeadline, next <= start + .seconds(3) {
            now = max(next, now)
            _ = health.handle(.timer, at: now)
        }
        #expect(health.condition.vitality == .down)
    }

    @Test("each target of a metered uplink has its turn: the silence of one that is needed is found")
    func turns() {
        let others = [target, IPv6Address("2001:db8::66")!]
        var health = LinkHealth(
            targets: others, settings: HealthSettings(reliability: 2), kind: .cellular,
            terms: UplinkTerms(isMetered: true), firstIdentifier: 7, at: start)
        var asked: [IPv6Address: Int] = [:]
        var now = start
        var actions = health.handle(.linkReady, at: now)
        func isCut(_ now: Instant) -> Bool { now > start + .seconds(600) }
        while now < start + .seconds(1200) {
            for case .sendProbe(let target, let identifier) in actions {
                asked[target, default: 0] += 1
                if target == others[1], isCut(now) { continue }
                actions += health.handle(.answer(target: target, identifier: identifier), at: now + .milliseconds(30))
            }
            now = max(health.nextDeadline ?? now, now + .milliseconds(31))
            actions = health.handle(.timer, at: now)
        }
        #expect(health.condition.vitality == .down)
        #expect(asked.values.allSatisfy { $0 > 20 })
    }

    @Test("a metered uplink that cannot be asked whether it leads anywhere is believed until it fails")
    func unaffordable() {
        var health = LinkHealth(
            targets: [target], kind: .cellular, terms: UplinkTerms(isMetered: true, dailyProbeOctets: 1000),
            firstIdentifier: 7, at: start)
        var now = start
        var actions = health.handle(.linkReady, at: now)
        while now < start + .seconds(10) {
            for case .sendProbe(let target, let identifier) in actions {
                actions += health.handle(.answer(target: target, identifier: identifier), at: now + .milliseconds(30))
            }
            now = max(health.nextDeadline ?? now, now + .milliseconds(31))
            actions = health.handle(.timer, at: min(now, start + .seconds(10)))
        }
        #expect(health.condition.vitality == .up)
    }

    @Test("a path that loses half and looks well for a moment comes back as a bad one", arguments: 1...20)
    func luck(seed: UInt64) {
        var path = ProbedPath(roundTrip: 20, seed: seed)
        path.run(for: .seconds(30))
        path.loss = 0.3
        var good = Instant.Span.milliseconds(0)
        path.run(until: path.now + .seconds(60)) { $0.condition.vitality == .down }
        let left = path.now
        while path.now < left + .seconds(300) {
            let before = path.now
            path.run(for: .milliseconds(100))
            let condition = path.health.condition
            if condition.works, !condition.isDegraded { good = good + (path.now - before) }
        }
        #expect(good < .seconds(30))
        path.loss = 0
        path.run(for: .seconds(60))
        #expect(path.health.condition.works && !path.health.condition.isDegraded)
    }

    @Test("an outage leaves no loss behind", arguments: [2, 5, 20, 60])
    func outage(seconds: Int64) {
        var path = ProbedPath(roundTrip: 100)
        path.run(for: .seconds(60))
        path.isBlockedUp = true
        path.run(for: .seconds(seconds))
        path.isBlockedUp = false
        path.run(until: path.now + .seconds(30)) { $0.condition.vitality == .up && $0.condition.failingSince == nil }
        #expect(!path.health.condition.isDegraded)
        path.run(for: .seconds(3))
        #expect(path.health.condition.loss ?? 0 == 0)
    }

    @Test("round trip, jitter and loss are what RFC 6298 and RFC 3550 compute")
    func estimators() {
        // Computed apart from this code: s += (r - s) / 8 from s = 100; j += (|d| - j) / 16.
        var quality = PathQuality()
        for (identifier, roundTrip) in [100, 180, 20, 60].enumerated() {
            quality.answered(UInt32(identifier), after: .milliseconds(Int64(roundTrip)))
        }
        #expect(abs((quality.roundTrip ?? 0) - 93.90625) < 1e-9)
        #expect(abs(quality.jitter - 16.26953125) < 1e-9)
        #expect(quality.timeout(atMost: .seconds(2)) == .milliseconds(282))
        #expect(quality.loss == nil)
        for identifier in 4..<10 { quality.lost(UInt32(identifier)) }
        #expect(quality.loss == 60)
        quality.answered(9, after: .milliseconds(5000))
        #expect(quality.loss == 50)
        for identifier in 10..<30 { quality.answered(UInt32(identifier), after: .milliseconds(1)) }
        #expect(quality.loss == 0)
        #expect(quality.timeout(atMost: .seconds(2)) < .seconds(2))
        quality.answered(99, after: .seconds(60))
        #expect(quality.timeout(atMost: .seconds(2)) == .seconds(2))
        #expect(quality.timeout(atMost: .seconds(4)) == .seconds(4))
        #expect(quality.timeout(atMost: .milliseconds(100)) == .milliseconds(100))
        #expect(PathQuality().timeout(atMost: .seconds(2)) == PathTunables.firstTimeout)
    }

    @Test("reliability is how many targets have to be reached", arguments: [1, 2])
    func reliability(wanted: Int) {
        let other = IPv6Address("2001:db8:2::1")!
        var settings = HealthSettings()
        settings.reliability = wanted
        var health = LinkHealth(targets: [target, other], settings: settings, firstIdentifier: 1, at: start)
        var now = start
        var actions = health.handle(.linkReady, at: now)
        for _ in 0..<40 {
            for case .sendProbe(target, let identifier) in actions {
                _ = health.handle(.answer(target: target, identifier: identifier), at: now)
            }
            guard let next = health.nextDeadline else { break }
            now = next
            actions = health.handle(.timer, at: now)
        }
        #expect(health.condition.vitality == (wanted == 1 ? .up : .down))
    }

    @Test("targets beyond the limit, and named twice, are left out; without targets nothing is probed")
    func targets() {
        let many = (1...20).map { IPv6Address(high: 0x2001_0db8_0000_0000, low: $0) }
        let health = LinkHealth(targets: many + many, firstIdentifier: 1, at: start)
        #expect(health.targets.map(\.address) == Array(many.prefix(PathTunables.targets)))
        var none = LinkHealth(targets: [], firstIdentifier: 1, at: start)
        #expect(none.handle(.linkReady, at: start) == [])
        #expect(none.condition == .unmonitored)
        #expect(none.nextDeadline == nil)
    }

    @Test("a target that is new on a link that works is believed until it fails")
    func newTarget() {
        var path = ProbedPath(roundTrip: 20)
        path.run(for: .seconds(5))
        let another = IPv6Address("2001:db8:9::1")!
        path.health.configure(
            targets: [another], settings: HealthSettings(), kind: .ethernet, terms: UplinkTerms(), at: path.now)
        #expect(path.health.condition.vitality == .up)
        path.run(for: .seconds(5))
        #expect(path.health.condition.vitality == .down)
    }

    @Test("a link that was away has to prove itself anew, and is not probed while it is away")
    func restart() {
        var path = ProbedPath(roundTrip: 20)
        path.run(for: .seconds(5))
        path.give(.linkLost)
        #expect(path.health.nextDeadline == nil)
        let probes = path.probes.count
        path.run(for: .seconds(5))
        #expect(path.probes.count == probes)
        path.give(.linkReady)
        #expect(path.health.condition.vitality == .unproven)
        path.run(for: .seconds(2))
        #expect(path.health.condition.vitality == .up)
    }

    @Test("a path that stays silent is probed fast for a while, then slowly, and fast again at the first answer")
    func silentForLong() {
        var path = ProbedPath(roundTrip: 20)
        path.run(for: .seconds(10))
        path.cut()
        path.run(for: .seconds(60))
        let before = path.probes.count
        path.run(for: .seconds(60))
        #expect(path.probes.count - before == 60)
        path.cut(up: false, down: false)
        let back = path.now
        let up = path.run(until: back + .seconds(10)) { $0.condition.vitality == .up }
        #expect(up.map { $0 - back < .milliseconds(2100) } == true)
    }

    @Test("a Binding Acknowledgement is as good as an answer")
    func confirmed() {
        var health = LinkHealth(targets: [target], firstIdentifier: 1, at: start)
        _ = health.handle(.linkReady, at: start)
        for _ in 1...4 { _ = health.handle(.confirmed(target: target), at: start + .milliseconds(5)) }
        #expect(health.condition.vitality == .unproven)
        _ = health.handle(.confirmed(target: target), at: start + .milliseconds(6))
        #expect(health.condition.vitality == .up)
        _ = health.handle(.confirmed(target: IPv6Address("2001:db8::66")!), at: start)
    }
}

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
        #expect(OctetText.text(999) == "999 octets")
        #expect(OctetText.text(1500) == "1.5 kB")
        #expect(OctetText.text(20_000_000_000) == "20 GB")
    }
}

@Suite struct SignalTests {
    let start = Instant(milliseconds: 5000)

    @Test("a signal that becomes weak is a warning until it is good again, and one dip is none")
    func hysteresis() {
        var watch = SignalWatch()
        func weak(_ level: Int) -> Bool {
            watch.take(Signal(dBm: level), .standard(.wlan), at: start)
            return watch.isWeak
        }
        #expect([-60, -90, -60].map { weak($0) } == [false, false, false])
        #expect([-85, -85, -85].map { weak($0) }.last == true)
        #expect([-75, -75, -75].map { weak($0) }.last == true)
        #expect([-60, -60].map { weak($0) }.last == false)
        #expect([-90, -90].map { weak($0) }.last == true)
        watch.take(nil, .standard(.wlan), at: start)
        #expect(!watch.isWeak)
    }

    @Test("a weak signal that is told once, for it does not change, is a warning when it has stood for a moment")
    func standing() {
        var watch = SignalWatch()
        for (level, second) in [(-60, 0), (-82, 60)] {
            watch.take(Signal(dBm: level), .standard(.wlan), at: start + .seconds(Int64(second)))
        }
        #expect(!watch.isWeak)
        watch.pass(to: start + .milliseconds(61_900))
        #expect(!watch.isWeak)
        watch.pass(to: start + .seconds(62))
        #expect(watch.isWeak)
    }

    @Test("thresholds of the file come before those of the kind")
    func thresholds() {
        let terms = UplinkTerms(signalThresholds: SignalThresholds(weak: -50, good: -40))
        var health = LinkHealth(
            targets: [ProbedPath.target], kind: .wlan, terms: terms, firstIdentifier: 1, at: start)
        _ = health.handle(.signal(Signal(dBm: -55)), at: start)
        #expect(health.condition.isWeak)
        // After a reload others hold at once, also where the signal stays as it is.
        health.configure(
            targets: [ProbedPath.target], settings: HealthSettings(), kind: .wlan,
            terms: UplinkTerms(signalThresholds: SignalThresholds(weak: -70, good: -60)), at: start)
        _ = health.handle(.timer, at: start)
        #expect(!health.condition.isWeak)
    }

    @Test(
        "a threshold that is named alone has the other a step away, and where none is, those of the kind hold",
        arguments: [
            (nil, nil, Uplink.Kind.wlan, -78, -72), (nil, nil, .cellular, -112, -106), (-60, nil, .wlan, -60, -54),
            (nil, -60, .wlan, -66, -60), (-90, -80, .cellular, -90, -80),
        ] as [(Int?, Int?, Uplink.Kind, Int, Int)])
    func named(weak: Int?, good: Int?, kind: Uplink.Kind, least: Int, wanted: Int) {
        let thresholds = SignalThresholds(weak: weak, good: good, kind: kind)
        #expect(thresholds == SignalThresholds(weak: least, good: wanted))
    }

    @Test("a weak signal has the uplink probed fast")
    func fast() {
        var path = ProbedPath(roundTrip: 20, kind: .wlan)
        path.run(for: .seconds(10))
        path.give(.signal(Signal(dBm: -85)))
        let before = path.probes.count
        path.run(for: .seconds(10))
        #expect(path.probes.count - before == 50)
    }
}
