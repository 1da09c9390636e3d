import MobilitySocket
import MobilityWire

extension Report<EventRecord> {
    static let events = Report(
        name: "events",
        fields: [
            Field(
                "time", "number", "Seconds since the machine started, with milliseconds.", .init("TIME", isRight: true),
                json: { .number($0.time.seconds) }, cell: { timeText($0.time) }),
            Field(
                "program", "string", "The program that tells of it.", .init("PROGRAM"), json: { .string($0.program) }),
            Field("event", "string", "What happened, lower_snake_case.", .init("EVENT"), json: { .string($0.event) }),
            Field(
                "detail", "string", "The same as a sentence for people.", .init("DETAIL", least: 20),
                json: { .string($0.detail) }),
        ])

    /// An event on a line of its own, in columns that do not depend on the others.
    static func line(_ event: EventRecord) -> String {
        func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - DisplayText.width(text)))
        }
        let time = timeText(event.time)
        let line =
            String(repeating: " ", count: max(0, 10 - time.count)) + time + "  " + pad(event.program, 8) + "  "
            + pad(event.event, 20) + "  " + event.detail
        return DisplayText.printable(line) + "\n"
    }

    /// Seconds with three digits behind the point.
    private static func timeText(_ time: Instant) -> String {
        let milliseconds = max(0, time.milliseconds)
        let fraction = String(milliseconds % 1000)
        return "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}

extension Instant {
    /// Seconds since the clock's start.
    fileprivate var seconds: Double { Double(milliseconds) / 1000 }
}
