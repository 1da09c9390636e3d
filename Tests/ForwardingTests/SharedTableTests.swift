import MobilityWire
import Synchronization
import Testing

@testable import Forwarding

extension SharedTable {
    /// All entries, in no order.
    var entries: [Entry] { Self.entries(of: root) }

    private static func entries(of node: Node?) -> [Entry] {
        switch node {
        case nil: []
        case .list(let list): list.entries
        case .branch(let branch): branch.children.flatMap { Self.entries(of: $0) }
        }
    }

    /// How many entries and children stand in nodes that the other version does not have: what a change copied.
    func copied(since other: SharedTable) -> Int {
        let known = Set(Self.places(of: other.root).map(\.place))
        return Self.places(of: root).filter { !known.contains($0.place) }.reduce(0) { $0 + $1.count }
    }

    /// The nodes, each with the number of its entries or children.
    static func places(of node: Node?) -> [(place: ObjectIdentifier, count: Int)] {
        switch node {
        case nil: []
        case .list(let list): [(ObjectIdentifier(list), list.count)]
        case .branch(let branch):
            [(ObjectIdentifier(branch), branch.children.count)] + branch.children.flatMap { places(of: $0) }
        }
    }
}

/// A key that falls where the test wants it.
private struct Key: SharedTableKey, Hashable {
    var number: UInt64
    var mixed: UInt64
}

private final class Token: Sendable {
    let number: Int
    init(_ number: Int) { self.number = number }
}

private struct Weak {
    weak var token: Token?
}

