import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

@Suite("The hash table without gaps")
struct CompactTableTests {
    /// Its hash is one of three, so that entries stand in each other's way.
    struct Crowded: Hashable {
        var number: Int
        func hash(into hasher: inout Hasher) { hasher.combine(number % 3) }
    }

    @Test("It holds what a dictionary holds, whatever is added, changed and removed", arguments: 0..<8 as Range<UInt64>)
    func agrees(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        var table = CompactTable<Int, Int>()
        var model: [Int: Int] = [:]
        for step in 0..<4000 {
            let key = Int.random(in: 0..<300, using: &random)
            // Fills up first, then empties.
            if Int.random(in: 0..<4000, using: &random) > step {
                table[key] = step
                model[key] = step
            } else {
                #expect(table.removeValue(forKey: key) == model.removeValue(forKey: key))
            }
            #expect(table.count == model.count)
        }
        for key in 0..<300 { #expect(table[key] == model[key]) }
        #expect(Dictionary(table.map { ($0.key, $0.value) }) { first, _ in first } == model)
        #expect(zip(table.keys, table.values).allSatisfy { model[$0] == $1 })
    }

    @Test("Keys of one hash are found when one among them is gone")
    func collisions() {
        for removed in 0..<12 {
            var table = CompactTable<Crowded, Int>()
            for number in 0..<12 { table[Crowded(number: number)] = number }
            table[Crowded(number: removed)] = nil
            #expect(table.count == 11)
            for number in 0..<12 { #expect(table[Crowded(number: number)] == (number == removed ? nil : number)) }
        }
    }

    @Test("Room that was made is used, and an empty table has nothing")
    func room() {
        var table = CompactTable<Int, Int>()
        #expect(table.isEmpty && table[1] == nil && table.removeValue(forKey: 1) == nil)
        table.reserveCapacity(1000)
        for key in 0..<1500 { table[key] = -key }
        #expect(table.count == 1500 && table[1499] == -1499)
        #expect(table == table && table.index(of: 3) == 3)
    }
}
