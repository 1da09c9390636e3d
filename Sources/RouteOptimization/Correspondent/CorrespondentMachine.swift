public import MobilityCore
public import MobilityWire

/// The correspondent node: return routability and the bindings that it authorizes (RFC 6275 §5.2, §9).
///
/// How to drive it:
///
///     var machine = CorrespondentMachine(configuration, secret: try NodeSecret(randomOctets))
///     perform(machine.handle(.messageReceived(envelope), at: now))
///
/// - Perform the actions in their order. After each call ask `nextDeadline`, and call `handle(.timer, at:)` when it has
///   come; calling it too early does nothing.
/// - `.drawSecret` is answered with `.secret`, made from fresh random octets: at once, for the next nonce waits for it.
/// - The `.count` of an acknowledgement comes right before its `.send`, that of a new or moved binding before its
///   `.install`: who tells people of them finds there whose it is.
/// - `.install` carries the whole binding and replaces the one before; it comes before the acknowledgement.
/// - Tell `.bindingUsed` when packets are sent by a binding, once in `Tunables.useMemory` or more often: only a binding
///   in use asks to be refreshed.
/// - What it sends goes to the address in the envelope, whatever the binding cache says: a Home Test and a Binding
///   Refresh Request go to the home address and must not get a type 2 routing header on their way (§9.4.3, §9.5.5).
///
/// Home and care-of tests leave no trace but their counters: a test costs one message authentication code, the check of
/// a Binding Update three, its acknowledgement one. A machine that starts anew knows no nonce of before, which
/// mobile nodes learn from status 138, and no binding but those that are restored; who has another one learns that from
/// the Binding Error.
public struct CorrespondentMachine: Sendable {
    public internal(set) var configuration: CorrespondentConfiguration
    public internal(set) var cache = CorrespondentBindingCache()

    public enum Event: Hashable, Sendable {
        /// The answer to `.drawSecret`.
        case secret(NodeSecret)
        /// A Mobility Header came for one of the node's addresses.
        case messageReceived(MobilityEnvelope)
        /// A packet came whose Home Address option has no binding that goes with its source: `peer` is the source,
        /// `correspondent` the address of ours that it came to.
        case bindingMissing(peer: IPv6Address, homeAddress: IPv6Address, correspondent: IPv6Address)
        /// A packet went to the care-of address.
        case bindingUsed(homeAddress: IPv6Address, correspondent: IPv6Address)
        /// The deadline has come.
        case timer
        /// Bindings that the new configuration does not allow end.
        case configurationChanged(CorrespondentConfiguration)
        /// Bindings that an earlier program left in force: they hold until they end, whatever became of their nonces.
        case restored([Binding])
        /// Ends the bindings of a home address by hand, or because one could not be set up.
        case revoke(homeAddress: IPv6Address)
    }

    public enum Action: Hashable, Sendable {
        case send(MobilityEnvelope)
        /// Send to the care-of address, and accept from it. `Binding.homeAgent` is the address of ours.
        case install(Binding)
        case remove(Binding, RemovalReason)
        /// Randomness is wanted.
        case drawSecret
        case count(CorrespondentCounter)
        case log(Severity, String)
    }

    public enum RemovalReason: String, CaseIterable, Sendable {
        case expired
        case deregistered
        /// The configuration does not allow it any more.
        case unconfigured
        case revoked
    }

    var nonces: NonceTable
    var strangerAnswers = RateLimit(
        perSecond: Tunables.strangerAnswersPerSecond, burst: Tunables.strangerAnswersBurst)
    var tests = RateLimit(perSecond: Tunables.testsPerSecond, burst: Tunables.testsBurst)
    /// The actions of the event in hand.
    var actions: [Action] = []
    /// Message authentication codes computed, for the tests that bound them.
    var codesComputed = 0

    /// - Parameter secret: the first node key and nonce, from the system's source of randomness.
    public init(_ configuration: CorrespondentConfiguration, secret: NodeSecret) {
        self.configuration = configuration
        nonces = NonceTable(interval: configuration.effectiveNonceInterval)
        nonces.supply(secret)
    }

    /// The time at which `handle(.timer, at:)` is wanted; nil if only an event can change anything.
    public var nextDeadline: Instant? {
        [cache.nextDeadline, nonces.nextDeadline].compactMap { $0 }.min()
    }

    public enum Timer: String, CaseIterable, Sendable {
        /// A lifetime, or what is remembered of a binding that is gone.
        case cache = "binding_cache"
        /// The oldest nonce has to be discarded.
        case nonce = "nonce_expiry"
    }

    /// How many things wait for a timer, and when the first of them is due; nil if nothing waits.
    public func pending(_ timer: Timer) -> (waiting: Int, due: Instant?) {
        switch timer {
        case .cache: (cache.storedCount, cache.nextDeadline)
        case .nonce: (nonces.count, nonces.nextDeadline)
        }
    }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        takeChanges(at: now)
        switch event {
        case .secret(let secret): nonces.supply(secret)
        case .messageReceived(let envelope): receive(envelope, at: now)
        case .bindingMissing(let peer, let homeAddress, let correspondent):
            bindingMissing(peer: peer, homeAddress: homeAddress, correspondent: correspondent, at: now)
        case .bindingUsed(let homeAddress, let correspondent):
            noteUse(of: .init(correspondent: correspondent, homeAddress: homeAddress), at: now)
        case .timer: break
        case .configurationChanged(let configuration): change(to: configuration)
        case .restored(let bindings): restore(bindings, at: now)
        case .revoke(let homeAddress): revoke(homeAddress)
        }
        return actions
    }

    mutating func count(_ counter: CorrespondentCounter) { actions.append(.count(counter)) }
    mutating func log(_ severity: Severity, _ text: String) { actions.append(.log(severity, text)) }
}
