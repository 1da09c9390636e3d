import MobilityWire
import Platform
import Testing

@testable import TunnelManager

@Suite("Routes of others in the engine's networks")
struct NetworkRoutesTests {
    let inside = IPv6Prefix("2001:db8:1::/64")!
    let outside = IPv6Prefix("2001:db8:c::/64")!

    @Test("are asked for once, and again after one came or went, or with other networks")
    func asked() {
        var routes = NetworkRoutes()
        var asked = 0
        func ask() -> [IPv6Prefix] {
            asked += 1
            return [inside, outside]
        }
        #expect(routes.ofOthers(ask: ask).isEmpty)
        // Who is no home agent, or has a home link, never asks.
        #expect(asked == 0)
        routes.networks = IPv6PrefixSet([IPv6Prefix("2001:db8:1::/48")!])
        #expect(routes.ofOthers(ask: ask) == [inside])
        routes.networks = IPv6PrefixSet([IPv6Prefix("2001:db8:1::/48")!])
        #expect(routes.ofOthers(ask: ask) == [inside])
        #expect(asked == 1)
        routes.forget()
        #expect(routes.ofOthers(ask: ask) == [inside])
        #expect(asked == 2)
        routes.networks = IPv6PrefixSet([outside])
        #expect(routes.ofOthers(ask: ask) == [outside])
        #expect(asked == 3)
    }

    @Test("are touched by those alone that are others', in the main table, and no wider than the networks")
    func touched() {
        var routes = NetworkRoutes()
        routes.networks = IPv6PrefixSet([inside])
        #expect(routes.isTouched(by: Route(inside, mark: 2)))
        #expect(routes.isTouched(by: Route(IPv6Prefix("2001:db8:1::1/128")!, kind: .blackhole, mark: 3)))
        #expect(!routes.isTouched(by: Route(inside)))
        #expect(!routes.isTouched(by: Route(inside, table: 255, mark: 2)))
        #expect(!routes.isTouched(by: Route(outside, mark: 2)))
        #expect(!routes.isTouched(by: Route(IPv6Prefix("2001:db8::/32")!, mark: 2)))
    }
}
