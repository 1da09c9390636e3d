extension Report<Snapshot.Counter> {
    static let counters = Report(
        name: "counters",
        fields: [
            Field(
                "program", "string", "The program that counts.", .init("PROGRAM"), json: { .string($0.program) }),
            Field("name", "string", "What is counted.", .init("NAME", least: 20), json: { .string($0.name) }),
            Field(
                "value", "integer", "How often, since that program started.", .init("VALUE", isRight: true),
                json: { .unsigned($0.value) }),
        ])
}
