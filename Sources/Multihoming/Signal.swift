import MobilityWire

/// What a radio says of its link.
public struct Signal: Hashable, Sendable {
    /// Received power in dBm: RSSI of WLAN, RSRP of LTE and 5G.
    public var dBm: Int

    public init(dBm: Int) { self.dBm = dBm }
}

/// When a signal is a warning: below `weak`, until it is `good` again. Both in dBm.
public struct SignalThresholds: Hashable, Sendable {
    public var weak: Int
    public var good: Int

    public init(weak: Int, good: Int) {
        self.weak = weak
        self.good = good
    }

    /// Where one of the two is named alone, the other is a step away from it.
    ///
    /// - Parameter kind: whose thresholds hold where none is named.
    public init(weak: Int?, good: Int?, kind: Uplink.Kind) {
        let standard = Self.standard(kind)
        self.init(
            weak: weak ?? good.map { $0 - PathTunables.signalStep } ?? standard.weak,
            good: good ?? weak.map { $0 + PathTunables.signalStep } ?? standard.good)
    }

    /// WLAN cards lose frames at their lowest rate below −80 dBm or so. LTE calls RSRP below −110 dBm the edge of the
    /// cell.
    static func standard(_ kind: Uplink.Kind) -> SignalThresholds {
        let weak = kind == .cellular ? -112 : -78
        return SignalThresholds(weak: weak, good: weak + PathTunables.signalStep)
    }
}

/// Smooths the signal and tells, with hysteresis, whether it is a warning.
struct SignalWatch: Sendable {
    private(set) var isWeak = false
    private var smoothed: Double?
    /// What was told last, its thresholds, and since when it has stood.
    private var last: (value: Double, thresholds: SignalThresholds, since: Instant)?

    mutating func take(_ signal: Signal?, _ thresholds: SignalThresholds, at now: Instant) {
        guard let signal else {
            self = SignalWatch()
            return
        }
        let value = Double(signal.dBm)
        let level = smoothed.map { $0 + (value - $0) * PathTunables.signalGain } ?? value
        last = (value, thresholds, last.flatMap { $0.value == value ? $0.since : nil } ?? now)
        settle(at: level)
    }

    /// Other thresholds hold from now on.
    mutating func change(_ thresholds: SignalThresholds) {
        guard last != nil, let smoothed else { return }
        last?.thresholds = thresholds
        settle(at: smoothed)
    }

    /// Signals are told when they change: one that has stood for a while is no dip.
    mutating func pass(to now: Instant) {
        guard let last, now - last.since >= PathTunables.signalDip else { return }
        settle(at: last.value)
    }

    /// When what was told last is the signal; absent while it is already.
    var settlesAt: Instant? {
        last.flatMap { $0.value == smoothed ? nil : $0.since + PathTunables.signalDip }
    }

    private mutating func settle(at level: Double) {
        guard let last else { return }
        smoothed = level
        if level < Double(last.thresholds.weak) {
            isWeak = true
        } else if level >= Double(last.thresholds.good) {
            isWeak = false
        }
    }
}
