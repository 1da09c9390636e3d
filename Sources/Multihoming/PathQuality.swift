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

    /// An outage is over: the last losses in a row were one, and say nothing of the loss before and after. What was lost
    /// among answers stays: a path that loses every other packet has no outages.
    mutating func forgetOutage() {
        guard let last = outcomes.lastIndex(where: \.isLost) else { return }
        let answered = outcomes[..<last].lastIndex { !$0.isLost }
        outcomes.removeSubrange((answered.map { $0 + 1 } ?? 0)...last)
    }

    mutating func lost(_ identifier: UInt32) { append(Outcome(identifier: identifier, isLost: true)) }

    /// In the order in which the probes were sent: that one was lost is known after a later one was answered.
    private mutating func append(_ outcome: Outcome) {
        let place = outcomes.lastIndex { Int32(bitPattern: outcome.identifier &- $0.identifier) > 0 }
        outcomes.insert(outcome, at: place.map { $0 + 1 } ?? 0)
        if outcomes.count > PathTunables.lossWindow { outcomes.removeFirst() }
    }

    /// The timeout of the next probe: as the round trip asks for, and no longer than `greatest`.
    func timeout(atMost greatest: Instant.Span) -> Instant.Span {
        guard let roundTrip else { return min(PathTunables.firstTimeout, greatest) }
        let wanted = Instant.Span.milliseconds(Int64((roundTrip * PathTunables.timeoutFactor).rounded(.up)))
        return min(max(wanted, PathTunables.leastTimeout), greatest)
    }
}
