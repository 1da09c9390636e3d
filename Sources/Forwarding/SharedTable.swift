/// What a `SharedTable` is looked up by.
protocol SharedTableKey: Equatable, Sendable {
    /// A number in which every bit depends on all of the key.
    var mixed: UInt64 { get }
}

/// A hash table of which each version stands for itself and shares with the one before what is the same in both: to change an
/// entry copies a path of a few short arrays, whether the table holds ten entries or a million, and who still reads the
/// former version is not disturbed and needs no lock.
///
/// It is a tree of branches with 16 children each, by four bits of the key's number at a time, and of short lists where few
/// entries are left.
struct SharedTable<Key: SharedTableKey, Value: Sendable>: Sendable {
    struct Entry: Sendable {
        var key: Key
        var value: Value
    }

    enum Node: Sendable {
        case list([Entry])
        case branch([Node])
    }

    /// Children of a branch.
    static var width: Int { 16 }
    /// Bits of the key's number that a branch goes by.
    private static var bits: UInt64 { 4 }
    /// A longer list becomes a branch, unless nothing is left of the number to tell its entries apart.
    static var longestList: Int { 16 }

    private(set) var root = Node.list([])

    var isEmpty: Bool {
        if case .list(let entries) = root { entries.isEmpty } else { false }
    }

    @inline(__always)
    func find(_ key: Key) -> Value? {
        var node = root
        var number = key.mixed
        while true {
            switch node {
            case .list(let entries):
                for entry in entries where entry.key == key { return entry.value }
                return nil
            case .branch(let children):
                node = children[Int(number & 15)]
                number >>= Self.bits
            }
        }
    }

    /// Puts the value in the place of the one that the key had, if any; nil removes it.
    mutating func set(_ key: Key, _ value: Value?) {
        if let value {
            Self.insert(Entry(key: key, value: value), number: key.mixed, left: 64, into: &root)
        } else {
            Self.remove(key, number: key.mixed, from: &root)
        }
    }

    private static func insert(_ entry: Entry, number: UInt64, left: UInt64, into node: inout Node) {
        switch node {
        case .list(var entries):
            // The array must have no other owner, or changing it would copy it.
            node = .list([])
            if let index = entries.firstIndex(where: { $0.key == entry.key }) {
                entries[index] = entry
            } else {
                entries.append(entry)
            }
            node = .list(entries)
            if entries.count > longestList, left >= bits { split(entries, left: left, into: &node) }
        case .branch(var children):
            node = .list([])
            insert(entry, number: number >> bits, left: left - bits, into: &children[Int(number & 15)])
            node = .branch(children)
        }
    }

    private static func split(_ entries: [Entry], left: UInt64, into node: inout Node) {
        var lists = [[Entry]](repeating: [], count: width)
        for entry in entries { lists[Int(entry.key.mixed >> (64 - left) & 15)].append(entry) }
        node = .branch(
            lists.map { list in
                guard list.count > longestList, left >= 2 * bits else { return .list(list) }
                var child = Node.list(list)
                split(list, left: left - bits, into: &child)
                return child
            })
    }

    private static func remove(_ key: Key, number: UInt64, from node: inout Node) {
        switch node {
        case .list(var entries):
            guard let index = entries.firstIndex(where: { $0.key == key }) else { return }
            node = .list([])
            entries.swapAt(index, entries.count - 1)
            entries.removeLast()
            node = .list(entries)
        case .branch(var children):
            node = .list([])
            remove(key, number: number >> bits, from: &children[Int(number & 15)])
            // A branch without entries would stay for ever.
            let isEmpty = children.allSatisfy { if case .list(let entries) = $0 { entries.isEmpty } else { false } }
            node = isEmpty ? .list([]) : .branch(children)
        }
    }
}
