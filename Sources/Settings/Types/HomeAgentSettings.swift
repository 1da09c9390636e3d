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
    /// The interface of the home link; nil for a virtual home network.
    public var link: String?
    /// The path of the file in which bindings outlive the program; nil where they do not.
    public var state: String?
    /// Its rank among the home agents of its link; the highest is best.
    public var preference: UInt16 = 0
    public var multiple = Multiple()
    public var prefixDiscovery = PrefixDiscovery()

    public static let defaultState = "/var/lib/shisa/had.state"

    /// What nodes with several care-of addresses may do (RFC 5648).
    public struct Multiple: Hashable, Sendable {
        public var isAllowed = true
        public var allowsBulk = true
        /// Bindings of one node.
        public var bindings = Self.defaultBindings
        /// Flow bindings of one node.
        public var flows = Self.defaultFlows

        public static let defaultBindings: UInt32 = 8
        public static let defaultFlows: UInt32 = 32

        public init() {}
    }

    /// Mobile Prefix Solicitations and Advertisements (RFC 6275 §10.6).
    public struct PrefixDiscovery: Hashable, Sendable {
        public var isEnabled = true
        /// Answer also what nothing protects.
        public var isInsecure = false
        /// Seconds.
        public var leastInterval = Self.defaultLeastInterval
        /// Seconds; not less than `leastInterval`.
        public var greatestInterval = Self.defaultGreatestInterval
        /// Seconds; the greatest number is for ever.
        public var validLifetime = Self.defaultValidLifetime
        /// Seconds; not more than `validLifetime`.
        public var preferredLifetime = Self.defaultPreferredLifetime

        // RFC 6275 §13, RFC 4861 §6.2.1
        public static let defaultLeastInterval: UInt32 = 600
        public static let defaultGreatestInterval: UInt32 = 86_400
        public static let defaultValidLifetime: UInt32 = 2_592_000
        public static let defaultPreferredLifetime: UInt32 = 604_800

        public init() {}
    }

    public struct Limits: Hashable, Sendable {
        /// The longest lifetime that is granted, in seconds: 4 to 262,140.
        public var lifetime: UInt32
        /// How many bindings there may be.
        public var bindings: UInt32
        /// After which time nodes are advised to refresh, in seconds; nil for no advice.
        public var refreshAdvice: UInt32?

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

    /// The longest lifetime of its binding, in seconds; nil for the home agent's.
    public var lifetime: UInt32?
    /// Locked out.
    public var isProhibited = false

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
