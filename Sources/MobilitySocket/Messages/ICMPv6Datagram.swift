public import MobilityWire

/// An ICMPv6 message on its way between a program and the network: what mobility uses of ICMPv6 (RFC 6275 §6.5 to §6.8),
/// and the router advertisements of the home link.
///
/// As with `MobilityDatagram`, nemonetd adds and removes the IPv6 header, the Home Address option and the type 2 routing
/// header, and computes and verifies the checksum.
public struct ICMPv6Datagram: Hashable, Sendable {
    /// The address of the IPv6 header. Unspecified in what is to be sent leaves the choice to the routes.
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
    /// The ICMPv6 message, from Type on.
    public var message: [UInt8]

    public init(
        source: IPv6Address, destination: IPv6Address, homeAddressOption: IPv6Address? = nil,
        routingHeader: IPv6Address? = nil, interfaceIndex: UInt32 = 0, hopLimit: UInt8 = 64, message: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.homeAddressOption = homeAddressOption
        self.routingHeader = routingHeader
        self.interfaceIndex = interfaceIndex
        self.hopLimit = hopLimit
        self.message = message
    }

    /// ICMPv6's Type; nil in an empty message.
    public var type: UInt8? { message.first }
}
