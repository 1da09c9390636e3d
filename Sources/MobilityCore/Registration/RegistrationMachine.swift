public import MobilityWire

/// The registration of one home address at one home agent: the mobile router's half of RFC 6275 §11.7 and RFC 3963 §5.
///
/// How to drive it:
///
///     var machine = RegistrationMachine(configuration, seed: random)
///     perform(machine.handle(.start(wallClock: time), at: now))
///     perform(machine.handle(.careOfAddressChanged(careOf, previousUsable: false), at: now))
///
/// - Call `handle` with every event in the order in which they happen, and perform the actions in theirs. After each
///   call ask `nextDeadline`, and call `handle(.timer, at:)` when it has come; calling it too early does nothing.
/// - `.tunnels` is the whole plan and replaces the plan before. None is given out before the home agent has accepted, so
///   a machine that starts anew leaves alone what an earlier one set up.
/// - A refresh leaves the plan as it is. Without answer, forwarding goes on until the granted lifetime is over.
/// - A hand-over whose old link is dead moves the tunnel at once and sends a Binding Update at once; one whose old link
///   still works moves the tunnel when the home agent has accepted, and brings packets in on both before and after.
/// - The home address as the care-of address says that the node is on its home link, by that uplink: the machine ends the
///   binding from there, repeats that until it is answered, and registers nothing before it hears of another address
///   (RFC 6275 §11.5.5). The tunnel stays until the answer if its uplink still works.
/// - After `.stop` go on until `.finished` comes, at most `Tunables.deregistrationWait` later.
///
/// Every state but idle is left by time as well as by message. What happens on each status is in `StatusReaction`.
public struct RegistrationMachine: Sendable {
    public internal(set) var configuration: RegistrationConfiguration
    public internal(set) var phase = Phase.idle

    public enum Event: Hashable, Sendable {
        /// Begins. The wall clock is read this once (see `HomeAgentClock`).
        case start(wallClock: NTPTimestamp)
        /// The care-of address to use from now on; nil if there is none. `previousUsable` says whether the one before
        /// still sends and receives: if so the hand-over is a planned one. Telling the same address again with
        /// `previousUsable` false ends the wait of a planned hand-over whose old link died meanwhile.
        case careOfAddressChanged(CareOf?, previousUsable: Bool)
        /// A Mobility Header came for the home address or the care-of address.
        case messageReceived(MobilityEnvelope)
        /// The deadline has come.
        case timer
        /// The settings changed. Home address and home agent are the same as before: another pair is another machine.
        case configurationChanged(RegistrationConfiguration)
        /// The home agent ended the binding before its lifetime did (RFC 5846, RFC 5142): registered again at once, or
        /// slowly after an administrative reason, which the home agent is unlikely to change its mind about.
        case bindingRevoked(RevocationTrigger)
        /// The home agent has not been heard of where it should have been: asked by a Binding Update, whose answer, or
        /// silence, tells.
        case homeAgentDoubted
        /// A way that did not answer probes does so now: what has been sent by it in vain is sent again at once, and not when
        /// its back-off says so.
        case pathAnswered(interfaceIndex: UInt32)
        /// De-register and finish.
        case stop
    }

    public enum Action: Hashable, Sendable {
        case send(MobilityEnvelope)
        case tunnels(TunnelPlan)
        /// The registration as it is now; given out when it changed.
        case report(Registration)
        case count(RegistrationCounter)
        case log(Severity, String)
        /// The answer to `.stop`: nothing comes after it.
        case finished
    }

    public enum Timer: String, CaseIterable, Sendable {
        /// The granted lifetime is over.
        case expiry = "registration_expiry"
        /// Time to send the Binding Update again.
        case retransmission = "registration_retransmission"
        /// Time to renew the binding.
        case refresh = "registration_refresh"
        /// The wait after a refusal is over.
        case retry = "registration_retry"
        /// The care-of address that was left need not be listened to any more.
        case standbyEnd = "former_care_of_address"
        /// No answer to the de-registration.
        case deregistrationEnd = "deregistration"
    }

    /// Where the machine stands.
    public enum Phase: String, CaseIterable, Sendable {
        /// Not started.
        case idle
        /// Started, and without a care-of address.
        case waiting
        /// A Binding Update is unanswered and the home agent has no binding.
        case registering
        /// Nothing is open.
        case registered
        /// A Binding Update is unanswered and the home agent has a binding, of this or an earlier care-of address.
        case updating
        /// The home agent said no.
        case refused
        case deregistering
        /// On the home link, without a binding.
        case home
        /// Stopped.
        case finished
    }

