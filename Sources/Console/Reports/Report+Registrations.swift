import MobilitySocket
import MobilityWire

extension Report<RegistrationEntry> {
    static let registrations = Report(
        name: "registrations",
        fields: [
            Field(
                "home_address", "string", "The home address.", .init("HOME ADDRESS", least: 12),
                json: { .text($0.homeAddress) }),
            Field(
                "care_of_address", "string or null", "The care-of address; null while there is none.",
                .init("CARE-OF ADDRESS", least: 12),
                json: { .text($0.careOfAddress.isUnspecified ? nil : $0.careOfAddress) }),
            Field(
                "home_agent", "string or null", "The home agent; null while none is known.",
                json: { .text($0.homeAgentAddress.isUnspecified ? nil : $0.homeAgentAddress) }),
            Field(
                "uplink", "string or null", "The interface of the care-of address.", .init("UPLINK"),
                json: { .text($0.interfaceName.isEmpty ? nil : $0.interfaceName) }),
            Field(
                "state", "string",
                "`registered`, or `idle`, `registering`, `deregistering`, `refused`, `revoked`; without a `reason` `refused` is "
                    + "a home agent that did not answer, or that has ended what it had accepted; `home` on the home link, "
                    + "where nothing is tunnelled; `retiring` for one that another has replaced and that still takes in "
                    + "what is under way.",
                .init("STATE"), json: { .string($0.stateName) },
                cell: { $0.stateName + ($0.status == 0 ? "" : " (\($0.status))") }),
            Field(
                "reason", "string or null",
                "Why the home agent refused, or has revoked the binding, in words; null where it said nothing.",
                json: { .text($0.reason) }),
            Field(
                "status", "integer", "The status of the last Binding Acknowledgement (RFC 6275 §6.1.8).",
                json: { .count($0.status) }),
            Field(
                "sequence", "integer", "The sequence number of the last Binding Update.",
                json: { .count($0.sequenceNumber.rawValue) }),
            Field(
                "lifetime", "integer", "The lifetime that was granted, in seconds; 0 before.",
                json: { .count($0.lifetime) }),
            Field(
                "remaining", "integer",
                "What is left of it, in seconds; of one that is refused, revoked or idle: the time until the next "
                    + "attempt.",
                .init("LEFT", isRight: true),
                json: { .count($0.remainingMilliseconds / 1000) },
                cell: { DurationText.text(seconds: $0.remainingMilliseconds / 1000) }),
            Field("prefixes", "list of strings", "The mobile network prefixes.", json: { .strings($0.prefixes) }),
            Field(
                "binding_id", "integer or null", "The binding identifier (RFC 5648); null without.",
                json: { $0.bindingIdentifier.map(JSON.count) ?? .null }),
            Field(
                "forwards", "boolean", "Whether nemonetd forwards by it.", json: { .bool($0.forwards) }),
            Field(
                "flows", "list of integers", "The flows of the configuration that go this way, the first as 1.",
                json: { .array($0.flows.map { .count($0.identifier) }) }),
        ])
}

extension RegistrationEntry {
    /// In JSON.
    var stateName: String { state == .refused && revocation != nil ? "revoked" : state.name }

    /// For people: why there is no registration, or not the whole of it.
    var reason: String? {
        if let revocation, state == .refused { return RevocationTrigger(rawValue: revocation).words }
        let status = BindingStatus(rawValue: status)
        return status.isAccepted ? nil : status.words
    }
}

extension RegistrationEntry.State {
    /// In JSON.
    var name: String {
        switch self {
        case .idle: "idle"
        case .registering: "registering"
        case .registered: "registered"
        case .deregistering: "deregistering"
        case .refused: "refused"
        case .retiring: "retiring"
        case .home: "home"
        }
    }
}
