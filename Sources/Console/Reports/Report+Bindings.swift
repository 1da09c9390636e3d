import MobilitySocket
import MobilityWire

extension Report<BindingEntry> {
    static let bindings = Report(
        name: "bindings",
        fields: [
            Field(
                "name", "string", "What the configuration calls the node; may be empty.", .init("NAME", least: 8),
                json: { .string($0.name) },
                cell: { $0.kind == .correspondent ? "(direct)" : $0.name.isEmpty ? "-" : $0.name }),
            Field(
                "kind", "string",
                "`home` where it is registered at this home agent; `correspondent` where it bound with an address of this "
                    + "node, to be reached directly.",
                json: { .string($0.kind.name) }),
            Field(
                "home_address", "string", "The home address.", .init("HOME ADDRESS", least: 12),
                json: { .text($0.homeAddress) }),
            Field(
                "care_of_address", "string", "Where it is now.", .init("CARE-OF ADDRESS", least: 12),
                json: { .text($0.careOfAddress) }),
            Field(
                "home_agent", "string", "The address of ours that it registered or bound with.",
                json: { .text($0.homeAgentAddress) }),
            Field(
                "binding_id", "integer or null", "The binding identifier (RFC 5648); null without.",
                json: { $0.bindingIdentifier.map(JSON.count) ?? .null }),
            Field(
                "mode", "string",
                "`explicit` or `implicit` for a mobile router, by how its prefixes were learnt; `host` for a node "
                    + "without any.",
                json: { .string($0.mode.name) }),
            Field(
                "prefixes", "list of strings", "The mobile network prefixes that are forwarded to it.",
                .init("PREFIXES", least: 12), json: { .strings($0.prefixes) }),
            Field(
                "sequence", "integer", "The sequence number of the last Binding Update.",
                json: { .count($0.sequenceNumber.rawValue) }),
            Field("lifetime", "integer", "The lifetime that was granted, in seconds.", json: { .count($0.lifetime) }),
            Field(
                "remaining", "integer", "What is left of it, in seconds.", .init("LEFT", isRight: true),
                json: { .count($0.remainingMilliseconds / 1000) },
                cell: { DurationText.text(seconds: $0.remainingMilliseconds / 1000) }),
            Field(
                "flows", "list of integers", "The flow bindings that go this way, by their identifiers (RFC 6089).",
                json: { .array($0.flows.map { .count($0.identifier) }) }),
        ])
}

extension BindingEntry.Mode {
    /// In JSON.
    var name: String {
        switch self {
        case .host: "host"
        case .implicit: "implicit"
        case .explicit: "explicit"
        }
    }
}

extension BindingEntry.Kind {
    /// In JSON.
    var name: String {
        switch self {
        case .home: "home"
        case .correspondent: "correspondent"
        }
    }
}
