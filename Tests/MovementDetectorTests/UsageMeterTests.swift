import MobilitySocket
import Platform
import Testing

@testable import MovementDetector

@Suite("What the uplinks have carried")
struct UsageMeterTests {
    private func counters(_ values: [UInt32: (UInt64, UInt64)]) -> [UInt32: LinkTraffic] {
        values.mapValues { LinkTraffic(octetsIn: $0.0, octetsOut: $0.1) }
    }

    @Test("only uplinks are told of, and only when they carried something")
    func changes() {
        var meter = UsageMeter()
        let first = meter.take(counters([1: (9, 9), 2: (10, 20), 3: (0, 0)]), uplinks: [2, 3, 0])
        #expect(
            first == [
                UplinkUsage(interfaceIndex: 2, octetsIn: 10, octetsOut: 20),
                UplinkUsage(interfaceIndex: 3, octetsIn: 0, octetsOut: 0),
            ])
        #expect(meter.take(counters([1: (10, 9), 2: (10, 20), 3: (0, 0)]), uplinks: [2, 3]).isEmpty)
        #expect(
            meter.take(counters([2: (10, .max), 3: (0, 0)]), uplinks: [2, 3])
                == [UplinkUsage(interfaceIndex: 2, octetsIn: 10, octetsOut: .max)])
    }

    @Test("who comes late is told all, and an uplink that was away is told of again")
    func again() {
        var meter = UsageMeter()
        #expect(meter.take(counters([2: (1, 1)]), uplinks: [2]).count == 1)
        meter.forget()
        #expect(meter.take(counters([2: (1, 1)]), uplinks: [2]).count == 1)
        #expect(meter.take(counters([2: (1, 1)]), uplinks: []).isEmpty)
        #expect(meter.take(counters([2: (1, 1)]), uplinks: [2]).count == 1)
    }
}
