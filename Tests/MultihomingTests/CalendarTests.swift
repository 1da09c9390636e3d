import MobilityWire
import Testing

@testable import Multihoming

@Suite struct CalendarTests {
    @Test(
        "dates are those of the Gregorian calendar",
        arguments: [
            // Seconds, date and weekday (0 for Monday) as `date -u -d @SECONDS` tells them.
            (Int64(0), 1970, 1, 1, 3), (951_782_400, 2000, 2, 29, 1), (1_709_164_800, 2024, 2, 29, 3),
            (1_735_689_599, 2024, 12, 31, 1), (4_107_542_400, 2100, 3, 1, 0), (-86_400, 1969, 12, 31, 2),
            (1_795_651_200, 2026, 11, 26, 3),
        ])
    func dates(seconds: Int64, year: Int, month: Int, day: Int, weekday: Int) {
        let time = LocalTime(seconds: seconds)
        #expect(time.date == CalendarDate(year: year, month: month, day: day))
        #expect(time.weekday == weekday)
        #expect(LocalTime(year: year, month: month, day: day).seconds == time.midnight)
    }

    @Test("a schedule is open in its windows, over midnight too")
    func schedule() {
        let office = Schedule(windows: [.init(days: [0, 1, 2, 3, 4], from: 8 * 60, to: 18 * 60)])
        // 26 November 2026 is a Thursday.
        func thursday(_ hour: Int, _ minute: Int = 0) -> LocalTime {
            LocalTime(year: 2026, month: 11, day: 26, hour: hour, minute: minute)
        }
        #expect([7, 8, 17, 18].map { office.isOpen(at: thursday($0)) } == [false, true, true, false])
        #expect(!office.isOpen(at: LocalTime(year: 2026, month: 11, day: 28, hour: 12)))
        #expect(office.secondsToChange(after: thursday(7)) == 3600)
        #expect(office.secondsToChange(after: thursday(8)) == 36_000)
        #expect(office.secondsToChange(after: thursday(20)) == 43_200)
        let night = Schedule(windows: [.init(days: [3], from: 22 * 60, to: 6 * 60)])
        #expect([21, 22].map { night.isOpen(at: thursday($0)) } == [false, true])
        let friday = LocalTime(year: 2026, month: 11, day: 27, hour: 5, minute: 59)
        #expect(night.isOpen(at: friday))
        #expect(!night.isOpen(at: LocalTime(seconds: friday.seconds + 60)))
        #expect(!night.isOpen(at: thursday(3)))
        #expect(Schedule.always.isOpen(at: friday))
        #expect(Schedule.always.secondsToChange(after: friday) == nil)
    }

    @Test(
        "a month begins on its billing day, and on the last day of a shorter one",
        arguments: [
            ((2026, 3, 15), 15, (2026, 3, 15)), ((2026, 3, 14), 15, (2026, 2, 15)), ((2026, 1, 3), 15, (2025, 12, 15)),
            ((2026, 2, 28), 31, (2026, 2, 28)), ((2026, 3, 1), 31, (2026, 2, 28)), ((2028, 2, 28), 30, (2028, 1, 30)),
            ((2028, 2, 29), 30, (2028, 2, 29)),
        ])
    func billing(date: (Int, Int, Int), day: Int, start: (Int, Int, Int)) {
        func value(_ date: (Int, Int, Int)) -> CalendarDate { CalendarDate(year: date.0, month: date.1, day: date.2) }
        #expect(TrafficAccount.periodStart(at: value(date), billingDay: day) == value(start))
    }
}

@Suite struct TrafficAccountTests {
    let start = Instant(milliseconds: 5000)
    let quota = UplinkTerms.Quota(monthlyOctets: 1000, billingDay: 15)

    @Test("octets count from the first counter on, through a counter that begins anew, and not past a restart twice")
    func counting() {
        var account = TrafficAccount(.init(uplink: "wwan0"))
        account.count(5_000_000)
        #expect(account.snapshot.usedOctets == 0)
        account.count(5_000_400)
        #expect(account.snapshot.usedOctets == 400)
        account.count(300)
        #expect(account.snapshot.usedOctets == 700)
        var next = TrafficAccount(account.snapshot)
        next.count(450)
        #expect(next.snapshot.usedOctets == 850)
        next.interfaceGone()
        next.count(50)
        #expect(next.snapshot.usedOctets == 900)
    }

    @Test("the limit warns, then demotes, and the billing day forgives")
    func limit() {
        var account = TrafficAccount(.init(uplink: "wwan0", counter: 0), quota: quota)
        account.advance(to: LocalTime(year: 2026, month: 3, day: 20))
        for (counter, state) in [(799, TrafficAccount.State.within), (800, .near), (999, .near), (1000, .over)] {
            account.count(UInt64(counter))
            #expect(account.state == state)
        }
        account.advance(to: LocalTime(year: 2026, month: 4, day: 14, hour: 23, minute: 59))
        #expect(account.state == .over)
        account.advance(to: LocalTime(year: 2026, month: 4, day: 15))
        #expect(account.state == .within)
        #expect(account.snapshot.previousOctets == 1000)
        account.quota?.demotePercent = 10
        account.count(1100)
        #expect(account.state == .over)
    }

    @Test("a clock that is set back, or wakes up in 1970, takes nothing back and forgives nothing")
    func clock() {
        var account = TrafficAccount(.init(uplink: "wwan0", counter: 0), quota: quota)
        account.advance(to: LocalTime(year: 2026, month: 3, day: 20))
        account.count(900)
        account.advance(to: LocalTime(seconds: 0))
        account.advance(to: LocalTime(year: 2026, month: 3, day: 21))
        #expect(account.snapshot.usedOctets == 900)
    }

    @Test("a limit of any size is a limit")
    func extremes() {
        var account = TrafficAccount(
            .init(uplink: "x", usedOctets: .max, counter: 0), quota: .init(monthlyOctets: .max, billingDay: 99))
        #expect(account.state == .over)
        account.quota?.monthlyOctets = 0
        #expect(account.state == .over)
        #expect(TrafficAccount(.init(uplink: "x")).state == .within)
        #expect(TrafficAccount(.init(uplink: "x", usedOctets: 5), quota: .init(monthlyOctets: .max)).state == .within)
    }

    @Test("it is written down when it has grown, not more often than the flash likes, and at once in a new month")
    func saving() {
        var account = TrafficAccount(.init(uplink: "wwan0", counter: 0), quota: quota)
        #expect(account.due(at: start) == nil)
        account.count(PathTunables.unsavedOctets)
        #expect(account.due(at: start)?.usedOctets == PathTunables.unsavedOctets)
        account.count(3 * PathTunables.unsavedOctets)
        #expect(account.due(at: start + .seconds(59)) == nil)
        #expect(account.due(at: start + .seconds(60)) != nil)
        #expect(account.due(at: start + .seconds(120)) == nil)
        account.advance(to: LocalTime(year: 2026, month: 3, day: 20))
        #expect(account.due(at: start + .seconds(180))?.periodStart != nil)
    }
}
