import MobilityWire
import Testing

@testable import MobilitySocket

@Suite("The pace of looking for nemonetd")
struct RetryPaceTests {
    @Test("five seconds of quick attempts, then each wait twice as long, up to a second")
    func pace() {
        var pace = RetryPace()
        let quick = (0..<RetryPace.quickAttempts).map { _ in pace.next() }
        #expect(Set(quick) == [.milliseconds(20)] && quick.count == 250)
        let slow = (0..<8).map { _ in pace.next().milliseconds }
        #expect(slow == [40, 80, 160, 320, 640, 1000, 1000, 1000])
    }

    @Test("who was refused waits a second each time")
    func refused() {
        var pace = RetryPace()
        pace.slowDown()
        #expect(pace.next() == .seconds(1) && pace.next() == .seconds(1))
    }

    @Test("only a connection that has lasted a second lets the attempts begin anew")
    func lost() {
        var pace = RetryPace()
        // nemonetd closes each connection as soon as all is announced.
        let waits = (0..<300).map { _ in
            pace.lost(after: .milliseconds(999))
            return pace.next()
        }
        #expect(waits[249] == .milliseconds(20) && waits[250] == .milliseconds(40) && waits.last == .seconds(1))
        pace.lost(after: .seconds(1))
        #expect(pace.next() == .milliseconds(20))
    }
}
