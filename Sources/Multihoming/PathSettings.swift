public import MobilityWire

/// How the policy chooses among the uplinks: the group `policy` of the configuration file.
public struct PathSettings: Hashable, Sendable {
    public var strategy: Strategy
    /// How long a better uplink has to be good without a break before traffic moves to it.
    public var holdDown: Instant.Span
    public var lastResort: LastResort
    /// Prefixes whose addresses are never care-of addresses: the mobile network's and the home link's.
    public var excludedPrefixes: [IPv6Prefix]

    public enum Strategy: String, CaseIterable, Hashable, Sendable {
        /// The working uplink of the lowest metric.
        case failover
        /// The working uplink of the best measured quality.
        case fastest
        /// All working uplinks, each with its share of the flows by weight.
        case balance
    }

    /// What carries the traffic when probes say of every uplink that it leads nowhere.
    public enum LastResort: String, CaseIterable, Hashable, Sendable {
        /// The best of them: the probes may be wrong, and nothing is lost by trying.
        case use
        /// Nothing.
        case none
    }

    public init(
        strategy: Strategy = .failover, holdDown: Instant.Span = PathTunables.holdDown, lastResort: LastResort = .use,
        excludedPrefixes: [IPv6Prefix] = []
    ) {
        self.strategy = strategy
        self.holdDown = holdDown
        self.lastResort = lastResort
        self.excludedPrefixes = excludedPrefixes
    }
}
