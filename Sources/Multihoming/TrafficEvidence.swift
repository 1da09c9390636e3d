import MobilityWire

/// The counters of the tunnel over one uplink, as they stand.
public struct TrafficSample: Hashable, Sendable {
    public var packetsOut: UInt64
    public var packetsIn: UInt64

    public init(packetsOut: UInt64, packetsIn: UInt64) {
        self.packetsOut = packetsOut
        self.packetsIn = packetsIn
    }
}

/// What the traffic itself tells of a path: it is answered, or it is sent and nothing comes.
///
///     out  ▮▮▮▮▮▮▮▮▮▮▮▮▮▮▮▮▮▮▮▮
///     in   ▮▮▮▮▮▮▮▮ ╳
///                  ◄─ silence ─►suspicious
///
/// A stream in one direction only looks the same. So suspicion is no more than a reason to ask, and after the answer it
/// rests until something has come in again, or until traffic comes to this uplink anew: that is just when it may have died
/// unnoticed.
struct TrafficEvidence: Hashable, Sendable {
    private var last: TrafficSample?
    private var lastAt: Instant?
    private var unanswered: UInt64 = 0
    private var unansweredSince: Instant?
    private var isArmed = true
    /// When traffic was last seen to be answered.
    private(set) var answeredAt: Instant?

    mutating func take(_ sample: TrafficSample, at now: Instant) {
        defer { (last, lastAt) = (sample, now) }
        // The first, and the first after the counters began anew, is where counting starts.
        guard let last, let lastAt, sample.packetsOut >= last.packetsOut, sample.packetsIn >= last.packetsIn else {
            (unanswered, unansweredSince) = (0, nil)
            return
        }
        if now - lastAt >= PathTunables.trafficPause { isArmed = true }
        let sent = sample.packetsOut - last.packetsOut
        if sample.packetsIn > last.packetsIn {
            if sent > 0 || unanswered > 0 { answeredAt = now }
            (unanswered, unansweredSince, isArmed) = (0, nil, true)
        } else if sent > 0 {
            unanswered += sent
            // Counters that do not move are not told: the packets are no older than one period.
            unansweredSince = unansweredSince ?? max(lastAt, now - PathTunables.samplePeriod)
        }
    }

    /// From when on the silence is suspicious; absent while there is none.
    func suspicious(after silence: Instant.Span) -> Instant? {
        guard isArmed, unanswered >= PathTunables.suspiciousPackets, let unansweredSince else { return nil }
        return unansweredSince + silence
    }

    /// A probe was answered: the traffic wants no answer.
    mutating func refute() { (isArmed, unanswered, unansweredSince) = (false, 0, nil) }

    /// The link was away.
    mutating func restart() {
        isArmed = true
        (unanswered, unansweredSince, answeredAt) = (0, nil, nil)
    }
}
