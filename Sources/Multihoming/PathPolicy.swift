public import MobilityWire

/// Which uplink carries the traffic: the usable one of lowest metric, with a hold-down before going back to it.
///
/// Leaving a link that no longer works happens at once. Leaving one that works, for a better one, waits until the
/// better one has been usable for `holdDown` without a break. The first choice waits for nothing.
///
///     eth0  ────────╳        ╭─── usable again ─────────────────
///     wlan0 ────────╮        │
///     active  eth0  │ wlan0  │     wlan0        │ eth0 (planned)
///                   at once    ◄── holdDown ───►
///
/// How to drive it: `handle(.uplinks(all), at:)` with every report, `handle(.timer, at:)` at `nextDeadline`. Each call
/// returns the decision as it stands, whether it changed or not; all of them can go to the registration machine, which
/// does nothing about what it knows already.
public struct PathPolicy: Sendable {
    public var holdDown: Instant.Span
    /// Prefixes whose addresses are never care-of addresses: the mobile network's and the home link's.
    public var excludedPrefixes: [IPv6Prefix]

    public enum Event: Hashable, Sendable {
        /// All uplinks as they are now.
        case uplinks([Uplink])
        /// The deadline has come.
        case timer
    }

    public enum Timer: CaseIterable, Sendable {
        /// A better uplink has been usable for long enough.
        case holdDown
    }

    private var uplinks: [Uplink] = []
    /// Since when each usable uplink has been usable, by index.
    private var usableSince: [UInt32: Instant] = [:]
    private var active: ActivePath?
    /// The one that was active before it.
    private var former: ActivePath?
    public private(set) var nextDeadline: Instant?

    public init(holdDown: Instant.Span = PathTunables.holdDown, excludedPrefixes: [IPv6Prefix] = []) {
        self.holdDown = holdDown
        self.excludedPrefixes = excludedPrefixes
    }

    public mutating func handle(_ event: Event, at now: Instant) -> PathDecision {
        if case .uplinks(let uplinks) = event { self.uplinks = uplinks }
        let paths = uplinks.compactMap(path).sorted { $0.rank < $1.rank }
        let usable = Set(paths.map(\.path.index))
        usableSince = usableSince.filter { usable.contains($0.key) }
        for index in usable where usableSince[index] == nil { usableSince[index] = now }

        let previous = active
        active = choose(among: paths, at: now)
        if let previous, previous.index != active?.index || previous.careOfAddress != active?.careOfAddress {
            former = previous
        }
        let others = paths.map(\.path).filter { $0.index != active?.index }
        return PathDecision(
            active: active, usable: (active.map { [$0] } ?? []) + others,
            previousUsable: former.map(isUsable) ?? false, verdicts: verdicts(at: now))
    }

    private typealias Candidate = (path: ActivePath, rank: Rank)

    /// The order of the fields is the preference.
    private struct Rank: Comparable {
        var metric: UInt32
        var index: UInt32

        static func < (left: Rank, right: Rank) -> Bool {
            left.metric != right.metric ? left.metric < right.metric : left.index < right.index
        }
    }

    private func path(_ uplink: Uplink) -> Candidate? {
        guard uplink.hasCarrier, uplink.hasDefaultRouter, let address = address(of: uplink) else { return nil }
        return (
            ActivePath(index: uplink.index, name: uplink.name, careOfAddress: address, mtu: uplink.mtu),
            rank(uplink)
        )
    }

    private func rank(_ uplink: Uplink) -> Rank { Rank(metric: uplink.metric, index: uplink.index) }

    private func address(of uplink: Uplink) -> IPv6Address? {
        let current = active?.index == uplink.index ? active?.careOfAddress : nil
        return SourceAddress.choose(among: uplink.candidates, current: current, excluding: excludedPrefixes)
    }

    private mutating func choose(among paths: [Candidate], at now: Instant) -> ActivePath? {
        nextDeadline = nil
        guard let current = paths.first(where: { $0.path.index == active?.index }) else { return paths.first?.path }
        for better in paths.prefix(while: { $0.rank < current.rank }) {
            let ready = (usableSince[better.path.index] ?? now) + holdDown
            if ready <= now { return better.path }
            nextDeadline = min(nextDeadline ?? ready, ready)
        }
        return current.path
    }

    /// Whether packets can still leave and arrive by a path as it was.
    private func isUsable(_ path: ActivePath) -> Bool {
        uplinks.contains { uplink in
            uplink.index == path.index && uplink.hasCarrier && uplink.hasDefaultRouter
                && uplink.candidates.contains { $0.address == path.careOfAddress && $0.isUsable }
        }
    }

    private func verdicts(at now: Instant) -> [PathDecision.Verdict] {
        uplinks.map { uplink in
            PathDecision.Verdict(index: uplink.index, name: uplink.name, reason: reason(uplink, at: now))
        }
    }

    private func reason(_ uplink: Uplink, at now: Instant) -> PathDecision.Reason {
        if uplink.index == active?.index { return .active }
        if !uplink.hasCarrier { return .noCarrier }
        if !uplink.hasDefaultRouter { return .noDefaultRouter }
        if address(of: uplink) == nil {
            return uplink.candidates.contains { $0.state == .tentative } ? .addressTentative : .noAddress
        }
        guard let active = uplinks.first(where: { $0.index == active?.index }), rank(uplink) < rank(active),
            let since = usableSince[uplink.index]
        else { return .worseMetric }
        return .holdDown(until: since + holdDown)
    }
}
