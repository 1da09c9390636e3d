import MobilitySocket
import MobilityWire
import Multihoming
import Platform
import Settings
import Testing

@testable import Roaming

@Suite("Schedules in mrd")
struct ScheduleTests {
    private func uplinks() -> [UplinkSettings] {
        var uplinks = Stage.uplinks
        uplinks[0].schedule = [ScheduleWindow(days: [0, 1, 2, 3, 4], from: 480, to: 1080)]
        return uplinks
    }

    /// Which uplink carries when both are up at this time.
    private func active(at clock: Int64?, pin: String? = nil) throws -> (name: String?, stage: Stage) {
        let stage = try Stage()
        stage.clock = clock
        let mrd = try stage.mrd(uplinks: uplinks())
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        try stage.run { ["eth0", "wlan0"].allSatisfy { stage.verdict($0)?.health == .up } }
        if let pin {
            stage.use(pin)
            try stage.run { stage.verdict(pin)?.isActive == true }
        }
        let name = stage.choice?.uplinks.first(where: \.isActive)?.name
        mrd.stop {}
        return (name, stage)
    }

    @Test(
        "an uplink rests outside its schedule, unless it is named by hand, and while nobody knows the time it does not")
    func rest() throws {
        // A Friday and a Saturday.
        let open = LocalTime(year: 2026, month: 11, day: 27, hour: 12).seconds
        let closed = LocalTime(year: 2026, month: 11, day: 28, hour: 12).seconds
        #expect(try active(at: open).name == "eth0")
        let (name, stage) = try active(at: closed)
        #expect(name == "wlan0")
        #expect(stage.verdict("eth0")?.reasons.contains { $0.name == "off_duty" } == true)
        #expect(try active(at: closed, pin: "eth0").name == "eth0")
        let (nameless, clockless) = try active(at: nil)
        #expect(nameless == "eth0")
        #expect(clockless.verdict("eth0")?.reasons.map(\.name) == ["active", "schedule_without_clock"])
        #expect(clockless.verdict("wlan0")?.reasons.contains { $0.name.hasSuffix("_without_clock") } == false)
        #expect(stage.verdict("eth0")?.reasons.contains { $0.name.hasSuffix("_without_clock") } == false)
    }

    @Test("what came of a name given by hand is told at once")
    func told() throws {
        let stage = try Stage()
        let mrd = try stage.mrd()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        try stage.run { ["eth0", "wlan0"].allSatisfy { stage.verdict($0)?.health == .up } }
        // Just told: the next report is a second away.
        let asked = stage.loop.now
        stage.use("wlan0")
        #expect(try stage.run { stage.choice?.pinned == "wlan0" && stage.verdict("wlan0")?.isActive == true })
        #expect((stage.loop.now - asked).milliseconds < 500)
        mrd.stop {}
    }

    @Test("the traffic moves when the schedule ends, and people are told")
    func end() throws {
        let stage = try Stage()
        // A second before six o'clock in the evening of a Friday.
        stage.clock = LocalTime(year: 2026, month: 11, day: 27, hour: 18).seconds - 1
        let mrd = try stage.mrd(uplinks: uplinks())
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        #expect(try stage.run { stage.events.contains("schedule_ends") && stage.verdict("wlan0")?.isActive == true })
        mrd.stop {}
    }
}
