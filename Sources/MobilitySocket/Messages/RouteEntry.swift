public import MobilityWire

/// A way past the home agent as a mobile node announces it to nemonetd, which sends and accepts by it while it forwards:
/// one entry of the Binding Update List for a correspondent (RFC 6275 §11.1).
///
/// The key is the home address and the peer. Packets from the home address to the peer leave from the care-of address with
/// a Home Address option (§11.3.1); packets from the peer come to the care-of address with a type 2 routing header
/// (§11.3.3).
public struct RouteEntry: Hashable, Sendable {
    public var homeAddress: IPv6Address
    public var peer: IPv6Address
    /// Unspecified while there is none.
    public var careOfAddress: IPv6Address
    /// The uplink that holds the care-of address; 0 while there is none.
    public var interfaceIndex: UInt32
    public var interfaceName: String
    /// What the peer granted, in seconds; 0 before it did.
    public var lifetime: UInt32
    /// What is left of it, in milliseconds; forwarding ends when it is used up. Of an entry that does not forward:
    /// until its state is left without success.
    public var remainingMilliseconds: UInt64
    public var state: State
    /// Whether nemonetd is to send by this entry.
    public var forwards: Bool
    /// Of the last Binding Update.
    public var sequenceNumber: SequenceNumber
    /// The status of the last Binding Acknowledgement; 0 before there is one.
    public var status: UInt8

    public enum State: UInt8, CaseIterable, Sendable {
        /// Return routability is being shown.
        case testing = 0
        /// A Binding Update is unanswered.
        case updating = 1
        case bound = 2
        /// The binding at the peer is being deleted.
        case leaving = 3
        /// The home agent has no binding: nothing can be done until it has.
        case suspended = 4
    }

    public init(
        homeAddress: IPv6Address, peer: IPv6Address, careOfAddress: IPv6Address, interfaceIndex: UInt32,
        interfaceName: String, lifetime: UInt32, remainingMilliseconds: UInt64, state: State, forwards: Bool,
        sequenceNumber: SequenceNumber, status: UInt8 = 0
    ) {
        self.homeAddress = homeAddress
        self.peer = peer
        self.careOfAddress = careOfAddress
        self.interfaceIndex = interfaceIndex
        self.interfaceName = interfaceName
        self.lifetime = lifetime
        self.remainingMilliseconds = remainingMilliseconds
        self.state = state
        self.forwards = forwards
        self.sequenceNumber = sequenceNumber
        self.status = status
    }
}
