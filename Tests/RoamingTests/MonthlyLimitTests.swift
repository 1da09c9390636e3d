import Foundation
import MobilitySocket
import Multihoming
import Platform
import Settings
import Testing

@testable import Roaming

@Suite("Monthly limits in mrd")
struct MonthlyLimitTests {
    private let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).state").path

    private func uplinks(limit: UInt64?, billingDay: UInt32 = 1) -> [UplinkSettings] {
        var uplinks = Stage.uplinks
        uplinks[0].monthlyLimit = limit
        uplinks[0].billingDay = billingDay
        return uplinks
    }

    private func seconds(_ year: Int, _ month: Int, _ day: Int) -> Int64 {
        LocalTime(year: year, month: month, day: day).seconds
    }

    @Test("an uplink that has reached its limit is left for a worse one, and people are told why")
    func limitReached() throws {
        let stage = try Stage()
        let mrd = try stage.mrd(uplinks: uplinks(limit: 1_000_000))
        stage.count("eth0", octets: 500)
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        #expect(try stage.run { stage.isRegistered(1) && stage.verdict("eth0")?.health == .up })
        #expect(try stage.run { stage.verdict("wlan0")?.health == .up })
        stage.count("eth0", octets: 850_500)
        #expect(try stage.run { stage.events.contains("limit_near") })
        #expect(stage.uplinks(of: "limit_near").count == 1 && !stage.uplinks(of: "limit_near").contains(""))
        #expect(stage.verdict("eth0")?.isActive == true)
        stage.count("eth0", octets: 1_000_500)
        #expect(try stage.run { stage.isRegistered(2) && stage.verdict("wlan0")?.isActive == true })
        #expect(stage.events.contains("limit_reached"))
        let verdict = try #require(stage.verdict("eth0"))
        #expect(verdict.reasons.contains { $0.name == "over_limit" })
        #expect(verdict.usedOctets == 1_000_000 && verdict.monthlyOctets == 1_000_000)
        #expect(verdict.reasons.last?.name == "month_without_clock")
        // Nothing else works.
        stage.report("wlan0", .noCarrier)
        #expect(try stage.run { stage.isRegistered(1) && stage.verdict("eth0")?.isActive == true })
        mrd.stop {}
    }

    @Test("what was used outlives the program, and what passes meanwhile is added")
    func restart() throws {
        let stage = try Stage()
        let first = try stage.mrd(uplinks: uplinks(limit: 1_000_000), state: path)
        stage.count("eth0", octets: 10)
        stage.report("eth0", .up)
        #expect(try stage.run { stage.verdict("eth0")?.usedOctets == 0 })
        stage.count("eth0", octets: 600_010)
        #expect(try stage.run { stage.verdict("eth0")?.usedOctets == 600_000 })
        var hasStopped = false
        first.stop { hasStopped = true }
        #expect(try stage.run { hasStopped })
        stage.count("eth0", octets: 700_010)
        stage.forget()

        let second = try stage.mrd(uplinks: uplinks(limit: 1_000_000), state: path)
        #expect(try stage.run { stage.verdict("eth0")?.usedOctets == 700_000 })
        second.stop {}
    }

    @Test("a file that nobody can use is said to be so, counted, and not in the way")
    func damaged() throws {
        try Data("shisa-accounts 7\nsum 0\n".utf8).write(to: URL(fileURLWithPath: path))
        let stage = try Stage()
        let mrd = try stage.mrd(uplinks: uplinks(limit: 1_000_000), state: path)
        #expect(try stage.run { stage.counter("state_file_damaged") == 1 })
        stage.report("eth0", .up)
        #expect(try stage.run { stage.verdict("eth0")?.usedOctets == 0 })
        mrd.stop {}
    }

    @Test("without a limit nothing is written")
    func nothingKept() throws {
        let stage = try Stage()
        let mrd = try stage.mrd(uplinks: uplinks(limit: nil), state: path)
        stage.count("eth0", octets: 0)
        stage.report("eth0", .up)
        #expect(try stage.run { stage.verdict("eth0")?.usedOctets == 0 })
        stage.count("eth0", octets: 50_000_000)
        #expect(try stage.run { stage.verdict("eth0")?.usedOctets == 50_000_000 })
        #expect(stage.verdict("eth0")?.monthlyOctets == nil)
        var hasStopped = false
        mrd.stop { hasStopped = true }
        #expect(try stage.run { hasStopped })
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test("a month begins on its billing day, and never while the time is not known")
    func months() throws {
        let old = TrafficAccount.Snapshot(
            uplink: "eth0", periodStart: LocalTime(year: 2026, month: 1, day: 12).date, usedOctets: 900,
            counter: 0)
        func used(at clock: Int64?) throws -> UInt64? {
            try Data(TrafficAccountFile.encode([old])).write(to: URL(fileURLWithPath: path))
            let stage = try Stage()
            stage.clock = clock
            let mrd = try stage.mrd(uplinks: uplinks(limit: 1000, billingDay: 12), state: path)
            stage.report("eth0", .up)
            try stage.run { stage.verdict("eth0")?.usedOctets != nil }
            defer { mrd.stop {} }
            return stage.verdict("eth0")?.usedOctets
        }
        #expect(try used(at: nil) == 900)
        #expect(try used(at: seconds(2026, 2, 11)) == 900)
        #expect(try used(at: seconds(2026, 2, 12)) == 0)
        // A clock that was set back.
        #expect(try used(at: seconds(1970, 1, 1)) == 900)
    }

    @Test("a file that a reload names is read: what was used by its account counts, and is counted on")
    func reload() throws {
        let kept = TrafficAccount.Snapshot(uplink: "eth0", usedOctets: 900_000, counter: 0)
        let stranger = TrafficAccount.Snapshot(uplink: "wwan9", usedOctets: 7)
        try Data(TrafficAccountFile.encode([kept, stranger])).write(to: URL(fileURLWithPath: path))
        let stage = try Stage()
        let mrd = try stage.mrd(uplinks: uplinks(limit: 1_000_000))
        stage.count("eth0", octets: 10)
        stage.report("eth0", .up)
        #expect(try stage.run { stage.verdict("eth0")?.usedOctets == 0 })
        stage.count("eth0", octets: 100_010)
        #expect(try stage.run { stage.verdict("eth0")?.usedOctets == 100_000 })
        try mrd.reload(
            ShisaSettings(
                homes: [Stage.settings], uplinks: uplinks(limit: 1_000_000),
                policy: PolicySettings(bindings: .single, state: path)))
        #expect(try stage.run { stage.verdict("eth0")?.usedOctets == 900_000 })
        stage.count("eth0", octets: 200_010)
        #expect(try stage.run { stage.events.contains("limit_reached") })
        var hasStopped = false
        mrd.stop { hasStopped = true }
        #expect(try stage.run { hasStopped })
        let octets = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let accounts = try TrafficAccountFile.decode(octets)
        #expect(accounts.first { $0.uplink == "eth0" }?.usedOctets == 1_000_000)
        #expect(accounts.contains { $0.uplink == "wwan9" && $0.usedOctets == 7 })
    }
}
