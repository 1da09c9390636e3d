public import MobilityWire

/// Several uplinks at once: which carries what, and what the others lack.
///
/// # The design
///
/// An uplink is judged in three layers, each of which knows nothing of the next:
///
///     Uplink        what the detector reports: carrier, addresses, router, signal     "can packets leave?"
///     LinkHealth    what probes and the traffic itself show of the way behind it      "do they arrive?"
///     PathPolicy    what the owner wants: metric, weight, limit, schedule, pin        "should they?"
///
///      uplinks, signal ─╮            ╭─ sendProbe ──────►
///      probe answers ───┤            ├─ decide ─────────►  registrations, tunnels, flow rules
///      traffic counters ┤ Multihoming├─ notify ─────────►  hooks, monitors
///      octets, time ────┤ Machine    ├─ save ───────────►  accounts on the medium
///      pin ─────────────╯            ╰─ answered ───────►  registrations that wait for an answer
///
/// The preference is the order of the fields of `Score`. Leaving what does not work is immediate; leaving what works is
/// slow, and damped. Every uplink that can be registered is in `PathDecision.usable`, whatever probes say of it, so that
/// moving the traffic needs no new registration.
///
/// `LinkHealth` listens before it asks. What it may ask is bounded by an allowance where octets cost something. It says down
/// after `down` failures in a row, and an unanswered stream is the first of them: so a silent failure is found
///
///     without traffic   interval / 2 + 2 × failureInterval + timeout               1.1 s with a round trip of 20 to 100 ms
///     with traffic      silence + sample period / 2 + failureInterval + timeout    0.5 to 0.65 s
///
/// in the median; the timeout is three round trips, 200 ms at least, and the silence one and a half, 100 ms at least. `Tests/MultihomingTests/DetectionTests.swift` has the
/// table for other round trips and for loss.
///
/// A stream that goes on coming in while nothing goes out any more is no evidence of anything; so an uplink that costs
/// nothing is probed at `interval` whatever flows, and of a metered one only some turns are left out.
///
/// When all is gone: uplinks that cannot carry a packet are not used. Of those that can, and lead nowhere as far as probes
/// show, the one in use stays in use (`LastResort.use`), for most often it is the home agent that is down; the first that is
/// answered takes over at once.
///
/// # How to drive it
///
/// `handle(event, at:)` with every event and `handle(.timer, at:)` at `nextDeadline`. A decision is an action only when it
/// differs in what is to be done from the one before; `decision` has the present one with its reasons. docs/multihoming.md
/// says which program tells what.
public struct MultihomingMachine: Sendable {
    public enum Event: Hashable, Sendable {
        /// All uplinks as they are now. One that was not there before is probed from now on.
        case uplinks([Uplink])
        /// An echo reply by this uplink.
        case answer(uplink: UInt32, source: IPv6Address, identifier: UInt32)
        /// A probe has left too late to tell anything, or never.
        case withdrawn(uplink: UInt32, identifier: UInt32)
        /// A message of the home agent or another target came in by this uplink as the answer to one of ours.
        case confirmed(uplink: UInt32, source: IPv6Address)
        /// The counters of the tunnel over this uplink, at most every `PathTunables.samplePeriod`, when they have moved.
        case traffic(uplink: UInt32, TrafficSample)
        /// All octets of this interface, in and out together, since it exists.
        case usage(uplink: UInt32, octets: UInt64)
        /// The clock on the wall, once it is known to be right, and whenever it is set; absent, it is not known any more.
        case localTime(LocalTime?)
        /// `shisactl use`: an uplink's name, or absent for the policy's own choice.
        case pin(String?)
        case timer
    }

    public enum Action: Hashable, Sendable {
        case sendProbe(Probe)
        case decide(PathDecision)
        /// A probe was answered by an uplink whose probes were not: what waits for an answer of this target by it need not
        /// wait on.
        case answered(uplink: UInt32, target: IPv6Address)
        case notify(MultihomingNotice)
        case save(TrafficAccount.Snapshot)
    }

    /// An echo request that leaves by an uplink and from its address, whatever the routes say.
    public struct Probe: Hashable, Sendable {
        /// The interface's index.
        public var uplink: UInt32
        public var source: IPv6Address
        public var target: IPv6Address
        /// What the answer has to repeat: identifier and sequence number of the echo request.
        public var identifier: UInt32
    }

    public private(set) var configuration: MultihomingConfiguration
    public private(set) var decision = PathDecision(active: nil, previousUsable: false, verdicts: [])
    public private(set) var counters = Counters()

