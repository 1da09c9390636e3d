/// What the owner of an uplink has agreed with whoever provides it, and how it is to be used: from the configuration file.
public struct UplinkTerms: Hashable, Sendable {
    /// Its share of the flows with the strategy `balance`, in relation to the others'; with 0 it stands by.
    public var weight: UInt32
    /// Octets cost something: probes are rationed.
    public var isMetered: Bool
    /// Octets a day that probes may cost. Where it is absent a metered uplink has `PathTunables.meteredDailyOctets`, and
    /// any other no limit.
    public var dailyProbeOctets: UInt64?
    public var quota: Quota?
    public var schedule: Schedule
    public var signalThresholds: SignalThresholds?

    /// So many octets a month are included.
    public struct Quota: Hashable, Sendable {
        public var monthlyOctets: UInt64
        /// The day on which the month begins, 1 to 31; in a shorter month its last day.
        public var billingDay: Int
        public var warnPercent: UInt64
        public var demotePercent: UInt64

        public init(
            monthlyOctets: UInt64, billingDay: Int = 1, warnPercent: UInt64 = PathTunables.warnPercent,
            demotePercent: UInt64 = PathTunables.demotePercent
        ) {
            self.monthlyOctets = monthlyOctets
            self.billingDay = min(max(billingDay, 1), 31)
            self.warnPercent = warnPercent
            self.demotePercent = demotePercent
        }
    }

    /// - Parameter signalThresholds: Where it is absent, those of the kind of link.
    public init(
        weight: UInt32 = 1, isMetered: Bool = false, dailyProbeOctets: UInt64? = nil, quota: Quota? = nil,
        schedule: Schedule = .always, signalThresholds: SignalThresholds? = nil
    ) {
        self.weight = weight
        self.isMetered = isMetered
        self.dailyProbeOctets = dailyProbeOctets
        self.quota = quota
        self.schedule = schedule
        self.signalThresholds = signalThresholds
    }

    /// Octets a day that probes may cost, all in all; absent, as many as the interval asks for.
    public var probeAllowance: UInt64? {
        dailyProbeOctets ?? (isMetered ? PathTunables.meteredDailyOctets : nil)
    }
}
