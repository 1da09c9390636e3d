/// An option of neighbour discovery and of the mobile prefix messages (RFC 4861 §4.6).
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |     Type      |    Length     |              ...              |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public enum NeighborOption: Hashable, Sendable {
    /// Type 1 (RFC 4861 §4.6.1): 6 octets on Ethernet.
    case sourceLinkLayerAddress([UInt8])
    /// Type 2 (RFC 4861 §4.6.1).
    case targetLinkLayerAddress([UInt8])
    /// Type 3 (RFC 4861 §4.6.2, RFC 6275 §7.2).
    case prefixInformation(PrefixInformation)
    /// Type 5 (RFC 4861 §4.6.4).
    case mtu(UInt32)
    /// Type 7 (RFC 6275 §7.3): the longest time between unsolicited advertisements, in milliseconds.
    case advertisementInterval(UInt32)
    /// Type 8 (RFC 6275 §7.4, R flag RFC 3963 §7.3).
    case homeAgentInformation(HomeAgentInformation)
    /// An option that this code does not know: what stands behind its length.
    case unknown(type: UInt8, data: [UInt8])

    public var type: UInt8 {
        switch self {
        case .sourceLinkLayerAddress: 1
        case .targetLinkLayerAddress: 2
        case .prefixInformation: 3
        case .mtu: 5
        case .advertisementInterval: 7
        case .homeAgentInformation: 8
        case .unknown(let type, _): type
        }
    }
}

/// The Prefix Information option (RFC 4861 §4.6.2, R flag RFC 6275 §7.2).
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |     Type      |    Length     | Prefix Length |L|A|R|Reserved1|
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                         Valid Lifetime                        |
///     |                       Preferred Lifetime                      |
///     |                           Reserved2                           |
///     |                          Prefix (16)                          |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct PrefixInformation: Hashable, Sendable {
    public static let infinity = UInt32.max

    /// The Prefix field as it came: with the R flag the router's whole address.
    public var address: IPv6Address
    /// At most 128; an option that says more is kept as `.unknown`.
    public var prefixLength: UInt8
    /// L
    public var isOnLink: Bool
    /// A
    public var isAutonomous: Bool
    /// R: `address` is the router's own.
    public var isRouterAddress: Bool
    /// Seconds.
    public var validLifetime: UInt32
    /// Seconds.
    public var preferredLifetime: UInt32

    public init(
        address: IPv6Address, prefixLength: UInt8, isOnLink: Bool = true, isAutonomous: Bool = true,
        isRouterAddress: Bool = false, validLifetime: UInt32, preferredLifetime: UInt32
    ) {
        self.address = address
        self.prefixLength = prefixLength
        self.isOnLink = isOnLink
        self.isAutonomous = isAutonomous
        self.isRouterAddress = isRouterAddress
        self.validLifetime = validLifetime
        self.preferredLifetime = preferredLifetime
    }

    public var prefix: IPv6Prefix { IPv6Prefix(address, length: prefixLength) }
}

/// The Home Agent Information option (RFC 6275 §7.4, R flag RFC 3963 §7.3).
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |     Type      |    Length     |R|         Reserved            |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |     Home Agent Preference     |      Home Agent Lifetime      |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct HomeAgentInformation: Hashable, Sendable {
    /// Higher is better; 0 where there is no such option.
    public var preference: UInt16
    /// Seconds; never 0 from a home agent that keeps to RFC 6275 §7.4.
    public var lifetime: UInt16
    /// R: the home agent serves mobile routers.
    public var mobileRouters: Bool

    public init(preference: UInt16, lifetime: UInt16, mobileRouters: Bool = false) {
        self.preference = preference
        self.lifetime = lifetime
        self.mobileRouters = mobileRouters
    }
}
