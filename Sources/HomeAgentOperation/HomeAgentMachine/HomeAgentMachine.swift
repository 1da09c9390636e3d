public import MobilityCore
public import MobilityWire

/// The home agent's half of the registration: RFC 6275 §9.5 and §10.3, RFC 3963 §6, RFC 4285.
///
/// How to drive it:
///
///     var machine = HomeAgentMachine(configuration)
///     perform(machine.handle(.start, at: now))
///     perform(machine.handle(.restored(bindings), at: now))  // if there are any from before
///     perform(machine.handle(.messageReceived(envelope, wallClock: time), at: now))
///
/// - Perform the actions in their order. After each call ask `nextDeadline`, and call `handle(.timer, at:)` when it has
///   come; calling it too early does nothing.
/// - The `.count` of an acknowledgement comes right before its `.send`, that of a new or moved binding right before its
///   `.install`: who tells people of them finds there whose it is.
/// - `.install` carries the whole binding and replaces the one before, whose care-of address is then among the former
///   ones; it comes before the acknowledgement that tells the node to use it.
/// - `wallClock` is compared with the timestamps of the nodes. Let it run on the monotonic clock from one reading of the
///   wall clock: then nothing that sets the wall clock locks nodes out, and they follow the home agent's time anyway.
///
/// Whoever the configuration does not name leaves no trace: for a stranger nothing is stored, and answers to what
/// nobody vouches for are limited in number.
public struct HomeAgentMachine: Sendable {
    public internal(set) var configuration: HomeAgentConfiguration
    public internal(set) var cache = BindingCache()

    public enum Event: Hashable, Sendable {
        /// Begins: logs who is believed without a key.
        case start
        /// Bindings from before a restart. What the configuration does not allow, or is over, is left out. A node of which
        /// one of them is later than what a state file said has these and no others.
        case restored([Binding])
        /// What a state file says; the same holds for it. Give it before anything else that restores.
        case snapshotRestored(BindingSnapshot, wallClock: NTPTimestamp)
        /// A Mobility Header came for one of the home agent's addresses.
        case messageReceived(MobilityEnvelope, wallClock: NTPTimestamp)
        /// A packet came that needs a binding which is not there: `peer` is its outer source, `agent` the address of ours
        /// that it came to. Answered with a Binding Error, so that a node whose binding a restart lost registers anew.
        case bindingMissing(peer: IPv6Address, homeAddress: IPv6Address, agent: IPv6Address)
        /// What `.detectDuplicates` found (RFC 4862 §5.4): whether somebody else has the address.
        case duplicatesDetected(homeAddress: IPv6Address, isDuplicate: Bool)
        /// The prefixes of the home link as they are now; those without any knowledge here are valid for ever.
        case homePrefixesChanged([HomePrefix])
        /// The deadline has come.
        case timer
        /// Bindings that the new configuration does not allow end.
        case configurationChanged(HomeAgentConfiguration)
        /// Ends a binding by hand, or because it could not be set up.
        case revoke(homeAddress: IPv6Address)
        /// Ends a binding by hand, without a word to anybody.
        case forget(homeAddress: IPv6Address)
    }

    public enum Action: Hashable, Sendable {
        case send(MobilityEnvelope)
        /// Forward by this binding, in place of the one of its home address and identifier.
        case install(Binding)
        case remove(Binding, RemovalReason)
        /// Detect duplicates of the home address on the home link, and of the link-local address if there is one;
        /// answer with `.duplicatesDetected`. Not given out for a virtual home network.
        case detectDuplicates(homeAddress: IPv6Address, linkLocal: IPv6Address?)
        /// Nobody waits for the answer any more.
        case stopDetecting(homeAddress: IPv6Address)
        case count(HomeAgentCounter)
        case log(Severity, String)
    }

    public enum RemovalReason: String, CaseIterable, Sendable {
        case expired
        case deregistered
        /// The configuration does not allow it any more.
        case unconfigured
        /// The configuration does not have its node any more.
        case unlisted
        /// The configuration locks its node out.
        case prohibited
        case revoked
        /// Somebody on the home link has the home address.
        case duplicate
        /// The home prefix is not valid any more (RFC 6275 §10.3.1).
        case prefixInvalid
        /// Another registration of the node has taken its place.
        case replaced
        /// By hand, without a word to the node.
        case forgotten

