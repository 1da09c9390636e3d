import MobilitySocket
import MobilityWire
import Settings

extension Report<Snapshot.Uplink> {
    static let uplinks = Report(
        name: "uplinks",
        fields: [
            Field(
                "interface", "string", "The name of the interface.", .init("INTERFACE"),
                json: { .string($0.report.name) }),
            Field(
                "index", "integer", "The number that the kernel gave it; 0 while there is no such interface.",
                json: { .count($0.report.interfaceIndex) }),
            Field(
                "type", "string", "As the configuration says: `ethernet`, `wlan` or `cellular`.",
                json: { .string($0.report.type) }),
            Field(
                "state", "string",
                "`up` when it can carry traffic, or why not: `absent`, `down`, `no_carrier`, `no_address`, `no_router`.",
                .init("STATE", least: 8), json: { .string($0.report.state.name) },
                cell: { $0.stateText }),
            Field(
                "active", "boolean", "Whether it carries what goes out.",
                json: { .bool($0.isActive) }),
            Field(
                "health", "string or null",
                "Whether the way to the home agent works over it: `up`, `down`, `unproven` before it has shown that, "
                    + "`believed` where a link that worked has not shown that since what is probed has changed, `unmonitored` where "
                    + "nothing is probed; null where nobody has told, and while the link itself cannot carry traffic.",
                .init("HEALTH"), json: { .text($0.way?.health.name) }, cell: { $0.way?.healthText ?? "-" }),
            Field(
                "degraded", "boolean", "Whether latency or loss are above their thresholds.",
                json: { .bool($0.way?.isDegraded ?? false) }),
            Field(
                "weak", "boolean", "Whether the signal is a warning.",
                json: { .bool($0.verdict?.isWeak ?? false) }),
            Field(
                "round_trip", "number or null",
                "The smoothed round trip of the probes, in milliseconds; null while `health` is, as the two that follow.",
                .init("RTT", isRight: true), json: { .milliseconds($0.way?.roundTripMicroseconds) },
                cell: { $0.way?.roundTripMicroseconds.map { "\(($0 + 500) / 1000) ms" } ?? "-" }),
            Field(
                "jitter", "number or null", "How much one round trip differs from the next, in milliseconds.",
                json: { .milliseconds($0.way?.jitterMicroseconds) }),
            Field(
                "loss", "number or null", "Percent of the last 20 probes that were not answered.",
                .init("LOSS", isRight: true),
                json: { $0.way?.lossPermille.map { .number(Double($0) / 10) } ?? .null },
                cell: { $0.way?.lossPermille.map { "\(($0 + 5) / 10) %" } ?? "-" }),
            Field(
                "used", "integer or null",
                "Octets that it has carried since its month began, in and out, as far as mrd or mnd has counted them.",
                json: { $0.verdict?.usedOctets.map(JSON.count) ?? .null }),
            Field(
                "monthly_limit", "integer or null", "Octets that a month includes; null where nothing is agreed.",
                json: { $0.verdict?.monthlyOctets.map(JSON.count) ?? .null }),
            Field(
                "share", "number or null",
                "Percent of the flows that no rule takes, where uplinks share them; null where one carries them all.",
                .init("SHARE", isRight: true),
                json: { $0.verdict?.sharePermille.map { .number(Double($0) / 10) } ?? .null },
                cell: { $0.verdict?.sharePermille.map { "\(($0 + 5) / 10) %" } ?? "-" }),
            Field(
                "signal", "integer or null", "What the radio receives, in dBm: RSSI of WLAN, RSRP of LTE and 5G.",
                .init("SIGNAL", isRight: true), json: { $0.report.signal.map { .integer(Int64($0)) } ?? .null },
                cell: { $0.report.signal.map { "\($0) dBm" } ?? "-" }),
            Field(
                "network", "string or null",
                "The WLAN that it is in by its name, or by `hex:` and its octets where that is not all printable text; the operator "
                    + "of a modem's network.",
                .init("NETWORK", least: 6), json: { .text($0.report.networkText) }, cell: { $0.report.networkCell }),
            Field(
                "technology", "string or null", "What a modem's network is: `gsm`, `umts`, `lte` or `5g`.",
                json: { .text($0.report.modem?.technology) }),
            Field(
                "modem", "string or null",
                "How the modem is, as shisamodem tells: `absent`, `no_card`, `pin_needed`, `puk_needed`, `searching`, `registered`, "
                    + "`connecting`, `connected`, `waiting` to try again, `resetting`; null where there is none to supervise.",
                json: { .text($0.report.modem?.state) }),
            Field(
                "modem_detail", "string or null", "More of it, for people.",
                json: { .text($0.report.modem.flatMap { $0.detail.isEmpty ? nil : $0.detail }) }),
            Field(
                "care_of_address", "string or null", "The address that is, or would be, registered.",
                .init("CARE-OF ADDRESS", least: 8), json: { .text($0.careOfAddress) }),
            Field(
                "default_router", "string or null", "The link-local address of the router.",
                json: { .text($0.report.defaultRouter.isUnspecified ? nil : $0.report.defaultRouter) }),
            Field(
                "router_state", "string",
                "Whether it answers: `reachable`, `unconfirmed` as long as it has not been asked, `unreachable`; "
                    + "`absent` where there is none.",
                json: { .string($0.report.routerState.name) }),
            Field(
                "mtu", "integer", "The largest packet of the link, in octets.",
                json: { .count($0.report.mtu) }),
            Field(
                "metric", "integer", "As the configuration says; the lowest is best.",
                json: { .count($0.report.metric) }),
        ])
}

