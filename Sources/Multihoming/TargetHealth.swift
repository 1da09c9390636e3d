public import MobilityWire

/// Whether one target answers over one uplink: probes, answers and silence in, a state out.
///
///                 up answers in a row               down failures in a row
///     unproven ─────────────────────────► reached ────────────────────────► lost
///         │                                  ▲                                │
///         ╰── down failures ──► lost         ╰──────── up answers in a row ───╯
///
/// A probe fails when its timeout passes. An answer takes back the failures of all probes that were sent before its own:
/// the path has carried something later. So an answer that comes after its timeout, because the path has become slow,
/// stops the count, and the timeout follows the longer round trip.
public struct TargetHealth: Hashable, Sendable {
    public enum State: Hashable, Sendable {
        case unproven, reached, lost
    }

    public let address: IPv6Address
    public private(set) var state = State.unproven
    /// It counts as reached, and has answered nothing so far.
    private(set) var isBelieved = false
    public private(set) var quality = PathQuality()
    /// In a row.
    public private(set) var failures = 0
    public private(set) var successes = 0
    private(set) var since: Instant
    /// When it was last probed, or traffic made that unnecessary.
    var lastTurn: Instant?
    /// Turns in a row that traffic took over.
    var replaced = 0
    private var outstanding: [Outstanding] = []
    /// When the newest of the probes that were answered had left.
    private(set) var newestAnswered: Instant?
    private var suspectedAt: Instant?
    /// When it last answered something else than a probe, and how many probes that left soon after that are lost, and none
    /// answered since.
    private var confirmedAt: Instant?
    private var refusals = 0

    private struct Outstanding: Hashable {
        var identifier: UInt32
        var sentAt: Instant
        var deadline: Instant
        var hasFailed = false
    }

    init(_ address: IPv6Address, state: State = .unproven, at now: Instant) {
        self.address = address
        self.state = state
        isBelieved = state == .reached
        since = now
    }

    mutating func sent(_ identifier: UInt32, at now: Instant, _ settings: HealthSettings) {
        lastTurn = now
        replaced = 0
        if outstanding.count == PathTunables.outstandingProbes {
            // What has to make room is not waited for any longer.
            if !outstanding[0].hasFailed { fail(at: 0, now, settings) }
            outstanding.removeFirst()
        }
        outstanding.append(
            Outstanding(identifier: identifier, sentAt: now, deadline: now + quality.timeout(atMost: settings.timeout)))
    }

    /// The probe has never left.
    mutating func withdraw(_ identifier: UInt32) { outstanding.removeAll { $0.identifier == identifier } }

    /// - Returns: Whether it answers a probe that is remembered.
    mutating func answered(_ identifier: UInt32, at now: Instant, _ settings: HealthSettings) -> Bool {
        guard let place = outstanding.firstIndex(where: { $0.identifier == identifier }) else { return false }
        let probe = outstanding.remove(at: place)
        quality.answered(identifier, after: now - probe.sentAt)
        confirmedAt = nil
        if newestAnswered.map({ probe.sentAt >= $0 }) ?? true {
            newestAnswered = probe.sentAt
            if let suspectedAt, suspectedAt <= probe.sentAt { self.suspectedAt = nil }
            failures = outstanding.count { $0.hasFailed && $0.sentAt > probe.sentAt } + (suspectedAt == nil ? 0 : 1)
            succeed(at: now, settings)
        }
        return true
    }

    /// Something else has shown that the target answers over this uplink.
    mutating func confirmed(at now: Instant, _ settings: HealthSettings) {
        newestAnswered = max(newestAnswered ?? now, now)
        (confirmedAt, refusals) = (now, 0)
        suspectedAt = nil
        failures = 0
        succeed(at: now, settings)
    }

    /// Traffic is sent and not answered: a failure that needed no probe.
    mutating func suspect(at now: Instant, _ settings: HealthSettings) {
        guard suspectedAt == nil else { return }
        suspectedAt = now
        fail(at: now, settings)
    }

    /// Traffic is answered again.
    mutating func absolve() {
        guard suspectedAt != nil else { return }
        suspectedAt = nil
        failures = max(failures - 1, 0)
    }

    var isSuspected: Bool { suspectedAt != nil }

    /// When it answered something else, if that was followed by so many probes that it does not answer.
    func refusedAfter(_ settings: HealthSettings) -> Instant? { refusals >= settings.down ? confirmedAt : nil }

    /// Whether a probe that left since then can still be answered in time.
    func isAsked(since: Instant) -> Bool { outstanding.contains { !$0.hasFailed && $0.sentAt >= since } }

    /// Counts what has timed out.
    mutating func expire(at now: Instant, _ settings: HealthSettings) {
        for place in outstanding.indices
        where !outstanding[place].hasFailed && outstanding[place].deadline <= now {
            fail(at: place, now, settings)
        }
        outstanding.removeAll { $0.hasFailed && $0.sentAt + PathTunables.latestAnswer <= now }
    }

    /// When the oldest probe that could still be answered is later than answers are: long before its timeout, so that on a
    /// slow path the next ones are under way when it fails. Absent while none is open.
    var overdueAt: Instant? {
        guard let roundTrip = quality.roundTrip else { return nil }
        let usual = Instant.Span.milliseconds(
            Int64((roundTrip * PathTunables.overdueFactor + quality.jitter * PathTunables.overdueJitter).rounded(.up)))
        return outstanding.first { probe in newestAnswered.map { probe.sentAt > $0 } ?? true }
            .map { $0.sentAt + usual }
    }

    var nextExpiry: Instant? { outstanding.filter { !$0.hasFailed }.map(\.deadline).min() }

    /// Nobody can ask: carrier, address and router have to do until it fails.
    mutating func believe(at now: Instant) {
        isBelieved = successes == 0
        (state, since) = (.reached, now)
    }

    /// What is known of the way to it from before it was left out.
    mutating func adopt(_ former: TargetHealth) {
        quality = former.quality
        quality.forgetOutage()
        newestAnswered = former.newestAnswered
    }

    /// The link was away: what it was is no sign of what it is.
    mutating func restart(at now: Instant) {
        let budgeted = lastTurn
        self = TargetHealth(address, at: now)
        lastTurn = budgeted.map { min($0, now) }
    }

    /// The probe in this place is not answered.
    private mutating func fail(at place: Int, _ now: Instant, _ settings: HealthSettings) {
        outstanding[place].hasFailed = true
        quality.lost(outstanding[place].identifier)
        if let confirmedAt,
            (.milliseconds(0)...PathTunables.confirmationCounts).contains(outstanding[place].sentAt - confirmedAt)
        {
            refusals += 1
        }
        // A later one was answered: one packet was lost, the path is there.
        if let newestAnswered, outstanding[place].sentAt <= newestAnswered { return }
        fail(at: now, settings)
    }

    private mutating func fail(at now: Instant, _ settings: HealthSettings) {
        failures += 1
        successes = 0
        if failures >= settings.down, state != .lost { (state, since) = (.lost, now) }
    }

    private mutating func succeed(at now: Instant, _ settings: HealthSettings) {
        isBelieved = false
        // Failures of later probes stand: what is counted is answers in a row.
        successes = failures == 0 ? successes + 1 : 0
        guard successes >= settings.up, state != .reached else { return }
        if state == .lost { quality.forgetOutage() }
        (state, since) = (.reached, now)
    }
}