@Suite("A table whose versions share what is the same")
struct SharedTableTests {
    @Test(
        "agrees with a dictionary through random changes, and no version disturbs another",
        arguments: [0, 3, 20, 64], 1...3 as ClosedRange<UInt64>)
    func agreesWithReference(bits: UInt64, seed: UInt64) {
        var generator = RandomNumbers(seed: seed)
        var table = SharedTable<Key, Int>()
        var reference: [Key: Int] = [:]
        var versions: [(table: SharedTable<Key, Int>, reference: [Key: Int])] = []
        for step in 0..<6000 {
            let number = UInt64.random(in: 0..<1500, using: &generator)
            // With few bits many keys cannot be told apart by their numbers; the highest are in use, so that paths are long.
            let mixed = bits == 0 ? 0 : number &* 0x9e37_79b9_7f4a_7c15 << (64 - bits)
            let key = Key(number: number, mixed: mixed)
            if Bool.random(using: &generator) {
                table.set(key, step)
                reference[key] = step
            } else {
                table.set(key, nil)
                reference[key] = nil
            }
            if step % 1000 == 0 { versions.append((table, reference)) }
        }
        versions.append((table, reference))
        for version in versions {
            let entries = version.table.entries
            #expect(Dictionary(entries.map { ($0.key, $0.value) }) { first, _ in first } == version.reference)
            #expect(entries.count == version.reference.count)
            for (key, value) in version.reference { #expect(version.table.find(key) == value) }
            #expect(version.table.find(Key(number: 9999, mixed: 0)) == nil)
        }
        for key in reference.keys { table.set(key, nil) }
        #expect(table.isEmpty, "nothing stays of what went")
    }

    @Test("holds a value for as long as a version has it, and no longer", arguments: 1...3 as ClosedRange<UInt64>)
    func holds(seed: UInt64) {
        var generator = RandomNumbers(seed: seed)
        var table = SharedTable<IPv6Address, Token>()
        var living: [Weak] = []
        var versions: [(table: SharedTable<IPv6Address, Token>, numbers: [UInt64: Int])] = []
        var numbers: [UInt64: Int] = [:]
        for step in 0..<4000 {
            let low = UInt64.random(in: 0..<700, using: &generator)
            let token = UInt8.random(in: 0..<3, using: &generator) > 0 ? Token(step) : nil
            table.set(IPv6Address(high: 0, low: low), token)
            numbers[low] = token?.number
            if let token { living.append(Weak(token: token)) }
            if step % 500 == 0 { versions.append((table, numbers)) }
            if versions.count > 3 { versions.remove(at: Int.random(in: 0..<versions.count, using: &generator)) }
        }
        versions.append((table, numbers))
        table = SharedTable()
        while let version = versions.last {
            for (low, number) in version.numbers {
                #expect(version.table.reference(IPv6Address(high: 0, low: low))?.takeUnretainedValue().number == number)
            }
            let held = Set(versions.flatMap(\.numbers.values))
            #expect(Set(living.compactMap(\.token?.number)) == held)
            versions.removeLast()
        }
        #expect(living.allSatisfy { $0.token == nil })
    }

    @Test("copies nothing of what no other version has")
    func inPlace() {
        var table = SharedTable<IPv6Address, Int>()
        for number in 0..<5000 as Range<UInt64> { table.set(IPv6Address(high: 1, low: number), 0) }
        let before = Set(SharedTable<IPv6Address, Int>.places(of: table.root).map(\.place))
        for number in 0..<5000 as Range<UInt64> { table.set(IPv6Address(high: 1, low: number), 1) }
        #expect(Set(SharedTable<IPv6Address, Int>.places(of: table.root).map(\.place)) == before)
        #expect(table.entries.allSatisfy { $0.value == 1 })
    }

    @Test("every bit of an address's number depends on every bit of the address")
    func mixed() {
        var numbers = RandomNumbers(seed: 1)
        var changes = [UInt64](repeating: 0, count: 128)
        for _ in 0..<64 {
            let address = IPv6Address(high: numbers.next(), low: numbers.next())
            for bit in 0..<64 {
                let (high, low) = (address.high ^ 1 << UInt64(bit), address.low ^ 1 << UInt64(bit))
                changes[bit] |= address.mixed ^ IPv6Address(high: high, low: address.low).mixed
                changes[64 + bit] |= address.mixed ^ IPv6Address(high: address.high, low: low).mixed
            }
        }
        #expect(changes.allSatisfy { $0 == .max })
    }

    @Test("a change copies as much of a table of 40,000 as of one of 1,000")
    func work() {
        func copied(_ count: UInt64) -> Int {
            var table = SharedTable<IPv6Address, Int>()
            for number in 0..<count { table.set(IPv6Address(high: 0x2001_0db8 << 32, low: number), 0) }
            var most = 0
            for number in 0..<100 as Range<UInt64> {
                let former = table
                table.set(IPv6Address(high: 0x2001_0db8 << 32, low: number * count / 80), 1)
                most = max(most, table.copied(since: former))
            }
            return most
        }
        // A path: a list and a branch for each sixteenfold.
        #expect(copied(1000) <= 16 * 5)
        #expect(copied(40_000) <= 16 * 7)
    }

    /// What a version has under a key, and which version put it there.
    private final class Mark: Sendable {
        let number: UInt64
        let version: Int
        init(_ number: UInt64, _ version: Int) {
            self.number = number
            self.version = version
        }
    }

    /// What the thread that changes a table and those that look up in it have in common.
    private final class Meeting: Sendable {
        let newest = Mutex((version: -1, table: SharedTable<Key, Mark>()))
        let looked = Atomic<Int>(0)
        let wrong = Atomic<Int>(0)
        let isOver = Atomic<Bool>(false)

        static func key(_ number: UInt64) -> Key { Key(number: number, mixed: number &* 0x9e37_79b9_7f4a_7c15) }

        func lookUp() {
            let (version, table) = newest.withLock { $0 }
            guard version >= 0 else { return }
            // Under 0 every version has itself; under the others what is older, or nothing.
            if table.find(Self.key(0))?.version != version { wrong.add(1, ordering: .relaxed) }
            for number in 0..<200 as Range<UInt64> {
                guard let mark = table.find(Self.key(number)) else { continue }
                if mark.number != number || mark.version > version { wrong.add(1, ordering: .relaxed) }
            }
            looked.add(1, ordering: .relaxed)
        }
    }

    @Test("others look up in versions of it while it changes, and each finds what its version has")
    func whileItChanges() async {
        let meeting = Meeting()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<2 {
                group.addTask {
                    while !meeting.isOver.load(ordering: .relaxed) {
                        meeting.lookUp()
                        await Task.yield()
                    }
                }
            }
            var generator = RandomNumbers(seed: 7)
            var table = SharedTable<Key, Mark>()
            var version = 0
            while meeting.looked.load(ordering: .relaxed) < 200 {
                for _ in 0..<20 {
                    let number = UInt64.random(in: 1..<200, using: &generator)
                    table.set(Meeting.key(number), Bool.random(using: &generator) ? Mark(number, version) : nil)
                }
                table.set(Meeting.key(0), Mark(0, version))
                meeting.newest.withLock { $0 = (version, table) }
                version += 1
                await Task.yield()
            }
            meeting.isOver.store(true, ordering: .relaxed)
        }
        #expect(meeting.wrong.load(ordering: .relaxed) == 0)
    }
}
