import MobilityWire

/// The loss of carrier of an uplink that had not failed for a while, most often because a radio went to another access point
/// of its network. When the same address leads somewhere again at once, traffic need not wait as for a link that is new; a
/// second loss soon after the first is no such thing.
struct Interruption: Hashable, Sendable {
    var careOfAddress: IPv6Address
    /// Since when the uplink had been good.
    var goodSince: Instant
    var at: Instant

    func isBrief(at now: Instant) -> Bool { now - at <= PathTunables.briefInterruption }

    /// Since when an uplink that is good again has been so, if this was no break; that its carrier is back shows nothing.
    func goodSince(resumedBy assessment: PathPolicy.Assessment, at now: Instant) -> Instant? {
        guard isBrief(at: now), assessment.path?.careOfAddress == careOfAddress,
            assessment.standing.condition.vitality == .up
        else { return nil }
        return goodSince
    }
}
