/// The group `policy`: which uplink carries what.
public struct PolicySettings: Hashable, Sendable {
    public var strategy: Strategy
    public var bindings: Bindings
    /// Of several that match a packet the first counts.
    public var flows: [FlowSettings]
    /// Nil where the file says nothing of it.
    public var routeOptimization: RouteOptimizationSettings?

    public enum Strategy: String, CaseIterable, Hashable, Sendable {
        /// The best uplink that works carries everything.
        case failover
    }

    /// How many care-of addresses are registered at a time (RFC 5648).
    public enum Bindings: String, CaseIterable, Hashable, Sendable {
        case single
        case multiple
        /// Several as soon as two uplinks work, where the home agent serves them.
        case auto
    }

    public init(
        strategy: Strategy = .failover, bindings: Bindings = .auto, flows: [FlowSettings] = [],
        routeOptimization: RouteOptimizationSettings? = nil
    ) {
        self.strategy = strategy
        self.bindings = bindings
        self.flows = flows
        self.routeOptimization = routeOptimization
    }
}
