import MobilitySocket
import MobilityWire

extension Report<Snapshot.Prefix> {
    static let prefixes = Report(
        name: "prefixes",
        fields: [
            Field(
                "prefix", "string", "The mobile network prefix.", .init("PREFIX", least: 12),
                json: { .text($0.prefix) }),
            Field(
                "name", "string", "What the configuration calls its node; may be empty.", .init("NAME", least: 8),
                json: { .string($0.binding.name) }),
            Field(
                "home_address", "string", "The home address of its node.", .init("HOME ADDRESS", least: 12),
                json: { .text($0.binding.homeAddress) }),
            Field(
                "mode", "string", "How it came: `explicit` in the Binding Update, `implicit` from the configuration.",
                .init("MODE"), json: { .string($0.binding.mode.name) }),
        ])
}
