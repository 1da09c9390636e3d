import MobilitySocket
import MobilityWire
import Platform

/// An event, and when it was by the clock on the wall.
struct DatedEvent: Hashable, Sendable {
    var record: EventRecord
    /// Seconds since 1970.
    var date: Double
    /// Seconds that have passed since.
    var age: Double

    /// - Parameters:
    ///   - now: by the clock of the event.
    ///   - date: the same moment in seconds since 1970.
    init(_ record: EventRecord, now: Instant, date: Double) {
        self.record = record
        age = Double(max(0, (now - record.time).milliseconds)) / 1000
        // In whole milliseconds, as the event is: two events keep their distance.
        self.date = ((date - age) * 1000).rounded() / 1000
    }

    /// The clock on the wall may have been set since the event: what counts is how long ago it was.
    init(_ record: EventRecord) {
        self.init(record, now: MonotonicClock.now, date: WallClock.seconds())
    }
}

extension Report<DatedEvent> {
    static let events = Report(
        name: "events",
        fields: [
            Field(
                "date", "number", "When, in seconds since 1970 (UTC) with milliseconds.", .init("TIME"),
                json: { .number($0.date) }, cell: { WallClock.text($0.date) }),
            Field(
                "age", "number", "How long ago that is, in seconds with milliseconds.", json: { .number($0.age) }),
            Field(
                "time", "number", "The same by the machine's own clock, which nobody sets: seconds since it started.",
                json: { .number(Double($0.record.time.milliseconds) / 1000) }),
            Field(
                "program", "string", "The program that tells of it.", .init("PROGRAM"),
                json: { .string($0.record.program) }),
            Field(
                "event", "string", "What happened, lower_snake_case.", .init("EVENT"),
                json: { .string($0.record.event) }),
            Field(
                "detail", "string", "The same as a sentence for people.", .init("DETAIL", least: 20),
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
