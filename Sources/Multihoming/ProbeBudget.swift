import MobilityWire

/// How many probes a metered uplink may still cost: two buckets of octets that fill through the day.
///
/// One holds a single regular probe and gets most of what flows in, so that however bad the day was the uplink is still looked
/// at. The other is the reserve for when something is wrong; what it cannot hold goes to the regular ones. What is spent in
/// any 24 hours is at most the allowance: full buckets, and what flows in.
struct ProbeBudget: Hashable, Sendable {
    private let perMillisecond: Double
    private let regularCapacity: Double
    private let reserveCapacity: Double
    private var regular: Double
    private var reserve: Double
    private var updatedAt: Instant

    /// What a probe is for.
    enum Purpose: Hashable { case regular, comeback, failure }

    private static let probe = Double(PathTunables.probeOctets)

    /// - Parameter daily: octets.
    init(daily: UInt64, at now: Instant) {
        let daily = Double(daily)
        reserveCapacity = min(Double(PathTunables.distressProbes) * Self.probe, daily / 4)
        regularCapacity = min(Self.probe, daily - reserveCapacity)
        perMillisecond = max(daily - reserveCapacity - regularCapacity, 0) / 86_400_000
        (regular, reserve) = (regularCapacity, reserveCapacity)
        updatedAt = now
    }

    /// When a probe may be sent, `now` or later; absent, never.
    func opening(for purpose: Purpose, at now: Instant) -> Instant? {
        var present = self
        present.fill(at: now)
        let share = PathTunables.regularShare
        var wait = Self.wait(
            for: Self.probe - present.regular, of: regularCapacity,
            perMillisecond * (present.reserve < reserveCapacity ? share : 1))
        if purpose != .regular {
            let other = Self.wait(
                for: Self.probe + kept(for: purpose) - present.reserve, of: reserveCapacity,
                perMillisecond * (1 - share))
            wait = [wait, other].compactMap { $0 }.min()
        }
        return wait.map { now + .milliseconds($0) }
    }

    mutating func spend(for purpose: Purpose, at now: Instant) {
        fill(at: now)
        if purpose != .regular, reserve >= Self.probe + kept(for: purpose) {
            reserve -= Self.probe
        } else {
            regular = max(regular - Self.probe, 0)
        }
    }

    /// What has to stay in the reserve: a way that comes back can wait, one that dies under the traffic cannot.
    private func kept(for purpose: Purpose) -> Double {
        purpose == .comeback ? min(Double(PathTunables.failureProbes) * Self.probe, reserveCapacity / 2) : 0
    }

    private static func wait(for missing: Double, of capacity: Double, _ rate: Double) -> Int64? {
        if missing <= 0 { return 0 }
        guard capacity >= probe, rate > 0 else { return nil }
        return max(Int64((missing / rate).rounded(.up)), 1)
    }

    private mutating func fill(at now: Instant) {
        let octets = Double(max((now - updatedAt).milliseconds, 0)) * perMillisecond
        updatedAt = max(updatedAt, now)
        reserve += octets * (1 - PathTunables.regularShare)
        regular += octets * PathTunables.regularShare + max(reserve - reserveCapacity, 0)
        // Rounding must not leave a bucket for ever a hair short.
        if reserve > reserveCapacity - 0.001 { reserve = reserveCapacity }
        if regular > regularCapacity - 0.001 { regular = regularCapacity }
    }
}

/// What probing costs, for people to read before the bill comes.
public enum ProbeCost {
    /// For people: `probes of wwan0 cost 30 MB a month at most`. A month has 30 days here.
    ///
    /// - Parameters:
    ///   - targets: how many are to be probed; no more than `PathTunables.targets` are.
    ///   - allowance: `UplinkTerms.probeAllowance`.
    public static func text(_ uplink: String, _ settings: HealthSettings, targets: Int, allowance: UInt64?) -> String {
        if let allowance { return "probes of \(uplink) cost \(OctetText.text(allowance * 30)) a month at most" }
        let probesADay = 86_400_000 / max(settings.interval.milliseconds, 1)
        let octets = UInt64(probesADay) * UInt64(min(max(targets, 0), PathTunables.targets)) * PathTunables.probeOctets
        return "probes of \(uplink) cost about \(OctetText.text(octets * 30)) a month while all is well"
    }
}
