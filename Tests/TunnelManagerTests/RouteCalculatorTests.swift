import MobilityWire
import Testing

@testable import TunnelManager

@Suite("State in, the kernel's full list out")
struct RouteCalculatorTests {
    let homeAddress = IPv6Address("2001:db8:1::100")!
    let mobile = IPv6Prefix("2001:db8:10::/60")!

    var router: ManagerConfiguration {
        ManagerConfiguration(
            mobilePrefixes: [mobile], homeAddresses: [homeAddress],
            ingress: [.init(interface: "lan0", prefix: IPv6Prefix("2001:db8:10::/64")!)], uplinks: ["eth0"])
    }

    /// A line for each entry, as a person would write it.
    func lines(_ plan: KernelPlan) -> [String] {
        let addresses = plan.addresses.map { "address \($0.address)/\($0.prefixLength) \($0.interface)" }
        let rules = plan.rules.map { "rule \($0.priority) from \($0.source) table \($0.table)" }
        let routes = plan.routes.map { route in
            let target =
                switch route.target {
                case .interface(let name): "dev \(name)"
                case .unreachable: "unreachable"
                }
            return "route \(route.destination) \(target) table \(route.table) metric \(route.metric)"
        }
        return (addresses + rules + routes).sorted()
    }

    @Test("a router without a registration keeps its network's packets to itself")
    func unregistered() {
        #expect(
            lines(RouteCalculator.plan(router, own: [], ownForwards: false, nodes: [])) == [
                "address 2001:db8:10::1/64 lan0",
                "address 2001:db8:1::100/128 shisa0",
                "route 2001:db8:10::/60 unreachable table 254 metric 4294967294",
                "route 2001:db8:10::/60 unreachable table 610 metric 4294967294",
                "route 2001:db8:10::/64 dev lan0 table 610 metric 1024",
                "route ::/0 unreachable table 610 metric 4294967294",
                "rule 610 from 2001:db8:10::/60 table 610",
                "rule 610 from 2001:db8:1::100/128 table 610",
            ])
    }

    @Test("a registration adds the way through the tunnel and nothing else")
    func registered() {
        let before = RouteCalculator.plan(router, own: [], ownForwards: false, nodes: [])
        let after = RouteCalculator.plan(router, own: [(homeAddress, [mobile])], ownForwards: true, nodes: [])
        #expect(
            Set(lines(after)).symmetricDifference(lines(before)) == ["route ::/0 dev shisa0 table 610 metric 1024"])
    }

    @Test("a prefix that only the registration names is routed as well")
    func prefixOfRegistration() {
        let other = IPv6Prefix("2001:db8:20::/64")!
        let plan = RouteCalculator.plan(router, own: [(homeAddress, [other])], ownForwards: true, nodes: [])
        #expect(plan.rules.contains(.init(priority: 610, source: other, table: 610)))
    }

    @Test("a home agent routes what is bound, and nothing else of its networks leads anywhere")
    func homeAgent() {
        let agent = ManagerConfiguration(
            homeAgentAddresses: [IPv6Address("2001:db8:1::1")!],
            homeAgentPrefixes: [IPv6Prefix("2001:db8:1::/64")!, mobile])
        #expect(
            lines(RouteCalculator.plan(agent, own: [], ownForwards: false, nodes: [(homeAddress, [mobile])])) == [
                "route 2001:db8:10::/60 dev shisa0 table 254 metric 1024",
                "route 2001:db8:10::/60 unreachable table 254 metric 4294967294",
                "route 2001:db8:1::/64 unreachable table 254 metric 4294967294",
                "route 2001:db8:1::100/128 dev shisa0 table 254 metric 1024",
            ])
    }

    @Test("a machine that is neither asks the kernel for nothing")
    func neither() {
        #expect(RouteCalculator.plan(ManagerConfiguration(), own: [], ownForwards: false, nodes: []) == KernelPlan())
    }
}
