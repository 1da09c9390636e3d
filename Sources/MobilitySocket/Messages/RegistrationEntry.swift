public import MobilityWire

/// A registration as a mobile router (or mobile node) announces it to nemonetd: one care-of address of one home address.
///
/// The key is the home address and the care-of address. Of several entries for one home address that forward, the one
/// of lowest `priority` carries what goes out; all of them may bring packets in.
public struct RegistrationEntry: Hashable, Sendable {
    public var homeAddress: IPv6Address
    /// The prefix length of the home link.
    public var homePrefixLength: UInt8
    /// Unspecified while there is none. The home address where the uplink is on the home link.
    public var careOfAddress: IPv6Address
    public var homeAgentAddress: IPv6Address
    public var bindingIdentifier: UInt16?
    /// The uplink that holds the care-of address; 0 while there is none.
    public var interfaceIndex: UInt32
    public var interfaceName: String
    /// Lowest is best.
    public var priority: UInt32
    /// Whether nemonetd is to forward by this entry.
    public var forwards: Bool
    public var state: State
    /// The status of the last Binding Acknowledgement.
    public var status: UInt8
    public var sequenceNumber: SequenceNumber
    /// The granted lifetime, in seconds; 0 before it is granted.
    public var lifetime: UInt32
    /// What is left of it, in milliseconds; forwarding ends when it is used up. Of an entry that does not forward and is
    /// refused or idle: the time until the next attempt, 0 where only an event brings one.
    public var remainingMilliseconds: UInt64
    public var prefixes: [IPv6Prefix]
    /// The flows that take this way.
    public var flows: [FlowRule]
    /// The buckets of flows that take this way where several share what no rule names; those that no entry has go by the
    /// lowest priority.
    public var buckets = BucketSet()
    /// Flows that no entry of the home address has, and that are not to go with the rest.
    public var stranded: [StrandedFlow] = []
    /// The trigger of the Binding Revocation Indication that ended the binding (RFC 5846 §5.1); nil if none did.
    public var revocation: UInt8?

    public enum State: UInt8, CaseIterable, Sendable {
        case idle = 0
        case registering = 1
        case registered = 2
        case deregistering = 3
        case refused = 4
        /// Replaced by another care-of address; still brings in what is under way.
        case retiring = 5
        /// On the home link: the care-of address is the home address, and nothing is tunnelled.
        case home = 6
    }

    public init(
        homeAddress: IPv6Address, homePrefixLength: UInt8, careOfAddress: IPv6Address, homeAgentAddress: IPv6Address,
        bindingIdentifier: UInt16? = nil, interfaceIndex: UInt32, interfaceName: String, priority: UInt32 = 0,
        forwards: Bool, state: State, status: UInt8 = 0, sequenceNumber: SequenceNumber, lifetime: UInt32,
        remainingMilliseconds: UInt64, prefixes: [IPv6Prefix], flows: [FlowRule] = []
    ) {
        self.homeAddress = homeAddress
        self.homePrefixLength = homePrefixLength
        self.careOfAddress = careOfAddress
        self.homeAgentAddress = homeAgentAddress
        self.bindingIdentifier = bindingIdentifier
        self.interfaceIndex = interfaceIndex
        self.interfaceName = interfaceName
        self.priority = priority
        self.forwards = forwards
        self.state = state
        self.status = status
        self.sequenceNumber = sequenceNumber
        self.lifetime = lifetime
        self.remainingMilliseconds = remainingMilliseconds
        self.prefixes = prefixes
        self.flows = flows
    }
}
