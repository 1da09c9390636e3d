/// The group `policy`: which uplink carries what.
public struct PolicySettings: Hashable, Sendable {
    public var strategy: Strategy

    public enum Strategy: String, CaseIterable, Hashable, Sendable {
        /// The best uplink that works carries everything.
        case failover
    }

    public init(strategy: Strategy = .failover) { self.strategy = strategy }
}
