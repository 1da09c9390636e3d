package import MobilityWire

/// The mobile node's idea of its home agent's time of day, from which Mesg-ID timestamps come (RFC 4285 §6).
///
/// It runs on the monotonic clock from one reading of the wall clock, so that nothing that sets the wall clock later
/// disturbs it. A board without a battery-backed clock starts in 1970; the home agent's first refusal tells the time.
package struct HomeAgentClock: Sendable {
    private var origin: NTPTimestamp
    private var originAt: Instant
    /// The greatest timestamp given out since the clock was set, or accepted before: the next is greater.
    private var floor: NTPTimestamp?
    private var greatestAccepted: NTPTimestamp?

    package init(wallClock: NTPTimestamp, at now: Instant) {
        origin = wallClock
        originAt = now
    }

    package func time(at now: Instant) -> NTPTimestamp { origin + (now - originAt) }

    /// A timestamp greater than any before. Its last 20 bits, a quarter of a millisecond, are random, so that somebody
    /// who does not see the message cannot guess what an answer has to repeat.
    package mutating func stamp(at now: Instant, random: UInt64) -> NTPTimestamp {
        var stamp = NTPTimestamp(rawValue: time(at: now).rawValue & ~0xf_ffff | random & 0xf_ffff)
        if let floor, !stamp.isNewer(than: floor) {
            stamp = NTPTimestamp(rawValue: floor.rawValue &+ 1 &+ (random & 0xf_ffff))
        }
        floor = stamp
        return stamp
    }

    /// The home agent accepted this timestamp.
    package mutating func accepted(_ stamp: NTPTimestamp) {
        if greatestAccepted.map(stamp.isNewer(than:)) ?? true { greatestAccepted = stamp }
    }

    /// Takes over the home agent's time: the upper 32 bits of `answer` are its seconds, the lower 32 are ours.
    package mutating func adopt(_ answer: NTPTimestamp, at now: Instant, tolerance: Instant.Span) {
        origin = NTPTimestamp(rawValue: UInt64(answer.seconds) << 32 | 0x8000_0000)
        originAt = now
        // Timestamps that were refused do not count. An accepted one counts unless the home agent's clock went back,
        // in which case insisting would be refused for ever.
        floor = greatestAccepted.flatMap { $0.isClose(to: origin, within: tolerance) ? $0 : nil }
    }
}
