import Examples
import MobilityWire
import Testing

@testable import Forwarding

/// Places are given by a number that differs from run to run, so that of many senders a few may share one.
@Suite("How many errors there are")
struct ErrorLimitTests {
    let flooder = Sample.address("2001:db8:10::f")

    func sender(_ number: Int) -> IPv6Address {
        IPv6Address(high: 0x2001_0db8_0010_0000, low: 0x1_0000 + UInt64(number))
    }

    func allowed(_ limit: inout ErrorLimit, to sender: IPv6Address, times: Int, at milliseconds: Int64) -> Int {
        (0..<times).count { _ in limit.allow(sender, at: Instant(milliseconds: milliseconds)) }
    }

    @Test("one sender is told so often at once, and so often a second")
    func one() {
        var limit = ErrorLimit()
        #expect(allowed(&limit, to: flooder, times: 1000, at: 0) == ErrorLimit.ofOne)
        #expect(allowed(&limit, to: flooder, times: 1000, at: 100) == ErrorLimit.ofOne / 10)
        #expect(allowed(&limit, to: flooder, times: 1000, at: 60_000) == ErrorLimit.ofOne)
    }

    @Test("a sender without end leaves the others theirs")
    func others() {
        var limit = ErrorLimit()
        var told = 0
        for second in 0..<10 {
            let now = Int64(second) * 1000
            #expect(allowed(&limit, to: flooder, times: 10_000, at: now) <= ErrorLimit.ofOne)
            for number in 0..<40 { told += allowed(&limit, to: sender(number), times: 1, at: now) }
        }
        // Who shares the place of the flooder hears nothing.
        #expect(told >= 10 * (40 - 8))
    }

    @Test("all together are told so often, however many they are")
    func all() {
        var limit = ErrorLimit()
        let told = (0..<100_000).count { limit.allow(sender($0), at: Instant(milliseconds: 0)) }
        #expect(told == ErrorLimit.ofAll)
    }
}
