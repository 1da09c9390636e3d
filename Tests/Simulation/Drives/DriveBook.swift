package import MobilityWire
package import Multihoming

/// A book of what `MultihomingMachine` decides on a drive, and of what must hold whatever happens to the uplinks.
package struct DriveBook: Sendable {
    /// Each spell of carrying traffic over a dead link while another one was known to work: how many milliseconds it took to
    /// leave.
    package private(set) var detections: [Int64] = []
    /// The longest of them, the present one too, without what had to be waited for; see `watch`.
    package private(set) var longestOnDead: Int64 = 0
    /// The longest where octets cost something, with that.
    package private(set) var longestMetered: Int64 = 0
    package private(set) var voluntaryChangesInAMinute = 0
    /// Of the active uplink.
    package private(set) var changes = 0

    private var voluntary: [Instant] = []
    private var deadSince: Instant?
    /// How much of the time since then counts, in milliseconds; and up to when.
    private var lost: Int64 = 0
    private var lostUntil: Instant?

    /// A probe sent just before the link dies, and the three that have to fail after it on a path whose timeout fading has
    /// driven to its greatest; in milliseconds.
    package static let bound: Int64 = 6000
    /// A metered uplink that nothing flows over, or whose reserve of probes is used up: three regular probes, thirteen seconds
    /// apart.
    package static let meteredBound: Int64 = 42_000
    /// Three fast ones are too many already; four fit into a minute when they keep 17 s apart.
    package static let voluntaryBound = 4

    package init() {}

    /// What does not hold any more; nil while all does.
    package var breach: String? {
        if longestOnDead > Self.bound { return "\(longestOnDead) ms on a dead link" }
        if longestMetered > Self.meteredBound { return "\(longestMetered) ms on a dead link that is metered" }
        return voluntaryChangesInAMinute > Self.voluntaryBound
            ? "\(voluntaryChangesInAMinute) changes within a minute that nothing asked for" : nil
    }

    /// The machine has decided.
    ///
    /// - Parameter old: what was active before.
    package mutating func note(_ machine: MultihomingMachine, instead old: ActivePath, at now: Instant) {
        guard old.index != machine.decision.active?.index else { return }
        changes += 1
        // Planned, and not because of bad quality, is voluntary.
        let condition = machine.health(of: old.name)?.condition
        guard machine.decision.previousUsable, condition?.isDegraded != true, condition?.vitality == .up else { return }
        voluntary.append(now)
        voluntary.removeAll { now - $0 > .seconds(60) }
        voluntaryChangesInAMinute = max(voluntaryChangesInAMinute, voluntary.count)
    }

    /// The program starts anew, and knows nothing of the changes that it has made.
    package mutating func restart() { voluntary = [] }

    /// Looks at how long the traffic has been on a dead link while there was a better place; to be called whenever something
    /// has happened.
    ///
    /// What counts where octets cost something is the time in which something flows and a probe is under way or could be: for
    /// the next regular probe, which is all that is left of an allowance, the machine has to wait, whatever flows. Each such
    /// wait is up to thirteen seconds, and all that there may be are in `meteredBound`.
    ///
    /// - Parameters:
    ///   - isAsked: whether the metered uplink is asked, or could be.
    ///   - isDead: whether nothing passes by an uplink, by its place in `DriveModel.names`.
    package mutating func watch(
        _ machine: MultihomingMachine, hasTraffic: Bool, isAsked: Bool = true, at now: Instant, isDead: (Int) -> Bool
    ) {
        let place = machine.decision.active.map { Int($0.index) - 2 }
        let hasBetter = DriveModel.names.indices.contains { other in
            guard let place, place != other, isDead(place), !isDead(other) else { return false }
            return machine.health(of: DriveModel.names[other])?.condition.vitality == .up
        }
        guard hasBetter else {
            if let deadSince { detections.append((now - deadSince).milliseconds) }
            (deadSince, lost, lostUntil) = (nil, 0, nil)
            return
        }
        let since = deadSince ?? now
        deadSince = since
        if place == DriveModel.metered { longestMetered = max(longestMetered, (now - since).milliseconds) }
        guard place != DriveModel.metered || hasTraffic && isAsked else {
            lostUntil = nil
            return
        }
        lost += lostUntil.map { (now - $0).milliseconds } ?? 0
        lostUntil = now
        longestOnDead = max(longestOnDead, lost)
    }
}
