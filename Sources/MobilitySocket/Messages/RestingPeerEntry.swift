public import MobilityWire

/// Peers with which a mobile node does not optimise routes, for a while or for good: what a person sees of them.
public struct RestingPeerEntry: Hashable, Sendable {
    /// One peer, or a range of them that was excluded. The key.
    public var prefix: IPv6Prefix
    /// Until they are tried again, in milliseconds; 0 stands for good.
    public var remainingMilliseconds: UInt64
    public var reason: Reason

    public enum Reason: UInt8, CaseIterable, Sendable {
        /// It did not answer.
        case silent = 0
        /// It refused.
        case refused = 1
        /// It knows no Mobility Header.
        case unsupported = 2
        /// A person wants it so.
        case excluded = 3
    }

    public init(prefix: IPv6Prefix, remainingMilliseconds: UInt64, reason: Reason) {
        self.prefix = prefix
        self.remainingMilliseconds = remainingMilliseconds
        self.reason = reason
    }
}
