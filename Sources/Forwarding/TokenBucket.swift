public import MobilityWire

/// Limits how often something is done: `rate` times a second on average, `burst` times at once (RFC 4443 §2.4 (f)).
public struct TokenBucket: Sendable {
    private let rate: Int64
    private let burst: Int64
    /// Thousandths of a token.
    private var level: Int64
    private var last: Instant?

    public init(rate: Int64, burst: Int64) {
        self.rate = rate
        self.burst = burst
        level = burst * 1000
    }

    /// Takes a token if there is one.
    public mutating func take(at now: Instant) -> Bool {
        if let last, now > last {
            // A second of rest fills any bucket whose burst is not above its rate; more cannot overflow.
            let rest = min((now - last).milliseconds, burst * 1000)
            level = min(burst * 1000, level + rest * rate)
        }
        last = now
        guard level >= 1000 else { return false }
        level -= 1000
        return true
    }
}
