public import MobilityWire

/// The group `policy.probe`: how uplinks are watched. All times are milliseconds.
public struct ProbeSettings: Hashable, Sendable {
    public var isEnabled: Bool
    /// What is probed besides the home agent.
    public var targets: [IPv6Address]
    public var interval: Int64
    public var failureInterval: Int64
    /// The longest.
    public var timeout: Int64
    /// Probes in a row.
    public var down: UInt32
    /// Answers in a row.
    public var up: UInt32
    /// Targets that have to be reached.
    public var reliability: UInt32
    public var failureLatency: Int64
    public var recoveryLatency: Int64
    /// Percent.
    public var failureLoss: UInt32
    /// Percent.
    public var recoveryLoss: UInt32

    /// Targets of an uplink, home agents among them: each costs as much as the first.
    public static let targetLimit = 8
    /// By a geostationary satellite a round trip takes 600 ms.
    public static let defaultTimeout: Int64 = 2000

    public init(
        isEnabled: Bool = true, targets: [IPv6Address] = [], interval: Int64 = 1000, failureInterval: Int64 = 200,
        timeout: Int64 = ProbeSettings.defaultTimeout, down: UInt32 = 3, up: UInt32 = 5, reliability: UInt32 = 1,
        failureLatency: Int64 = 1000,
        recoveryLatency: Int64 = 500, failureLoss: UInt32 = 40, recoveryLoss: UInt32 = 10
    ) {
        self.isEnabled = isEnabled
        self.targets = targets
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
