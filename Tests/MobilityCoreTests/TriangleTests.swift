import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

@Suite struct TriangleTests {
    @Test("a mobile router registers, and both ends agree")
    func registers() {
        var triangle = Triangle(seed: 1)
        triangle.move(to: Sample.cable, oldStillUsable: false)
        triangle.run(for: .seconds(1))
        #expect(triangle.isConverged)
        #expect(triangle.agent.cache[Sample.home]?.prefixes == [Sample.mobilePrefix])
    }

    @Test("a board that starts in 1970 is registered within two round trips")
    func withoutClock() {
        var triangle = Triangle(seed: 1, mobileClock: NTPTimestamp(unixSeconds: 3))
        triangle.network.delay = 20...20
        triangle.move(to: Sample.cable, oldStillUsable: false)
        triangle.run(for: .milliseconds(81))
        #expect(triangle.isConverged)
    }

    @Test("a router that starts anew, without clock and number, is registered again within two round trips")
    func routerRestarts() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var triangle = Triangle(seed: seed)
            triangle.network.delay = 20...20
            triangle.move(to: Sample.cable, oldStillUsable: false)
            triangle.run(for: .seconds(30))
            triangle.restartMobile()
            triangle.run(for: .milliseconds(81))
            #expect(triangle.isConverged)
        }
    }

    @Test("a registration is kept for a day with a third of the messages lost, and forwarding never stops")
    func keepsRegistration() {
        var triangle = Triangle(seed: 7)
        triangle.move(to: Sample.cable, oldStillUsable: false)
        triangle.run(for: .seconds(5))
        triangle.network = Triangle.Network(loss: 330, repetition: 50, delay: 5...800)
        for _ in 0..<(24 * 60) {
            triangle.run(for: .minutes(1))
            #expect(triangle.plan.active == Sample.cable)
        }
    }

    @Test(
        "a home agent whose clock is set, forwards or back, keeps its nodes, and forwarding never stops",
        arguments: [60, -60, 86_400] as [Int64])
    func clockIsSet(seconds: Int64) {
        var triangle = Triangle(seed: 3)
        triangle.move(to: Sample.cable, oldStillUsable: false)
        triangle.run(for: .seconds(5))
        triangle.agentClockStep = .seconds(seconds)
        for _ in 0..<60 {
            triangle.run(for: .minutes(1))
            #expect(triangle.plan.active == Sample.cable)
        }
        #expect(triangle.isConverged)
    }

    @Test(
        "after any story the two ends agree again once the network is quiet", arguments: 1...150 as ClosedRange<UInt64>)
    func anyStory(seed: UInt64) {
        var script = RandomNumbers(seed: seed &* 77)
        var triangle = Triangle(
            seed: seed,
            registration: Sample.registration(lifetime: .seconds(Int64.random(in: 20...600, using: &script))))
        triangle.network = Triangle.Network(
            loss: Int.random(in: 0...400, using: &script), repetition: Int.random(in: 0...200, using: &script),
            delay: 1...Int64.random(in: 2...3000, using: &script))
        let uplinks = [Sample.cable, Sample.radio, Sample.third]
        triangle.move(to: Sample.cable, oldStillUsable: false)
        for _ in 0..<40 {
            triangle.run(for: .milliseconds(Int64.random(in: 1...20_000, using: &script)))
            switch Int.random(in: 0..<10, using: &script) {
            case 0...5:
                let next = uplinks.randomElement(using: &script)
                triangle.move(to: next, oldStillUsable: Bool.random(using: &script))
            case 6: triangle.move(to: nil, oldStillUsable: false)
            case 7: triangle.restartAgent()
            case 8: triangle.restartMobile()
            default: break
            }
        }
        triangle.network = Triangle.Network()
        triangle.cut = []
        triangle.move(to: Sample.cable, oldStillUsable: true)
        // The slowest way back: the last refused time-out, then one lifetime for a home agent that lost the binding.
        triangle.run(for: .seconds(700))
        #expect(triangle.isConverged, "\(triangle.mobile.phase), \(triangle.mobile.plan)")

        triangle.stop()
        triangle.run(for: .seconds(5))
        #expect(triangle.isFinished)
        #expect(triangle.plan == .none)
        #expect(triangle.agent.cache.count == 0)
    }

    @Test("the same seed tells the same story")
    func repeats() {
        func story() -> [UInt16] {
            var triangle = Triangle(seed: 11)
            triangle.network = Triangle.Network(loss: 300, repetition: 100, delay: 1...2000)
            triangle.move(to: Sample.cable, oldStillUsable: false)
            return (0..<50).map { _ in
                triangle.run(for: .seconds(20))
                return triangle.mobile.sequenceNumber.rawValue
            }
        }
        #expect(story() == story())
    }
}
