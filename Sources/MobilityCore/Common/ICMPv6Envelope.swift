public import MobilityWire

/// An ICMPv6 message with the addresses of the packet that carries it, as the machines take it in and give it out.
///
/// As with `MobilityEnvelope`, checksums are filled in and verified where the IPv6 header is made and read.
public struct ICMPv6Envelope: Hashable, Sendable {
    /// The address of the IPv6 header; unspecified in what is sent leaves the choice to whoever sends it.
    public var source: IPv6Address
    /// The address of the IPv6 header.
    public var destination: IPv6Address
    /// The Home Address option (RFC 6275 §6.3).
    public var homeAddressOption: IPv6Address?
    /// The home address in the type 2 routing header (RFC 6275 §6.4).
    public var routingHeader: IPv6Address?
    /// The interface to leave by, or the one it came in by; 0 leaves it to the routes.
    public var interfaceIndex: UInt32
    public var hopLimit: UInt8
    /// Whether IPsec protected the received packet with the security association of the two ends.
    public var isProtected: Bool
    /// The ICMPv6 message, from its type on.
    public var message: [UInt8]

    public init(
        source: IPv6Address, destination: IPv6Address, homeAddressOption: IPv6Address? = nil,
        routingHeader: IPv6Address? = nil, interfaceIndex: UInt32 = 0, hopLimit: UInt8 = 64,
        isProtected: Bool = false, message: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.homeAddressOption = homeAddressOption
        self.routingHeader = routingHeader
        self.interfaceIndex = interfaceIndex
        self.hopLimit = hopLimit
        self.isProtected = isProtected
        self.message = message
    }
}
