/// A hash table whose entries stand in arrays without gaps, for what a home agent has a million of.
///
/// A dictionary keeps room for its greatest fill in whole entries, which doubles what each of them costs. Here only the
/// table of places has gaps, four octets each.
package struct CompactTable<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    package private(set) var keys: [Key] = []
    package private(set) var values: [Value] = []
    /// The place of an entry and one, or zero; by the key's hash, or at the next free place behind it.
    private var places: [UInt32] = []

    package init() {}

    package var count: Int { keys.count }
    package var isEmpty: Bool { keys.isEmpty }

    /// Setting nil removes the entry, and moves another one to its place.
    package subscript(key: Key) -> Value? {
        get {
            guard let slot = slot(of: key) else { return nil }
            return values[Int(places[slot]) - 1]
        }
        set {
            guard let newValue else {
                removeValue(forKey: key)
                return
            }
            if let slot = slot(of: key) {
                values[Int(places[slot]) - 1] = newValue
            } else {
                append(newValue, forKey: key)
            }
        }
    }

    /// The place of an entry in `keys` and `values`, until the table changes.
    func index(of key: Key) -> Int? { slot(of: key).map { Int(places[$0]) - 1 } }

    /// Changes a value in its place.
    mutating func update<Result>(at index: Int, _ body: (inout Value) -> Result) -> Result { body(&values[index]) }

    @discardableResult
    package mutating func removeValue(forKey key: Key) -> Value? {
        guard let slot = slot(of: key) else { return nil }
        let index = Int(places[slot]) - 1
        close(slot)
        // The last entry fills the gap.
        let last = keys.count - 1
        if index < last, let moved = self.slot(of: keys[last]) {
            places[moved] = UInt32(index + 1)
            keys.swapAt(index, last)
            values.swapAt(index, last)
        }
        keys.removeLast()
        return values.removeLast()
    }

    /// Makes room for so many entries.
    mutating func reserveCapacity(_ count: Int) {
        keys.reserveCapacity(count)
        values.reserveCapacity(count)
        if Self.limit(places.count) < count { rebuild(for: count) }
    }

    // MARK: The places

    /// A power of two filled to seven eighths at most.
    private static func limit(_ places: Int) -> Int { places - places / 8 }

    private var mask: Int { places.count - 1 }

    private func home(of key: Key) -> Int { key.hashValue & mask }

    private func slot(of key: Key) -> Int? {
        guard !places.isEmpty else { return nil }
        var slot = home(of: key)
        while places[slot] != 0 {
            if keys[Int(places[slot]) - 1] == key { return slot }
            slot = (slot + 1) & mask
        }
        return nil
    }

    private mutating func append(_ value: Value, forKey key: Key) {
        if keys.count >= Self.limit(places.count) { rebuild(for: keys.count + 1) }
        keys.append(key)
        values.append(value)
        occupy(keys.count - 1)
    }

    private mutating func occupy(_ index: Int) {
        var slot = home(of: keys[index])
        while places[slot] != 0 { slot = (slot + 1) & mask }
        places[slot] = UInt32(index + 1)
    }

    private mutating func rebuild(for count: Int) {
        var size = Swift.max(16, places.count)
        while Self.limit(size) < count { size *= 2 }
        places = [UInt32](repeating: 0, count: size)
        for index in keys.indices { occupy(index) }
    }

    /// Frees a slot, and moves those behind it forward that would not be found any more.
    private mutating func close(_ slot: Int) {
        var gap = slot
        var next = (gap + 1) & mask
        while places[next] != 0 {
            let distance = (next - home(of: keys[Int(places[next]) - 1])) & mask
            if distance >= (next - gap) & mask {
                places[gap] = places[next]
                gap = next
            }
            next = (next + 1) & mask
        }
        places[gap] = 0
    }
}

extension CompactTable: Equatable where Value: Equatable {
    /// Also the order counts: who compares wants to know whether anything was done.
    package static func == (left: CompactTable, right: CompactTable) -> Bool {
        left.keys == right.keys && left.values == right.values
    }
}

extension CompactTable: Hashable where Value: Hashable {
    package func hash(into hasher: inout Hasher) { hasher.combine(keys) }
}

extension CompactTable: Sequence {
    package struct Iterator: IteratorProtocol {
        fileprivate let table: CompactTable
        fileprivate var index = 0

        package mutating func next() -> (key: Key, value: Value)? {
            guard index < table.count else { return nil }
            defer { index += 1 }
            return (table.keys[index], table.values[index])
        }
    }

    package func makeIterator() -> Iterator { Iterator(table: self) }
}
