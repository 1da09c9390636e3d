public import MobilityWire

/// The registration of several care-of addresses of one home address at one home agent: the mobile side of RFC 5648 §5, with
/// flow bindings (RFC 6089 §5.2).
///
/// It is driven as `RegistrationMachine` is. What differs:
///
/// - There is one exchange at a time, for what all bindings share is their sequence number, and Binding Updates that
///   overtake each other on different links would be refused. What it carries is an `Operation`: worked out from what is
///   wanted and what the home agent is known to hold, so that no message that is lost leaves anything undone.
/// - A new care-of address is registered from that address itself, and its answer shows that the way works in both
///   directions (RFC 5648 §10). After that one Binding Update from the best way that answers speaks for all, where the
///   home agent takes bulk registrations; else each speaks for itself.
/// - A way that does not answer is left aside for a while if another one does, and the home agent is told.
/// - An agent that does not know identifiers, or forbids them, ends this machine with `.fallBack`.
public struct MultipleRegistrationMachine: Sendable {
    public internal(set) var configuration: RegistrationConfiguration

    public enum Event: Hashable, Sendable {
        case start(wallClock: NTPTimestamp)
        /// The ways that work now, best first: the first carries what no flow names.
        case pathsChanged([RegistrationPath])
        case messageReceived(MobilityEnvelope)
        case timer
        /// Home address and home agent are the same as before.
        case configurationChanged(RegistrationConfiguration)
        /// The home agent ended all bindings before their lifetimes did (RFC 5846, RFC 5142).
        case bindingRevoked(RevocationTrigger)
        /// As of `RegistrationMachine`.
        case homeAgentDoubted
        /// As of `RegistrationMachine`. If the way was left aside for its silence, it is one of those that work again.
        case pathAnswered(interfaceIndex: UInt32)
        /// De-register and finish.
        case stop
    }

    public enum Action: Hashable, Sendable {
        case send(MobilityEnvelope)
        /// All bindings as they are now; given out when they changed.
        case report(MultipleRegistration)
        case count(RegistrationCounter)
        case log(Severity, String)
        /// The home agent serves one care-of address only (RFC 5648 §5.7): nothing comes after it.
        case fallBack
        /// The answer to `.stop`: nothing comes after it.
        case finished
    }

    /// Where the machine stands.
    public enum Phase: String, CaseIterable, Sendable {
        /// Not started.
        case idle
        /// Started, and without a way.
        case waiting
        /// A Binding Update is unanswered and the home agent has no binding.
        case registering
        /// Nothing is open.
        case registered
        /// A Binding Update is unanswered and the home agent has bindings.
        case updating
        /// The home agent said no.
        case refused
        case deregistering
        /// Stopped, or fallen back.
        case finished
    }

    /// What the machine is at, of which `phase` is the finer view.
    enum Stage: Hashable, Sendable {
        case idle, running, refused
        case deregistering(RegistrationMachine.Sequel)
        case finished
    }

    /// A way, and what was found out about it.
    struct PathState: Hashable, Sendable {
        var path: RegistrationPath
        /// An answer came to a Binding Update that left by it.
        var isVerified = false
        /// Binding Updates in a row that left by it and were not answered.
        var unanswered = 0
        /// Left aside until then.
        var restUntil: Instant?
        /// The next rest; nil after success.
        var restInterval: Instant.Span?
        var status: BindingStatus?
    }

    /// A binding that the home agent has, as far as is known.
    struct HeldBinding: Hashable, Sendable {
        var careOf: CareOf
        var priority: UInt8
        var lifetime: Instant.Span
        var expiresAt: Instant
        var refreshAt: Instant
        /// A Binding Update that changes it was sent and not answered yet, or it may be outdated.
        var isDoubtful = false
    }

