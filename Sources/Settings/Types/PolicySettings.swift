/// The group `policy`: which uplink carries what.
public struct PolicySettings: Hashable, Sendable {
    public var strategy: Strategy
    /// How long a better uplink has to be good before traffic moves to it, in milliseconds.
    public var holdDown: Int64
    public var lastResort: LastResort
    public var probe: ProbeSettings
    public var bindings: Bindings
    /// The path of the file in which accounts of uplinks outlive the program; nil keeps nothing.
    public var state: String?
    /// Of several that match a packet the first counts.
    public var flows: [FlowSettings]
    /// Nil where the file says nothing of it.
    public var routeOptimization: RouteOptimizationSettings?

    public enum Strategy: String, CaseIterable, Hashable, Sendable {
        /// The working uplink of the lowest metric carries everything.
        case failover
        /// The working uplink of the best measured quality does.
        case fastest
        /// All working uplinks do, each flow by one of them, by weight.
        case balance
    }

    /// What carries the traffic when probes say of every uplink that it leads nowhere.
    public enum LastResort: String, CaseIterable, Hashable, Sendable {
        /// The best of them.
        case use
        /// Nothing.
        case none
    }

    /// How many care-of addresses are registered at a time (RFC 5648).
    public enum Bindings: String, CaseIterable, Hashable, Sendable {
        case single
        case multiple
        /// Several as soon as two uplinks work, where the home agent serves them.
        case auto
    }

    public static let defaultState = "/var/lib/shisa-mobile/uplinks.state"
    public static let defaultHoldDown: Int64 = 2000

    public init(
        strategy: Strategy = .failover, holdDown: Int64 = PolicySettings.defaultHoldDown, lastResort: LastResort = .use,
        probe: ProbeSettings = ProbeSettings(), bindings: Bindings = .auto, state: String? = nil,
        flows: [FlowSettings] = [],
        routeOptimization: RouteOptimizationSettings? = nil
    ) {
        self.strategy = strategy
        self.holdDown = holdDown
        self.lastResort = lastResort
        self.probe = probe
        self.bindings = bindings
        self.state = state
        self.flows = flows
        self.routeOptimization = routeOptimization
    }
}
