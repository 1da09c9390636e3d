import MobilityWire
import Testing

@testable import Forwarding

@Suite("Pairs of addresses")
struct PairTableTests {
    private func address(_ number: UInt64) -> IPv6Address { IPv6Address(high: 0x2001_0db8 << 32, low: number) }

    @Test("every pair is found, whichever the seed; the later of two entries counts, and the order of the ends does")
    func found() {
        for seed in [0, 1, UInt64.max] {
            let entries = (0..<3000).map { (address($0 % 7), address($0), Int32($0)) }
            let table = PairTable(entries + [(address(1), address(1), 9)], seed: seed)
            for entry in entries where entry.2 != 1 { #expect(table.lookup(entry.0, entry.1) == Int(entry.2)) }
            #expect(table.lookup(address(1), address(1)) == 9)
            #expect(table.lookup(address(2999), address(3)) == nil)
            #expect(table.lookup(address(3), address(4)) == nil)
        }
        #expect(PairTable([], seed: 1).isEmpty)
        #expect(PairTable([], seed: 1).lookup(address(1), address(2)) == nil)
    }
}

@Suite("What was told of lately")
struct UseMemoryTests {
    private let local = IPv6Address("2001:db8:1::100")!
    private let remote = IPv6Address("2001:db8:c::c")!

    @Test("a pair is told of once in the interval, each way for itself")
    func interval() {
        var memory = UseMemory(seed: 5)
        let start = Instant(milliseconds: 0)
        #expect(memory.isDue(.direct, local: local, remote: remote, at: start))
        #expect(memory.isDue(.direct, local: local, remote: remote, at: start))
        memory.told(.direct, local: local, remote: remote, at: start)
        #expect(!memory.isDue(.direct, local: local, remote: remote, at: start + UseMemory.interval - .milliseconds(1)))
        #expect(memory.isDue(.direct, local: local, remote: remote, at: start + UseMemory.interval))
        #expect(memory.isDue(.tunnel, local: local, remote: remote, at: start))
        #expect(memory.isDue(.direct, local: remote, remote: local, at: start))
    }

    @Test("it remembers a bounded number of pairs: the last ones")
    func bounded() {
        var memory = UseMemory(seed: 5)
        let start = Instant(milliseconds: 0)
        func peer(_ number: Int) -> IPv6Address { IPv6Address(high: 7, low: UInt64(number)) }
        for number in 0..<10_000 { memory.told(.tunnel, local: local, remote: peer(number), at: start) }
        #expect(!memory.isDue(.tunnel, local: local, remote: peer(9_999), at: start))
        let known = (0..<10_000).count { !memory.isDue(.tunnel, local: local, remote: peer($0), at: start) }
        #expect(known <= UseMemory.places && known > UseMemory.places / 2)
    }
}
