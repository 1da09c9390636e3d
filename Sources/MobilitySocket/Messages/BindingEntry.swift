public import MobilityWire

/// A binding as a home agent (or correspondent) announces it to nemonetd, which forwards by it.
public struct BindingEntry: Hashable, Sendable {
    public var homeAddress: IPv6Address
    public var careOfAddress: IPv6Address
    /// Absent without multiple care-of addresses (RFC 5648).
    public var bindingIdentifier: UInt16?
    /// The address of ours that the node registered with: the tunnel's near end.
    public var homeAgentAddress: IPv6Address
    /// The granted lifetime, in seconds.
    public var lifetime: UInt32
    /// What is left of it, in milliseconds; nemonetd stops forwarding when it is used up.
    public var remainingMilliseconds: UInt64
    public var sequenceNumber: SequenceNumber
    public var prefixes: [IPv6Prefix]
    public var mode: Mode
    /// The name that the configuration gives the node; may be empty.
    public var name: String
    /// Care-of addresses that this binding replaced a moment ago: packets from them are still under way.
    public var formerCareOfAddresses: [IPv6Address]
    /// Of several bindings of a home address the lowest carries what no flow names (BID-PRI, RFC 6089 §4.1).
    public var priority: UInt8
    /// The flows that take this binding's way.
    public var flows: [FlowRule]
    /// Whether the link-local address with the interface identifier of the home address is defended with it (L flag,
    /// RFC 6275 §10.4.1).
    public var defendsLinkLocal = false
    /// Whose binding it is. The key of a home registration is the home address and the binding identifier; that of a
    /// correspondent the home address and `homeAgentAddress`.
    public var kind = Kind.home

    public enum Kind: UInt8, CaseIterable, Sendable {
        /// A home agent's: the node is tunnelled to.
        case home = 0
        /// A correspondent's: `homeAgentAddress` is the address of ours that the node bound with, and packets between the
        /// two go past the home agent (RFC 6275 §9.3).
        case correspondent = 1
    }

    public enum Mode: UInt8, CaseIterable, Sendable {
        /// A host, no network behind it.
        case host = 0
        case implicit = 1
        case explicit = 2
    }

    public init(
        homeAddress: IPv6Address, careOfAddress: IPv6Address, bindingIdentifier: UInt16? = nil,
        homeAgentAddress: IPv6Address, lifetime: UInt32, remainingMilliseconds: UInt64,
        sequenceNumber: SequenceNumber, prefixes: [IPv6Prefix] = [], mode: Mode = .host, name: String = "",
        formerCareOfAddresses: [IPv6Address] = [], priority: UInt8 = 0, flows: [FlowRule] = []
    ) {
        self.homeAddress = homeAddress
        self.careOfAddress = careOfAddress
        self.bindingIdentifier = bindingIdentifier
        self.homeAgentAddress = homeAgentAddress
        self.lifetime = lifetime
        self.remainingMilliseconds = remainingMilliseconds
        self.sequenceNumber = sequenceNumber
        self.prefixes = prefixes
        self.mode = mode
        self.name = name
        self.formerCareOfAddresses = formerCareOfAddresses
        self.priority = priority
        self.flows = flows
    }
}