        /// For people.
        public var words: String {
            switch self {
            case .unconfigured: "the configuration file does not allow it any more"
            case .unlisted: "the node is no longer in the configuration file"
            case .prohibited: "the node is prohibited by the configuration file"
            case .prefixInvalid: "the home prefix is not valid any more"
            case .expired, .deregistered, .revoked, .duplicate, .replaced, .forgotten: rawValue
            }
        }
    }

    public enum Timer: String, CaseIterable, Sendable {
        /// The cache has something that ended: a lifetime, a former care-of address, a memory.
        case cache = "binding_cache"
        /// Duplicate Address Detection gave no answer in time.
        case detection = "duplicate_address_detection"
    }

    /// How many things wait for a timer, and when the first of them is due; nil if nothing waits.
    public func pending(_ timer: Timer) -> (waiting: Int, due: Instant?) {
        switch timer {
        case .cache: (cache.count, cache.nextDeadline)
        case .detection: (detection.waiting.count, detection.nextDeadline)
        }
    }

    /// The greatest timestamp accepted from each node (RFC 4285 §6): as many at most as the configuration has nodes.
    var acceptedTimestamps = CompactTable<IPv6Address, NTPTimestamp>()
    /// Timestamps of authentic messages that were refused because they are ahead of our time; a few of each such node.
    var aheadTimestamps: [IPv6Address: [NTPTimestamp]] = [:]
    var strangerAnswers = RateLimit(
        perSecond: Tunables.strangerAnswersPerSecond, burst: Tunables.strangerAnswersBurst)
    /// Registrations that wait for Duplicate Address Detection, and addresses that have been through it.
    var detection = DuplicateDetection()
    /// The home link's prefixes as far as their lifetimes are known.
    var homePrefixes: [HomePrefix] = []
    /// The actions of the event in hand.
    var actions: [Action] = []

    public init(_ configuration: HomeAgentConfiguration) {
        self.configuration = configuration
        makeRoom()
    }

    /// Room that is not used takes no memory, and tables that grow step by step leave gaps.
    mutating func makeRoom() {
        let count = min(configuration.nodes.count, configuration.greatestNumberOfBindings)
        cache.reserveCapacity(count)
        acceptedTimestamps.reserveCapacity(count)
    }

    /// The time at which `handle(.timer, at:)` is wanted; nil if only an event can change anything.
    public var nextDeadline: Instant? {
        guard let detection = detection.nextDeadline else { return cache.nextDeadline }
        return cache.nextDeadline.map { min($0, detection) } ?? detection
    }

    /// Takes one event and says what is to be done.
    ///
    /// - Parameter now: never earlier than in the call before.
    public mutating func handle(_ event: Event, at now: Instant) -> [Action] {
        actions.removeAll(keepingCapacity: true)
        takeChanges(at: now)
        endDetections(at: now)
        switch event {
        case .start: logTrust()
        case .restored(let bindings): restore(bindings, at: now)
        case .snapshotRestored(let snapshot, let wallClock): restore(snapshot, wallClock: wallClock, at: now)
        case .messageReceived(let envelope, let wallClock): receive(envelope, wallClock: wallClock, at: now)
        case .bindingMissing(let peer, let homeAddress, let agent):
            noteMissing(homeAddress, peer: peer, agent: agent, at: now)
        case .duplicatesDetected(let homeAddress, let isDuplicate):
            endDetection(of: homeAddress, isDuplicate: isDuplicate, at: now)
        case .homePrefixesChanged(let prefixes): change(to: prefixes, at: now)
        case .timer: break
        case .configurationChanged(let configuration): change(to: configuration)
        case .revoke(let homeAddress): remove(homeAddress, .revoked)
        case .forget(let homeAddress): remove(homeAddress, .forgotten)
        }
        return actions
    }

    mutating func count(_ counter: HomeAgentCounter) { actions.append(.count(counter)) }
    mutating func log(_ severity: Severity, _ text: String) { actions.append(.log(severity, text)) }
}
