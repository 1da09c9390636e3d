import MobilityCore
import MobilityWire

/// The peers with which route optimisation failed, and until when they are left alone.
///
/// Rests double with each failure and are forgotten a little longer after their end than they lasted: nobody is on this list for
/// good.
struct RestingPeers: Sendable {
    private struct Rest: Sendable {
        var reason: RestingPeer.Reason
        var interval: Instant.Span
        var until: Instant

        /// The next failure takes its time to be one.
        var forgetAt: Instant { until + interval + Tunables.routeOptimizationPatience * 2 }
    }

    private var rests: [IPv6Address: Rest] = [:]

    var count: Int { rests.count }

    /// The peers that rest now, in order.
    func resting(at now: Instant) -> [RestingPeer] {
        rests.filter { $0.value.until > now }.sorted { $0.key < $1.key }
            .map { RestingPeer(peer: $0.key, reason: $0.value.reason, until: $0.value.until) }
    }

    func isResting(_ peer: IPv6Address, at now: Instant) -> Bool { rests[peer].map { $0.until > now } ?? false }

    /// Lets a peer rest; says whether another one had to be forgotten for it.
    mutating func rest(_ peer: IPv6Address, for reason: RestingPeer.Reason, at now: Instant) -> Bool {
        rests = rests.filter { $0.value.forgetAt > now }
        let first = reason == .unsupported ? Tunables.unsupportedPeerRest : Tunables.silentPeerRest
        let interval = rests[peer].map { min(max($0.interval * 2, first), Tunables.longestPeerRest) } ?? first
        rests[peer] = Rest(reason: reason, interval: interval, until: now + interval)
        guard rests.count > Tunables.greatestNumberOfRestingPeers,
            let least = rests.min(by: { ($0.value.until, $0.key) < ($1.value.until, $1.key) })
        else { return false }
        rests[least.key] = nil
        return true
    }

    /// It answered, or a person says so.
    mutating func forget(_ peer: IPv6Address) { rests[peer] = nil }

    /// The node has another care-of address: who did not answer on the old path may on the new one.
    mutating func forgetSilent() { rests = rests.filter { $0.value.reason != .silent } }
}
