/// What a `SharedTable` is looked up by.
protocol SharedTableKey: Equatable, Sendable {
    /// A number in which every bit depends on all of the key.
    var mixed: UInt64 { get }
}

/// A hash table of which each version stands for itself and shares with the one before what is the same in both: to change an
/// entry copies a path of a few short nodes, whether the table holds ten entries or a million, and who still reads the
/// former version is not disturbed and needs no lock.
///
/// It is a tree of branches with 16 children each, by four bits of the key's number at a time, and of short lists where few
/// entries are left.
struct SharedTable<Key: SharedTableKey, Value: Sendable>: Sendable {
    struct Entry: Sendable {
        var key: Key
        var value: Value
    }

    /// A part of the tree. Once two versions share one it never changes, which is why threads may pass it on.
    enum Node: @unchecked Sendable {
        case list(List)
        case branch(Branch)
    }

    /// Bits of the key's number that a branch goes by.
    private static var bits: UInt64 { 4 }
    /// A longer list becomes a branch, unless nothing is left of the number to tell its entries apart.
    static var longestList: Int { 16 }

    /// Nil where there are no entries.
    private(set) var root: Node?

    var isEmpty: Bool { root == nil }

    @inline(__always)
    func find(_ key: Key) -> Value? {
        // This version holds the first node, and every node holds those below it.
        withExtendedLifetime(root) { Self.place(of: key, below: Link(to: root))?.pointee.value }
    }

    /// Where a key's entry stands, for as long as somebody holds the first node.
    ///
    /// To pass the nodes counts nobody's references: with a million entries that would be most of the work, and threads that
    /// look up at once would wait for each other.
    @inline(__always)
    private static func place(of key: Key, below first: Link) -> UnsafePointer<Entry>? {
        var link = first
        var number = key.mixed
        while true {
            switch link {
            case .branch(let branch):
                link = branch._withUnsafeGuaranteedRef { $0.child(Int(number & 15)) }
                number >>= bits
            case .list(let list): return list._withUnsafeGuaranteedRef { $0.place(of: key) }
            case .nothing: return nil
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

    // A node is taken out of its place before it is changed: whoever has it then has it alone, unless another version does too.

    private static func insert(_ entry: Entry, number: UInt64, left: UInt64, into node: inout Node?) {
        switch node.take() {
        case nil: node = .list(.of([entry]))
        case .list(var list):
            List.put(entry, into: &list)
            node = list.count > longestList && left >= bits ? .branch(split(list.entries, left: left)) : .list(list)
        case .branch(var branch):
            Branch.makeUnique(&branch)
            branch.change(Int(number & 15)) { insert(entry, number: number >> bits, left: left - bits, into: &$0) }
            node = .branch(branch)
        }
    }

    /// - Parameter left: bits of the keys' numbers that no branch above has gone by.
    private static func split(_ entries: [Entry], left: UInt64) -> Branch {
        var parts = [[Entry]](repeating: [], count: Branch.width)
        for entry in entries { parts[Int(entry.key.mixed >> (64 - left) & 15)].append(entry) }
        return Branch.of(
            parts.map { part in
                if part.isEmpty { return nil }
                guard part.count > longestList, left >= 2 * bits else { return .list(List.of(part)) }
                return .branch(split(part, left: left - bits))
            })
    }

    private static func remove(_ key: Key, number: UInt64, from node: inout Node?) {
        switch node.take() {
        case nil: break
        case .list(var list):
            List.remove(key, from: &list)
            node = list.isEmpty ? nil : .list(list)
        case .branch(var branch):
            Branch.makeUnique(&branch)
            branch.change(Int(number & 15)) { remove(key, number: number >> bits, from: &$0) }
            // A branch without entries would stay for ever.
            node = branch.isEmpty ? nil : .branch(branch)
        }
    }
}

extension SharedTable where Value: AnyObject {
    /// The same as `find` for who does not mean to keep what is found: good for as long as somebody holds this version.
    @inline(__always)
    func reference(_ key: Key) -> Unmanaged<Value>? {
        withExtendedLifetime(root) {
            Self.place(of: key, below: Link(to: root)).map { .passUnretained($0.pointee.value) }
        }
    }
}
