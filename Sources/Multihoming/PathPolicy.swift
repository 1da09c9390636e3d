public import MobilityWire

/// Which uplink carries the traffic: the best by `Score`, left at once when it fails, and left for a better one when that
/// has been good for a while.
///
///     eth0  ────────╳        ╭─── usable again ─────────────────
///     wlan0 ────────╮        │
///     active  eth0  │ wlan0  │     wlan0        │ eth0 (planned)
///                   at once    ◄── holdDown ───►
///
/// - Leaving a link that no longer works happens at once. So does leaving one whose probes are not answered, when another
///   one's have been answered since that began (`LinkCondition.isDoubted`). The first choice waits for nothing.
/// - Leaving one that works waits until the other has been good for `holdDown` without a break, and with the strategy
///   `fastest` better by the margin of `Score.isWorthLeaving` for as long. An uplink that never answered a probe is not gone
///   to: a probe promotes a link, and only distress demotes the one in use.
/// - One that had not failed for a while and lost nothing but its carrier, for a moment, was good all the time as soon as its
///   probes are answered (`Interruption`).
/// - An uplink that failed three times within half a minute is suppressed (`FlapDamping`). So are changes that nothing but a
///   better choice asked for: there are four within a minute at most.
/// - `pin` names the uplink by hand. It carries the traffic for as long as it works, whatever schedule, limit, quality and
///   metric say; while it does not work the others do.
///
/// How to drive it: `handle(.uplinks(all), at:)` with every report, `handle(.timer, at:)` at `nextDeadline`. Each call
/// returns the decision as it stands, whether it changed or not; all of them can go to the registration machine, which
/// does nothing about what it knows already. `MultihomingMachine` drives it together with all that it wants to know.
public struct PathPolicy: Sendable {
    public var settings: PathSettings
    /// The rules for flows; all of it can be replaced at any time.
    public var flowTable = FlowTable.empty

    public enum Event: Hashable, Sendable {
        /// All uplinks as they are now, and what else is known of each, by index; of which nothing is, that stands well.
        case uplinks([Uplink], standings: [UInt32: Standing] = [:])
        /// An uplink's name; absent, the policy chooses again.
        case pin(String?)
        /// The deadline has come.
        case timer
    }

    var assessments: [Assessment] = []
    var active: ActivePath?
    var activeSince: Instant?
    /// Since when each uplink has been good without a break, by index.
    var goodSince: [UInt32: Instant] = [:]
    /// Of uplinks that lost their carrier a moment ago, by index.
    private var interruptions: [UInt32: Interruption] = [:]
    /// By name, which an adapter keeps when it is plugged in anew.
    var damping: [String: FlapDamping] = [:]
    /// Against changes without need.
    var restlessness = FlapDamping()
    var sharing: Set<UInt32> = []
    /// The grade of each uplink, by index, and since when it has been as good as that. A name given by hand says nothing of
    /// how good it is.
    private var graded: [UInt32: (grade: Score.Grade, since: Instant)] = [:]
    public private(set) var pinned: String?
    public private(set) var nextDeadline: Instant?

    private var uplinks: [Uplink] = []
    private var standings: [UInt32: Standing] = [:]
    private var names: [UInt32: String] = [:]
    private var assigner = FlowAssigner()
    private var degraded: Set<UInt32> = []
    /// Since when each uplink has been better than the active one by enough, by index.
    private var betterSince: [UInt32: Instant] = [:]
    /// How much of what no rule takes each uplink carries, in thousandths, by index, and since when that is so.
    private var parts: [UInt32: Int] = [:]
    private var carriedSince: Instant?
    /// Whether what was pinned has not had its turn yet.
    private var isPinFresh = false
    /// The one that was active before it.
    private var former: ActivePath?

    public init(_ settings: PathSettings) { self.settings = settings }

    public init(holdDown: Instant.Span = PathTunables.holdDown, excludedPrefixes: [IPv6Prefix] = []) {
        self.init(PathSettings(holdDown: holdDown, excludedPrefixes: excludedPrefixes))
    }

    public var excludedPrefixes: [IPv6Prefix] {
        get { settings.excludedPrefixes }
        set { settings.excludedPrefixes = newValue }
    }

