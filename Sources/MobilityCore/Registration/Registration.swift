public import MobilityWire

/// What is known of a registration, for the mobility socket and the console.
public struct Registration: Hashable, Sendable {
    public var homeAddress: IPv6Address
    public var homeAgent: IPv6Address
    /// The care-of address in use, or being registered; at home the home address with the uplink that has it.
    public var careOf: CareOf?
    public var state: State
    /// The last status that the home agent gave; absent before the first.
    public var status: BindingStatus?
    /// The sequence number of the last Binding Update.
    public var sequenceNumber: SequenceNumber
    /// The granted lifetime; zero while there is no binding.
    public var lifetime: Instant.Span
    /// When the binding at the home agent ends.
    public var expiresAt: Instant?
    public var prefixes: [IPv6Prefix]

    public enum State: String, CaseIterable, Sendable {
        /// Not started, stopped, or without a care-of address.
        case idle
        /// A Binding Update for this care-of address was sent and none was accepted yet.
        case registering
        /// The home agent has a binding with this care-of address.
        case registered
        /// The home agent refused; tried again slowly.
        case refused
        case deregistering
        /// On the home link, where the home agent has nothing to bind.
        case home
    }

    public init(
        homeAddress: IPv6Address, homeAgent: IPv6Address, careOf: CareOf?, state: State, status: BindingStatus?,
        sequenceNumber: SequenceNumber, lifetime: Instant.Span, expiresAt: Instant?, prefixes: [IPv6Prefix]
    ) {
        self.homeAddress = homeAddress
        self.homeAgent = homeAgent
        self.careOf = careOf
        self.state = state
        self.status = status
        self.sequenceNumber = sequenceNumber
        self.lifetime = lifetime
        self.expiresAt = expiresAt
        self.prefixes = prefixes
    }
}
