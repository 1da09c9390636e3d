import Drives
import MobilityWire

/// How long packets may be lost though the network would carry them, in milliseconds, and why no longer.
///
/// All follow from how often in an exchange the network may lose a message (`losses`, see `FairLoss`), so that what
/// exceeds them is a defect and not bad luck.
struct Bounds: Sendable {
    /// There and back by the longest way, through a home agent to a correspondent and back, at the greatest delays:
    /// 4 × (150 + 40 + 30) ms, and as much again for machines that take turns.
    static let roundTrip: Int64 = 1_800
    /// An application that gets no answer tries again.
    static let applicationRetry: Int64 = 3_000
    /// A home agent looks for duplicates before it serves a home address for the first time; the simulation's link takes so
    /// long to answer.
    static let duplicateDetection: Int64 = 1_000
    /// The longest wait between two Binding Updates (MAX_BINDACK_TIMEOUT).
    static let longestTimeout: Int64 = 32_000
    /// The longest wait after a refusal (`Tunables.longestRetryInterval`).
    static let longestRefusal: Int64 = 600_000
    /// Until a home agent that is gone is given up: `watchInterval`, `watchUnanswered` × `watchTimeout`, and three Binding
    /// Updates without answer, 1 + 2 + 4 s.
    static let deadHomeAgent: Int64 = 5_000 + 3_000 + 7_000
    /// How long the watch over a home agent rests after a doubt: `watchRest`, or where losses alone look like silence time and
    /// again up to `longestRetryInterval`.
    var watchRest: Int64 { losses < 3 ? 60_000 : 600_000 }
    /// A Binding Update for the end of a binding, which the change to another home agent waits for.
    static let deregistration: Int64 = 4_000

    /// After this long without an answer an uplink that costs nothing is known not to answer: `DriveBook.bound`, and what
    /// was under way.
    static let unheard: Int64 = DriveBook.bound + 2_000

    let losses: Int64

    init(losses: Int) { self.losses = Int64(losses) }

    /// The waits of `losses` Binding Updates, 1.5 s doubling to 32 s, and the answer to the next. MAX_UPDATE_RATE may hold
    /// the first back for a second.
    var exchange: Int64 {
        var (sum, timeout): (Int64, Int64) = (1_000 + Self.roundTrip, 1_500)
        for _ in 0..<losses {
            sum += timeout
            timeout = min(timeout * 2, Self.longestTimeout)
        }
        return sum
    }

    /// After a hand-over of a node that was registered. With several care-of addresses each shows by an exchange of its own
    /// that it works, behind the one that speaks for those that are left.
    func handover(paths: Int, hasHomeLink: Bool) -> Int64 {
        exchange * Int64(max(1, paths)) + (hasHomeLink ? Self.duplicateDetection : 0)
    }

    /// After anything else, whatever the node and its home agents were at: noticing by the node's own packets, whose Binding
    /// Errors may be lost as well, or by the watch over the home agent; a back-off that has come to its longest wait; the
    /// losses of the exchange at that pace; at another home agent once more.
    func recovery(paths: Int, homeAgents: Int) -> Int64 {
        let watch = homeAgents > 1 ? watchRest + Self.deadHomeAgent : 0
        let notice = max(watch, (losses + 1) * Self.applicationRetry)
        let exchanges = (losses + 1) * Self.longestTimeout * Int64(max(1, paths))
        return notice + exchanges + Self.deregistration + Self.duplicateDetection
            + (homeAgents > 1 ? exchange * Int64(homeAgents) : 0) + Self.roundTrip
    }

    /// What an optimised route adds: a correspondent's binding that nobody can correct ends with its lifetime
    /// (MAX_RR_BINDING_LIFETIME); tests and the Binding Update are at most three exchanges.
    ///
    /// A node that was switched off and on, or whose program started anew, knows of none of them.
    func routeOptimization(after disturbance: Disturbance?) -> Int64 {
        let correction = disturbance == .restart ? Self.routeLifetime : min(Self.routeLifetime, 3 * exchange)
        return correction + Self.applicationRetry * (losses + 1)
    }

    private static let routeLifetime: Int64 = 420_000
}
