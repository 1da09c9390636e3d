import MobilityWire
import Testing

@testable import Multihoming

@Suite struct FlapDampingTests {
    let start = Instant(milliseconds: 5000)

    @Test("the third failure within half a minute suppresses, and peace brings trust back")
    func suppress() {
        var damping = FlapDamping()
        damping.flap(at: start)
        damping.flap(at: start + .seconds(5))
        #expect(!damping.isSuppressed)
        damping.flap(at: start + .seconds(10))
        #expect(damping.isSuppressed)
        // 1000 (2^(-10/60) + 2^(-5/60) + 1) = 2834.77; 60 log2(2834.77 / 750) = 115.096 s, by another calculator.
        #expect(abs(damping.penalty(at: start + .seconds(10)) - 2834.773) < 0.01)
        let reuse = damping.reuseAt ?? start
        #expect(abs((reuse - start).milliseconds - 125_096) <= 2)
        damping.update(at: reuse - .milliseconds(1))
        #expect(damping.isSuppressed)
        damping.update(at: reuse)
        #expect(!damping.isSuppressed)
        // One more failure is forgiven.
        damping.flap(at: reuse)
        #expect(!damping.isSuppressed)
    }

    @Test("any three failures within half a minute suppress", arguments: [0, 1, 7, 15, 23, 30])
    func halfMinute(second: Int64) {
        var damping = FlapDamping()
        for seconds in [0, second, 30] { damping.flap(at: start + .seconds(seconds)) }
        #expect(damping.isSuppressed)
    }

    @Test("failures far apart are forgiven")
    func rare() {
        var damping = FlapDamping()
        for round in 0..<100 { damping.flap(at: start + .seconds(Int64(round) * 90)) }
        #expect(!damping.isSuppressed)
    }

    @Test("however often it failed, three minutes of peace are enough")
    func ceiling() {
        var damping = FlapDamping()
        for round in 0..<1000 { damping.flap(at: start + .seconds(Int64(round))) }
        let last = start + .seconds(999)
        #expect(damping.reuseAt.map { $0 - last <= .seconds(180) } == true)
        #expect(damping.reuseAt.map { $0 - last >= .seconds(179) } == true)
    }

    @Test("powers and logarithms of two are right")
    func logarithm() {
        for step in 0..<500 {
            let exponent = Double(step) / 37
            #expect(abs(Logarithm.base2(Logarithm.halved(exponent)) + exponent) < 1e-9)
        }
        #expect(Logarithm.halved(0) == 1)
        #expect(Logarithm.halved(10) == 1.0 / 1024)
        #expect(abs(Logarithm.halved(0.5) - 0.5.squareRoot()) < 1e-14)
        #expect(abs(Logarithm.base2(3) - 1.584_962_500_721_156) < 1e-12)
        #expect(Logarithm.halved(5000) == 0)
        #expect(Logarithm.base2(0) == -.infinity)
    }
}
