import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("Longest-prefix match")
struct PrefixTableTests {
    @Test("the longest prefix wins, and nothing matches outside")
    func longestWins() {
        let table = PrefixTable([
            (IPv6Prefix(Sample.prefix.address, length: 48), 1), (Sample.prefix, 2), (IPv6Prefix(host: Sample.host), 3),
        ])
        #expect(table.lookup(Sample.host) == 3)
        #expect(table.lookup(Sample.address("2001:db8:10:f::1")) == 2)
        #expect(table.lookup(Sample.address("2001:db8:10:10::1")) == 1)
        #expect(table.lookup(Sample.address("2001:db8:11::1")) == nil)
        #expect(PrefixTable([]).lookup(Sample.host) == nil)
    }

    @Test("agrees with a linear search over random prefixes")
    func agreesWithReference() {
        var generator = RandomNumbers(seed: 1)
        let entries = (0..<2000).map { index in
            (
                prefix: IPv6Prefix(
                    IPv6Address(
                        high: .random(in: 0...15, using: &generator) << 60, low: .random(in: 0...3, using: &generator)),
                    length: [0, 1, 3, 4, 61, 64, 65, 127, 128].randomElement(using: &generator) ?? 0),
                value: Int32(index)
            )
        }
        let table = PrefixTable(entries)
        for _ in 0..<3000 {
            let address = IPv6Address(
                high: .random(in: 0...15, using: &generator) << 60, low: .random(in: 0...3, using: &generator))
            let best = entries.filter { $0.prefix.contains(address) }.max {
                ($0.prefix.length, $0.value) < ($1.prefix.length, $1.value)
            }
            #expect(table.lookup(address) == best?.value)
        }
    }
}
