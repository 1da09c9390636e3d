public import MobilityCore
public import MobilityWire

/// The bindings of a home agent, by home address and binding identifier (RFC 5648 §6.1).
///
/// A look-up is one step in a hash table and the next expiry is on top of a heap, so that a million bindings cost no
/// more each than ten. A binding that was de-registered is remembered for a while without being in force, so that a
/// Binding Update which was overtaken on its way cannot bring it back (RFC 6275 §10.3.2).
///
/// A node has either one binding without an identifier or any number with one. What belongs to all bindings of a node,
/// the sequence number and the flow bindings, stands in `MultipleBindings`, so that a node with one binding pays nothing
/// for those with more.
public struct BindingCache: Sendable {
    private struct Key: Hashable, Sendable {
        var homeAddress: IPv6Address
        /// Zero without multiple care-of addresses.
        var identifier: UInt16
    }

    private struct Entry: Sendable {
        var binding: Binding
        /// Set once de-registered: when to forget it.
        var forgetAt: Instant?
        /// When the heap will present it. Never later than `nextChange`.
        var queuedAt: Instant

        var nextChange: Instant {
            forgetAt ?? binding.formerCareOfAddresses.reduce(binding.expiresAt) { min($0, $1.until) }
        }
    }

    /// What time did to a binding.
    enum Change: Hashable {
        case expired(Binding)
        /// A former care-of address ended; this is the binding without it.
        case formerEnded(Binding)
    }

    private var entries = CompactTable<Key, Entry>()
    private var queue = DeadlineHeap<Key>()
    private var multiples: [IPv6Address: MultipleBindings] = [:]

    /// How many bindings are in force.
    public private(set) var count = 0

    public init() {}

    /// Makes room for so many bindings.
    mutating func reserveCapacity(_ count: Int) { entries.reserveCapacity(count) }

    /// The binding in force for a home address; of several the one that carries what no flow rule names.
    public subscript(homeAddress: IPv6Address) -> Binding? {
        if !multiples.isEmpty, multiples[homeAddress] != nil { return bindings(of: homeAddress).first }
        return self[homeAddress, 0]
    }

    /// The binding in force for a home address and a binding identifier.
    public subscript(homeAddress: IPv6Address, identifier: UInt16) -> Binding? {
        guard let entry = entries[Key(homeAddress: homeAddress, identifier: identifier)], entry.forgetAt == nil else {
            return nil
        }
        return entry.binding
    }

    /// The bindings in force of one home address, the preferred one first: of lowest priority, then of lowest identifier.
    public func bindings(of homeAddress: IPv6Address) -> [Binding] {
        guard let multiple = multiples[homeAddress] else { return self[homeAddress, 0].map { [$0] } ?? [] }
        return multiple.identifiers.compactMap { self[homeAddress, $0] }
            .sorted { ($0.priority, $0.identifier ?? 0) < ($1.priority, $1.identifier ?? 0) }
    }

    /// The bindings in force, in no order.
    public var bindings: some Sequence<Binding> {
        entries.values.lazy.filter { $0.forgetAt == nil }.map(\.binding)
    }

    /// The flow bindings of a node, in their order; those without a registered binding included (RFC 6089 §4.3).
    public func flows(of homeAddress: IPv6Address) -> [FlowBinding] { multiples[homeAddress]?.flows ?? [] }

    /// Whether the node's bindings have identifiers.
    func isMultiple(_ homeAddress: IPv6Address) -> Bool { multiples[homeAddress] != nil }

    /// How many deadlines wait, those of bindings that are gone included.
    var queueLength: Int { queue.count }

    /// When `takeChange` may have something; at times earlier than that.
    var nextDeadline: Instant? { queue.earliest }

    /// The sequence number that a Binding Update has to exceed: of a binding in force or of one remembered.
    func lastSequenceNumber(of homeAddress: IPv6Address) -> SequenceNumber? {
        multiples[homeAddress]?.sequenceNumber
            ?? entries[Key(homeAddress: homeAddress, identifier: 0)]?.binding
            .sequenceNumber
    }

    /// Whether the node de-registered a moment ago.
    func isRemembered(_ homeAddress: IPv6Address) -> Bool {
        entries[Key(homeAddress: homeAddress, identifier: 0)]?.forgetAt != nil
    }

    /// Puts a binding in force, in place of the one of the same identifier. A binding without one needs a node that has
    /// none with one.
    mutating func set(_ binding: Binding) {
        let identifier = binding.identifier ?? 0
        if self[binding.homeAddress, identifier] == nil { count += 1 }
        if identifier != 0 {
            // What is remembered of the time before is in the sequence number now.
            entries[Key(homeAddress: binding.homeAddress, identifier: 0)] = nil
            var multiple = multiples[binding.homeAddress] ?? MultipleBindings(sequenceNumber: binding.sequenceNumber)
            multiple.insert(identifier)
            multiples[binding.homeAddress] = multiple
        }
        store(binding, forgetAt: nil)
    }

    /// The sequence number that all bindings of a node share (RFC 5648 §4.1).
    mutating func set(sequenceNumber: SequenceNumber, of homeAddress: IPv6Address) {
        multiples[homeAddress]?.sequenceNumber = sequenceNumber
    }

    mutating func set(flows: [FlowBinding], of homeAddress: IPv6Address) {
        multiples[homeAddress]?.flows = flows.sorted {
            ($0.rule.priority, $0.rule.identifier) < ($1.rule.priority, $1.rule.identifier)
        }
    }

