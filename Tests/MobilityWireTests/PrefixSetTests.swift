import MobilityWire
import Testing

@Suite("A set of prefixes")
struct PrefixSetTests {
    @Test("holds what one of them holds whole, or several together", arguments: 1...50 as ClosedRange<UInt64>)
    func contains(seed: UInt64) {
        var state = seed
        func random(_ below: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % below
        }
        // Of the last eight bits, so that all addresses can be looked at.
        func prefix() -> IPv6Prefix {
            IPv6Prefix(IPv6Address(high: 0, low: random(256)), length: UInt8(120 + random(9)))
        }
        let prefixes = (0..<random(12)).map { _ in prefix() }
        let set = IPv6PrefixSet(prefixes)
        let addresses = (0..<256 as Range<UInt64>).map { IPv6Address(high: 0, low: $0) }
        let held = Set(addresses.filter { address in prefixes.contains { $0.contains(address) } })
        #expect(addresses.filter(set.contains) == addresses.filter(held.contains))
        for _ in 0..<50 {
            let some = prefix()
            #expect(set.contains(some) == addresses.filter(some.contains).allSatisfy(held.contains), "\(some)")
        }
        #expect(set.isEmpty == prefixes.isEmpty)
    }

    @Test("holds neither a shorter prefix of its first address, nor what is before or behind it")
    func edges() {
        let set = IPv6PrefixSet([IPv6Prefix("2001:db8:1::/48")!, IPv6Prefix("2001:db8:4::/48")!])
        #expect(set.contains(IPv6Prefix("2001:db8:1::/48")!))
        #expect(set.contains(IPv6Address("2001:db8:1:ffff:ffff:ffff:ffff:ffff")!))
        #expect(!set.contains(IPv6Prefix("2001:db8::/47")!))
        #expect(!set.contains(IPv6Prefix("2001:db8::/32")!))
        #expect(!set.contains(IPv6Address("2001:db8:2::")!))
        #expect(!set.contains(IPv6Address("2001:db8:5::")!))
        #expect(!set.contains(IPv6Address("::")!))
        #expect(IPv6PrefixSet([IPv6Prefix("::/0")!]).contains(IPv6Prefix("::/0")!))
    }
}
