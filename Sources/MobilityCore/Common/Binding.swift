public import MobilityWire

/// A binding of the home agent's cache (RFC 6275 §9.1, RFC 3963 §6.1.1).
public struct Binding: Hashable, Sendable {
    public var homeAddress: IPv6Address
    public var careOfAddress: IPv6Address
    /// The address of ours that the node registered with: the tunnel's near end.
    public var homeAgent: IPv6Address
    public var sequenceNumber: SequenceNumber
    /// The granted lifetime.
    public var lifetime: Instant.Span
    public var expiresAt: Instant
    public var mode: Mode
    /// What is forwarded besides the home address.
    public var prefixes: [IPv6Prefix]
    /// The name that the configuration gives the node; may be empty.
    public var name: String
    /// Care-of addresses that this binding replaced a moment ago: packets from them are still under way. Latest first.
    public var formerCareOfAddresses: [Former]
    /// Present where the node registers several care-of addresses (RFC 5648 §4.3).
    public var identifier: UInt16?
    /// BID-PRI: of a node's bindings the lowest carries what no flow rule names; 0 where not given (RFC 6089 §4.1).
    public var priority: UInt8
    /// The flows that take the way of this binding.
    public var flows: [FlowRule]

    /// The node is at home and away at once, and this is its home link (RFC 5648 §5.6.3).
    public var isHomeLink: Bool { careOfAddress == homeAddress }

    /// L: the node's link-local address at home has the interface identifier of the home address, and is defended
    /// with it (RFC 6275 §6.1.7, §10.3.1).
    public var linkLocalCompatibility = false

    public enum Mode: String, CaseIterable, Sendable {
        /// A host, no network behind it.
        case host
        /// The prefixes are those of the configuration.
        case implicit
        /// The prefixes are those of the Binding Update.
        case explicit
    }

    public struct Former: Hashable, Sendable {
        public var address: IPv6Address
        /// When packets from it are no longer accepted.
        public var until: Instant

        public init(address: IPv6Address, until: Instant) {
            self.address = address
            self.until = until
        }
    }

    public init(
        homeAddress: IPv6Address, careOfAddress: IPv6Address, homeAgent: IPv6Address, sequenceNumber: SequenceNumber,
        lifetime: Instant.Span, expiresAt: Instant, mode: Mode = .host, prefixes: [IPv6Prefix] = [],
        name: String = "", formerCareOfAddresses: [Former] = [], identifier: UInt16? = nil, priority: UInt8 = 0,
        flows: [FlowRule] = []
    ) {
        self.homeAddress = homeAddress
        self.careOfAddress = careOfAddress
        self.homeAgent = homeAgent
        self.sequenceNumber = sequenceNumber
        self.lifetime = lifetime
        self.expiresAt = expiresAt
        self.mode = mode
        self.prefixes = prefixes
        self.name = name
        self.formerCareOfAddresses = formerCareOfAddresses
        self.identifier = identifier
        self.priority = priority
        self.flows = flows
    }
}
