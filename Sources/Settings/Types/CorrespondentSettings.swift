public import MobilityWire

/// The group `correspondent`: whom this node lets send to it without the way over their home agent.
public struct CorrespondentSettings: Hashable, Sendable {
    /// The addresses of this node for which it holds; empty for all that it has.
    public var addresses: [IPv6Address]
    /// No home or care-of address in these is bound.
    public var prohibited: [IPv6Prefix]
    public var limits: Limits
    /// How long a nonce makes tokens, in seconds.
    public var nonceInterval: UInt32

    // RFC 6275 §5.2.7
    public static let defaultNonceInterval: UInt32 = 30

    public struct Limits: Hashable, Sendable {
        /// The longest lifetime that is granted, in seconds: 4 to 420.
        public var lifetime: UInt32
        /// How many bindings there may be, with those that are remembered because they could be repeated.
        public var bindings: UInt32

        // RFC 6275 §12, MAX_RR_BINDING_LIFETIME
        public static let defaultLifetime: UInt32 = 420
        public static let defaultBindings: UInt32 = 10_000
        /// What nemonetd holds for a correspondent at most.
        public static let greatestBindings = 65_536

        public init(lifetime: UInt32 = Limits.defaultLifetime, bindings: UInt32 = Limits.defaultBindings) {
            self.lifetime = lifetime
            self.bindings = bindings
        }
    }

    public init(
        addresses: [IPv6Address] = [], prohibited: [IPv6Prefix] = [], limits: Limits = Limits(),
        nonceInterval: UInt32 = CorrespondentSettings.defaultNonceInterval
    ) {
        self.addresses = addresses
        self.prohibited = prohibited
        self.limits = limits
        self.nonceInterval = nonceInterval
    }
}