    public mutating func handle(_ event: Event, at now: Instant) -> PathDecision {
        switch event {
        case .uplinks(let uplinks, let standings): (self.uplinks, self.standings) = (uplinks, standings)
        case .pin(let name):
            pinned = name
            isPinFresh = name != nil
        case .timer: break
        }
        nextDeadline = nil
        track(at: now)
        assessments = uplinks.map { assess($0, at: now) }
        let ranked = assessments.filter { $0.path != nil }.sorted { $0.score < $1.score }
        change(to: choose(among: ranked, at: now), at: now)
        // The score of the one in use is its own.
        assessments = uplinks.map { assess($0, at: now) }
        noteGrades(at: now)
        let balance = share(at: now)
        let parts = balance?.parts ?? active.map { [$0.index: 1000] } ?? [:]
        if parts != self.parts { (self.parts, carriedSince) = (parts, now) }
        let flows = assignFlows(at: now)
        return PathDecision(
            active: active, since: activeSince, carriedSince: carriedSince, usable: usable,
            previousUsable: former.map(isUsable) ?? false,
            balance: balance, flows: flows, verdicts: verdicts(at: now))
    }
}

// MARK: - What is known of each

extension PathPolicy {
    struct Assessment {
        var uplink: Uplink
        var standing: Standing
        /// Absent where something is missing without which no packet leaves.
        var path: ActivePath?
        var obstacle: PathDecision.Reason?
        var score: Score

        var isGood: Bool { path != nil && standing.condition.works }
    }

    /// Counts failures, and forgets those of long ago.
    private mutating func track(at now: Instant) {
        restlessness.update(at: now)
        if let until = restlessness.reuseAt { wake(at: until, now) }
        var good: [UInt32: Instant] = [:]
        var bad: Set<UInt32> = []
        for uplink in uplinks {
            let assessment = assess(uplink, at: now)
            for candidate in uplink.candidates { candidate.nextChange(after: now).map { wake(at: $0, now) } }
            if assessment.isGood {
                let resumed = interruptions[uplink.index]?.goodSince(resumedBy: assessment, at: now)
                good[uplink.index] = goodSince[uplink.index] ?? resumed ?? now
            }
            if assessment.isGood, assessment.standing.condition.isDegraded {
                bad.insert(uplink.index)
                if !degraded.contains(uplink.index) {
                    damping[uplink.name, default: FlapDamping()].flap(PathTunables.degradationPenalty, at: now)
                }
            }
        }
        for lost in goodSince.keys where good[lost] == nil {
            // Rest by the schedule is no failure.
            guard let name = names[lost], !(standings[lost].map { !$0.isOnDuty } ?? false) else { continue }
            noteInterruption(of: lost, name, at: now)
            damping[name, default: FlapDamping()].flap(at: now)
        }
        names = Dictionary(uplinks.map { ($0.index, $0.name) }) { first, _ in first }
        (goodSince, degraded) = (good, bad)
        interruptions = interruptions.filter { good[$0.key] == nil && $0.value.isBrief(at: now) }
        for name in damping.keys {
            damping[name]?.update(at: now)
            if let until = damping[name]?.reuseAt {
                wake(at: until, now)
            } else if damping[name]?.penalty(at: now) ?? 0 < 1 {
                damping[name] = nil
            }
        }
    }

    /// Remembers it where an uplink that was good until now has only lost its carrier. Where uplinks share, the active one is
    /// not to be back before its share is.
    private mutating func noteInterruption(of index: UInt32, _ name: String, at now: Instant) {
        guard settings.strategy != .balance, let since = goodSince[index],
            let uplink = uplinks.first(where: { $0.index == index }), !uplink.hasCarrier,
            let address = address(of: uplink, at: now),
            damping[name]?.penalty(at: now) ?? 0 < PathTunables.reuseThreshold
        else { return }
        interruptions[index] = Interruption(careOfAddress: address, goodSince: since, at: now)
    }

