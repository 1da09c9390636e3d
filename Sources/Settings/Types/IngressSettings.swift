public import MobilityWire

/// One of the group `ingress`: an interface towards the mobile network.
public struct IngressSettings: Hashable, Sendable {
    public var interface: String
    /// Inside one of the mobile network prefixes; at most 127 bits long. Where the file leaves it out, it is the next
    /// free one of 64 bits.
    public var prefix: IPv6Prefix
    /// How hosts on this link get their addresses. Only a prefix of 64 bits has another one than `.off`.
    public var autoconfiguration: Autoconfiguration
    /// The MTU that hosts on this link are told, in octets: at least 1280.
    public var mtu: UInt32
    /// Where the interface is a radio: the WLAN that hosts join it by.
    public var accessPoint: AccessPointSettings?

    /// The address of the router on this link: the first of the prefix.
    public var address: IPv6Address {
        IPv6Address(high: prefix.address.high, low: prefix.address.low | 1)
    }

    /// How hosts get their addresses and what belongs to them.
    public enum Autoconfiguration: String, CaseIterable, Hashable, Sendable {
        /// They make addresses themselves from what the router advertises (RFC 4862).
        case slaac
        /// They are given addresses (RFC 8415); the router still advertises itself.
        case dhcpv6
        /// They are set up by hand, or by a program that is none of ours.
        case off
    }

    /// What fits into one packet of Ethernet with an IPv6 header in front, which is what the tunnel adds (RFC 2473 §7.1).
    public static let defaultMTU: UInt32 = 1460

    public init(
        interface: String, prefix: IPv6Prefix, autoconfiguration: Autoconfiguration = .slaac,
        mtu: UInt32 = IngressSettings.defaultMTU
    ) {
        self.interface = interface
        self.prefix = prefix
        self.autoconfiguration = autoconfiguration
        self.mtu = mtu
    }
}
