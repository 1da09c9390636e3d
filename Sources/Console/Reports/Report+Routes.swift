import MobilitySocket
import MobilityWire

extension Report<Snapshot.Route> {
    static let routes = Report(
        name: "routes",
        fields: [
            Field(
                "peer", "string",
                "The correspondent; a prefix where a range of them is never optimised, `::/0` where nobody is.",
                .init("PEER", least: 12), json: { .string($0.peer) }),
            Field(
                "home_address", "string or null", "The home address that talks to it; null for one that is left alone.",
                json: { .text($0.entry?.homeAddress) }),
            Field(
                "care_of_address", "string or null", "The care-of address that it knows, or is to know.",
                .init("CARE-OF ADDRESS", least: 12), json: { .text($0.careOfAddress) }),
            Field(
                "uplink", "string or null", "The interface of the care-of address.", .init("UPLINK"),
                json: { .text($0.uplink) }),
            Field(
                "state", "string",
                "`bound`; `testing` and `updating` on the way there; `leaving` while the peer is told to forget the node; "
                    + "`suspended` while the home agent has no binding; `resting` for a peer that is left alone for a while, "
                    + "`excluded` for those that are never optimised.",
                .init("STATE"), json: { .string($0.state) },
                cell: { row in row.state + (row.reason.map { " (\($0))" } ?? row.refusal.map { " (\($0))" } ?? "") }),
            Field(
                "forwards", "boolean", "Whether packets go directly.", .init("DIRECT"), json: { .bool($0.forwards) }),
            Field(
                "reason", "string or null",
                "Why a peer rests: `silent`, `refused`, or `unsupported` if it knows no Mobility Header.",
                json: { .text($0.reason) }),
            Field(
                "status", "integer or null", "The status of the last Binding Acknowledgement (RFC 6275 §6.1.8).",
                json: { $0.entry.map { .count($0.status) } ?? .null }),
            Field(
                "sequence", "integer or null", "The sequence number of the last Binding Update.",
                json: { $0.entry.map { .count($0.sequenceNumber.rawValue) } ?? .null }),
            Field(
                "lifetime", "integer or null", "The lifetime that the peer granted, in seconds; 0 before.",
                json: { $0.entry.map { .count($0.lifetime) } ?? .null }),
            Field(
                "remaining", "integer or null",
                "What is left of the lifetime, of the patience with a peer that is not reached yet, or of the rest, in "
                    + "seconds; null for what is never optimised.",
                .init("LEFT", isRight: true), json: { $0.remaining.map(JSON.count) ?? .null },
                cell: { $0.remaining.map { DurationText.text(seconds: $0) } ?? "-" }),
        ])
}

extension Snapshot {
    /// A peer that a mobile host talks to directly, or tries to, or leaves alone.
    enum Route: Hashable, Sendable {
        case route(RouteEntry)
        case rest(RestingPeerEntry)

        var entry: RouteEntry? { if case .route(let entry) = self { entry } else { nil } }

        var peer: String {
            switch self {
            case .route(let entry): "\(entry.peer)"
            case .rest(let rest): rest.prefix.length == 128 ? "\(rest.prefix.address)" : "\(rest.prefix)"
            }
        }

        var careOfAddress: IPv6Address? {
            entry.flatMap { $0.careOfAddress.isUnspecified ? nil : $0.careOfAddress }
        }

        var uplink: String? { entry.flatMap { $0.interfaceName.isEmpty ? nil : $0.interfaceName } }
        var forwards: Bool { entry?.forwards ?? false }
        /// A status that is no success.
        var refusal: UInt8? { entry.flatMap { $0.status < 128 ? nil : $0.status } }

        var state: String {
            switch self {
            case .route(let entry): entry.state.name
            case .rest(let rest): rest.reason == .excluded ? "excluded" : "resting"
            }
        }

        var reason: String? {
            switch self {
            case .route: nil
            case .rest(let rest): rest.reason == .excluded ? nil : rest.reason.name
            }
        }

        /// Seconds.
        var remaining: UInt64? {
            switch self {
            case .route(let entry): entry.remainingMilliseconds / 1000
            case .rest(let rest): rest.remainingMilliseconds == 0 ? nil : rest.remainingMilliseconds / 1000
            }
        }
    }

    /// Routes first, then who rests, then who is never optimised.
    var routeRows: [Route] {
        routes.map { .route($0) } + rests.filter { $0.reason != .excluded }.map { .rest($0) }
            + rests.filter { $0.reason == .excluded }.map { .rest($0) }
    }
}

extension RouteEntry.State {
    /// In JSON.
    var name: String {
        switch self {
        case .testing: "testing"
        case .updating: "updating"
        case .bound: "bound"
        case .leaving: "leaving"
        case .suspended: "suspended"
        }
    }
}

extension RestingPeerEntry.Reason {
    /// In JSON.
    var name: String {
        switch self {
        case .silent: "silent"
        case .refused: "refused"
        case .unsupported: "unsupported"
        case .excluded: "excluded"
        }
    }
}