    var stage = Stage.idle
    /// Best first.
    var paths: [PathState] = []
    /// By binding identifier.
    var held: [UInt16: HeldBinding] = [:]
    /// Identifiers that the home agent may hold as well, because a Binding Update was not answered.
    var attempted: Set<UInt16> = []
    /// Ways that were left a moment ago.
    var retiring: [Retired] = []
    /// Until when the home agent has something of ours, whatever care-of address it is.
    var grantedUntil: Instant?
    /// The flow bindings that the home agent has for certain.
    var flowsHeld: [UInt16: FlowBinding] = [:]
    /// Those that it refused; not asked for again as they were.
    var flowsRefused: [UInt16: FlowBinding] = [:]
    /// What the home agent has from before is not known: the O flag clears it (RFC 5648 §5.9).
    var needsOverwrite = true
    var isBulkAllowed = true
    var exchange = Exchange()
    var sequenceNumber: SequenceNumber
    var clock: HomeAgentClock?
    var timestampsDemanded = false
    var lastAcknowledgementAt: Instant?
    /// Binding Updates since then whose time is over, by whichever way they left.
    var unansweredInARow = 0
    /// The next wait after a refusal of everything; nil when the last answer was a good one.
    var retryInterval: Instant.Span?
    var retryAt: Instant?
    var deregistrationEnd: Instant?
    var hasDeregisteredFirst = false
    var random: RandomNumbers
    /// The actions of the event in hand.
    var actions: [Action] = []
    private var reported: MultipleRegistration?
    /// The time at which `handle(.timer, at:)` is wanted; nil if only an event can change anything.
    public private(set) var nextDeadline: Instant?

    struct Retired: Hashable, Sendable {
        var identifier: UInt16
        var careOf: CareOf
        var until: Instant
    }

    /// - Parameters: as of `RegistrationMachine`.
    public init(_ configuration: RegistrationConfiguration, seed: UInt64, after last: SequenceNumber? = nil) {
        self.configuration = configuration
        random = RandomNumbers(seed: seed)
        let number = SequenceNumber(rawValue: UInt16(truncatingIfNeeded: random.next()))
        sequenceNumber = last ?? number
    }

    public var phase: Phase {
        switch stage {
        case .idle: .idle
        case .refused: .refused
        case .deregistering: .deregistering
        case .finished: .finished
        case .running:
            if paths.isEmpty {
                .waiting
            } else if exchange.operation == nil {
                .registered
            } else {
                held.isEmpty ? .registering : .updating
            }
        }
    }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        guard stage != .finished else { return [] }
        fireTimers(at: now)
        switch event {
        case .start(let wallClock): start(wallClock: wallClock, at: now)
        case .pathsChanged(let paths): change(to: paths, at: now)
        case .messageReceived(let envelope): receive(envelope, at: now)
        case .timer: break
        case .configurationChanged(let configuration): change(to: configuration, at: now)
        case .bindingRevoked(let trigger):
            guard stage == .running, !held.isEmpty else { break }
            loseBindings()
            waitAfterRefusal(
                first: trigger == .administrativeReason ? Tunables.longRetryInterval : Tunables.leastRefreshInterval,
                at: now)
        case .homeAgentDoubted: refreshOnHint(at: now)
        case .pathAnswered(let index): hurry(index)
        case .stop: stop(at: now)
        }
        advance(at: now)
        nextDeadline = deadline
        let registration = registration(at: now)
        if registration != reported, stage != .idle {
            reported = registration
            // Whoever goes on after a fall-back tells of it.
            if !actions.contains(.fallBack) { actions.append(.report(registration)) }
        }
        if stage == .finished, !actions.contains(.fallBack) { actions.append(.finished) }
        return actions
    }

    /// As of `RegistrationMachine`. A way that does not work leaves Binding Updates unanswered as well; the third in a row
    /// shows that neither of two works, and with each further way two more are needed.
    public var unansweredUpdates: Int {
        guard stage == .running else { return 0 }
        return max(0, unansweredInARow - Tunables.unansweredBeforeRest * max(0, paths.count - 2))
    }

    /// As of `RegistrationMachine`.
    public func homeAgentTime(at now: Instant) -> NTPTimestamp? { clock?.time(at: now) }

    mutating func count(_ counter: RegistrationCounter) { actions.append(.count(counter)) }
    mutating func log(_ severity: Severity, _ text: String) { actions.append(.log(severity, text)) }
}
