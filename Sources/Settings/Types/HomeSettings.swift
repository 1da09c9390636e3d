public import MobilityWire

/// The group `home`: where and how a mobile router registers.
public struct HomeSettings: Hashable, Sendable {
    /// The home agent to register with.
    public var agent: IPv6Address
    /// The home address.
    public var address: IPv6Address
    /// The prefix length of the home link, 1 to 128.
    public var prefixLength: UInt8
    /// The mobile network prefixes; at least one, none overlapping.
    public var prefixes: [IPv6Prefix]
    public var mode: NetworkMode
    /// The lifetime to ask for, in seconds: 4 to 262,140.
    public var lifetime: UInt32
    /// Nil only with `insecure = true`.
    public var authentication: AuthenticationSettings?

    /// Register without authentication.
    public var isInsecure: Bool { authentication == nil }

    public static let defaultLifetime: UInt32 = 600

    public init(
        agent: IPv6Address, address: IPv6Address, prefixLength: UInt8, prefixes: [IPv6Prefix],
        mode: NetworkMode = .explicit, lifetime: UInt32 = HomeSettings.defaultLifetime,
        authentication: AuthenticationSettings? = nil
    ) {
        self.agent = agent
        self.address = address
        self.prefixLength = prefixLength
        self.prefixes = prefixes
        self.mode = mode
        self.lifetime = lifetime
        self.authentication = authentication
    }
}

/// How the home agent learns the mobile network prefixes (RFC 3963 §5.2).
public enum NetworkMode: String, CaseIterable, Hashable, Sendable {
    /// From its own configuration; the Binding Update names none.
    case implicit
    /// The Binding Update names them.
    case explicit
}
