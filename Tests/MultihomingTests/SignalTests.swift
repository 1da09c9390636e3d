import MobilityWire
import Testing

@testable import Multihoming

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