    /// The binding as the home agent granted it.
    struct GrantedBinding: Hashable, Sendable {
        var careOf: CareOf
        var lifetime: Instant.Span
        var expiresAt: Instant
        /// Whether it was registered with the R flag.
        var isMobileRouter: Bool
    }

    /// What follows a de-registration.
    enum Sequel: Hashable, Sendable {
        case finish
        case registerAgain
        /// The home agent will not do; wait as after a refusal.
        case retry
        /// The node is on its home link.
        case stayHome
    }

    /// The care-of address in use, or being registered.
    public internal(set) var careOf: CareOf?
    /// The plan that was given out last: to be repeated to a tunnel manager that started anew.
    public internal(set) var plan = TunnelPlan.none
    var binding: GrantedBinding?
    var timers = TimerTable<Timer>()
    var exchange = Exchange()
    var sequenceNumber: SequenceNumber
    var clock: HomeAgentClock?
    /// The home agent asked for Mesg-ID options that its security association does not foresee (status 145).
    var timestampsDemanded = false
    var lastStatus: BindingStatus?
    var lastAcknowledgementAt: Instant?
    /// The next wait after a refusal; nil when the last answer was a good one.
    var retryInterval: Instant.Span?
    var sequel = Sequel.finish
    /// A de-registration was tried against status 139; a second time would go on for ever.
    var hasDeregisteredFirst = false
    var random: RandomNumbers
    /// The actions of the event in hand.
    var actions: [Action] = []
    private var reported: Registration?

    /// - Parameter seed: spreads the timers and starts the sequence number; from the system's source of randomness,
    ///   or a fixed one in simulations.
    /// - Parameter last: the sequence number of the last Binding Update of an earlier machine, where somebody still knows
    ///   it: the home agent takes only newer ones (RFC 6275 §11.7.1).
    public init(_ configuration: RegistrationConfiguration, seed: UInt64, after last: SequenceNumber? = nil) {
        self.configuration = configuration
        random = RandomNumbers(seed: seed)
        let number = SequenceNumber(rawValue: UInt16(truncatingIfNeeded: random.next()))
        sequenceNumber = last ?? number
    }

    /// The time at which `handle(.timer, at:)` is wanted; nil if only an event can change anything.
    public var nextDeadline: Instant? { timers.next }

    /// When a timer is due; nil if nothing waits for it.
    public func deadline(of timer: Timer) -> Instant? { timers[timer] }

    /// The registration as it is now.
    public var registration: Registration {
        Registration(
            homeAddress: configuration.homeAddress, homeAgent: configuration.homeAgent, careOf: careOf,
            state: reportedState, status: lastStatus, sequenceNumber: sequenceNumber,
            lifetime: binding?.lifetime ?? .zero, expiresAt: binding?.expiresAt, prefixes: configuration.prefixes)
    }

    private var reportedState: Registration.State {
        switch phase {
        case .idle, .waiting, .finished: .idle
        case .registering: .registering
        case .registered: .registered
        case .updating: binding?.careOf == careOf ? .registered : .registering
        case .refused: .refused
        case .deregistering: .deregistering
        case .home: .home
        }
    }

    /// Whether the care-of address is the home address, on the home link.
    var isHome: Bool { careOf?.address == configuration.homeAddress }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        guard !hasFinished else { return [] }
        fireTimers(at: now)
        switch event {
        case .start(let wallClock): start(wallClock: wallClock, at: now)
        case .careOfAddressChanged(let careOf, let usable): change(to: careOf, previousUsable: usable, at: now)
        case .messageReceived(let envelope): receive(envelope, at: now)
        case .timer: break
        case .configurationChanged(let configuration): change(to: configuration, at: now)
        case .bindingRevoked(let trigger): bindingRevoked(trigger, at: now)
        case .homeAgentDoubted: refreshOnHint(at: now)
        case .pathAnswered(let index): if careOf?.interfaceIndex == index { hurry(at: now) }
        case .stop: stop(at: now)
        }
        let registration = registration
        if registration != reported, phase != .idle {
            reported = registration
            actions.append(.report(registration))
        }
        if phase == .finished, !hasFinished {
            hasFinished = true
            actions.append(.finished)
        }
        return actions
    }

    private var hasFinished = false
}
