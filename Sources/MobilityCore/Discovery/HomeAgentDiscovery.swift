public import MobilityWire

/// The mobile node's half of Dynamic Home Agent Address Discovery (RFC 6275 §11.4.1, RFC 3963 §7.1): asks the home
/// network's anycast address until somebody answers.
///
/// A round is one request and four retransmissions, 3, 6, 12 and 24 s apart. Behind a round without answer the machine
/// rests and begins another one; a new care-of address begins one at once. Nothing authenticates the answer: all it can
/// do is name addresses, and whether a home agent is ours shows in its Binding Acknowledgement.
public struct HomeAgentDiscovery: Sendable {
    public let configuration: Configuration
    public private(set) var phase = Phase.idle

    public struct Configuration: Hashable, Sendable {
        /// The prefix of the home link; one that leaves no room for the anycast address (beyond 121 bits) finds nobody.
        public var homePrefix: IPv6Prefix
        /// Whether to ask for home agents that serve mobile routers.
        public var mobileRouter: Bool

        public init(homePrefix: IPv6Prefix, mobileRouter: Bool) {
            self.homePrefix = homePrefix
            self.mobileRouter = mobileRouter
        }
    }

    public enum Event: Hashable, Sendable {
        /// Home agents are wanted: at the start, or when all that were found have failed.
        case discover
        /// The care-of address to ask from; nil if there is none.
        case careOfAddressChanged(CareOf?)
        case messageReceived(ICMPv6Envelope)
        case timer
        /// Nobody wants home agents any more.
        case stop
    }

    public enum Action: Hashable, Sendable {
        case send(ICMPv6Envelope)
        /// Home agents, best first. `mobileRouters` is false where mobile routers were asked for and none of these
        /// serves any.
        case discovered([IPv6Address], mobileRouters: Bool)
        case count(DiscoveryCounter)
        case log(Severity, String)
    }

    public enum Phase: String, CaseIterable, Sendable {
        /// Nothing is wanted.
        case idle
        /// Home agents are wanted and there is no care-of address to ask from.
        case waiting
        case asking
        /// Between two rounds.
        case resting
    }

    private enum Timer: CaseIterable, Sendable { case retransmission, round }

    private var careOf: CareOf?
    private var identifier: UInt16 = 0
    private var retransmissions = 0
    private var timeout = SpecificationConstants.initialDiscoveryTimeout
    private var rest = Tunables.discoveryRest
    private var lastRound: Instant?
    private var timers = TimerTable<Timer>()
    private var random: RandomNumbers
    private var actions: [Action] = []

    /// - Parameter seed: from the system's source of randomness: whoever cannot guess the identifier cannot answer.
    public init(_ configuration: Configuration, seed: UInt64) {
        self.configuration = configuration
        random = RandomNumbers(seed: seed)
    }

    public var nextDeadline: Instant? { timers.next }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        while let timer = timers.takeDue(at: now) {
            switch timer {
            case .retransmission: retransmit(at: now)
            case .round: begin(at: now)
            }
        }
        switch event {
        case .discover: discover(at: now)
        case .careOfAddressChanged(let new): change(to: new, at: now)
        case .messageReceived(let envelope): receive(envelope)
        case .timer: break
        case .stop: end(.idle)
        }
        return actions
    }

    private mutating func count(_ counter: DiscoveryCounter) { actions.append(.count(counter)) }

    private mutating func end(_ next: Phase) {
        timers.cancelAll()
        phase = next
    }

    private mutating func discover(at now: Instant) {
        guard phase == .idle else { return }
        guard careOf != nil else { return end(.waiting) }
        if let lastRound, now < lastRound + Tunables.discoveryHoldOff {
            end(.resting)
            timers[.round] = lastRound + Tunables.discoveryHoldOff
        } else {
            begin(at: now)
        }
    }

    private mutating func change(to new: CareOf?, at now: Instant) {
        guard new != careOf else { return }
        careOf = new
        guard phase != .idle else { return }
        // What was asked from the old address is answered there.
        if new == nil { end(.waiting) } else { begin(at: now) }
    }

    private mutating func begin(at now: Instant) {
        guard careOf != nil else { return end(.waiting) }
        end(.asking)
        identifier = UInt16(truncatingIfNeeded: random.next() >> 16)
        retransmissions = 0
        timeout = SpecificationConstants.initialDiscoveryTimeout
        lastRound = now
        transmit(at: now)
    }

    private mutating func transmit(at now: Instant) {
        guard let careOf else { return end(.waiting) }
        guard let anycast = configuration.homePrefix.homeAgentsAnycast else {
            actions.append(
                .log(.error, "\(configuration.homePrefix) has no address for home agent discovery: too long a prefix"))
            return end(.idle)
        }
        count(.discoveryRequestSent)
        let request = ICMPv6Message.homeAgentAddressDiscoveryRequest(
            identifier: identifier, mobileRouter: configuration.mobileRouter)
        actions.append(
            .send(
                ICMPv6Envelope(
                    source: careOf.address, destination: anycast, interfaceIndex: careOf.interfaceIndex,
                    message: request.emit())))
        timers[.retransmission] = now + timeout
        timeout = timeout * 2
    }

    private mutating func retransmit(at now: Instant) {
        guard retransmissions < SpecificationConstants.discoveryRetransmissions else {
            count(.discoveryFailed)
            actions.append(.log(.warning, "no home agent answers discovery"))
            end(.resting)
            timers[.round] = now + rest
            rest = min(rest * 2, Tunables.longestRetryInterval)
            return
        }
        retransmissions += 1
        count(.discoveryRequestRetransmitted)
        transmit(at: now)
    }

    private mutating func receive(_ envelope: ICMPv6Envelope) {
        guard let message = try? ICMPv6Message.parse(envelope.message.span.bytes) else {
            return count(.messageMalformed)
        }
        guard case .homeAgentAddressDiscoveryReply(let answered, let areForMobileRouters, let listed) = message else {
            return count(.messageUnexpected)
        }
        guard envelope.source.isRoutableUnicast, envelope.destination == careOf?.address else {
            return count(.messageForeign)
        }
        guard phase == .asking, answered == identifier else { return count(.discoveryReplyUnmatched) }
        count(.discoveryReplyReceived)
        var addresses: [IPv6Address] = []
        // A home agent that lists nobody has answered itself.
        for address in listed.isEmpty ? [envelope.source] : listed
        where address.isRoutableUnicast && !addresses.contains(address) && addresses.count < Tunables.candidatesKept {
            addresses.append(address)
        }
        // Nothing of use: the retransmission may find another home agent.
        guard !addresses.isEmpty else { return }
        rest = Tunables.discoveryRest
        end(.idle)
        actions.append(.discovered(addresses, mobileRouters: areForMobileRouters || !configuration.mobileRouter))
    }
}
