public import MobilityWire

/// The health of the way over one uplink: when to probe, and what answers and silence mean.
///
/// The first word has the traffic. Traffic that is answered takes over the turns of probes where octets cost something.
/// Traffic that is sent and not answered counts as a failed probe and calls the next ones at once. While something is
/// wrong probes follow at `failureInterval`:
///
///     well     ·     ·     ·          1 s apart
///     loss               ╳ ╳ ╳ down   timeout, 0.2 s, 0.2 s
///     traffic  ▮▮▮▮▮▮ ? ╳ ╳ down      the silence was the first failure
///     back                  · · · · · up
///
/// The uplink is up while `reliability` of its targets are reached. Targets that never answered anything leave it
/// unproven; that is no reason to leave a link, and one not to go there.
///
/// How to drive it: `handle` with each event, and with `.timer` at `nextDeadline`; look at `condition` after each call.
public struct LinkHealth: Sendable {
    public enum Event: Hashable, Sendable {
        /// Carrier, address and router are there; probes may be sent.
        case linkReady
        /// One of them is not.
        case linkLost
        /// An answer to a probe has come in by this uplink.
        case answer(target: IPv6Address, identifier: UInt32)
        /// A probe has left too late to tell anything.
        case withdrawn(identifier: UInt32)
        /// Something else has shown that the target answers over this uplink, such as a Binding Acknowledgement.
        case confirmed(target: IPv6Address)
        case traffic(TrafficSample)
        case signal(Signal?)
        /// An uplink that carries traffic is failing since then, and this one may have to take its place: let it show that it
        /// leads anywhere. What stands still may be the home agent.
        case doubted(since: Instant)
        case timer
    }

    public enum Action: Hashable, Sendable {
        case sendProbe(target: IPv6Address, identifier: UInt32)
    }

    public private(set) var condition: LinkCondition
    public private(set) var targets: [TargetHealth] = []
    /// Targets that are not asked, and listened to none the less.
    private var silent: [TargetHealth] = []
    /// Answers to no probe of ours: forged, repeated, or later than `PathTunables.latestAnswer`.
    public private(set) var strayAnswers: UInt64 = 0
    /// Probes that were sent, and that traffic made unnecessary.
    public private(set) var probesSent: UInt64 = 0
    public private(set) var probesReplaced: UInt64 = 0
    public private(set) var nextDeadline: Instant?

    private var settings: HealthSettings
    private var kind: Uplink.Kind
    private var terms: UplinkTerms
    private var budget: ProbeBudget?
    private var evidence = TrafficEvidence()
    private var signal = SignalWatch()
    /// Whether the link is there, so that probes may be sent.
    public private(set) var isReady = false
    private var nextIdentifier: UInt32
    /// Whose suspicion a probe is to settle.
    private var isSuspected = false
    private var doubtedSince: Instant?

    /// - Parameters:
    ///   - targets: at most `PathTunables.targets`, the first count. Without any nothing is probed.
    ///   - firstIdentifier: a number that nobody can guess: an answer that does not repeat it is no answer.
    public init(
        targets: [IPv6Address], settings: HealthSettings = HealthSettings(), kind: Uplink.Kind = .ethernet,
        terms: UplinkTerms = UplinkTerms(), firstIdentifier: UInt32, at now: Instant
    ) {
        self.settings = settings
        self.kind = kind
        self.terms = terms
        nextIdentifier = firstIdentifier
        budget = terms.probeAllowance.map { ProbeBudget(daily: $0, at: now) }
        condition = .unmonitored
        configure(targets: targets, settings: settings, kind: kind, terms: terms, at: now)
    }

    /// Takes over other settings. A target that is new on a link that works, or was silent, is believed until it fails.
    ///
    /// - Parameter mute: Targets that are not to be asked for now; an answer that they still give is no stray.
    public mutating func configure(
        targets addresses: [IPv6Address], silent mute: [IPv6Address] = [], settings: HealthSettings, kind: Uplink.Kind,
        terms: UplinkTerms, at now: Instant
    ) {
        self.settings = settings
        self.kind = kind
        if terms.probeAllowance != self.terms.probeAllowance {
            budget = terms.probeAllowance.map { ProbeBudget(daily: $0, at: now) }
        }
        self.terms = terms
        signal.change(terms.signalThresholds ?? .standard(kind))
        let (known, quiet) = (targets, silent)
        targets = []
        for address in addresses.prefix(PathTunables.targets) where !targets.contains(where: { $0.address == address })
        {
            let isBelieved = isReady && condition.works
            var target = TargetHealth(address, state: isBelieved ? .reached : .unproven, at: now)
            if let former = quiet.first(where: { $0.address == address }) { target.adopt(former) }
            targets.append(known.first { $0.address == address } ?? target)
        }
        silent = (quiet + known).filter { mute.contains($0.address) }
        judge(at: now)
        nextDeadline = deadline(at: now)
    }

    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        switch event {
        case .linkReady:
            if !isReady { restart(at: now) }
            isReady = true
        case .linkLost: isReady = false
        case .answer(let target, let identifier): answered(target, identifier, at: now)
        case .withdrawn(let identifier): for place in targets.indices { targets[place].withdraw(identifier) }
        case .confirmed(let target):
            if let place = targets.firstIndex(where: { $0.address == target }) {
                targets[place].confirmed(at: now, settings)
                settle()
            }
        case .traffic(let sample):
            let before = evidence.answeredAt
            evidence.take(sample, at: now)
            if isSuspected, evidence.answeredAt != before {
                isSuspected = false
                for place in targets.indices { targets[place].absolve() }
            }
        case .signal(let level):
            signal.take(level, terms.signalThresholds ?? .standard(kind), at: now)
        case .doubted(let since): if condition.works, !targets.isEmpty { doubtedSince = since }
        case .timer: break
        }
        signal.pass(to: now)
        let actions = isReady ? advance(at: now) : []
        judge(at: now)
        nextDeadline = deadline(at: now)
        return actions
    }
}

