extension SharedTable {
    struct ListHeader: Sendable {
        var count: Int
        let capacity: Int
    }

    /// A few entries, in no order. Only whoever has it alone changes it.
    final class List: ManagedBuffer<ListHeader, Entry> {
        static func of(_ entries: [Entry]) -> List {
            let list = empty(capacity: entries.count)
            list.header.count = entries.count
            list.withBuffer { _ = $0.initialize(fromContentsOf: entries) }
            return list
        }

        private static func empty(capacity: Int) -> List {
            // What `create` makes is of the class that it is called for.
            unsafeDowncast(
                create(minimumCapacity: capacity) { _ in ListHeader(count: 0, capacity: capacity) }, to: List.self)
        }

        deinit { withBuffer { _ = $0.deinitialize() } }

        var count: Int { header.count }
        var isEmpty: Bool { count == 0 }
        var entries: [Entry] { withBuffer { Array($0) } }

        /// Where a key's entry stands, for as long as somebody holds the list.
        @inline(__always)
        func place(of key: Key) -> UnsafePointer<Entry>? {
            withUnsafeMutablePointers { header, entries in
                for index in 0..<header.pointee.count where entries[index].key == key {
                    return UnsafePointer(entries + index)
                }
                return nil
            }
        }

        /// Adds the entry, or puts it in the place of the one with the same key.
        static func put(_ entry: Entry, into list: inout List) {
            let place = list.withBuffer { $0.firstIndex { $0.key == entry.key } }
            makeUnique(&list, room: place == nil ? 1 : 0)
            if let place {
                list.withBuffer { $0[place] = entry }
            } else {
                list.withUnsafeMutablePointers { header, entries in
                    (entries + header.pointee.count).initialize(to: entry)
                    header.pointee.count += 1
                }
            }
        }

        static func remove(_ key: Key, from list: inout List) {
            guard let place = list.withBuffer({ $0.firstIndex { $0.key == key } }) else { return }
            makeUnique(&list, room: 0)
            list.withUnsafeMutablePointers { header, entries in
                header.pointee.count -= 1
                let last = (entries + header.pointee.count).move()
                if place < header.pointee.count { entries[place] = last }
            }
        }

        /// Makes it one that no other version has, with the same entries and room for so many more.
        private static func makeUnique(_ list: inout List, room: Int) {
            let count = list.count
            let isUnique = isKnownUniquelyReferenced(&list)
            guard !isUnique || count + room > list.header.capacity else { return }
            // Half as much again where it grows in its place, so that a list that gets entry after entry is not copied for each.
            let new = empty(capacity: count + (isUnique ? max(room, count / 2) : room))
            new.header.count = count
            if isUnique {
                list.header.count = 0
                new.withBuffer { to in
                    list.withUnsafeMutablePointerToElements { to.baseAddress?.moveInitialize(from: $0, count: count) }
                }
            } else {
                new.withBuffer { to in list.withBuffer { _ = to.initialize(fromContentsOf: $0) } }
            }
            list = new
        }

        private func withBuffer<Result>(_ body: (UnsafeMutableBufferPointer<Entry>) -> Result) -> Result {
            withUnsafeMutablePointers { body(UnsafeMutableBufferPointer(start: $1, count: $0.pointee.count)) }
        }
    }

    /// What a branch has of a child. It counts no references when it is copied, for the sake of who only looks on: to hold
    /// and to let go what is below is the branch's task alone.
    enum Link {
        case nothing
        case list(Unmanaged<List>)
        case branch(Unmanaged<Branch>)

        /// Good for as long as somebody else holds the node.
        @inline(__always)
        init(to node: borrowing Node?) {
            switch node {
            case nil: self = .nothing
            case .list(let list): self = .list(.passUnretained(list))
            case .branch(let branch): self = .branch(.passUnretained(branch))
            }
        }

        /// Holds the node until `released`.
        init(holding node: consuming Node?) {
            switch node {
            case nil: self = .nothing
            case .list(let list): self = .list(.passRetained(list))
            case .branch(let branch): self = .branch(.passRetained(branch))
            }
        }

        var node: Node? {
            switch self {
            case .nothing: nil
            case .list(let list): .list(list.takeUnretainedValue())
            case .branch(let branch): .branch(branch.takeUnretainedValue())
            }
        }

        /// The node, which the caller holds from now on in the place of the link.
        func released() -> Node? {
            switch self {
            case .nothing: nil
            case .list(let list): .list(list.takeRetainedValue())
            case .branch(let branch): .branch(branch.takeRetainedValue())
            }
        }
    }

    /// Children by four bits of the key's number. It holds each of them; only whoever has it alone changes one.
    final class Branch: ManagedBuffer<Void, Link> {
        static var width: Int { 16 }

        /// - Parameter children: `width` of them.
        static func of(_ children: [Node?]) -> Branch {
            precondition(children.count == width, "a child for each number of four bits")
            let branch = create(minimumCapacity: width) { _ in }
            branch.withUnsafeMutablePointerToElements { links in
                for (index, child) in children.enumerated() { (links + index).initialize(to: Link(holding: child)) }
            }
            // What `create` makes is of the class that it is called for.
            return unsafeDowncast(branch, to: Branch.self)
        }

        deinit {
            withUnsafeMutablePointerToElements { links in
                for index in 0..<Self.width { _ = links[index].released() }
            }
        }

        /// The child, for as long as somebody holds the branch.
        @inline(__always)
        func child(_ index: Int) -> Link { withUnsafeMutablePointerToElements { $0[index & (Self.width - 1)] } }

        var children: [Node?] { withExtendedLifetime(self) { (0..<Self.width).map { child($0).node } } }

        var isEmpty: Bool { (0..<Self.width).allSatisfy { if case .nothing = child($0) { true } else { false } } }

        /// Makes it one that no other version has, with the same children.
        static func makeUnique(_ branch: inout Branch) {
            if !isKnownUniquelyReferenced(&branch) { branch = of(branch.children) }
        }

        /// Changes a child of a branch that no other version has.
        func change(_ index: Int, _ body: (inout Node?) -> Void) {
            withUnsafeMutablePointerToElements { links in
                var child = links[index].released()
                links[index] = .nothing
                body(&child)
                links[index] = Link(holding: child)
            }
        }
    }
}
