public import MobilityCore
public import MobilityWire

/// A correspondent node's bindings, by its own address and the home address (RFC 6275 §9.1: a cache for each of its own
/// addresses).
///
/// It differs from a home agent's cache in what it remembers: for as long as the nonces that authorized a binding are
/// accepted its last sequence number is kept, whatever ended it, so that no Binding Update can be repeated (§5.2.8,
/// §9.5.3). A binding in use presents itself before it ends, to be asked for again (§9.5.5).
public struct CorrespondentBindingCache: Sendable {
    /// Of whom, and with which address of ours.
    public struct Key: Hashable, Sendable {
        public var correspondent: IPv6Address
        public var homeAddress: IPv6Address

        public init(correspondent: IPv6Address, homeAddress: IPv6Address) {
            self.correspondent = correspondent
            self.homeAddress = homeAddress
        }
    }

    struct Entry: Sendable {
        /// In force, if it has not ended.
        var binding: Binding?
        var sequenceNumber: SequenceNumber
        /// Until when the nonces of any accepted Binding Update count.
        var noncesExpireAt: Instant
        var lastUsedAt: Instant?
        /// Binding Refresh Requests sent since the last Binding Update, and when the next one may go.
        var refreshRequests = 0
        var refreshRequestAt: Instant?
        /// When the heap will present it. Never later than `nextChange`.
        var queuedAt = Instant(milliseconds: .max)

        var nextChange: Instant {
            guard let binding else { return noncesExpireAt }
            return min(binding.expiresAt, refreshRequestAt ?? binding.expiresAt)
        }
    }

    /// What time did to a binding.
    enum Change {
        case expired(Binding)
        /// It ends soon; whether it is in use is for the receiver to see.
        case endsSoon(Key)
    }

    private var entries: [Key: Entry] = [:]
    private var queue = DeadlineHeap<Key>()

    /// How many are in force or remembered of the home addresses of each prefix.
    private var counts = PrefixCounts()

    /// How many bindings are in force.
    public private(set) var count = 0
    /// How many bindings are in force or remembered.
    var storedCount: Int { entries.count }

    public init() {}

    /// How many bindings are in force or remembered in the prefixes of a home address, in the order of
    /// `Tunables.correspondentShares`.
    func storedCounts(inPrefixesOf homeAddress: IPv6Address) -> [Int] { counts[homeAddress] }

    /// The binding in force.
    public subscript(key: Key) -> Binding? { entries[key]?.binding }

    /// The bindings in force, in no order.
    public var bindings: some Sequence<Binding> { entries.values.lazy.compactMap(\.binding) }

    /// When `takeChange` may have something; at times earlier than that.
    var nextDeadline: Instant? { queue.earliest }

    func entry(_ key: Key) -> Entry? { entries[key] }

    /// Puts an entry in the place of the one before.
    mutating func set(_ entry: Entry, for key: Key) {
        let old = entries[key]
        count += (entry.binding == nil ? 0 : 1) - (old?.binding == nil ? 0 : 1)
        var entry = entry
        entry.queuedAt = entry.nextChange
        if let old, old.queuedAt <= entry.queuedAt {
            // Found early, it is put back with its new deadline.
            entry.queuedAt = old.queuedAt
        } else {
            queue.insert(key, at: entry.queuedAt)
        }
        entries[key] = entry
        if old == nil { counts.add(key.homeAddress) }
        compactQueue()
    }

    /// Ends a binding and keeps its memory.
    @discardableResult
    mutating func end(_ key: Key) -> Binding? {
        guard var entry = entries[key], let binding = entry.binding else { return nil }
        entry.binding = nil
        entry.refreshRequestAt = nil
        set(entry, for: key)
        return binding
    }

    /// The next change that time has brought; call it until it has no more.
    mutating func takeChange(at now: Instant) -> Change? {
        while let (deadline, key) = queue.takeDue(at: now) {
            // Left over from before its deadline moved.
            guard var entry = entries[key], entry.queuedAt == deadline else { continue }
            if let binding = entry.binding, binding.expiresAt <= now {
                entry.binding = nil
                entry.refreshRequestAt = nil
                count -= 1
                if entry.noncesExpireAt > now { requeue(entry, key) } else { forget(key) }
                return .expired(binding)
            }
            if entry.binding == nil, entry.noncesExpireAt <= now {
                forget(key)
                continue
            }
            let endsSoon = entry.refreshRequestAt.map { $0 <= now } ?? false
            if endsSoon { entry.refreshRequestAt = nil }
            requeue(entry, key)
            if endsSoon { return .endsSoon(key) }
        }
        return nil
    }

    private mutating func forget(_ key: Key) {
        guard entries.removeValue(forKey: key) != nil else { return }
        counts.remove(key.homeAddress)
    }

    private mutating func requeue(_ entry: Entry, _ key: Key) {
        var entry = entry
        entry.queuedAt = entry.nextChange
        entries[key] = entry
        queue.insert(key, at: entry.queuedAt)
    }

    /// Bounds what deadlines that moved forward leave behind in the queue.
    private mutating func compactQueue() {
        guard queue.count > 2 * entries.count + 64 else { return }
        queue.removeAll()
        for (key, entry) in entries { queue.insert(key, at: entry.queuedAt) }
    }
}
