public import MobilityWire

/// An entry of the Binding Update List for a correspondent (RFC 6275 §11.1), for the console.
public struct BindingUpdateListEntry: Hashable, Sendable {
    public var homeAddress: IPv6Address
    public var peer: IPv6Address
    public var phase: RouteOptimizationMachine.Phase
    /// The route in use; absent while packets go through the home agent.
    public var route: OptimizedRoute?
    /// The lifetime of that route, from the sending of its Binding Update.
    public var lifetime: Instant.Span
    /// The sequence number of the last Binding Update.
    public var sequenceNumber: SequenceNumber
    /// The last status that the correspondent gave.
    public var status: BindingStatus?
    public var hasHomeToken: Bool
    public var hasCareOfToken: Bool
    public var lastUsedAt: Instant
    /// When the phase is left without success; nil where it is not left by time.
    public var endsAt: Instant?
}

/// A peer that is left alone for a while, for the console.
public struct RestingPeer: Hashable, Sendable {
    public var peer: IPv6Address
    public var reason: Reason
    /// When it may be tried again.
    public var until: Instant

    public enum Reason: String, CaseIterable, Sendable {
        /// It did not answer.
        case silent
        /// It refused.
        case refused
        /// It knows no Mobility Header.
        case unsupported
    }
}
