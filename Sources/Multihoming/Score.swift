/// How good an uplink is. The order of the fields is the preference; the least is the best.
struct Score: Hashable, Comparable {
    var grade: Grade
    /// With the strategy `fastest`, in milliseconds, and infinite before it is measured; 0 with any other.
    var latency: Double
    var metric: UInt32
    /// So that the choice does not depend on the order of the report.
    var index: UInt32

    /// What comes before all measuring: uplinks of different grades are not compared by metric or speed.
    struct Grade: Hashable, Comparable {
        /// It leads nowhere.
        var isDown: Bool
        /// Somebody has named another one.
        var isNotPinned: Bool
        /// It has not shown that it leads anywhere. The uplink in use need not: it is left only for a reason.
        var isUnproven: Bool
        /// What its month included is used up: the next octet costs money, so everything that works comes first.
        var isOverLimit: Bool
        /// It failed too often to be trusted.
        var isSuppressed: Bool
        /// Latency or loss are above their thresholds.
        var isDegraded: Bool
        /// The signal says that it may be gone soon.
        var isWeak: Bool

        static func < (left: Grade, right: Grade) -> Bool {
            if left.isDown != right.isDown { return right.isDown }
            if left.isNotPinned != right.isNotPinned { return right.isNotPinned }
            if left.isUnproven != right.isUnproven { return right.isUnproven }
            if left.isOverLimit != right.isOverLimit { return right.isOverLimit }
            if left.isSuppressed != right.isSuppressed { return right.isSuppressed }
            if left.isDegraded != right.isDegraded { return right.isDegraded }
            return !left.isWeak && right.isWeak
        }
    }

    static func < (left: Score, right: Score) -> Bool {
        if left.grade != right.grade { return left.grade < right.grade }
        if left.latency != right.latency { return left.latency < right.latency }
        if left.metric != right.metric { return left.metric < right.metric }
        return left.index < right.index
    }

    /// Whether this is so much better that a change is worth it: by grade, by metric, or by a fifth and 10 ms at least.
    func isWorthLeaving(_ current: Score) -> Bool {
        guard self < current else { return false }
        guard grade == current.grade, latency != current.latency, current.latency.isFinite else { return true }
        let margin = max(
            PathTunables.improvementMilliseconds, current.latency * Double(PathTunables.improvementPercent) / 100)
        return current.latency - latency >= margin
    }
}
