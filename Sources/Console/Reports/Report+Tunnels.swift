import MobilitySocket
import MobilityWire

extension Report<TunnelStatus> {
    static let tunnels = Report(
        name: "tunnels",
        fields: [
            Field(
                "local", "string", "Our end.", .init("LOCAL", least: 12), json: { .text($0.local) }),
            Field(
                "remote", "string", "The other end.", .init("REMOTE", least: 12), json: { .text($0.remote) }),
            Field(
                "home_address", "string", "The home address that it serves.", json: { .text($0.homeAddress) }),
            Field(
                "interface", "string or null", "The uplink; null where the routes decide.", .init("INTERFACE"),
                json: { .text($0.interfaceName.isEmpty ? nil : $0.interfaceName) }),
            Field(
                "active", "boolean", "Whether it carries what goes out; otherwise it only takes in.",
                json: { .bool($0.active) }),
            Field(
                "mtu", "integer", "The largest packet that fits through it, in octets.", .init("MTU", isRight: true),
                json: { .count($0.mtu) }),
            Field("packets_in", "integer", "Packets that came out of it.", json: { .count($0.packetsIn) }),
            Field("packets_out", "integer", "Packets that were sent into it.", json: { .count($0.packetsOut) }),
            Field(
                "bytes_in", "integer", "The octets of those that came out.", .init("IN", isRight: true),
                json: { .count($0.bytesIn) }, cell: { CountText.text($0.bytesIn) }),
            Field(
                "bytes_out", "integer", "The octets of those that were sent.", .init("OUT", isRight: true),
                json: { .count($0.bytesOut) }, cell: { CountText.text($0.bytesOut) }),
        ])
}
