public import MobilityWire

/// How an uplink is probed and judged. The names are those of OpenWrt's mwan3 where the meaning is the same.
public struct HealthSettings: Hashable, Sendable {
    /// Between two probes of one target while all is well.
    public var interval: Instant.Span
    /// The same while something is wrong, or an uplink is not known yet.
    public var failureInterval: Instant.Span
    /// After so long at most a probe has not been answered; after less where the round trip is short.
    public var timeout: Instant.Span
    /// Probes in a row without answer after which a target counts as lost.
    public var down: Int
    /// Answers in a row after which it counts as reached.
    public var up: Int
    /// Targets that have to be reached.
    public var reliability: Int
    /// Smoothed round trip and loss, in percent, from which on the uplink is bad, and below which it is good again.
    public var failureLatency: Instant.Span
    public var recoveryLatency: Instant.Span
    public var failureLoss: Double
    public var recoveryLoss: Double

    public init(
        interval: Instant.Span = .seconds(1), failureInterval: Instant.Span = .milliseconds(200),
        timeout: Instant.Span = .seconds(2), down: Int = 3, up: Int = 5, reliability: Int = 1,
        failureLatency: Instant.Span = .seconds(1),
        recoveryLatency: Instant.Span = .milliseconds(500), failureLoss: Double = 40, recoveryLoss: Double = 10
    ) {
        self.interval = interval
        self.failureInterval = failureInterval
        self.timeout = timeout
        self.down = down
        self.up = up
        self.reliability = reliability
        self.failureLatency = failureLatency
        self.recoveryLatency = recoveryLatency
        self.failureLoss = failureLoss
        self.recoveryLoss = recoveryLoss
    }
}
