import MobilitySocket
import MobilityWire

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
                "type", "string", "As the configuration says: `ethernet`, `wlan` or `cellular`.", .init("TYPE"),
                json: { .string($0.report.type) }),
            Field(
                "state", "string",
                "`up` when it can carry traffic, or why not: `absent`, `down`, `no_carrier`, `no_address`, `no_router`.",
                .init("STATE"), json: { .string($0.report.state.name) },
                cell: { $0.isActive ? "active" : $0.report.state.name.replacing("_", with: " ") }),
            Field(
                "active", "boolean", "Whether it carries what goes out.",
                json: { .bool($0.isActive) }),
            Field(
                "care_of_address", "string or null", "The address that is, or would be, registered.",
                .init("CARE-OF ADDRESS", least: 12), json: { .text($0.careOfAddress) }),
            Field(
                "default_router", "string or null", "The link-local address of the router.",
                json: { .text($0.report.defaultRouter.isUnspecified ? nil : $0.report.defaultRouter) }),
            Field(
                "mtu", "integer", "The largest packet of the link, in octets.", .init("MTU", isRight: true),
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
