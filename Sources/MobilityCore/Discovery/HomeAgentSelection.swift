public import MobilityWire

/// Which home agent to register with: the configured ones in their order, then those that a home agent suggested
/// (RFC 5142 §6.2), then those that were discovered (RFC 6275 §11.4.1).
///
/// - A configured home agent is never forgotten. One that fails rests, longer each time, and is tried again.
/// - A home agent is left after some Binding Updates without answer, after a refusal that another one might not give,
///   and when it says so. Where nobody is left to try, discovery is asked for and the one that has rested longest serves.
/// - One that was left without a word goes on defending the home address on the home link, and others find that duplicate
///   (status 134). Where the one that accepted last may be that, it is gone back to as soon as it has rested.
/// - While another one serves, the preferred home agent is probed with echo requests; when it has answered some in a
///   row, it is returned to. An echo reply proves nothing but that trying is worth while.
/// - Discovered and suggested home agents are forgotten an hour after they were last heard of or served.
///
/// RFC 6275 §11.4.1 asks to attempt any new registration first with the home agent that has one: so it is here, as only
/// its failure leaves it.
public struct HomeAgentSelection: Sendable {
    public private(set) var configuration: Configuration
    /// The home agent in use; nil before there is any, and after the only one sent us away.
    public private(set) var current: IPv6Address?
    public private(set) var candidates: [Candidate] = []

    public struct Configuration: Hashable, Sendable {
        /// The configured home agents, best first.
        public var homeAgents: [IPv6Address]
        /// Whether home agents may be discovered when these fail, or there are none.
        public var discovers: Bool
        /// Binding Updates without answer after which the next one is tried.
        public var unansweredUpdates: Int

        public init(
            homeAgents: [IPv6Address], discovers: Bool, unansweredUpdates: Int = Tunables.unansweredUpdates
        ) {
            self.homeAgents = homeAgents
            self.discovers = discovers
            self.unansweredUpdates = unansweredUpdates
        }
    }

    public struct Candidate: Hashable, Sendable {
        public var address: IPv6Address
        public var origin: Origin
        /// Not tried before this, unless there is no other.
        public var restsUntil: Instant?
        /// The next rest.
        var rest = Tunables.failedAgentRest
        /// When it was last named, or served.
        var lastKnown: Instant
    }

    /// Best first.
    public enum Origin: Int, Comparable, Sendable {
        case configured, suggested, discovered

        public static func < (left: Origin, right: Origin) -> Bool { left.rawValue < right.rawValue }
    }

    public enum Event: Hashable, Sendable {
        case start
        /// Where probes leave; nil if there is no care-of address.
        case careOfAddressChanged(CareOf?)
        /// So many Binding Updates in a row were not answered by the home agent in use.
        case updateUnanswered(count: Int)
        /// The home agent in use accepted a Binding Update.
        case accepted
        case refused(BindingStatus)
        case discovered([IPv6Address])
        /// The home agent in use asks to be left, for one of these if there are any.
        case suggested([IPv6Address])
        /// An ICMPv6 message that may be the answer to a probe.
        case messageReceived(ICMPv6Envelope)
        case configurationChanged(Configuration)
        case timer
    }

    public enum Action: Hashable, Sendable {
        /// Register with this home agent from now on. Where `deregisterFirst` is true, the one before still answers and
        /// defends the home address: de-register there and wait for the answer or its time-out before.
        case use(IPv6Address, insteadOf: IPv6Address?, deregisterFirst: Bool)
        /// De-register: there is nobody else to go to.
        case abandon(IPv6Address)
        /// Run Dynamic Home Agent Address Discovery.
        case discover
        case send(ICMPv6Envelope)
        case count(DiscoveryCounter)
        case log(Severity, String)
    }

    public enum Timer: String, CaseIterable, Sendable {
        /// Time to probe the preferred home agent, or to find its last probe unanswered.
        case probe = "home_agent_probe"
        /// A candidate has rested long enough, while there is no home agent in use, or while the one in use finds the home
        /// address defended.
        case rest = "home_agent_rest"
        /// A candidate may have to be forgotten.
        case age = "home_agent_memory"
    }

    struct Probe: Sendable {
        var address: IPv6Address
        var identifier: UInt16
        var sequenceNumber: UInt16
        /// Of this probe's address in a row.
        var answers: Int
        var isOpen: Bool
    }

    var careOf: CareOf?
    var probe: Probe?
    /// The home agent that accepted last.
    private var served: IPv6Address?
    /// The home agent in use has found somebody on the home link who has the home address.
    private var isDefended = false
    var timers = TimerTable<Timer>()
    var random: RandomNumbers
    private var actions: [Action] = []

