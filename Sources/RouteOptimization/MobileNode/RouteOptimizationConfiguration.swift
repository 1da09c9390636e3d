public import MobilityCore
public import MobilityWire

/// How a mobile node optimises routes.
public struct RouteOptimizationConfiguration: Hashable, Sendable {
    /// Whether at all.
    public var isEnabled: Bool
    /// Peers never to optimise: they do not learn where the node is (RFC 6275 §11.7.2).
    public var never: [IPv6Prefix]
    /// Whether Binding Updates ask for an acknowledgement (the A flag). Without, a route is used as soon as the Binding
    /// Update has left, and a Binding Error tells if it was lost.
    public var requestsAcknowledgement: Bool
    /// The lifetime to ask for; RFC 6275 allows 420 s.
    public var lifetime: Instant.Span
    /// Pairs of home address and peer at most.
    public var greatestNumberOfPeers: Int

    public init(
        isEnabled: Bool = true, never: [IPv6Prefix] = [], requestsAcknowledgement: Bool = true,
        lifetime: Instant.Span = .seconds(420),
        greatestNumberOfPeers: Int = Tunables.greatestNumberOfOptimizedPeers
    ) {
        self.isEnabled = isEnabled
        self.never = never
        self.requestsAcknowledgement = requestsAcknowledgement
        self.lifetime = lifetime
        self.greatestNumberOfPeers = greatestNumberOfPeers
    }

    func excludes(_ peer: IPv6Address) -> Bool { !isEnabled || never.contains { $0.contains(peer) } }
}
