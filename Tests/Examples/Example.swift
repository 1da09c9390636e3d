public import Forwarding
public import MobilityWire

/// Addresses of a mobile router, its home agent and whom they talk to, as the scenarios and the fuzzer's corpus have them.
public enum Example {
    public static let host = address("2001:db8:10::10")
    public static let peer = address("2001:db8:c::c")
    public static let careOf = address("2001:db8:a1::2")
    public static let formerCareOf = address("2001:db8:a2::2")
    public static let homeAgent = address("2001:db8:1::1")
    public static let homeAddress = address("2001:db8:1::100")
    public static let prefix = IPv6Prefix(address("2001:db8:10::"), length: 60)
    /// Of another mobile node.
    public static let otherHome = address("2001:db8:2::200")
    public static let otherCareOf = address("2001:db8:a3::3")
    public static let stranger = address("2001:db8:bad::1")

    /// - Precondition: `text` is an address.
    public static func address(_ text: String) -> IPv6Address {
        guard let address = IPv6Address(text) else { preconditionFailure("\(text) is no address") }
        return address
    }

    public static func tunnel(local: IPv6Address, remote: IPv6Address, mtu: Int = 1460) -> Tunnel {
        Tunnel(local: local, remote: remote, egress: 0, mtu: mtu, counters: TunnelCounters())
    }
}
