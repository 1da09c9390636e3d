import MobilityWire

// What to ask the home agent next: a function of what is wanted and what it holds.

extension MultipleRegistrationMachine {
    /// What one exchange is to bring about.
    enum Operation: Hashable, Sendable {
        case register(Registering)
        /// Ends these bindings and keeps the others.
        case deregister([UInt16])
        case deregisterAll
    }

    struct Registering: Hashable, Sendable {
        var members: [Member]
        /// The O flag: nothing else is to stay.
        var overwrites: Bool
        var flows: [FlowBinding]
        /// The way that has to answer; absent, any will do.
        var source: UInt16?
    }

    struct Member: Hashable, Sendable {
        var path: RegistrationPath
        /// BID-PRI.
        var priority: UInt8
    }

    /// The ways that are not left aside.
    var eligible: [PathState] { paths.filter { $0.restUntil == nil } }

    func member(_ state: PathState) -> Member {
        let identifier = state.path.identifier
        let place = paths.firstIndex { $0.path.identifier == identifier } ?? 0
        let sharing = configuration.sharing
        // One that does not share comes behind those that do, however good it is.
        let priority = sharing.contains(identifier) ? 1 : sharing.isEmpty ? place + 1 : place + 2
        return Member(path: state.path, priority: UInt8(clamping: min(priority, 127)))
    }

    /// The next operation; nil if the home agent has all as it should be.
    func wanted(at now: Instant) -> Operation? {
        if case .deregistering = stage { return .deregisterAll }
        let eligible = eligible
        guard stage == .running, !eligible.isEmpty else { return nil }
        let verified = eligible.filter(\.isVerified).map(member)
        if let change = change(among: verified, eligible: Set(eligible.map(\.path.identifier))) { return change }
        // Behind the changes: a new way that does not answer must not keep them waiting.
        if let candidate = eligible.first(where: { !$0.isVerified }) {
            let others = isBulkAllowed ? verified : []
            let members = (others + [member(candidate)]).sorted { $0.priority < $1.priority }
            let overwrites =
                verified.isEmpty && (needsOverwrite || !surplus(Set(eligible.map(\.path.identifier))).isEmpty)
            return register(members, overwrites: overwrites, from: candidate.path.identifier)
        }
        // A new way takes the flows along, so that what is left differs for another reason.
        if let best = verified.first,
            flows(through: Set(verified.map(\.path.identifier))) != Self.ordered(flowsHeld.values)
        {
            return isBulkAllowed ? register(verified) : register([best], from: best.path.identifier)
        }
        let due = verified.filter { held[$0.path.identifier].map { $0.refreshAt <= now } ?? true }
        guard let first = due.first else { return nil }
        return isBulkAllowed ? register(verified) : register([first], from: first.path.identifier)
    }

    /// What the home agent has to be told of ways that have answered before.
    private func change(among verified: [Member], eligible: Set<UInt16>) -> Operation? {
        guard let best = verified.first else { return nil }
        let dirty = verified.first { member in
            guard let binding = held[member.path.identifier] else { return true }
            return binding.careOf != member.path.careOf || binding.priority != member.priority || binding.isDoubtful
        }
        let surplus = surplus(eligible)
        guard needsOverwrite || dirty != nil || !surplus.isEmpty else { return nil }
        if isBulkAllowed { return register(verified, overwrites: needsOverwrite || !surplus.isEmpty) }
        if needsOverwrite { return register([best], overwrites: true, from: best.path.identifier) }
        // Not before another one carries: the last binding would go before the next one comes.
        let carries = verified.contains { member in
            held[member.path.identifier].map { $0.careOf == member.path.careOf && !$0.isDoubtful } ?? false
        }
        if carries, let first = surplus.first { return .deregister([first]) }
        let next = dirty ?? best
        return register([next], from: next.path.identifier)
    }

    /// Identifiers that the home agent may hold and should not.
    private func surplus(_ eligible: Set<UInt16>) -> [UInt16] {
        attempted.union(held.keys).subtracting(eligible).sorted()
    }

    private func register(_ members: [Member], overwrites: Bool = false, from source: UInt16? = nil) -> Operation {
        let named = Set(members.map(\.path.identifier))
        let present = overwrites ? named : named.union(held.keys).intersection(eligible.map(\.path.identifier))
        return .register(
            Registering(members: members, overwrites: overwrites, flows: flows(through: present), source: source))
    }

    /// The flow bindings to ask for while these bindings are there: each flow takes its best way.
    private func flows(through present: Set<UInt16>) -> [FlowBinding] {
        let wanted = configuration.flows.prefix(Tunables.flowsPerRegistration).compactMap { policy -> FlowBinding? in
            guard let best = policy.via.first(where: present.contains) else { return nil }
            let flow = FlowBinding(rule: policy.rule, bindings: [best])
            return flowsRefused[policy.rule.identifier] == flow ? nil : flow
        }
        return Self.ordered(wanted)
    }

    private static func ordered(_ flows: some Sequence<FlowBinding>) -> [FlowBinding] {
        flows.sorted { ($0.rule.priority, $0.rule.identifier) < ($1.rule.priority, $1.rule.identifier) }
    }

    /// Begins, goes on with or gives up the exchange, as what is wanted asks for.
    mutating func advance(at now: Instant) {
        guard stage != .idle, stage != .finished else { return }
        guard let wanted = wanted(at: now) else { return exchange.end() }
        if wanted != exchange.operation {
            exchange.begin(wanted, isFirst: held.isEmpty)
            transmit(at: now)
        } else if exchange.isDue {
            transmit(at: now)
        }
    }
}
