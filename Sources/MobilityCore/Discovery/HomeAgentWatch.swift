public import MobilityWire

/// Whether the home agent in use is still there: asks it with echo requests now and then, for a dead one would be noticed
/// only at the next refresh, many minutes later.
///
/// What is silent here is only doubtful: a Binding Update then tells, whose answers are authentic. A home agent that answers
/// that and no echoes is asked less and less often as long as it is used.
public struct HomeAgentWatch: Sendable {
    public enum Event: Hashable, Sendable {
        /// The home agent accepted a Binding Update from this care-of address.
        case registered(homeAgent: IPv6Address, careOf: CareOf)
        /// There is no binding, or nobody else to go to.
        case rest
        /// An ICMPv6 message that may be the answer.
        case messageReceived(ICMPv6Envelope)
        case timer
    }

    public enum Action: Hashable, Sendable {
        case send(ICMPv6Envelope)
        /// The home agent does not answer.
        case doubt
        case count(DiscoveryCounter)
    }

    private var binding: (homeAgent: IPv6Address, careOf: CareOf)?
    private var identifier: UInt16 = 0
    private var sequenceNumber: UInt16 = 0
    private var isOpen = false
    private var unanswered = 0
    /// The home agent that was doubted last and has answered no echo since, and how long to wait before it is asked again.
    private var mute: (homeAgent: IPv6Address, rest: Instant.Span)?
    public private(set) var nextDeadline: Instant?
    private var random: RandomNumbers

    /// - Parameter seed: from the system's source of randomness: whoever cannot guess an identifier cannot answer.
    public init(seed: UInt64) { random = RandomNumbers(seed: seed) }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        var actions: [Action] = []
        switch event {
        case .registered(let homeAgent, let careOf): watch(homeAgent, from: careOf, at: now)
        case .rest:
            binding = nil
            nextDeadline = nil
        case .messageReceived(let envelope): receive(envelope, at: now)
        case .timer:
            if let due = nextDeadline, due <= now { ask(&actions, at: now) }
        }
        return actions
    }

    private mutating func watch(_ homeAgent: IPv6Address, from careOf: CareOf, at now: Instant) {
        if binding?.homeAgent != homeAgent || binding?.careOf != careOf {
            identifier = UInt16(truncatingIfNeeded: random.next() >> 16)
            sequenceNumber = 0
        }
        if let mute, mute.homeAgent != homeAgent { self.mute = nil }
        binding = (homeAgent, careOf)
        isOpen = false
        unanswered = 0
        nextDeadline = now + (mute?.rest ?? Tunables.watchInterval)
    }

    private mutating func ask(_ actions: inout [Action], at now: Instant) {
        guard let binding else {
            nextDeadline = nil
            return
        }
        if isOpen { unanswered += 1 }
        guard unanswered < Tunables.watchUnanswered else {
            let rest = mute.map { min($0.rest * 2, Tunables.longestRetryInterval) } ?? Tunables.watchRest
            mute = (binding.homeAgent, rest)
            nextDeadline = now + rest
            isOpen = false
            unanswered = 0
            actions += [.count(.homeAgentSilent), .doubt]
            return
        }
        sequenceNumber &+= 1
        isOpen = true
        nextDeadline = now + Tunables.watchTimeout
        let request = ICMPv6Message.echoRequest(identifier: identifier, sequenceNumber: sequenceNumber, data: [])
        actions += [
            .count(.homeAgentWatched),
            .send(
                ICMPv6Envelope(
                    source: binding.careOf.address, destination: binding.homeAgent,
                    interfaceIndex: binding.careOf.interfaceIndex, message: request.emit())),
        ]
    }

    private mutating func receive(_ envelope: ICMPv6Envelope, at now: Instant) {
        guard isOpen, let binding, envelope.source == binding.homeAgent,
            case .echoReply(let identifier, let number, _)? = try? ICMPv6Message.parse(envelope.message.span.bytes),
            identifier == self.identifier, number == sequenceNumber
        else { return }
        isOpen = false
        unanswered = 0
        mute = nil
        nextDeadline = now + Tunables.watchInterval
    }
}