    public struct Counters: Hashable, Sendable {
        public var probesSent: UInt64 = 0
        /// Probes that answered traffic made unnecessary.
        public var probesReplaced: UInt64 = 0
        /// Answers to no probe.
        public var strayAnswers: UInt64 = 0
    }

    private var policy: PathPolicy
    private var uplinks: [Uplink] = []
    /// By name, so that what is known stays when an adapter is plugged in anew.
    private var watched: [String: Watched] = [:]
    private var clock: (time: LocalTime, at: Instant)?
    private var isDirty = false
    private var seed: UInt64
    private var voices = TargetVoices()
    /// The failure for which the other uplinks were asked to show themselves.
    private var doubtedSince: Instant?

    private struct Watched {
        var health: LinkHealth
        var account: TrafficAccount
        var standing = Standing()
        /// The interface whose octets were counted, and the signal that it told last.
        var index: UInt32?
        var signal: Signal?
        /// The schedule's next change, the next midnight for the month, or the time to save.
        var accountDeadline: Instant?
    }

    /// - Parameters:
    ///   - accounts: what was saved, for uplinks that there are and others.
    ///   - seed: a number that nobody can guess: probes are told by numbers that follow from it.
    public init(
        _ configuration: MultihomingConfiguration, accounts: [TrafficAccount.Snapshot] = [], seed: UInt64
    ) {
        self.configuration = configuration
        self.seed = seed
        policy = PathPolicy(configuration.path)
        policy.flowTable = configuration.flows
        for account in accounts { keep(account) }
    }

    /// Accounts of uplinks that have not come up yet.
    private var kept: [String: TrafficAccount.Snapshot] = [:]

    private mutating func keep(_ account: TrafficAccount.Snapshot) {
        guard let former = kept[account.uplink] else {
            kept[account.uplink] = account
            return
        }
        var merged = TrafficAccount(former)
        merged.adopt(account)
        kept[account.uplink] = merged.snapshot
        // The interface's counter goes with the octets that were counted by it.
        if merged.snapshot.usedOctets != former.usedOctets { kept[account.uplink]?.counter = account.counter }
    }

    /// Takes over what was saved of uplinks elsewhere, by the rule of `TrafficAccount.adopt`.
    public mutating func adopt(_ accounts: [TrafficAccount.Snapshot], at now: Instant) -> [Action] {
        for account in accounts {
            if watched[account.uplink] != nil {
                watched[account.uplink]?.account.adopt(account)
            } else {
                keep(account)
            }
        }
        var actions: [Action] = []
        for name in watched.keys.sorted() { reckon(name, at: now, &actions) }
        return actions + handle(.timer, at: now)
    }

    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .uplinks(let uplinks): replace(uplinks, at: now, &actions)
        case .answer(let index, let source, let identifier):
            guard let name = name(of: index) else {
                counters.strayAnswers += 1
                break
            }
            let strays = counters.strayAnswers
            let before = watched[name]?.health.condition
            run(name, .answer(target: source, identifier: identifier), at: now, &actions)
            if counters.strayAnswers == strays {
                if voices.hear(source) { judgeAnew(at: now, &actions) }
                if before?.vitality != .up || before?.failingSince != nil {
                    actions.append(.answered(uplink: index, target: source))
                }
            }
        case .withdrawn(let index, let identifier):
            if let name = name(of: index) { run(name, .withdrawn(identifier: identifier), at: now, &actions) }
        case .confirmed(let index, let source):
            guard let name = name(of: index) else { break }
            run(name, .confirmed(target: source), at: now, &actions)
        case .traffic(let index, let sample):
            if let name = name(of: index) { run(name, .traffic(sample), at: now, &actions) }
        case .usage(let index, let octets):
            if let name = name(of: index) {
                watched[name]?.account.count(octets)
                reckon(name, at: now, &actions)
            }
        case .localTime(let time):
            clock = time.map { ($0, now) }
            for name in watched.keys.sorted() { reckon(name, at: now, &actions) }
        case .pin(let name):
            decide(policy.handle(.pin(name), at: now), &actions)
        case .timer: break
        }
        if voices.forgive(at: now) { judgeAnew(at: now, &actions) }
        for name in watched.keys.sorted() {
            if let due = watched[name]?.health.nextDeadline, due <= now { run(name, .timer, at: now, &actions) }
            if let due = watched[name]?.accountDeadline, due <= now { reckon(name, at: now, &actions) }
        }
        doubt(at: now, &actions)
        if isDirty || (policy.nextDeadline.map { $0 <= now } ?? false) {
            isDirty = false
            decide(policy.handle(.uplinks(uplinks, standings: standings), at: now), &actions)
        }
        return actions
    }

    public var nextDeadline: Instant? {
        let others = [policy.nextDeadline, voices.nextDeadline].compactMap(\.self).min()
        return watched.values.reduce(others) { earliest, watched in
            [earliest, watched.health.nextDeadline, watched.accountDeadline].compactMap { $0 }.min()
        }
    }

    public var pinned: String? { policy.pinned }

    /// Why the traffic goes where it goes, with the figures of this moment.
    public func explanation(at now: Instant, isAlone: Bool = false) -> Explanation {
        var policy = policy
        var present = decision
        present.verdicts = policy.handle(.uplinks(uplinks, standings: standings), at: now).verdicts
        return Explanation(present, pinned: policy.pinned, isAlone: isAlone)
    }

    private var standings: [UInt32: Standing] {
        Dictionary(uplinks.map { ($0.index, watched[$0.name]?.standing ?? Standing()) }) { $1 }
    }

    /// The health of an uplink, for tables.
    public func health(of name: String) -> LinkHealth? { watched[name]?.health }

    /// What an uplink has used, for tables.
    public func account(of name: String) -> TrafficAccount? { watched[name]?.account }

    /// All accounts as they stand: what to save before the end.
    public var accounts: [TrafficAccount.Snapshot] {
        (watched.values.map(\.account.snapshot) + kept.values.filter { watched[$0.uplink] == nil })
            .sorted { $0.uplink < $1.uplink }
    }

    /// Takes over other settings; what they do not concern goes on as it was.
    public mutating func configure(_ configuration: MultihomingConfiguration, at now: Instant) -> [Action] {
        self.configuration = configuration
        policy.settings = configuration.path
        policy.flowTable = configuration.flows
        voices.keep(configuration.targets)
        return handle(.uplinks(uplinks), at: now)
    }
}