extension UplinkReport.State {
    /// In JSON.
    var name: String {
        switch self {
        case .absent: "absent"
        case .down: "down"
        case .noCarrier: "no_carrier"
        case .noAddress: "no_address"
        case .noRouter: "no_router"
        case .up: "up"
        }
    }
}

extension UplinkReport.RouterState {
    /// In JSON.
    var name: String {
        switch self {
        case .absent: "absent"
        case .reachable: "reachable"
        case .unconfirmed: "unconfirmed"
        case .unreachable: "unreachable"
        }
    }
}

extension Snapshot.Uplink {
    /// What is known of the way over it, as long as packets can leave at all: what it was before says nothing any more.
    fileprivate var way: UplinkChoice.Verdict? { report.state == .up ? verdict : nil }

    /// For people: what is missing.
    fileprivate var stateText: String {
        if isActive { return "active" }
        if report.state == .noRouter, report.routerState == .unreachable { return "router silent" }
        // A modem that is not connected is the reason for all else.
        if let modem = report.modem, modem.state != "connected", report.state != .up {
            return modem.state.replacing("_", with: " ")
        }
        return report.state.name.replacing("_", with: " ")
    }
}

extension UplinkReport {
    /// In JSON: what a person calls the network.
    fileprivate var networkText: String? { networkName.map { SSID($0).text } ?? modem?.operatorName }

    /// For people, with the technology.
    fileprivate var networkCell: String {
        let words = [networkText, modem?.technology?.uppercased()].compactMap { $0 }
        return words.isEmpty ? "-" : words.joined(separator: " ")
    }
}

extension UplinkChoice.Verdict {
    /// For people, in a word.
    fileprivate var healthText: String {
        switch health {
        case .unmonitored: isWeak ? "weak" : "-"
        case .believed: isWeak ? "weak" : "believed"
        case .up: isDegraded ? "bad" : isWeak ? "weak" : "up"
        case .unproven: "unproven"
        case .down: "down"
        }
    }
}

extension UplinkChoice.Verdict.Health {
    /// In JSON.
    fileprivate var name: String {
        switch self {
        case .unmonitored: "unmonitored"
        case .believed: "believed"
        case .up: "up"
        case .unproven: "unproven"
        case .down: "down"
        }
    }
}

extension JSON {
    fileprivate static func milliseconds(_ microseconds: UInt32?) -> JSON {
        microseconds.map { .number(Double($0) / 1000) } ?? .null
    }
}
