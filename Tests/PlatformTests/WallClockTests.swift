import Glibc
import Testing

@testable import Platform

@Suite("The clock on the wall")
struct WallClockTests {
    @Test("another time zone holds from the next look on")
    func zone() throws {
        let (text, _) = try ChildProcess.run {
            setenv("TZ", "UTC0", 1)
            let before = WallClock.text(1_700_000_000)
            let east = Syscalls.secondsEastOfGreenwich(at: 1_700_000_000)
            setenv("TZ", "XXX-3", 1)
            let later = Syscalls.secondsEastOfGreenwich(at: 1_700_000_000)
            return "\(before) \(east) \(later) \(WallClock.text(1_700_000_000))"
        }
        #expect(text == "2023-11-14 22:13:20 0 10800 2023-11-15 01:13:20")
    }
}
