public import MobilityWire

/// The group `policy.route_optimization`: with whom a mobile host talks without the way over its home agent.
public struct RouteOptimizationSettings: Hashable, Sendable {
    public var isEnabled: Bool
    /// Peers in these are never told where the node is.
    public var never: [IPv6Prefix]
    /// Whether Binding Updates ask for an acknowledgement.
    public var acknowledge: Bool
    /// The lifetime to ask for, in seconds: 4 to 420.
    public var lifetime: UInt32
    /// Pairs of home address and peer at most.
    public var peers: UInt32

    // RFC 6275 §12, MAX_RR_BINDING_LIFETIME
    public static let defaultLifetime: UInt32 = 420
    public static let defaultPeers: UInt32 = 256

    public init(
        isEnabled: Bool = true, never: [IPv6Prefix] = [], acknowledge: Bool = true,
        lifetime: UInt32 = RouteOptimizationSettings.defaultLifetime,
        peers: UInt32 = RouteOptimizationSettings.defaultPeers
    ) {
        self.isEnabled = isEnabled
        self.never = never
        self.acknowledge = acknowledge
        self.lifetime = lifetime
        self.peers = peers
    }
}
