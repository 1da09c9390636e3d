import MobilitySocket

extension Report<Snapshot.Timer> {
    static let timers = Report(
        name: "timers",
        fields: [
            Field("program", "string", "The program that waits.", .init("PROGRAM"), json: { .string($0.program) }),
            Field("name", "string", "What for.", .init("NAME", least: 20), json: { .string($0.entry.name) }),
            Field(
                "waiting", "integer", "How many things wait for it.", .init("WAITING", isRight: true),
                json: { .count($0.entry.waiting) }),
            Field(
                "remaining", "number", "Seconds until the first of them is due.", .init("REMAINING", isRight: true),
                json: { .number(Double($0.entry.remainingMilliseconds) / 1000) },
                cell: { DurationText.text(seconds: $0.entry.remainingMilliseconds / 1000) }),
        ])
}
