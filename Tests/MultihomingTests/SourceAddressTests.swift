import MobilityWire
import Testing

@testable import Multihoming

@Suite struct SourceAddressTests {
    let global = IPv6Address("2001:db8:a1::1")!
    let another = IPv6Address("2001:db8:a1::2")!
    let now = Instant(milliseconds: 1000)
    let uniqueLocal = IPv6Address("fd00::1")!

    @Test("a preferred address wins over an optimistic one, that over a deprecated one; a tentative one is none")
    func states() {
        func choose(_ states: [CareOfCandidate.State]) -> IPv6Address? {
            SourceAddress.choose(
                among: zip([another, global], states).map { CareOfCandidate(address: $0, state: $1) }, at: now)
        }
        #expect(choose([.preferred, .optimistic]) == another)
        #expect(choose([.optimistic, .deprecated]) == another)
        #expect(choose([.tentative, .deprecated]) == global)
        #expect(choose([.tentative, .tentative]) == nil)
    }

    @Test("the address in use stays while nothing is better")
    func stays() {
        let both = [CareOfCandidate(address: global), CareOfCandidate(address: another)]
        #expect(SourceAddress.choose(among: both, at: now) == global)
        #expect(SourceAddress.choose(among: both, at: now, current: another) == another)
    }

    @Test("a unique local address is used only where there is no global one")
    func scope() {
        let local = CareOfCandidate(address: uniqueLocal)
        #expect(
            SourceAddress.choose(among: [local, CareOfCandidate(address: global)], at: now, current: uniqueLocal)
                == global)
        #expect(SourceAddress.choose(among: [local], at: now) == uniqueLocal)
    }

    @Test("addresses of excluded prefixes and of the link are not care-of addresses")
    func excluded() {
        let linkLocal = CareOfCandidate(address: IPv6Address("fe80::1")!)
        #expect(SourceAddress.choose(among: [linkLocal], at: now) == nil)
        let prefix = IPv6Prefix(global, length: 64)
        #expect(SourceAddress.choose(among: [CareOfCandidate(address: global)], at: now, excluding: [prefix]) == nil)
    }

    @Test("an address whose lifetimes have run out is deprecated, then gone, even when nobody says so")
    func lifetimes() {
        let ends = CareOfCandidate(
            address: global, preferredUntil: now + .seconds(10), validUntil: now + .seconds(20))
        let other = CareOfCandidate(address: another, validUntil: now + .seconds(60))
        func choose(_ candidates: [CareOfCandidate], after seconds: Int64) -> IPv6Address? {
            SourceAddress.choose(among: candidates, at: now + .seconds(seconds), current: global)
        }
        #expect(choose([ends, other], after: 9) == global)
        #expect(choose([ends, other], after: 10) == another)
        #expect(choose([ends], after: 19) == global)
        #expect(choose([ends], after: 20) == nil)
        #expect(ends.nextChange(after: now) == now + .seconds(10))
        #expect(ends.nextChange(after: now + .seconds(10)) == now + .seconds(20))
        #expect(ends.nextChange(after: now + .seconds(20)) == nil)
    }
}
