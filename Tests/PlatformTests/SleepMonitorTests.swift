import MobilityWire
import Testing

@testable import Platform

@Suite("Sleep")
struct SleepMonitorTests {
    @Test("only a clock that ran on while the other stood still tells of sleep, and each sleep once")
    func gauge() {
        var gauge = SleepGauge(boot: 10_000, monotonic: 4_000)
        let readings: [(boot: Int64, monotonic: Int64)] = [
            (20_000, 14_000),
            // Read one after the other on a busy machine.
            (30_400, 24_000), (30_400, 24_400), (130_400, 25_400), (131_400, 26_400),
        ]
        let found = readings.map { gauge.hasSlept(boot: $0.boot, monotonic: $0.monotonic) }
        #expect(found == [false, false, false, true, false])
    }

    @Test("a machine that did not sleep is not said to have")
    func awake() throws {
        let loop = try EventLoop()
        var count = 0
        let monitor = try SleepMonitor(on: loop) { count += 1 }
        try loop.run(for: .milliseconds(50))
        #expect(count == 0)
        withExtendedLifetime(monitor) {}
    }
}
