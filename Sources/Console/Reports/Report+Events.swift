import MobilitySocket
import MobilityWire
import Platform

extension Report<DatedEvent> {
    static let events = Report(
        name: "events",
        fields: [
            Field(
                "date", "number",
                "When, in seconds since 1970 (UTC) with milliseconds. What was before the machine slept is dated too "
                    + "late by as long as it slept, and its `age` is as much too short.",
                .init("TIME"), json: { .number($0.date) }, cell: { WallClock.text($0.date) }),
            Field(
                "age", "number", "How long ago that is, in seconds with milliseconds.", json: { .number($0.age) }),
            Field(
                "time", "number", "When, by the machine's own clock, which nobody sets: seconds since it started.",
                json: { .number(Double($0.record.time.milliseconds) / 1000) }),
            Field(
                "program", "string", "The program that tells of it.", .init("PROGRAM"),
                json: { .string($0.record.program) }),
            Field(
                "event", "string", "What happened, lower_snake_case: a name of `docs/mobility-socket.md`.",
                .init("EVENT"),
                json: { .string($0.record.event) }),
            Field(
                "uplink", "string or null",
                "The interface of the uplink that it is about; null where that is none or several.",
                json: { .text($0.record.uplink.isEmpty ? nil : $0.record.uplink) }),
            Field(
                "detail", "string", "The same as a sentence for people.", .init("DETAIL", least: 20, wraps: true),
                json: { .string($0.record.detail) }),
        ])

    /// An event on a line of its own, in columns that do not depend on the others.
    static func line(_ event: DatedEvent) -> String {
        func pad(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - DisplayText.width(text)))
        }
        let line =
            WallClock.text(event.date) + "  " + pad(event.record.program, 8) + "  " + pad(event.record.event, 20) + "  "
            + event.record.detail
        return DisplayText.printable(line) + "\n"
    }
}