    private func assess(_ uplink: Uplink, at now: Instant) -> Assessment {
        let standing = standings[uplink.index] ?? Standing()
        let address = address(of: uplink, at: now)
        let isPinned = uplink.name == pinned
        let obstacle: PathDecision.Reason? =
            if !uplink.hasCarrier {
                .noCarrier
            } else if uplink.router == .unreachable {
                .routerUnreachable
            } else if !uplink.hasDefaultRouter {
                .noDefaultRouter
            } else if address == nil {
                uplink.candidates.contains { $0.state == .tentative } ? .addressTentative : .noAddress
            } else if !standing.isOnDuty, !isPinned {
                .offDuty
            } else {
                nil
            }
        let path = address.flatMap { address in
            obstacle == nil
                ? ActivePath(index: uplink.index, name: uplink.name, careOfAddress: address, mtu: uplink.mtu) : nil
        }
        let condition = standing.condition
        let grade = Score.Grade(
            isDown: condition.vitality == .down, isNotPinned: pinned != nil && !isPinned,
            isUnproven: condition.vitality == .unproven && uplink.index != active?.index,
            isOverLimit: standing.account == .over, isSuppressed: damping[uplink.name]?.isSuppressed ?? false,
            isDegraded: condition.isDegraded, isWeak: condition.isWeak)
        let latency = settings.strategy == .fastest ? condition.latency ?? .infinity : 0
        return Assessment(
            uplink: uplink, standing: standing, path: path, obstacle: obstacle,
            score: Score(grade: grade, latency: latency, metric: uplink.metric, index: uplink.index))
    }

    /// The care-of address of an uplink, usable or not.
    func address(of uplink: Uplink, at now: Instant) -> IPv6Address? {
        let current = active?.index == uplink.index ? active?.careOfAddress : nil
        return SourceAddress.choose(
            among: uplink.candidates, at: now, current: current, excluding: settings.excludedPrefixes)
    }

    private mutating func wake(at instant: Instant, _ now: Instant) {
        guard instant > now else { return }
        nextDeadline = min(nextDeadline ?? instant, instant)
    }
}

// MARK: - The choice

extension PathPolicy {
    private struct Choice {
        var path: ActivePath?
        /// Nothing was wrong with the one before.
        var isVoluntary = false
    }

    private mutating func choose(among all: [Assessment], at now: Instant) -> Choice {
        let ranked = settings.lastResort == .use ? all : all.filter { !$0.score.grade.isDown }
        guard let best = ranked.first else { return Choice(path: nil) }
        guard let current = all.first(where: { $0.uplink.index == active?.index }) else {
            betterSince = [:]
            return Choice(path: best.path)
        }
        if current.score.grade.isDown, !best.score.grade.isDown {
            // What has never answered is as likely to lead nowhere, most of all while it is the home agent that is away.
            let heard = ranked.first { other in
                let grade = other.score.grade
                return !grade.isDown && !grade.isUnproven && !other.standing.condition.isDoubted
            }
            return Choice(path: (heard ?? (settings.lastResort == .use ? current : nil))?.path)
        }
        if isPinFresh, best.uplink.name == pinned, !best.score.grade.isDown { return Choice(path: best.path) }

        let better = ranked.filter { $0.score.isWorthLeaving(current.score) }
        betterSince = Dictionary(better.map { ($0.uplink.index, betterSince[$0.uplink.index] ?? now) }) { $1 }
        for other in better {
            guard let ready = ready(other, instead: current) else { continue }
            if ready <= now {
                return Choice(path: other.path, isVoluntary: isVoluntary(other, instead: current))
            }
            wake(at: ready, now)
        }
        return Choice(path: current.path)
    }

    /// When a better uplink may take over; absent while it is not known to lead anywhere.
    func ready(_ other: Assessment, instead current: Assessment) -> Instant? {
        guard let since = goodSince[other.uplink.index] else { return nil }
        var ready = since + settings.holdDown
        if settings.strategy == .fastest, other.score.grade == current.score.grade,
            let better = betterSince[other.uplink.index]
        {
            ready = max(ready, better + settings.holdDown)
        }
        if isVoluntary(other, instead: current), let calm = restlessness.reuseAt { ready = max(ready, calm) }
        return ready
    }

    /// Whether nothing but a better choice asks for the change: neither distress nor a person.
    private func isVoluntary(_ other: Assessment, instead current: Assessment) -> Bool {
        !current.score.grade.isDegraded && other.uplink.name != pinned
    }

