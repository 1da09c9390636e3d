/// What a radio says of its link.
public enum Signal: Hashable, Sendable {
    /// Received power: RSSI of WLAN, RSRP of LTE and 5G.
    case dBm(Int)
    /// Percent of what the device calls full.
    case quality(Int)
}

/// When a signal is a warning: below `weak`, until it is above `good` again. Both in the unit of the signal.
public struct SignalThresholds: Hashable, Sendable {
    public var weak: Signal
    public var good: Signal

    public init(weak: Signal, good: Signal) {
        self.weak = weak
        self.good = good
    }

    /// WLAN cards lose frames at their lowest rate below −80 dBm or so. LTE calls RSRP below −110 dBm the edge of the
    /// cell. Six decibels are twice the distance.
    static func standard(_ kind: Uplink.Kind, for signal: Signal) -> SignalThresholds {
        switch (signal, kind) {
        case (.quality, _): SignalThresholds(weak: .quality(20), good: .quality(35))
        case (.dBm, .cellular): SignalThresholds(weak: .dBm(-112), good: .dBm(-106))
        case (.dBm, _): SignalThresholds(weak: .dBm(-78), good: .dBm(-72))
        }
    }
}

/// Smooths the signal and tells, with hysteresis, whether it is a warning.
struct SignalWatch: Hashable, Sendable {
    private(set) var isWeak = false
    private var smoothed: Double?
    private var unit: Unit?

    private enum Unit { case dBm, quality }

    mutating func take(_ signal: Signal?, _ thresholds: SignalThresholds) {
        guard let signal, let (value, unit) = Optional(Self.split(signal)) else {
            self = SignalWatch()
            return
        }
        let (weak, good) = (Self.split(thresholds.weak), Self.split(thresholds.good))
        // Thresholds in decibels say nothing about percent.
        guard weak.1 == unit, good.1 == unit else {
            self = SignalWatch()
            return
        }
        if self.unit != unit { self = SignalWatch() }
        self.unit = unit
        let level = smoothed.map { $0 + (value - $0) * PathTunables.signalGain } ?? value
        smoothed = level
        if level < weak.0 { isWeak = true } else if level >= good.0 { isWeak = false }
    }

    private static func split(_ signal: Signal) -> (Double, Unit) {
        switch signal {
        case .dBm(let value): (Double(value), .dBm)
        case .quality(let value): (Double(value), .quality)
        }
    }
}
