import MobilityWire
import Testing

@testable import MobilityCore

@Suite struct HomeAgentClockTests {
    let time = Sample.wallClock

    func clock() -> HomeAgentClock { HomeAgentClock(wallClock: time, at: Sample.start) }

    @Test("it runs on the monotonic clock")
    func runs() {
        var clock = clock()
        let stamp = clock.stamp(at: Sample.start + .minutes(1000), random: 0)
        #expect(stamp.isClose(to: time + .minutes(1000), within: .milliseconds(1)))
    }

    @Test("the lowest bits are the random ones, and nothing else is")
    func random() {
        var first = clock()
        var second = clock()
        let difference =
            first.stamp(at: Sample.start, random: 0).rawValue ^ second.stamp(at: Sample.start, random: .max).rawValue
        #expect(difference == 0xf_ffff)
    }

    @Test("after a clock that ran ahead, timestamps that were refused do not hold back the right ones")
    func ranAhead() {
        var clock = clock()
        _ = clock.stamp(at: Sample.start, random: 0)
        let truth = time + .seconds(-100_000)
        clock.adopt(truth, at: Sample.start, tolerance: .seconds(7))
        #expect(clock.stamp(at: Sample.start, random: 0).isClose(to: truth, within: .seconds(1)))
    }

    @Test("a timestamp that was accepted is exceeded, while the home agent's clock allows it")
    func exceedsAccepted() {
        var clock = clock()
        let accepted = clock.stamp(at: Sample.start, random: 0)
        clock.accepted(accepted)
        clock.adopt(time + .seconds(-3), at: Sample.start, tolerance: .seconds(7))
        #expect(clock.stamp(at: Sample.start, random: 0).isNewer(than: accepted))
    }

    @Test("when the home agent's clock went back further than the tolerance, insisting is of no use")
    func wentBack() {
        var clock = clock()
        clock.accepted(clock.stamp(at: Sample.start, random: 0))
        let truth = time + .seconds(-60)
        clock.adopt(truth, at: Sample.start, tolerance: .seconds(7))
        #expect(clock.stamp(at: Sample.start, random: 0).isClose(to: truth, within: .seconds(1)))
    }
}
