public import MobilityWire

/// The bindings of a home agent, by home address.
///
/// A look-up is one step in a hash table and the next expiry is on top of a heap, so that a million bindings cost no
/// more each than ten. A binding that was de-registered is remembered for a while without being in force, so that a
/// Binding Update which was overtaken on its way cannot bring it back (RFC 6275 §10.3.2).
public struct BindingCache: Sendable {
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

    private var entries: [IPv6Address: Entry] = [:]
    private var queue = DeadlineHeap<IPv6Address>()

    /// How many bindings are in force.
    public private(set) var count = 0

    public init() {}

    /// The binding in force for a home address.
    public subscript(homeAddress: IPv6Address) -> Binding? {
        guard let entry = entries[homeAddress], entry.forgetAt == nil else { return nil }
        return entry.binding
    }

    /// The bindings in force, in no order.
    public var bindings: some Sequence<Binding> {
        entries.values.lazy.filter { $0.forgetAt == nil }.map(\.binding)
    }

    /// How many deadlines wait, those of bindings that are gone included.
    var queueLength: Int { queue.count }

    /// When `takeChange` may have something; at times earlier than that.
    var nextDeadline: Instant? { queue.earliest }

    /// The sequence number that a Binding Update has to exceed: of a binding in force or of one remembered.
    func lastSequenceNumber(of homeAddress: IPv6Address) -> SequenceNumber? {
        entries[homeAddress]?.binding.sequenceNumber
    }

    /// Whether the binding was de-registered a moment ago.
    func isRemembered(_ homeAddress: IPv6Address) -> Bool { entries[homeAddress]?.forgetAt != nil }

    /// Puts a binding in force, in place of the one before.
    mutating func set(_ binding: Binding) {
        if self[binding.homeAddress] == nil { count += 1 }
        store(binding, forgetAt: nil)
    }

    /// Ends a binding and keeps its sequence number until `forgetAt`.
    mutating func deregister(_ homeAddress: IPv6Address, sequenceNumber: SequenceNumber, forgetAt: Instant) {
        guard var binding = entries[homeAddress]?.binding else { return }
        if self[homeAddress] != nil { count -= 1 }
        binding.sequenceNumber = sequenceNumber
        store(binding, forgetAt: forgetAt)
    }

    /// The bindings that were de-registered a moment ago, in no order.
    var remembered: some Sequence<(homeAddress: IPv6Address, sequenceNumber: SequenceNumber, forgetAt: Instant)> {
        entries.lazy.compactMap { homeAddress, entry in
            entry.forgetAt.map { (homeAddress, entry.binding.sequenceNumber, $0) }
        }
    }

    /// Keeps a sequence number of a binding from before a restart; one that is known already counts for more.
    mutating func remember(_ homeAddress: IPv6Address, sequenceNumber: SequenceNumber, until forgetAt: Instant) {
        guard entries[homeAddress] == nil else { return }
        store(
            Binding(
                homeAddress: homeAddress, careOfAddress: homeAddress, homeAgent: .unspecified,
                sequenceNumber: sequenceNumber, lifetime: .zero, expiresAt: forgetAt),
            forgetAt: forgetAt)
    }

    /// Ends a binding and forgets it.
    @discardableResult
    mutating func remove(_ homeAddress: IPv6Address) -> Binding? {
        let binding = self[homeAddress]
        if binding != nil { count -= 1 }
        entries[homeAddress] = nil
        compactQueue()
        return binding
    }

    /// The next change that time has brought; call it until it has no more.
    mutating func takeChange(at now: Instant) -> Change? {
        while let (deadline, homeAddress) = queue.takeDue(at: now) {
            // Left over from a binding that is gone, or from before its deadline moved.
            guard var entry = entries[homeAddress], entry.queuedAt == deadline else { continue }
            if let forgetAt = entry.forgetAt, forgetAt <= now {
                entries[homeAddress] = nil
                continue
            }
            if entry.forgetAt == nil, entry.binding.expiresAt <= now {
                entries[homeAddress] = nil
                count -= 1
                return .expired(entry.binding)
            }
            let formers = entry.binding.formerCareOfAddresses.count
            entry.binding.formerCareOfAddresses.removeAll { $0.until <= now }
            entry.queuedAt = entry.nextChange
            entries[homeAddress] = entry
            queue.insert(homeAddress, at: entry.queuedAt)
            if entry.forgetAt == nil, entry.binding.formerCareOfAddresses.count < formers {
                return .formerEnded(entry.binding)
            }
        }
        return nil
    }

    private mutating func store(_ binding: Binding, forgetAt: Instant?) {
        var entry = Entry(binding: binding, forgetAt: forgetAt, queuedAt: binding.expiresAt)
        entry.queuedAt = entry.nextChange
        if let old = entries[binding.homeAddress], old.queuedAt <= entry.queuedAt {
            // The usual refresh: found early, it is put back with its new deadline.
            entry.queuedAt = old.queuedAt
        } else {
            queue.insert(binding.homeAddress, at: entry.queuedAt)
        }
        entries[binding.homeAddress] = entry
        compactQueue()
    }

    /// Bounds what removed bindings and deadlines that moved forward leave behind in the queue.
    private mutating func compactQueue() {
        guard queue.count > 2 * entries.count + 64 else { return }
        queue.removeAll()
        for (homeAddress, entry) in entries { queue.insert(homeAddress, at: entry.queuedAt) }
    }
}