// MARK: - Uplinks

extension MultihomingMachine {
    private func name(of index: UInt32) -> String? { uplinks.first { $0.index == index }?.name }

    private mutating func replace(_ all: [Uplink], at now: Instant, _ actions: inout [Action]) {
        let before = Set(uplinks.map(\.name))
        uplinks = all
        isDirty = true
        for name in before.sorted() where !all.contains(where: { $0.name == name }) {
            run(name, .linkLost, at: now, &actions)
        }
        // By another way those may be heard that were left out; whom each uplink asks is settled below.
        if all.contains(where: { isReady($0, at: now) && !wasReady($0) }) { voices.forgive() }
        for uplink in all {
            if let index = watched[uplink.name]?.index, index != uplink.index {
                // Another adapter took its place. (One that only left the file for a while is the one that it was.)
                watched[uplink.name]?.account.interfaceGone()
                run(uplink.name, .linkLost, at: now, &actions)
            }
            let isReady = isReady(uplink, at: now)
            let wasReady = watched[uplink.name]?.health.isReady ?? false
            watch(uplink, at: now)
            watched[uplink.name]?.index = uplink.index
            run(uplink.name, isReady ? .linkReady : .linkLost, at: now, &actions)
            // What was told already does not become truer.
            if wasReady != isReady || watched[uplink.name]?.signal != uplink.signal {
                watched[uplink.name]?.signal = uplink.signal
                run(uplink.name, .signal(uplink.signal), at: now, &actions)
            }
            reckon(uplink.name, at: now, &actions)
        }
    }

    private func isReady(_ uplink: Uplink, at now: Instant) -> Bool {
        uplink.hasCarrier && uplink.hasDefaultRouter && policy.address(of: uplink, at: now) != nil
    }

    /// Whether it was ready when it was reported last, by the same adapter.
    private func wasReady(_ uplink: Uplink) -> Bool {
        guard let known = watched[uplink.name], known.index == uplink.index else { return false }
        return known.health.isReady
    }

    private mutating func watch(_ uplink: Uplink, at now: Instant) {
        let targets = configuration.targets.filter { !voices.isMute($0) }
        let silent = configuration.targets.filter(voices.isMute)
        if watched[uplink.name] != nil {
            watched[uplink.name]?.health.configure(
                targets: targets, silent: silent, settings: configuration.health, kind: uplink.type,
                terms: uplink.terms,
                at: now)
            watched[uplink.name]?.account.quota = uplink.terms.quota
            return
        }
        // A step of SplitMix64, so that no two uplinks use the same numbers.
        seed = seed &* 0x5851_f42d_4c95_7f2d &+ 0x1405_7b7e_f767_814f
        let kept = kept.removeValue(forKey: uplink.name)
        watched[uplink.name] = Watched(
            health: LinkHealth(
                targets: targets, settings: configuration.health, kind: uplink.type, terms: uplink.terms,
                firstIdentifier: UInt32(truncatingIfNeeded: seed >> 32), at: now),
            account: TrafficAccount(kept ?? .init(uplink: uplink.name), quota: uplink.terms.quota))
    }

