public import MobilityWire

/// One of the group `ingress`: an interface towards the mobile network.
public struct IngressSettings: Hashable, Sendable {
    public var interface: String
    /// Inside one of the mobile network prefixes; at most 127 bits long. Where the file leaves it out, it is the next
    /// free one of 64 bits.
    public var prefix: IPv6Prefix

    /// The address of the router on this link: the first of the prefix.
    public var address: IPv6Address {
        IPv6Address(high: prefix.address.high, low: prefix.address.low | 1)
    }

    public init(interface: String, prefix: IPv6Prefix) {
        self.interface = interface
        self.prefix = prefix
    }
}
