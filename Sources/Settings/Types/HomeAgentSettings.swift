public import MobilityWire

/// The group `home_agent`.
public struct HomeAgentSettings: Hashable, Sendable {
    /// The addresses of this home agent; at least one, the first answers for all.
    public var addresses: [IPv6Address]
    /// The prefixes of the home link; at least one.
    public var prefixes: [IPv6Prefix]
    /// The nodes that may register, from `nodes` and from `nodes_dir`.
    public var nodes: [HomeAgentNode]
    public var limits: Limits

    public struct Limits: Hashable, Sendable {
        /// The longest lifetime that is granted, in seconds: 4 to 262,140.
        public var lifetime: UInt32
        /// How many bindings there may be.
        public var bindings: UInt32

        public static let defaultLifetime: UInt32 = 3600
        public static let defaultBindings: UInt32 = 100_000

        public init(
            lifetime: UInt32 = Limits.defaultLifetime, bindings: UInt32 = Limits.defaultBindings
        ) {
            self.lifetime = lifetime
            self.bindings = bindings
        }
    }

    public init(
        addresses: [IPv6Address], prefixes: [IPv6Prefix], nodes: [HomeAgentNode] = [], limits: Limits = Limits()
    ) {
        self.addresses = addresses
        self.prefixes = prefixes
        self.nodes = nodes
        self.limits = limits
    }
}

/// One of the `nodes` of a home agent: a mobile router or host that may register.
public struct HomeAgentNode: Hashable, Sendable {
    /// The home address; in one of the home agent's prefixes, and of this node alone.
    public var address: IPv6Address
    /// The mobile network prefixes that the node may register; none for a host.
    public var prefixes: [IPv6Prefix]
    /// For people; empty when the file gives none.
    public var name: String
    /// Nil only with `insecure = true`.
    public var authentication: AuthenticationSettings?

    /// Accept registrations of this node without authentication.
    public var isInsecure: Bool { authentication == nil }

    public init(
        address: IPv6Address, prefixes: [IPv6Prefix] = [], name: String = "",
        authentication: AuthenticationSettings? = nil
    ) {
        self.address = address
        self.prefixes = prefixes
        self.name = name
        self.authentication = authentication
    }
}
