import MobilityWire

/// Round trip, jitter and loss of the way to one target, as its probes show them.
public struct PathQuality: Hashable, Sendable {
    /// The smoothed round trip in milliseconds; absent before the first answer. Each answer moves it by an eighth, as
    /// in RFC 6298 §2.
    public private(set) var roundTrip: Double?
    /// How much one round trip differs from the next, smoothed by sixteenths as in RFC 3550 §6.4.1, in milliseconds.
    public private(set) var jitter = 0.0
    private var previous: Double?
    private var outcomes: [Outcome] = []

    private struct Outcome: Hashable {
        var identifier: UInt32
        var isLost: Bool
    }

    public init() {}

    /// Percent of the last probes that were lost; absent while there are too few to judge.
    public var loss: Double? {
        guard outcomes.count >= PathTunables.leastJudged else { return nil }
        return Double(outcomes.count { $0.isLost }) * 100 / Double(outcomes.count)
    }

    mutating func answered(_ identifier: UInt32, after roundTrip: Instant.Span) {
        let sample = Double(roundTrip.milliseconds)
        self.roundTrip = self.roundTrip.map { $0 + (sample - $0) / 8 } ?? sample
        if let previous { jitter += (abs(sample - previous) - jitter) / 16 }
        previous = sample
        // What came late was not lost.
        if let known = outcomes.lastIndex(where: { $0.identifier == identifier }) {
            outcomes[known].isLost = false
        } else {
            append(Outcome(identifier: identifier, isLost: false))
        }
    }

    /// An outage is over: it was one, and says nothing of the loss before and after.
    mutating func forgetLosses() { outcomes.removeAll { $0.isLost } }

    mutating func lost(_ identifier: UInt32) { append(Outcome(identifier: identifier, isLost: true)) }

    private mutating func append(_ outcome: Outcome) {
        if outcomes.count == PathTunables.lossWindow { outcomes.removeFirst() }
        outcomes.append(outcome)
    }

    /// The timeout of the next probe.
    var timeout: Instant.Span {
        guard let roundTrip else { return PathTunables.firstTimeout }
        let wanted = Instant.Span.milliseconds(Int64((roundTrip * PathTunables.timeoutFactor).rounded(.up)))
        return min(max(wanted, PathTunables.leastTimeout), PathTunables.greatestTimeout)
    }
}
