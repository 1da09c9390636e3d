import MobilityWire
import Testing

@Suite("Merged prefixes")
struct PrefixMergeTests {
    @Test(
        "are the fewest that hold the same addresses",
        arguments: [
            ([], []),
            (["2001:db8::/64"], ["2001:db8::/64"]),
            (["2001:db8::/64", "2001:db8::/64"], ["2001:db8::/64"]),
            (["2001:db8:0:1::/64", "2001:db8::/64"], ["2001:db8::/63"]),
            // Neighbours, but not halves of one.
            (["2001:db8:0:1::/64", "2001:db8:0:2::/64"], ["2001:db8:0:1::/64", "2001:db8:0:2::/64"]),
            (["2001:db8::/48", "2001:db8:0:7::/64", "2001:db8::1/128"], ["2001:db8::/48"]),
            (
                ["2001:db8:0:2::/64", "2001:db8:0:3::/64", "2001:db8:0:1::/64", "2001:db8:0:0::/64", "2001:db9::/32"],
                ["2001:db8::/62", "2001:db9::/32"]
            ),
            (["::/1", "8000::/1"], ["::/0"]),
            (["::/0", "2001:db8::/32"], ["::/0"]),
        ] as [([String], [String])])
    func fewest(prefixes: [String], merged: [String]) throws {
        let given = try prefixes.map { try #require(IPv6Prefix($0)) }
        #expect(IPv6Prefix.merged(given).map(\.description) == merged)
    }

    @Test("agree with a look at every address", arguments: 1...50 as ClosedRange<UInt64>)
    func agrees(seed: UInt64) {
        var state = seed
        func random(_ below: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % below
        }
        // Of the last eight bits, so that all addresses can be looked at.
        let prefixes = (0..<random(20)).map { _ in
            IPv6Prefix(IPv6Address(high: 0, low: random(256)), length: UInt8(120 + random(9)))
        }
        let merged = IPv6Prefix.merged(prefixes)
        for low in 0..<256 as Range<UInt64> {
            let address = IPv6Address(high: 0, low: low)
            let holders = merged.filter { $0.contains(address) }.count
            #expect(holders == (prefixes.contains { $0.contains(address) } ? 1 : 0))
        }
        #expect(IPv6Prefix.merged(merged.reversed()) == merged)
        #expect(merged.count <= prefixes.count)
    }
}
