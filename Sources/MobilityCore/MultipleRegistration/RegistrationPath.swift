public import MobilityWire

/// A way by which the node can be reached: a care-of address with the identifier of its binding.
public struct RegistrationPath: Hashable, Sendable {
    /// BID, the same for as long as the uplink is the same; never 0.
    public var identifier: UInt16
    public var careOf: CareOf
    /// This is the home link, and the care-of address is the home address (RFC 5648 §5.6).
    public var isHomeLink: Bool

    public init(identifier: UInt16, careOf: CareOf, isHomeLink: Bool = false) {
        self.identifier = identifier
        self.careOf = careOf
        self.isHomeLink = isHomeLink
    }
}

/// What is known of the registration of several care-of addresses, for the mobility socket and the console.
public struct MultipleRegistration: Hashable, Sendable {
    public var homeAddress: IPv6Address
    public var homeAgent: IPv6Address
    /// Of the last Binding Update; all bindings share it (RFC 5648 §4.1).
    public var sequenceNumber: SequenceNumber
    public var prefixes: [IPv6Prefix]
    /// The preferred one first.
    public var paths: [Path]
    /// Flows that no path has, and that are not to go with the rest.
    public var stranded: [StrandedFlow] = []

    public struct Path: Hashable, Sendable {
        public var identifier: UInt16
        public var careOf: CareOf
        /// Its place: the lowest of those that forward carries what no flow rule names.
        public var priority: UInt8
        public var state: State
        /// The last status that the home agent gave for it; absent before the first.
        public var status: BindingStatus?
        /// The granted lifetime; zero while there is no binding.
        public var lifetime: Instant.Span
        public var expiresAt: Instant?
        /// When it is tried again, where it is refused; absent where only an event brings that.
        public var retryAt: Instant?
        /// Whether packets take this way.
        public var forwards: Bool
        public var flows: [FlowRule]
    }

    public enum State: String, CaseIterable, Sendable {
        case registering
        case registered
        /// Refused, or without an answer; tried again slowly.
        case refused
        case deregistering
        /// Left a moment ago; brings in what is under way.
        case retiring
    }
}