// MARK: - Probes

extension LinkHealth {
    private mutating func answered(_ target: IPv6Address, _ identifier: UInt32, at now: Instant) {
        if isReady, let place = targets.firstIndex(where: { $0.address == target }),
            targets[place].answered(identifier, at: now, settings)
        {
            settle()
        } else if isReady, let place = silent.firstIndex(where: { $0.address == target }),
            silent[place].answered(identifier, at: now, settings)
        {
            // Whoever left it out hears of it as well.
        } else {
            strayAnswers += 1
        }
    }

    /// Ends a suspicion that a probe has refuted.
    private mutating func settle() {
        guard isSuspected, targets.contains(where: { !$0.isSuspected }) else { return }
        isSuspected = false
        evidence.refute()
        for place in targets.indices { targets[place].absolve() }
    }

    private mutating func restart(at now: Instant) {
        isSuspected = false
        doubtedSince = nil
        evidence.restart()
        signal = SignalWatch()
        for place in targets.indices { targets[place].restart(at: now) }
    }

    private mutating func advance(at now: Instant) -> [Action] {
        var settings = settings
        settings.down = down(at: now)
        for place in targets.indices { targets[place].expire(at: now, settings) }
        if !isSuspected, !targets.isEmpty, let suspicious = evidence.suspicious(after: silence), suspicious <= now {
            isSuspected = true
            for place in targets.indices { targets[place].suspect(at: now, settings) }
        }
        var actions: [Action] = []
        // Where there are more turns than probes that may be spent, each has its own.
        let places = targets.indices.sorted { isEarlier(targets[$0].lastTurn, targets[$1].lastTurn) }
        for place in places {
            if isUnaffordable(targets[place], at: now) { targets[place].believe(at: now) }
            guard let turn = turn(of: targets[place], at: now), turn.at <= now else { continue }
            if isReplaced(targets[place], at: now) {
                targets[place].lastTurn = now
                targets[place].replaced += 1
                probesReplaced += 1
                continue
            }
            budget?.spend(for: turn.purpose, at: now)
            targets[place].sent(nextIdentifier, at: now, settings)
            actions.append(.sendProbe(target: targets[place].address, identifier: nextIdentifier))
            probesSent += 1
            nextIdentifier &+= 1
        }
        return actions
    }

    /// When a target is to be probed next, `now` or later; absent, never.
    private func turn(of target: TargetHealth, at now: Instant) -> (at: Instant, purpose: ProbeBudget.Purpose)? {
        var isUrgent = isUrgent(target, at: now)
        var wanted = target.lastTurn.map { $0 + (isUrgent ? settings.failureInterval : settings.interval) } ?? now
        if !isUrgent, target.state == .reached, let lastTurn = target.lastTurn, let overdue = target.overdueAt {
            let early = max(lastTurn + settings.failureInterval, overdue)
            if early < wanted { (wanted, isUrgent) = (early, true) }
        }
        wanted = isInDoubt(target) ? now : max(wanted, now)
        let purpose: ProbeBudget.Purpose = !isUrgent ? .regular : target.state == .reached ? .failure : .comeback
        guard let budget else { return (wanted, purpose) }
        return budget.opening(for: purpose, at: now).map { (max($0, wanted), purpose) }
    }

    /// The first is the one that never had a turn.
    private func isEarlier(_ one: Instant?, _ other: Instant?) -> Bool {
        guard let other else { return false }
        return one.map { $0 < other } ?? true
    }

    /// Whether it cannot be asked if it leads anywhere for long.
    private func isUnaffordable(_ target: TargetHealth, at now: Instant) -> Bool {
        guard let budget, target.state == .unproven, target.failures == 0,
            !target.isAsked(since: now - settings.timeout)
        else { return false }
        return budget.opening(for: .comeback, at: now).map { $0 > now + PathTunables.longestUnasked } ?? true
    }

    /// Whether the allowance has a probe for something that is wrong.
    public func canAsk(at now: Instant) -> Bool { budget.map { $0.opening(for: .failure, at: now) == now } ?? true }

    /// How many failures in a row are the end. Where traffic is not answered and the allowance has no more, its silence and one
    /// probe have to do: the next one may be a quarter of a minute away, and a stream that wants no answer would have had that
    /// probe answered.
    private func down(at now: Instant) -> Int {
        isSuspected && !canAsk(at: now) ? min(settings.down, PathTunables.unaffordableDown) : settings.down
    }