    private mutating func change(to choice: Choice, at now: Instant) {
        let previous = active
        active = choice.path
        if active?.name == pinned { isPinFresh = false }
        guard previous?.index != active?.index || previous?.careOfAddress != active?.careOfAddress else { return }
        if let previous { former = previous }
        guard previous?.index != active?.index else { return }
        activeSince = active == nil ? nil : now
        betterSince = [:]
        if choice.isVoluntary, previous != nil, active != nil {
            restlessness.flap(at: now)
        }
    }

    private var usable: [ActivePath] {
        let others = assessments.filter { $0.uplink.index != active?.index }.sorted { $0.score < $1.score }
        return (active.map { [$0] } ?? []) + others.compactMap(\.path)
    }

    /// Whether packets can still leave and arrive by a path as it was.
    private func isUsable(_ path: ActivePath) -> Bool {
        assessments.contains { other in
            other.uplink.index == path.index && other.uplink.hasCarrier && other.uplink.hasDefaultRouter
                && !other.score.grade.isDown
                && other.uplink.candidates.contains { $0.address == path.careOfAddress && $0.isUsable }
        }
    }
}

// MARK: - Several at once

extension PathPolicy {
    private mutating func noteGrades(at now: Instant) {
        let former = graded
        graded = [:]
        for assessment in assessments {
            var grade = assessment.score.grade
            grade.isNotPinned = false
            let known = former[assessment.uplink.index]
            graded[assessment.uplink.index] = (grade, known.flatMap { grade < $0.grade ? nil : $0.since } ?? now)
        }
    }

    /// Since when an uplink has been good, and as good as it is; absent where it is not.
    private func settledSince(_ index: UInt32) -> Instant? {
        goodSince[index].map { max($0, graded[index]?.since ?? $0) }
    }

    /// Those that carry their share: who has been as good as the active one by grade for long enough. Who has been better for
    /// as long leaves it out, as when a change that nothing but a better choice asks for has to wait. While the active one
    /// has failed and is kept, for no other has been heard since, all keep what they have.
    private mutating func share(at now: Instant) -> BalanceTable? {
        guard settings.strategy == .balance, let active,
            let grade = assessments.first(where: { $0.uplink.index == active.index })?.score.grade
        else {
            sharing = []
            return nil
        }
        var members = assessments.filter { $0.path != nil && sharing.contains($0.uplink.index) }
        if !grade.isDown {
            var best = grade
            var settled: Set<UInt32> = []
            for peer in assessments where peer.path != nil && peer.score.grade <= grade {
                guard let ready = settledSince(peer.uplink.index).map({ $0 + settings.holdDown }) else { continue }
                wake(at: ready, now)
                guard ready <= now else { continue }
                settled.insert(peer.uplink.index)
                best = min(best, peer.score.grade)
            }
            let present = settled.union(members.map(\.uplink.index))
            members = assessments.filter {
                $0.path != nil && $0.score.grade <= best && present.contains($0.uplink.index)
            }
        }
        if members.isEmpty { members = assessments.filter { $0.uplink.index == active.index } }
        sharing = Set(members.map(\.uplink.index))
        return BalanceTable(
            members.map {
                BalanceTable.Member(index: $0.uplink.index, name: $0.uplink.name, weight: $0.uplink.terms.weight)
            })
    }

    private mutating func assignFlows(at now: Instant) -> [FlowAssignment] {
        let candidates = assessments.compactMap { assessment -> FlowAssigner.Candidate? in
            guard assessment.isGood, let since = goodSince[assessment.uplink.index] else { return nil }
            return FlowAssigner.Candidate(
                index: assessment.uplink.index, name: assessment.uplink.name,
                isSecondChoice: assessment.score.grade.isOverLimit || assessment.score.grade.isSuppressed,
                isDoubted: assessment.standing.condition.isDoubted,
                goodSince: since)
        }
        let (flows, deadline) = assigner.assign(
            flowTable, among: candidates, holdDown: settings.holdDown, at: now)
        if let deadline { wake(at: deadline, now) }
        return flows
    }
}
