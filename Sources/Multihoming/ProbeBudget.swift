import MobilityWire

/// How many probes a metered uplink may still cost: a bucket of octets that fills through the day.
///
/// Regular probes leave `reserve` in it, for the moment in which something is wrong. What is spent in any 24 hours is at
/// most the allowance: a full bucket, and what flows in.
struct ProbeBudget: Hashable, Sendable {
    private let perMillisecond: Double
    private let capacity: Double
    private let reserve: Double
    private var octets: Double
    private var updatedAt: Instant

    private static let probe = Double(PathTunables.probeOctets)

    /// - Parameter daily: octets.
    init(daily: UInt64, at now: Instant) {
        let daily = Double(daily)
        reserve = min(Double(PathTunables.distressProbes) * Self.probe, daily / 4)
        capacity = min(reserve + Self.probe, daily)
        perMillisecond = max(daily - capacity, 0) / 86_400_000
        octets = capacity
        updatedAt = now
    }

    /// When a probe may be sent, `now` or later; absent, never.
    func opening(isUrgent: Bool, at now: Instant) -> Instant? {
        let needed = isUrgent ? Self.probe : reserve + Self.probe
        let present = content(at: now)
        if present >= needed { return now }
        guard capacity >= needed, perMillisecond > 0 else { return nil }
        return now + .milliseconds(Int64(((needed - present) / perMillisecond).rounded(.up)))
    }

    mutating func spend(at now: Instant) {
        octets = content(at: now) - Self.probe
        updatedAt = now
    }

    private func content(at now: Instant) -> Double {
        // Rounding must not leave the regular probe, which needs all of it, for ever a hair short.
        let content = octets + Double(max((now - updatedAt).milliseconds, 0)) * perMillisecond
        return content > capacity - 0.001 ? capacity : content
    }
}

/// What probing costs, for people to read before the bill comes.
public enum ProbeCost {
    /// Octets of a month of 30 days for one uplink, with everything well all the time.
    ///
    /// - Parameters:
    ///   - targets: how many are probed.
    ///   - allowance: `UplinkTerms.probeAllowance`.
    public static func monthlyOctets(_ settings: HealthSettings, targets: Int, allowance: UInt64?) -> UInt64 {
        let probesADay = 86_400_000 / max(settings.interval.milliseconds, 1) * Int64(max(targets, 0))
        let wanted = UInt64(probesADay) * PathTunables.probeOctets
        return min(wanted, allowance ?? wanted) * 30
    }

    /// For people: `probes of wwan0 cost up to 30 MB a month`.
    public static func text(_ uplink: String, monthlyOctets: UInt64) -> String {
        "probes of \(uplink) cost up to \(OctetText.text(monthlyOctets)) a month"
    }
}

/// Octets as people read them: decimal, as providers sell them.
enum OctetText {
    static func text(_ octets: UInt64) -> String {
        for (unit, size) in [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000)]
            as [(String, UInt64)]
        where octets >= size {
            let tenths = octets / (size / 10)
            return tenths < 100 && !tenths.isMultiple(of: 10)
                ? "\(tenths / 10).\(tenths % 10) \(unit)" : "\(tenths / 10) \(unit)"
        }
        return "\(octets) octets"
    }
}
