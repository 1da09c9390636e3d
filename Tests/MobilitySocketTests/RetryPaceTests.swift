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
}
