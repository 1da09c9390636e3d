/// Keys in the order of their deadlines: a binary heap, so that the earliest of a million is at hand.
///
/// Nothing is searched for or moved inside: a key whose deadline moved back is found too early, looked up by its owner
/// and put back with the new one.
///
/// Public, for what has package access is not specialised in other modules, even where it can be inlined.
public struct DeadlineHeap<Key: Sendable>: Sendable {
    @usableFromInline
    var items: [(deadline: Instant, key: Key)] = []

    @inlinable
    public init() {}

    @inlinable
    public var count: Int { items.count }
    @inlinable
    public var earliest: Instant? { items.first?.deadline }

    @inlinable
    public mutating func insert(_ key: Key, at deadline: Instant) {
        items.append((deadline, key))
        var child = items.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard items[child].deadline < items[parent].deadline else { break }
            items.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the key of the earliest deadline if that is `now` or before.
    @inlinable
    public mutating func takeDue(at now: Instant) -> (deadline: Instant, key: Key)? {
        guard let first = items.first, first.deadline <= now else { return nil }
        items.swapAt(0, items.count - 1)
        items.removeLast()
        var parent = 0
        while true {
            let left = 2 * parent + 1
            var least = parent
            for child in left..<min(left + 2, max(items.count, left))
            where items[child].deadline < items[least].deadline {
                least = child
            }
            guard least != parent else { break }
            items.swapAt(parent, least)
            parent = least
        }
        return first
    }

    @inlinable
    public mutating func removeAll() { items.removeAll() }
}
