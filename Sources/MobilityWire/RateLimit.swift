/// A token bucket, for what a stranger could make us do too often: `burst` at once, `perSecond` in the long run
/// (RFC 4443 §2.4 (f)).
public struct RateLimit: Sendable {
    private let milliTokensPerSecond: Int64
    private let milliBurst: Int64
    private var milliTokens: Int64
    private var last: Instant?

    public init(perSecond: Int, burst: Int) {
        milliTokensPerSecond = Int64(perSecond) * 1000
        milliBurst = Int64(burst) * 1000
        milliTokens = milliBurst
    }

    /// Whether one more is allowed now; takes its token if so.
    public mutating func allow(at now: Instant) -> Bool {
        if let last, now > last {
            // A long silence would overflow the product; the bucket is full long before.
            let elapsed = min((now - last).milliseconds, 3_600_000)
            milliTokens = min(milliBurst, milliTokens + elapsed * milliTokensPerSecond / 1000)
        }
        last = max(last ?? now, now)
        guard milliTokens >= 1000 else { return false }
        milliTokens -= 1000
        return true
    }
}
