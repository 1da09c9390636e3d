public import MobilityCore
public import MobilityWire

/// Sends the nodes of a home agent elsewhere before it ends its service (RFC 5142 §5): one node a second hears of it, so
/// that the others are not overrun, and a node that does not de-register hears of it again.
///
/// RFC 5142 wants the message protected by IPsec; here it is by the authentication option that protects the
/// registration, with a Mesg-ID timestamp (see `RevocationMachine`). A node without a security association is left
/// out: it finds out when its next Binding Update is refused with status 129 (`HomeAgentConfiguration.isLeaving`).
public struct HomeAgentSwitcher: Sendable {
    public enum Event: Hashable, Sendable {
        /// Ask these nodes to go to one of `alternatives`, best first; with none they discover. `remaining` is how long
        /// the home agent goes on serving them.
        case begin([Target], alternatives: [IPv6Address], remaining: Instant.Span?)
        /// The node de-registered, or its binding ended otherwise.
        case bindingRemoved(homeAddress: IPv6Address)
        /// The node answered with a Binding Error of status 2: it does not know the message.
        case notUnderstood(homeAddress: IPv6Address)
        case timer
        /// The home agent stays after all.
        case cancel
    }

    public enum Action: Hashable, Sendable {
        case send(MobilityEnvelope)
        /// All have been told, and either went or never answered.
        case finished(left: Int, stayed: Int)
        case count(RevocationCounter)
    }

    public struct Target: Hashable, Sendable {
        public var binding: Binding
        public var association: MobilitySecurityAssociation

        public init(binding: Binding, association: MobilitySecurityAssociation) {
            self.binding = binding
            self.association = association
        }
    }

    private struct Notice: Sendable {
        var target: Target
        var timeout: Instant.Span
        var due: Instant
    }

    /// Those whose turn comes later, and their order, which may name some that are gone.
    private var waiting: [IPv6Address: Target] = [:]
    private var order: ArraySlice<IPv6Address> = []
    private var open: [IPv6Address: Notice] = [:]
    private var queue = DeadlineHeap<IPv6Address>()
    /// When the next node is told.
    private var next: Instant?
    private var alternatives: [IPv6Address] = []
    private var endsAt: Instant?
    private var left = 0
    private var stayed = 0
    private var isActive = false
    private var clock: HomeAgentClock
    private var random: RandomNumbers
    private var actions: [Action] = []

    /// - Parameter wallClock: the time of day at `now`, which then runs on the monotonic clock.
    public init(wallClock: NTPTimestamp, at now: Instant, seed: UInt64) {
        clock = HomeAgentClock(wallClock: wallClock, at: now)
        random = RandomNumbers(seed: seed)
    }

    public var nextDeadline: Instant? {
        guard let next else { return queue.earliest }
        return queue.earliest.map { min($0, next) } ?? next
    }

    /// How many nodes have not been told, or have not answered yet.
    public var pendingCount: Int { waiting.count + open.count }

    /// Whether a node has not been told yet.
    func isWaiting(_ homeAddress: IPv6Address) -> Bool { waiting[homeAddress] != nil }

    /// Whether a node was told, and neither went nor stayed yet.
    func isTold(_ homeAddress: IPv6Address) -> Bool { open[homeAddress] != nil }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        switch event {
        case .begin(let targets, let alternatives, let remaining):
            for target in targets where open[target.binding.homeAddress] == nil {
                let homeAddress = target.binding.homeAddress
                if waiting.updateValue(target, forKey: homeAddress) == nil { order.append(homeAddress) }
            }
            self.alternatives = alternatives
            endsAt = remaining.map { now + $0 }
            next = next ?? now
            isActive = true
        case .bindingRemoved(let homeAddress):
            waiting[homeAddress] = nil
            guard open.removeValue(forKey: homeAddress) != nil else { break }
            actions.append(.count(.switchFollowed))
            left += 1
        case .notUnderstood(let homeAddress):
            // "Continue providing services until the lifetime of the binding expires" (RFC 5142 §5.3).
            guard open.removeValue(forKey: homeAddress) != nil else { break }
            actions.append(.count(.switchUnanswered))
            stayed += 1
        case .timer: break
        case .cancel:
            waiting = [:]
            order = []
            open = [:]
            queue.removeAll()
            next = nil
            isActive = false
        }
        fire(at: now)
        if isActive, waiting.isEmpty, open.isEmpty {
            isActive = false
            next = nil
            queue.removeAll()
            actions.append(.finished(left: left, stayed: stayed))
            (left, stayed) = (0, 0)
        }
        return actions
    }

    private mutating func fire(at now: Instant) {
        while let (deadline, homeAddress) = queue.takeDue(at: now) {
            guard var notice = open[homeAddress], notice.due == deadline else { continue }
            guard notice.timeout < SpecificationConstants.maximumSwitchTimeout else {
                open[homeAddress] = nil
                actions.append(.count(.switchUnanswered))
                stayed += 1
                continue
            }
            notice.timeout = min(notice.timeout * 2, SpecificationConstants.maximumSwitchTimeout)
            actions.append(.count(.switchRetransmitted))
            transmit(notice, at: now)
        }
        guard let start = next, start <= now else { return }
        var found: Target?
        while found == nil, let homeAddress = order.popFirst() { found = waiting.removeValue(forKey: homeAddress) }
        guard let target = found else {
            next = nil
            return
        }
        next = now + SpecificationConstants.switchInterval
        transmit(Notice(target: target, timeout: firstTimeout(at: now), due: now), at: now)
    }

    /// Half of the time that the home agent still serves, or INITIAL-HA-SWITCH-TIMEOUT if that is less (RFC 5142 §5.2);
    /// a second at least.
    private func firstTimeout(at now: Instant) -> Instant.Span {
        let half = endsAt.map { ($0 - now) / 2 } ?? SpecificationConstants.initialSwitchTimeout
        return max(.seconds(1), min(half, SpecificationConstants.initialSwitchTimeout))
    }

    private mutating func transmit(_ notice: Notice, at now: Instant) {
        var notice = notice
        notice.due = now + notice.timeout
        let binding = notice.target.binding
        open[binding.homeAddress] = notice
        queue.insert(binding.homeAddress, at: notice.due)
        actions.append(.count(.switchSent))
        var options: [MobilityOption] = []
        if let endsAt, endsAt - now >= .seconds(4) {
            let remaining = BindingLifetime(seconds: (endsAt - now).milliseconds / 1000)
            options.append(.bindingRefreshAdvice(interval: remaining))
        }
        options.append(.messageIdentifier(timestamp: clock.stamp(at: now, random: random.next()).rawValue))
        let addresses = alternatives.filter { $0 != binding.homeAgent }.prefix(Tunables.candidatesKept)
        let message = MobilityMessage.homeAgentSwitch(HomeAgentSwitch(addresses: Array(addresses), options: options))
        actions.append(
            .send(
                MobilityEnvelope(
                    source: binding.homeAgent, destination: binding.careOfAddress,
                    routingHeader: binding.homeAddress,
                    message: MobilityAuthentication.seal(
                        message, careOfAddress: binding.careOfAddress, homeAddress: binding.homeAddress,
                        association: notice.target.association))))
    }
}
