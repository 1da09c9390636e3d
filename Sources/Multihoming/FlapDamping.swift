public import MobilityWire

/// Trust in an uplink that fails again and again, after RFC 2439 §4.2: each failure adds to a penalty that halves with
/// time; above one threshold the uplink is suppressed, and below another it is trusted again.
///
///     penalty   ╱╲  ╱╲╱╲                 suppress ─ ─ ─
///              ╱  ╲╱    ╲╲
///             ╱            ╲_            reuse ─ ─ ─ ─
///            ╱               ╲__
///              trusted │ suppressed │ trusted
public struct FlapDamping: Hashable, Sendable {
    public private(set) var isSuppressed = false
    private var value = 0.0
    private var updatedAt: Instant?

    public init() {}

    public mutating func flap(_ penalty: Double = PathTunables.flapPenalty, at now: Instant) {
        value = min(self.penalty(at: now) + penalty, PathTunables.penaltyCeiling)
        updatedAt = now
        if value > PathTunables.suppressThreshold { isSuppressed = true }
    }

    /// Ends the suppression when its time has come.
    public mutating func update(at now: Instant) {
        if isSuppressed, reuseAt.map({ $0 <= now }) ?? true { isSuppressed = false }
    }

    public func penalty(at now: Instant) -> Double {
        guard let updatedAt else { return 0 }
        let elapsed = Double(max((now - updatedAt).milliseconds, 0))
        return value * Logarithm.halved(elapsed / Double(PathTunables.flapHalfLife.milliseconds))
    }

    /// When the suppression ends if nothing happens; absent while there is none.
    public var reuseAt: Instant? {
        guard isSuppressed, let updatedAt else { return nil }
        let halves = max(Logarithm.base2(value / PathTunables.reuseThreshold), 0)
        let wait = (halves * Double(PathTunables.flapHalfLife.milliseconds)).rounded(.up)
        return updatedAt + .milliseconds(Int64(wait))
    }
}
