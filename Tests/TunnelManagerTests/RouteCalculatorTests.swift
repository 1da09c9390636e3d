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

    func own(_ prefixes: [IPv6Prefix], homeLink: String? = nil, forwards: Bool = true) -> TunnelLedger.OwnAddress {
        .init(homeAddress: homeAddress, prefixes: prefixes, forwards: forwards, homeLink: homeLink)
    }

    /// A line for each entry, as a person would write it.
    func lines(_ plan: KernelPlan) -> [String] {
        let addresses = plan.addresses.map { "address \($0.address)/\($0.prefixLength) \($0.interface)" }
        let rules = plan.rules.map { rule in
            let parts: [String] = [
                "rule \(rule.priority) from \(rule.source?.description ?? "all")",
                rule.destination.map { " to \($0)" } ?? "", rule.inputInterface.map { " iif \($0)" } ?? "",
                " table \(rule.table)", rule.choosesSource ? " or none" : "",
                rule.passesDefaultOver ? " without default" : "",
                rule.unlessMarked.map { " iif lo fwmark 0/\($0)" } ?? "",
            ]
            return parts.joined()
        }
        let routes = plan.routes.map { route in
            let target =
                switch route.target {
                case .interface(let name): "dev \(name)"
                case .gateway(let router, let name): "via \(router) dev \(name)"
                case .unreachable: "unreachable"
                case .tunnel(let way, let name): "dev \(name) to \(way.pair.remote)"
                }
            return "route \(route.destination) \(target) table \(route.table) metric \(route.metric)"
                + (route.preferredSource.map { " src \($0)" } ?? "")
        }
        return (addresses + rules + routes).sorted()
    }

    @Test("a correspondent leads bound home addresses to the device, past the mark; a route of its own needs nothing")
    func correspondent() {
        let (node, peer) = (IPv6Address("2001:db8:5::5")!, IPv6Address("2001:db8:c::c")!)
        let careOf = IPv6Address("2001:db8:a1::2")!
        var bound = TunnelLedger.DirectRequest(local: peer, remote: node)
        bound.remoteCareOf = careOf
        var again = bound
        again.local = IPv6Address("2001:db8:c::d")!
        var route = TunnelLedger.DirectRequest(local: homeAddress, remote: peer)
        route.localCareOf = careOf
        let plan = RouteCalculator.plan(ManagerConfiguration(), direct: [bound, again, route])
        #expect(
            lines(plan) == [
                "route 2001:db8:5::5/128 dev shisa0 table 612 metric 1024 src 2001:db8:c::c",
                "rule 612 from all table 612 iif lo fwmark 0/1073741824",
            ])
        #expect(RouteCalculator.plan(ManagerConfiguration(), direct: [route]) == KernelPlan())
    }

    @Test("a router without a registration keeps its network's packets to itself")
    func unregistered() {
        #expect(
            lines(RouteCalculator.plan(router, own: [])) == [
                "address 2001:db8:10::1/64 lan0",
                "address 2001:db8:1::100/128 shisa0",
                "route 2001:db8:10::/60 unreachable table 254 metric 4294967294",
                "route 2001:db8:10::/60 unreachable table 610 metric 4294967294",
                "route 2001:db8:10::/64 dev lan0 table 610 metric 1024",
                "route ::/0 unreachable table 610 metric 4294967294",
                "rule 610 from 2001:db8:10::/60 table 610",
                "rule 610 from 2001:db8:1::100/128 table 610",
                "rule 613 from all iif lan0 table 254 without default",
                "rule 614 from all iif lan0 table 610",
            ])
    }

    @Test("a registration adds the way through the tunnel and nothing else")
    func registered() {
        let before = RouteCalculator.plan(router, own: [])
        let after = RouteCalculator.plan(router, own: [own([mobile])])
        #expect(
            Set(lines(after)).symmetricDifference(lines(before)) == ["route ::/0 dev shisa0 table 610 metric 1024"])
    }

    @Test(
        "what this machine sends from an address of an uplink leaves by it; without a router, or down, it has no table")
    func uplinks() {
        var router = router
        router.uplinks = ["eth0", "eth1", "eth2"]
        let (first, second) = (IPv6Address("2001:db8:a1::2")!, IPv6Address("2001:db8:a2::2")!)
        let gateway = IPv6Address("fe80::1")!
        let without = RouteCalculator.plan(router, own: [own([mobile])])
        let with = RouteCalculator.plan(
            router, own: [own([mobile])], routers: ["eth1": gateway, "eth2": gateway],
            careOf: ["eth0": [first], "eth1": [second, homeAddress], "wlan0": [first]])
        #expect(
            lines(with).filter { !lines(without).contains($0) } == [
                "route ::/0 via fe80::1 dev eth1 table 621 metric 1024",
                "rule 615 from 2001:db8:a2::2/128 iif lo table 254 without default",
                "rule 616 from 2001:db8:a2::2/128 iif lo table 621",
            ])
        #expect(lines(without).allSatisfy(lines(with).contains))
    }

    @Test("by the kernel's tunnels all leads into one of these, and what they send leaves by its source's uplink")
    func kernelTunnels() throws {
        let (agent, careOf) = (IPv6Address("2001:db8:1::1")!, IPv6Address("2001:db8:a1::2")!)
        let gateway = IPv6Address("fe80::1")!
        func owner(_ local: IPv6Address, _ remote: IPv6Address) -> TunnelLedger.OwnerRequest {
            let request = TunnelLedger.TunnelRequest(
                homeAddress: homeAddress, local: local, remote: remote, interfaceIndex: 0, interfaceName: "")
            return .init(homeAddress: homeAddress, prefixes: [mobile], active: request, alsoAccepted: [])
        }
        var numbers = PairNumbers()
        func planned(_ tunnels: KernelTunnels?) -> [String] {
            lines(
                RouteCalculator.plan(
                    router, own: [own([mobile])], routers: ["eth0": gateway], careOf: ["eth0": [careOf]],
                    tunnels: tunnels))
        }
        let without = planned(nil)
        let with = planned(
            try KernelTunnels(
                interface: "shisa0k", own: [owner(careOf, agent)], nodes: [], mtu: { _ in 1460 }, numbers: &numbers))
        #expect(
            with.filter { !without.contains($0) } == [
                "address 2001:db8:1::100/128 shisa0k",
                "route ::/0 dev shisa0k to 2001:db8:1::1 table 610 metric 1024",
                "rule 544 from 2001:db8:a1::2/128 to 2001:db8:1::1/128 iif lo table 620",
            ])
        #expect(
            without.filter { !with.contains($0) } == [
                "address 2001:db8:1::100/128 shisa0", "route ::/0 dev shisa0 table 610 metric 1024",
            ])
        let atAgent = RouteCalculator.plan(
            ManagerConfiguration(homeAgentAddresses: [agent]), nodes: [(homeAddress, [mobile])],
            tunnels: try KernelTunnels(
                interface: "shisa0k", own: [], nodes: [owner(agent, careOf)], mtu: { _ in 1460 }, numbers: &numbers))
        #expect(
            lines(atAgent) == [
                "route 2001:db8:10::/60 dev shisa0k to 2001:db8:a1::2 table 254 metric 1024",
                "route 2001:db8:1::100/128 dev shisa0k to 2001:db8:a1::2 table 254 metric 1024",
            ])
    }

    @Test("a prefix that only the registration names is routed as well")
    func prefixOfRegistration() {
        let other = IPv6Prefix("2001:db8:20::/64")!
        let plan = RouteCalculator.plan(router, own: [own([other])])
        #expect(plan.rules.contains(.init(priority: 610, source: other, table: 610)))
    }

    @Test("at home the home address is the uplink's, and the network's packets go to the home link's router")
    func atHome() {
        let plan = RouteCalculator.plan(
            router, own: [own([mobile], homeLink: "eth0", forwards: false)],
            routers: ["eth0": IPv6Address("fe80::1")!, "eth1": IPv6Address("fe80::2")!])
        #expect(
            lines(plan) == [
                "address 2001:db8:10::1/64 lan0",
                "address 2001:db8:1::100/64 eth0",
                "route 2001:db8:10::/60 unreachable table 254 metric 4294967294",
                "route 2001:db8:10::/60 unreachable table 611 metric 4294967294",
                "route 2001:db8:10::/64 dev lan0 table 611 metric 1024",
                "route 2001:db8:1::/64 dev eth0 table 611 metric 1024",
                "route ::/0 unreachable table 610 metric 4294967294",
                "route ::/0 unreachable table 611 metric 4294967294",
                "route ::/0 via fe80::1 dev eth0 table 611 metric 1024",
                "rule 610 from 2001:db8:10::/60 table 611",
                "rule 610 from 2001:db8:1::100/128 table 611",
                "rule 613 from all iif lan0 table 254 without default",
                "rule 614 from all iif lan0 table 610",
            ])
    }

    @Test("while the home agent has not answered, the tunnel carries and the home link only hears")
    func comingHome() {
        let plan = RouteCalculator.plan(router, own: [own([mobile], homeLink: "eth0")])
        let lines = Set(lines(plan))
        #expect(
            lines.isSuperset(of: [
                "address 2001:db8:1::100/64 eth0", "address 2001:db8:1::100/128 shisa0",
                "route ::/0 dev shisa0 table 610 metric 1024", "rule 610 from 2001:db8:10::/60 table 610",
            ]))
        #expect(!lines.contains { $0.contains("table 611") })
    }

    @Test("a host's own packets without a source address take the home address, once it leads anywhere")
    func host() {
        let host = ManagerConfiguration(homeAddresses: [homeAddress], uplinks: ["eth0"])
        func rules(_ own: [TunnelLedger.OwnAddress]) -> [String] {
            lines(RouteCalculator.plan(host, own: own)).filter { $0.hasPrefix("rule") }
        }
        #expect(rules([]) == ["rule 610 from 2001:db8:1::100/128 table 610"])
        #expect(
            rules([own([])]) == [
                "rule 610 from 2001:db8:1::100/128 table 610", "rule 611 from 2001:db8:1::100/128 table 610 or none",
            ])
        #expect(
            rules([own([], homeLink: "eth0", forwards: false)])
                == [
                    "rule 610 from 2001:db8:1::100/128 table 611",
                    "rule 611 from 2001:db8:1::100/128 table 611 or none",
                ])
        #expect(!host.forwards)
        #expect(router.forwards)
    }

    @Test("with a home link, a network whose router is not away is behind its home address there")
    func networkAtHome() {
        var agent = ManagerConfiguration(homeAgentAddresses: [IPv6Address("2001:db8:1::1")!])
        agent.homePrefixes = [IPv6Prefix("2001:db8:1::/64")!]
        agent.homeLink = "home0"
        agent.nodes = [.init(homeAddress: homeAddress, prefixes: [mobile])]
        #expect(
            lines(RouteCalculator.plan(agent)) == [
                "route 2001:db8:10::/60 via 2001:db8:1::100 dev home0 table 254 metric 2048"
            ])
    }

    let home = IPv6Prefix("2001:db8:1::/64")!

    var agent: ManagerConfiguration {
        ManagerConfiguration(
            homeAgentAddresses: [IPv6Address("2001:db8:1::1")!], homeAgentPrefixes: [home, mobile])
    }

    @Test("a home agent without a link leads its networks to the device, whoever is bound")
    func homeAgent() {
        let whole = [
            "route 2001:db8:10::/60 dev shisa0 table 254 metric 4294967293",
            "route 2001:db8:10::/60 unreachable table 254 metric 4294967294",
            "route 2001:db8:1::/64 dev shisa0 table 254 metric 4294967293",
            "route 2001:db8:1::/64 unreachable table 254 metric 4294967294",
        ]
        #expect(lines(RouteCalculator.plan(agent)) == whole)
        let nodes = (0..<1000 as Range<UInt64>).map { number in
            (IPv6Address(high: home.address.high, low: 0x100 + number), number == 0 ? [mobile] : [])
        }
        #expect(lines(RouteCalculator.plan(agent, nodes: nodes)) == whole)
    }

    @Test("what another's route would take, as that of a link with the prefix, gets a route for each binding")
    func routesOfOthers() {
        let nodes = [(homeAddress, [mobile])]
        func added(_ configuration: ManagerConfiguration, _ routed: [String]) -> [String] {
            let routed = routed.map { IPv6Prefix($0)! }
            return Set(lines(RouteCalculator.plan(configuration, nodes: nodes, routed: routed)))
                .subtracting(lines(RouteCalculator.plan(configuration))).sorted()
        }
        let host = "route 2001:db8:1::100/128 dev shisa0 table 254 metric 1024"
        let network = "route 2001:db8:10::/60 dev shisa0 table 254 metric 1024"
        #expect(added(agent, ["2001:db8:1::/64"]) == [host])
        #expect(added(agent, ["2001:db8:1::/64", "2001:db8:10::/60"]) == [network, host])
        // Longer than ours: it takes its part in any case. Elsewhere: it takes nothing.
        #expect(added(agent, ["2001:db8:10::/64", "2001:db8:1::1/128"]) == [])
        // A router of its own has its network to itself, but for a node's home address in it.
        var both = agent
        both.mobilePrefixes = [home]
        #expect(added(both, []) == [host])
        // What may not be registered by the configuration, and is bound all the same.
        var less = agent
        less.homeAgentPrefixes = [home]
        #expect(added(less, []) == [network])
    }

    @Test("with a home link everybody is there who is not away")
    func homeLink() {
        var linked = agent
        linked.homeLink = "home0"
        #expect(
            lines(RouteCalculator.plan(linked, nodes: [(homeAddress, [mobile])])) == [
                "route 2001:db8:10::/60 dev shisa0 table 254 metric 1024",
                "route 2001:db8:10::/60 unreachable table 254 metric 4294967294",
                "route 2001:db8:1::/64 unreachable table 254 metric 4294967294",
                "route 2001:db8:1::100/128 dev shisa0 table 254 metric 1024",
            ])
    }

    @Test("a machine that is neither asks the kernel for nothing")
    func neither() {
        #expect(RouteCalculator.plan(ManagerConfiguration(), own: []) == KernelPlan())
    }
}