    /// Whether it has not been probed since the link is doubted.
    private func isInDoubt(_ target: TargetHealth) -> Bool {
        guard let doubtedSince, target.state == .reached else { return false }
        return target.lastTurn.map { $0 < doubtedSince } ?? true
    }

    private func isUrgent(_ target: TargetHealth, at now: Instant) -> Bool {
        if target.state == .reached {
            return target.failures > 0 || isSuspected || doubtedSince != nil || signal.isWeak && budget == nil
        }
        return target.successes > 0
            || now - target.since < (budget == nil ? PathTunables.fastProbing : PathTunables.meteredFastProbing)
    }

    /// Where probes cost something, answered traffic takes their turn.
    private func isReplaced(_ target: TargetHealth, at now: Instant) -> Bool {
        guard budget != nil, target.state == .reached, !isUrgent(target, at: now),
            target.replaced < PathTunables.replacedProbes, let answeredAt = evidence.answeredAt,
            let lastTurn = target.lastTurn
        else { return false }
        return answeredAt > lastTurn
    }

    private var silence: Instant.Span {
        let roundTrip = condition.roundTrip.map { Int64(($0 * PathTunables.silenceFactor).rounded(.up)) } ?? 1000
        return max(.milliseconds(roundTrip), PathTunables.leastSilence)
    }

    private func deadline(at now: Instant) -> Instant? {
        guard isReady else { return nil }
        let suspicion = isSuspected || targets.isEmpty ? nil : evidence.suspicious(after: silence)
        let turns = targets.flatMap { [$0.nextExpiry, turn(of: $0, at: now)?.at] }
        return (turns + [suspicion, signal.settlesAt]).compactMap { $0 }.min()
    }
}

// MARK: - Judgement

extension LinkHealth {
    private mutating func judge(at now: Instant) {
        condition.isWeak = signal.isWeak
        condition.isSuspected = isSuspected
        guard !targets.isEmpty else {
            set(.unmonitored, at: now)
            (condition.failingSince, condition.isDoubted) = (nil, false)
            return
        }
        let wanted = min(max(settings.reliability, 1), targets.count)
        let reached = targets.filter { $0.state == .reached }
        let possible = targets.count { $0.state != .lost }
        let wasDown = condition.vitality == .down
        let isShown = condition.vitality == .up || reached.contains { !$0.isBelieved }
        let good: LinkCondition.Vitality = isShown ? .up : .believed
        set(reached.count >= wanted ? good : possible >= wanted ? .unproven : .down, at: now)
        // As good as the last of those that have to be reached.
        let measured = targets.filter { $0.quality.roundTrip != nil }
            .sorted { ($0.quality.roundTrip ?? 0) < ($1.quality.roundTrip ?? 0) }
        let counted = measured.isEmpty ? nil : measured[min(wanted, measured.count) - 1]
        condition.roundTrip = counted?.quality.roundTrip
        condition.jitter = counted?.quality.jitter ?? 0
        let down = down(at: now)
        let last = targets.count { $0.state == .reached && $0.failures >= max(down - 1, 1) }
        let isFailing = condition.works && reached.count - last < wanted
        condition.failingSince = isFailing ? condition.failingSince ?? now : nil
        judgeDoubt(at: now)
        let losses = targets.compactMap(\.quality.loss).sorted()
        condition.loss = losses.isEmpty ? nil : losses[min(wanted, losses.count) - 1]
        judgeQuality(isBack: wasDown && condition.vitality == .up)
    }

    /// A doubt ends with an answer to what was asked since, with the link, and where nothing is asked and no probe can be
    /// afforded.
    private mutating func judgeDoubt(at now: Instant) {
        condition.isDoubted =
            if let doubtedSince, condition.works {
                targets.allSatisfy { $0.newestAnswered.map { $0 < doubtedSince } ?? true }
                    && (targets.contains { $0.isAsked(since: doubtedSince) } || canAsk(at: now))
            } else {
                false
            }
        if !condition.isDoubted { doubtedSince = nil }
    }

    /// - Parameter isBack: It has just come back, and has more to show than one that never went.
    private mutating func judgeQuality(isBack: Bool) {
        // Of a way that leads nowhere there is no quality; and the first answer of a link waits for addresses to be resolved.
        guard condition.vitality == .up else {
            condition.isDegraded = false
            return
        }
        let roundTrip = condition.roundTrip ?? 0
        let loss = condition.loss ?? 0
        if roundTrip >= Double(settings.failureLatency.milliseconds) || loss >= settings.failureLoss
            || isBack && loss > settings.recoveryLoss
        {
            condition.isDegraded = true
        } else if roundTrip <= Double(settings.recoveryLatency.milliseconds), loss <= settings.recoveryLoss {
            condition.isDegraded = false
        }
    }

    private mutating func set(_ vitality: LinkCondition.Vitality, at now: Instant) {
        guard condition.vitality != vitality else { return }
        condition.vitality = vitality
        condition.since = now
    }
}
