public import MobilityWire

/// The group `home`, or one of the list `homes`: where and how a home address registers.
public struct HomeSettings: Hashable, Sendable {
    /// The home agents to register with, best first. Empty only where they are to be discovered.
    public var agents: [IPv6Address]
    /// Whether home agents are asked for by Dynamic Home Agent Address Discovery (RFC 6275 §11.4.1).
    public var discovers: Bool
    /// The home address.
    public var address: IPv6Address
    /// The prefix length of the home link, 1 to 128.
    public var prefixLength: UInt8
    /// The mobile network prefixes, none overlapping. Without any the node is a mobile host.
    public var prefixes: [IPv6Prefix]
    public var mode: NetworkMode
    /// The lifetime to ask for, in seconds: 4 to 262,140.
    public var lifetime: UInt32
    /// Nil only with `insecure = true`.
    public var authentication: AuthenticationSettings?
    /// Whether to ask the home agent for the prefixes of the home link (RFC 6275 §11.4.2).
    public var prefixDiscovery: Bool

    /// The prefix of the home link.
    public var homePrefix: IPv6Prefix { IPv6Prefix(address, length: prefixLength) }
    /// Whether there is a network behind the home address.
    public var isRouter: Bool { !prefixes.isEmpty }

    /// Register without authentication.
    public var isInsecure: Bool { authentication == nil }

    public static let defaultLifetime: UInt32 = 600

    public init(
        agents: [IPv6Address], discovers: Bool = false, address: IPv6Address, prefixLength: UInt8,
        prefixes: [IPv6Prefix], mode: NetworkMode = .explicit, lifetime: UInt32 = HomeSettings.defaultLifetime,
        authentication: AuthenticationSettings? = nil, prefixDiscovery: Bool = false
    ) {
        self.agents = agents
        self.discovers = discovers
        self.address = address
        self.prefixLength = prefixLength
        self.prefixes = prefixes
        self.mode = mode
        self.lifetime = lifetime
        self.authentication = authentication
        self.prefixDiscovery = prefixDiscovery
    }
}

/// How the home agent learns the mobile network prefixes (RFC 3963 §5.2).
public enum NetworkMode: String, CaseIterable, Hashable, Sendable {
    /// From its own configuration; the Binding Update names none.
    case implicit
    /// The Binding Update names them.
    case explicit
}
