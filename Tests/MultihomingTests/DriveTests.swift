import Drives
import Glibc
import MobilityWire
import Testing

@testable import Multihoming

/// Drives by the model of `DriveModel`. `SHISA_DRIVES` sets how many, `SHISA_FIRST_DRIVE` from which seed on, and `SHISA_DRIVE_SECONDS` how long each is; by default
/// they are a day in all.
@Suite struct DriveTests {
    static func number(_ name: String, _ standard: Int) -> Int {
        getenv(name).flatMap { Int(String(cString: $0)) } ?? standard
    }

    @Test("on no drive is the traffic left on a dead link, taken along by a flapping one, or a decision lost")
    func drives() {
        let count = Self.number("SHISA_DRIVES", 144)
        let seconds = Int64(Self.number("SHISA_DRIVE_SECONDS", 600))
        var detections: [Int64] = []
        var (changes, longest, longestMetered, voluntary, probes) = (0, Int64(0), Int64(0), 0, UInt64(0))
        let first = Self.number("SHISA_FIRST_DRIVE", 0)
        for seed in first..<first + count {
            let strategy = PathSettings.Strategy.allCases[seed % 3]
            var drive = Drive(
                seed: UInt64(seed) + 1, seconds: seconds, strategy: strategy, hasTraffic: seed.isMultiple(of: 2))
            drive.run()
            let book = drive.book
            #expect(book.breaches.isEmpty, "seed \(seed): \(book.breaches.prefix(3))")
            #expect(book.lostDecisions == 0, "seed \(seed)")
            #expect(book.choice.breach == nil, "seed \(seed)")
            let budget = PathTunables.meteredDailyOctets
            #expect(book.meteredProbeOctets <= budget, "seed \(seed): \(book.meteredProbeOctets)")
            detections += book.choice.detections
            changes += book.choice.changes
            longest = max(longest, book.choice.longestOnDead)
            longestMetered = max(longestMetered, book.choice.longestMetered)
            voluntary = max(voluntary, book.choice.voluntaryChangesInAMinute)
            probes += book.probeOctets
        }
        detections.sort()
        print(
            "\(count) drives of \(seconds) s: \(changes) changes, at most \(voluntary) voluntary ones a minute; "
                + "\(detections.count) times on a dead link, median \(detections.isEmpty ? 0 : detections[detections.count / 2]) ms, "
                + "longest \(longest) ms, \(longestMetered) ms where it is metered, with what it had to wait for; \(probes / UInt64(count)) octets of probes a drive"
        )
        #expect(detections.count > count / 2)
    }

    @Test("what is pinned carries the traffic whenever it works, on every drive", arguments: ["wwan0", "wlan0"])
    func pinned(name: String) {
        for seed in 0..<20 {
            var drive = Drive(
                seed: UInt64(seed) + 500, seconds: 600, strategy: .failover, pin: name, hasTraffic: true)
            drive.run()
            #expect(drive.book.breaches.isEmpty, "seed \(seed): \(drive.book.breaches.prefix(3))")
            #expect(drive.book.choice.breach == nil, "seed \(seed)")
        }
    }
}
