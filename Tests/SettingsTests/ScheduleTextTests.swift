import Testing

@testable import Settings

@Suite("Times of the week")
struct ScheduleTextTests {
    @Test(
        "Times are read as they are written",
        arguments: [
            ("Mo-Fr 08:00-18:00", ScheduleWindow(days: [0, 1, 2, 3, 4], from: 480, to: 1080)),
            ("Sa,Su 22:00-6:00", ScheduleWindow(days: [5, 6], from: 1320, to: 360)),
            ("Sa-Mo,We 00:00-24:00", ScheduleWindow(days: [5, 6, 0, 2], from: 0, to: 1440)),
            ("06:30-07:05", ScheduleWindow(days: Set(0...6), from: 390, to: 425)),
        ])
    func right(text: String, window: ScheduleWindow) { #expect(ScheduleText.window(text) == window) }

    @Test(
        "Anything else is none",
        arguments: [
            "", "Mo", "Mo-Fr", "8-18", "Mo 08:00", "Mo 24:00-06:00", "Mo 08:60-09:00", "Mo 08:00-24:01",
            "mo 08:00-09:00",
            "Mo- 08:00-09:00", "Mo,, 08:00-09:00", "Mo-We-Fr 08:00-09:00", "Mo 08:00-09:00 10:00-11:00",
            "Mo +8:00-09:00",
            "Mo 008:00-09:00", "Mo 08:0-09:00",
        ])
    func wrong(text: String) { #expect(ScheduleText.window(text) == nil) }
}
