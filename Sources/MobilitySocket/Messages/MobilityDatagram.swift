public import MobilityWire

/// A Mobility Header on its way between a program and the network.
///
/// nemonetd adds and removes the IPv6 header, the Home Address option and the type 2 routing header, and computes and
/// verifies the checksum; the programs see the Mobility Header alone.
public struct MobilityDatagram: Hashable, Sendable {
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
    public var hopLimit: UInt8
    /// The Mobility Header, from Payload Proto on.
    public var message: [UInt8]
    /// Whether it came out of the home agent's tunnel, as a Home Test must (RFC 6275 §11.6.2). Nothing to the sender.
    public var throughTunnel = false

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
}