    /// Ends all bindings of a node and keeps the sequence number until `forgetAt`.
    mutating func deregister(_ homeAddress: IPv6Address, sequenceNumber: SequenceNumber, forgetAt: Instant) {
        if multiples[homeAddress] != nil {
            guard var binding = bindings(of: homeAddress).first else { return }
            for identifier in multiples[homeAddress]?.identifiers ?? [] { remove(homeAddress, identifier) }
            binding.identifier = nil
            binding.flows = []
            binding.sequenceNumber = sequenceNumber
            return store(binding, forgetAt: forgetAt)
        }
        guard var binding = entries[Key(homeAddress: homeAddress, identifier: 0)]?.binding else { return }
        if self[homeAddress, 0] != nil { count -= 1 }
        binding.sequenceNumber = sequenceNumber
        store(binding, forgetAt: forgetAt)
    }

    /// The sequence number of a binding that was de-registered a moment ago.
    func memory(of homeAddress: IPv6Address) -> (sequenceNumber: SequenceNumber, forgetAt: Instant)? {
        guard let entry = entries[Key(homeAddress: homeAddress, identifier: 0)], let forgetAt = entry.forgetAt else {
            return nil
        }
        return (entry.binding.sequenceNumber, forgetAt)
    }

    /// The bindings that were de-registered a moment ago, in no order.
    var remembered: some Sequence<(homeAddress: IPv6Address, sequenceNumber: SequenceNumber, forgetAt: Instant)> {
        entries.values.lazy.compactMap { entry in
            entry.forgetAt.map { (entry.binding.homeAddress, entry.binding.sequenceNumber, $0) }
        }
    }

    /// Keeps a sequence number for which there is no binding, one from before a restart for example; one that is known
    /// already counts for more.
    mutating func remember(_ homeAddress: IPv6Address, sequenceNumber: SequenceNumber, until forgetAt: Instant) {
        guard !isMultiple(homeAddress), entries[Key(homeAddress: homeAddress, identifier: 0)] == nil else { return }
        store(
            Binding(
                homeAddress: homeAddress, careOfAddress: homeAddress, homeAgent: .unspecified,
                sequenceNumber: sequenceNumber, lifetime: .zero, expiresAt: forgetAt),
            forgetAt: forgetAt)
    }

    /// Ends a binding and forgets it; of a node with identifiers the flow bindings stay until the last is gone.
    @discardableResult
    mutating func remove(_ homeAddress: IPv6Address, _ identifier: UInt16 = 0) -> Binding? {
        let binding = self[homeAddress, identifier]
        if binding != nil { count -= 1 }
        entries[Key(homeAddress: homeAddress, identifier: identifier)] = nil
        forget(identifier, of: homeAddress)
        compactQueue()
        return binding
    }

    /// The next change that time has brought; call it until it has no more.
    mutating func takeChange(at now: Instant) -> Change? {
        while let (deadline, key) = queue.takeDue(at: now) {
            // Left over from a binding that is gone, or from before its deadline moved.
            guard var entry = entries[key], entry.queuedAt == deadline else { continue }
            if let forgetAt = entry.forgetAt, forgetAt <= now {
                entries[key] = nil
                continue
            }
            if entry.forgetAt == nil, entry.binding.expiresAt <= now {
                entries[key] = nil
                forget(key.identifier, of: key.homeAddress)
                count -= 1
                return .expired(entry.binding)
            }
            let formers = entry.binding.formerCareOfAddresses.count
            // A new array, as an emptied one would keep its room in each of a million bindings.
            entry.binding.formerCareOfAddresses = entry.binding.formerCareOfAddresses.filter { $0.until > now }
            entry.queuedAt = entry.nextChange
            entries[key] = entry
            queue.insert(key, at: entry.queuedAt)
            if entry.forgetAt == nil, entry.binding.formerCareOfAddresses.count < formers {
                return .formerEnded(entry.binding)
            }
        }
        return nil
    }

    private mutating func store(_ binding: Binding, forgetAt: Instant?) {
        let key = Key(homeAddress: binding.homeAddress, identifier: binding.identifier ?? 0)
        var entry = Entry(binding: binding, forgetAt: forgetAt, queuedAt: binding.expiresAt)
        entry.queuedAt = entry.nextChange
        if let old = entries[key], old.queuedAt <= entry.queuedAt {
            // The usual refresh: found early, it is put back with its new deadline.
            entry.queuedAt = old.queuedAt
        } else {
            queue.insert(key, at: entry.queuedAt)
        }
        entries[key] = entry
        compactQueue()
    }

    private mutating func forget(_ identifier: UInt16, of homeAddress: IPv6Address) {
        guard identifier != 0, var multiple = multiples[homeAddress] else { return }
        multiple.remove(identifier)
        multiples[homeAddress] = multiple.identifiers.isEmpty ? nil : multiple
    }

    /// Bounds what removed bindings and deadlines that moved forward leave behind in the queue.
    private mutating func compactQueue() {
        guard queue.count > 2 * entries.count + 64 else { return }
        queue.removeAll()
        for (key, entry) in entries { queue.insert(key, at: entry.queuedAt) }
    }
}

/// What the bindings of one node with identifiers have in common.
private struct MultipleBindings: Sendable {
    var sequenceNumber: SequenceNumber
    /// In the order of their numbers.
    private(set) var identifiers: [UInt16] = []
    /// In the order of their priorities.
    var flows: [FlowBinding] = []

    init(sequenceNumber: SequenceNumber) { self.sequenceNumber = sequenceNumber }

    mutating func insert(_ identifier: UInt16) {
        guard !identifiers.contains(identifier) else { return }
        identifiers.append(identifier)
        identifiers.sort()
    }

    mutating func remove(_ identifier: UInt16) { identifiers.removeAll { $0 == identifier } }
}