    private mutating func run(_ name: String, _ event: LinkHealth.Event, at now: Instant, _ actions: inout [Action]) {
        guard var health = watched[name]?.health else { return }
        let (sent, replaced, stray) = (health.probesSent, health.probesReplaced, health.strayAnswers)
        let wanted = health.handle(event, at: now)
        watched[name]?.health = health
        counters.probesSent += health.probesSent - sent
        counters.probesReplaced += health.probesReplaced - replaced
        counters.strayAnswers += health.strayAnswers - stray
        for case .sendProbe(let target, let identifier) in wanted {
            guard let uplink = uplinks.first(where: { $0.name == name }),
                let source = policy.address(of: uplink, at: now)
            else { continue }
            actions.append(
                .sendProbe(Probe(uplink: uplink.index, source: source, target: target, identifier: identifier)))
        }
        for target in health.targets where target.state == .lost {
            let loss = voices.lose(
                target.address, confirmedAt: target.refusedAfter(configuration.health), at: now)
            guard loss.isMute else { continue }
            if loss.isNews {
                let detail =
                    "\(target.address) answers no probe over any uplink: it is left out, and asked now and then"
                actions.append(.notify(MultihomingNotice(.targetMute, uplink: name, detail: detail)))
            }
            // Its loss is no judgement on the uplink that it was found by.
            return judgeAnew(at: now, &actions)
        }
        stand(name, &actions) { $0.condition = health.condition }
    }

    /// Other targets count than before.
    private mutating func judgeAnew(at now: Instant, _ actions: inout [Action]) {
        for uplink in uplinks {
            watch(uplink, at: now)
            let condition = watched[uplink.name]?.health.condition ?? .unmonitored
            stand(uplink.name, &actions) { $0.condition = condition }
        }
    }

    /// While a way that carries something is about to be given up, the others have to show that they are any better: if it is
    /// the home agent that stands still, moving helps nobody.
    private mutating func doubt(at now: Instant, _ actions: inout [Action]) {
        let failing = uplinks.filter { decision.carries($0.index) }
            .compactMap { uplink in watched[uplink.name]?.health.condition.failingSince.map { (uplink.name, $0) } }
            .min { $0.1 < $1.1 }
        guard let (name, since) = failing, doubtedSince != since else { return }
        doubtedSince = since
        for uplink in uplinks where uplink.name != name { run(uplink.name, .doubted(since: since), at: now, &actions) }
    }

    /// Looks at clock and counters.
    private mutating func reckon(_ name: String, at now: Instant, _ actions: inout [Action]) {
        guard let terms = uplinks.first(where: { $0.name == name })?.terms, var account = watched[name]?.account else {
            return
        }
        var isOnDuty = true
        var deadline: Instant?
        if let time = localTime(at: now) {
            account.advance(to: time)
            isOnDuty = terms.schedule.isOpen(at: time)
            let untilMidnight = 86_400 - (time.seconds - time.midnight)
            let wait = min(terms.schedule.secondsToChange(after: time) ?? untilMidnight, untilMidnight)
            deadline = now + .seconds(wait)
        }
        if let snapshot = account.due(at: now) {
            actions.append(.save(snapshot))
        } else if let later = account.nextSave(at: now) {
            deadline = min(deadline ?? later, later)
        }
        watched[name]?.accountDeadline = deadline
        watched[name]?.account = account
        stand(name, &actions) {
            $0.account = account.state
            $0.isOnDuty = isOnDuty
        }
    }

    /// The clock on the wall, as far as it was told.
    private func localTime(at now: Instant) -> LocalTime? {
        clock.map { LocalTime(seconds: $0.time.seconds + (now - $0.at).milliseconds / 1000) }
    }

    private mutating func stand(_ name: String, _ actions: inout [Action], _ change: (inout Standing) -> Void) {
        guard let old = watched[name]?.standing else { return }
        var new = old
        change(&new)
        guard new != old else { return }
        watched[name]?.standing = new
        if new.differs(from: old, measured: policy.settings.strategy == .fastest) { isDirty = true }
        actions += MultihomingNotice.all(name, from: old, to: new).map(Action.notify)
    }

    private mutating func decide(_ new: PathDecision, _ actions: inout [Action]) {
        let old = decision
        decision = new
        guard !new.acts(as: old) else { return }
        actions.append(.decide(new))
    }
}
