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
        #expect(health.condition.vitality == .believed && !health.condition.isDoubted)
        var now = start + .milliseconds(10)
        _ = health.handle(.doubted(since: now), at: now)
        #expect(health.condition.vitality == .believed && health.condition.isDoubted)
        while let next = health.nextDeadline, next <= start + .seconds(3) {
            now = max(next, now)
            _ = health.handle(.timer, at: now)
        }
        #expect(health.condition.vitality == .down)
    }

    @Test("one that is only believed is up with its first answer, and monitored no more when there are no targets")
    func believedAndShown() {
        var health = LinkHealth(targets: [], firstIdentifier: 7, at: start)
        _ = health.handle(.linkReady, at: start)
        func configure(_ targets: [IPv6Address]) {
            health.configure(
                targets: targets, settings: HealthSettings(), kind: .ethernet, terms: UplinkTerms(), at: start)
        }
        configure([target])
        #expect(health.condition.vitality == .believed)
        configure([])
        #expect(health.condition.vitality == .unmonitored)
        configure([target])
        for identifier in identifiers(health.handle(.timer, at: health.nextDeadline ?? start)) {
            _ = health.handle(.answer(target: target, identifier: identifier), at: start + .milliseconds(20))
        }
        #expect(health.condition.vitality == .up)
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
