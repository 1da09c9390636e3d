import MobilitySocket
import MobilityWire

extension Report<Snapshot.HomeAgent> {
    static let homeAgents = Report(
        name: "home_agents",
        fields: [
            Field("program", "string", "The program that knows it.", json: { .string($0.program) }),
            Field(
                "addresses", "list of strings", "Its addresses.", .init("ADDRESSES", least: 12),
                json: { .strings($0.entry.addresses) }),
            Field(
                "preference", "integer", "Its rank: higher is better.", .init("PREFERENCE", isRight: true),
                json: { .count($0.entry.preference) }),
            Field(
                "mobile_routers", "boolean", "Whether it serves mobile routers.", .init("ROUTERS"),
                json: { .bool($0.entry.servesMobileRouters) }),
            Field(
                "own", "boolean", "Whether it is the one on this machine.", .init("OWN"),
                json: { .bool($0.entry.isOwn) }),
            Field(
                "remaining", "number or null", "Seconds until it is forgotten; null for one that does not age.",
                .init("REMAINING", isRight: true),
                json: {
                    $0.entry.remainingMilliseconds == 0
                        ? .null : .number(Double($0.entry.remainingMilliseconds) / 1000)
                },
                cell: {
                    $0.entry.remainingMilliseconds == 0
                        ? "-" : DurationText.text(seconds: $0.entry.remainingMilliseconds / 1000)
                }),
        ])
}