    /// - Parameter seed: from the system's source of randomness: whoever cannot guess a probe's identifier cannot
    ///   answer it.
    public init(_ configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        random = RandomNumbers(seed: seed)
    }

    public var nextDeadline: Instant? { timers.next }
    /// When a timer is due; nil if nothing waits for it.
    public func deadline(of timer: Timer) -> Instant? { timers[timer] }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        forgetOld(at: now)
        while let timer = timers.takeDue(at: now) {
            switch timer {
            case .probe: probeTimer(at: now)
            case .rest: if current == nil { use(best(at: now), at: now) } else { returnToDefender(at: now) }
            case .age: break
            }
        }
        switch event {
        case .start: configure(at: now)
        case .careOfAddressChanged(let new):
            careOf = new
            probe = nil
        case .updateUnanswered(let count): if count >= configuration.unansweredUpdates { fail("is silent", at: now) }
        case .accepted: accepted(at: now)
        case .refused(.duplicateAddressDetectionFailed):
            isDefended = true
            if let defender, !isResting(defender, at: now) { returnToDefender(at: now) }
        case .refused(let status):
            if Self.mayBeBetterElsewhere(status) { fail("refuses: \(status.name)", at: now) }
        case .discovered(let addresses): learn(addresses, .discovered, at: now)
        case .suggested(let addresses): leave(for: addresses, at: now)
        case .messageReceived(let envelope): receive(envelope, at: now)
        case .configurationChanged(let new):
            configuration = new
            configure(at: now)
        case .timer: break
        }
        schedule(at: now)
        return actions
    }

    mutating func act(_ action: Action) { actions.append(action) }

    // MARK: Candidates

    /// Best first: by origin, and within it in the order in which they were named.
    private mutating func configure(at now: Instant) {
        let known = candidates
        candidates = configuration.homeAgents.map { address in
            var candidate =
                known.first { $0.address == address }
                ?? Candidate(address: address, origin: .configured, lastKnown: now)
            candidate.origin = .configured
            return candidate
        }
        for candidate in known where !configuration.homeAgents.contains(candidate.address) {
            // Configured no more: it may have been discovered as well, but nobody says so.
            if candidate.origin != .configured { candidates.append(candidate) }
        }
        if let current, !candidates.contains(where: { $0.address == current }) {
            self.current = nil
            if let next = best(at: now) {
                use(next, insteadOf: current, deregisterFirst: true, at: now)
            } else {
                act(.abandon(current))
            }
        }
        if current == nil { use(best(at: now), at: now) }
    }

    private mutating func learn(_ addresses: [IPv6Address], _ origin: Origin, at now: Instant) {
        for address in addresses where address.isRoutableUnicast {
            if let index = candidates.firstIndex(where: { $0.address == address }) {
                candidates[index].lastKnown = now
            } else if candidates.count < Tunables.candidatesKept + configuration.homeAgents.count {
                let place = candidates.firstIndex { $0.origin > origin } ?? candidates.endIndex
                candidates.insert(Candidate(address: address, origin: origin, lastKnown: now), at: place)
            }
        }
        if current == nil { use(best(at: now), at: now) }
    }

    private mutating func forgetOld(at now: Instant) {
        candidates.removeAll {
            $0.origin != .configured && $0.address != current && $0.lastKnown + Tunables.candidateLifetime <= now
        }
    }

    private func isResting(_ candidate: Candidate, at now: Instant) -> Bool {
        candidate.restsUntil.map { $0 > now } ?? false
    }

    /// The best candidate that does not rest.
    private func best(at now: Instant) -> IPv6Address? { candidates.first { !isResting($0, at: now) }?.address }

    // MARK: Moving

    private mutating func use(_ address: IPv6Address?, at now: Instant) {
        if let address { return use(address, insteadOf: nil, deregisterFirst: false, at: now) }
        if configuration.discovers { act(.discover) }
    }

    private mutating func use(
        _ address: IPv6Address, insteadOf old: IPv6Address?, deregisterFirst: Bool, at now: Instant
    ) {
        current = address
        probe = nil
        isDefended = false
        if let index = candidates.firstIndex(where: { $0.address == address }) { candidates[index].lastKnown = now }
        act(.use(address, insteadOf: old, deregisterFirst: deregisterFirst))
    }

    private mutating func accepted(at now: Instant) {
        served = current
        isDefended = false
        guard let index = candidates.firstIndex(where: { $0.address == current }) else { return }
        candidates[index].restsUntil = nil
        candidates[index].rest = Tunables.failedAgentRest
        candidates[index].lastKnown = now
    }

    private mutating func rest(_ address: IPv6Address, atLeast least: Instant.Span = .zero, at now: Instant) {
        guard let index = candidates.firstIndex(where: { $0.address == address }) else { return }
        let rest = max(candidates[index].rest, least)
        candidates[index].restsUntil = now + rest
        candidates[index].rest = min(rest * 2, Tunables.longestRetryInterval)
    }

    /// The home agent in use does not serve us: the next one.
    private mutating func fail(_ why: String, at now: Instant) {
        guard let failed = current else { return }
        rest(failed, at: now)
        let fresh = best(at: now)
        // All have failed: the one that has rested longest, and discovery beside it.
        if fresh == nil, configuration.discovers { act(.discover) }
        let others = candidates.filter { $0.address != failed }
        let stale = others.min { ($0.restsUntil ?? now) < ($1.restsUntil ?? now) }?.address
        guard let next = fresh ?? stale else { return }
        act(.count(.homeAgentLeft))
        act(.log(.warning, "home agent \(failed) \(why): trying \(next)"))
        use(next, insteadOf: failed, deregisterFirst: false, at: now)
    }

    /// Who may have the binding of before, where the home agent in use finds the home address defended.
    private var defender: Candidate? {
        guard isDefended, let served, served != current else { return nil }
        return candidates.first { $0.address == served }
    }

    private mutating func returnToDefender(at now: Instant) {
        guard let left = current, let defender else { return }
        rest(left, at: now)
        act(.count(.homeAgentLeft))
        act(.log(.notice, "\(left) finds the home address in use: going back to \(defender.address)"))
        use(defender.address, insteadOf: left, deregisterFirst: false, at: now)
    }

    /// RFC 5142 §6: the home agent in use asked to be left.
    private mutating func leave(for suggested: [IPv6Address], at now: Instant) {
        let left = current
        if let left { rest(left, atLeast: Tunables.longestRetryInterval, at: now) }
        learn(suggested.filter { $0 != left }, .suggested, at: now)
        guard let left, current == left else { return }
        let named = suggested.first { address in
            candidates.contains { $0.address == address && !isResting($0, at: now) }
        }
        guard let next = named ?? best(at: now) else {
            current = nil
            let rest = Tunables.longestRetryInterval.milliseconds / 1000
            act(.log(.warning, "home agent \(left) ends its service, no other is known: back to it in \(rest) s"))
            act(.abandon(left))
            if configuration.discovers { act(.discover) }
            return
        }
        act(.count(.homeAgentLeft))
        act(.log(.notice, "home agent \(left) ends its service: going to \(next)"))
        use(next, insteadOf: left, deregisterFirst: true, at: now)
        // "If set to zero, the mobile node MUST perform home agent discovery" (RFC 5142 §4).
        if suggested.isEmpty, configuration.discovers { act(.discover) }
    }

    /// Whether another home agent might accept what this one refused, other than for a duplicate of the home address. Where
    /// the refusal is about the two ends' clocks and numbers, the registration corrects it; a care-of address that cannot be
    /// one is none at any of them.
    private static func mayBeBetterElsewhere(_ status: BindingStatus) -> Bool {
        switch StatusReaction(status) {
        case .adoptSequenceNumber, .adoptClock, .sendTimestamps, .deregisterFirst: false
        case .retry: status != .invalidCareOfAddress
        }
    }

    // MARK: Time

    private mutating func schedule(at now: Instant) {
        timers[.rest] =
            current == nil ? candidates.compactMap(\.restsUntil).filter { $0 > now }.min() : defender?.restsUntil
        timers[.age] = candidates.filter { $0.origin != .configured && $0.address != current }
            .map { $0.lastKnown + Tunables.candidateLifetime }.min()
        scheduleProbe(at: now)
    }

    /// The configured home agent to return to: better than the one in use.
    var preferred: Candidate? {
        guard let current, let first = candidates.first, first.origin == .configured, first.address != current else {
            return nil
        }
        return first
    }

    mutating func returnToPreferred(_ address: IPv6Address, at now: Instant) {
        act(.count(.preferredHomeAgentReturned))
        act(.log(.notice, "home agent \(address) is back"))
        let left = current
        use(address, insteadOf: left, deregisterFirst: true, at: now)
    }

    mutating func probeFailed(_ address: IPv6Address, at now: Instant) {
        guard let index = candidates.firstIndex(where: { $0.address == address }) else { return }
        candidates[index].restsUntil = now + Tunables.preferredProbeRest
    }
}
