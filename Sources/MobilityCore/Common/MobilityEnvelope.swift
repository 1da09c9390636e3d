public import MobilityWire

/// A Mobility Header with the addresses of the packet that carries it, as the machines take it in and give it out.
///
/// The machines leave the checksum of what they send at zero and do not verify the one of what they receive: that is
/// done where the IPv6 header is made and read (RFC 6275 §6.1.1), as are the Home Address option and the type 2 routing
/// header, which stand here as values.
public struct MobilityEnvelope: Hashable, Sendable {
    /// The address of the IPv6 header: the care-of address of a node that is away.
    public var source: IPv6Address
    /// The address of the IPv6 header.
    public var destination: IPv6Address
    /// The Home Address option (RFC 6275 §6.3).
    public var homeAddressOption: IPv6Address?
    /// The home address in the type 2 routing header (RFC 6275 §6.4).
    public var routingHeader: IPv6Address?
    /// The interface to leave by, or the one it came in by; 0 leaves it to the routes.
    public var interfaceIndex: UInt32
    /// The Mobility Header, from Payload Proto on.
    public var message: [UInt8]

    public init(
        source: IPv6Address, destination: IPv6Address, homeAddressOption: IPv6Address? = nil,
        routingHeader: IPv6Address? = nil, interfaceIndex: UInt32 = 0, message: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.homeAddressOption = homeAddressOption
        self.routingHeader = routingHeader
        self.interfaceIndex = interfaceIndex
        self.message = message
    }
}
