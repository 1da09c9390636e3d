public import MobilityCore
public import MobilityWire

/// A way past the home agent: between a peer and a home address, by a care-of address.
///
/// Packets from the home address to the peer leave from the care-of address with a Home Address option (RFC 6275
/// §11.3.1); packets from the peer come to the care-of address with a type 2 routing header (§11.3.3).
public struct OptimizedRoute: Hashable, Sendable {
    public var homeAddress: IPv6Address
    public var peer: IPv6Address
    public var careOf: CareOf
    /// When the peer's binding ends, if it is not renewed; the machine takes the route back by then.
    public var expiresAt: Instant

    public init(homeAddress: IPv6Address, peer: IPv6Address, careOf: CareOf, expiresAt: Instant) {
        self.homeAddress = homeAddress
        self.peer = peer
        self.careOf = careOf
        self.expiresAt = expiresAt
    }
}
