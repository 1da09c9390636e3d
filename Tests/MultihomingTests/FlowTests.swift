import MobilityWire
import Testing

@testable import Multihoming

@Suite struct FlowTableTests {
    let lan = [IPv6Prefix(IPv6Address("2001:db8:10::")!, length: 64)]
    let uplinks: Set<String> = ["eth0", "wwan0"]

    @Test("a rule becomes the selector of RFC 6088, seen from the correspondent")
    func compile() throws {
        let rule = FlowRequirement(
            match: .init(
                nextHeader: 17, ports: 5060...5061, localPorts: 1024...2047,
                prefixes: [IPv6Prefix(IPv6Address("2001:db8:ff00::")!, length: 40)], dscp: 46...46, ingress: ["lan0"]),
            via: ["wwan0"])
        let table = try FlowTable([rule], ingress: ["lan0": lan], uplinks: uplinks)
        let selector = table.entries[0].rule.selector
        #expect(
            selector.sourceAddresses == IPv6Address("2001:db8:ff00::")!...IPv6Address(
                "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")!)
        #expect(
            selector.destinationAddresses == IPv6Address("2001:db8:10::")!...IPv6Address(
                "2001:db8:10::ffff:ffff:ffff:ffff")!)
        #expect(selector.sourcePorts == 5060...5061)
        #expect(selector.destinationPorts == 1024...2047)
        #expect(selector.nextHeaders == 17...17)
        // Expedited forwarding is the octet 0xb8 (RFC 3246 §2.7 with RFC 2474 §3).
        #expect(selector.trafficClasses == 0xb8...0xb8)
        let everything = try FlowTable([.init(match: .init(), via: ["eth0"])], ingress: [:], uplinks: uplinks)
        #expect(everything.entries[0].rule.selector == .everything)
    }

    @Test("rules keep their order as priorities, and each prefix of each ingress interface is a selector")
    func order() throws {
        let two = [
            IPv6Prefix(IPv6Address("2001:db8:1::")!, length: 64), IPv6Prefix(IPv6Address("2001:db8:2::")!, length: 48),
        ]
        let table = try FlowTable(
            [
                .init(match: .init(prefixes: two, ingress: ["lan0", "lan1"]), via: ["eth0"]),
                .init(match: .init(nextHeader: 6), via: ["wwan0"], otherwise: .drop),
            ], ingress: ["lan0": lan, "lan1": two], uplinks: uplinks)
        #expect(table.entries.map(\.requirement) == [0, 0, 0, 0, 0, 0, 1])
        #expect(table.entries.map(\.rule.identifier) == [1, 2, 3, 4, 5, 6, 7])
        #expect(table.entries.map(\.rule.priority) == [1, 2, 3, 4, 5, 6, 7])
        #expect(
            try FlowTable(
                [.init(match: .init(ingress: ["lan0"]), via: ["eth0"])], ingress: ["lan0": []], uplinks: uplinks
            ).entries == [])
    }

    @Test("what cannot be is refused with a reason")
    func refused() {
        func refusal(_ match: FlowRequirement.Match, via: [String], count: Int = 1) -> FlowRuleError? {
            do throws(FlowRuleError) {
                _ = try FlowTable(
                    Array(repeating: .init(match: match, via: via), count: count), ingress: [:], uplinks: uplinks)
                return nil
            } catch { return error }
        }
        #expect(refusal(.init(ingress: ["lan9"]), via: ["eth0"]) == .unknownIngress("lan9"))
        #expect(refusal(.init(), via: ["eth9"]) == .unknownUplink("eth9"))
        #expect(refusal(.init(), via: []) == .nowhere)
        #expect(refusal(.init(dscp: 0...64), via: ["eth0"]) == .dscpOutOfRange)
        #expect(refusal(.init(), via: ["eth0"], count: PathTunables.selectors) == nil)
        #expect(refusal(.init(), via: ["eth0"], count: PathTunables.selectors + 1) == .tooMany)
    }
}

@Suite struct FlowAssignmentTests {
    func bench(_ otherwise: FlowFallback = .any) throws -> PolicyBench {
        var bench = PolicyBench()
        bench.policy.flowTable = try FlowTable(
            [.init(match: .init(nextHeader: 17), via: ["wwan0", "wlan0"], otherwise: otherwise)], ingress: [:],
            uplinks: ["eth0", "wlan0", "wwan0"])
        return bench
    }

    func way(_ decision: PathDecision) -> String {
        switch decision.flows[0].way {
        case .uplink(_, let name): name
        case .any: "any"
        case .drop: "drop"
        case .wait: "wait"
        }
    }

    @Test("a flow takes the first of its uplinks that works, leaves it at once, and comes back after the hold-down")
    func via() throws {
        var bench = try bench()
        var decision = bench.report()
        #expect(way(decision) == "wwan0")
        #expect(decision.active?.name == "eth0")
        let since = decision.flows[0].since
        decision = bench.report(after: .seconds(9)) { $0.set(3, .down) }
        #expect(way(decision) == "wlan0")
        #expect(decision.flows[0].since == since + .seconds(9))
        decision = bench.report(after: .seconds(1)) { $0.set(3, .up) }
        #expect(way(decision) == "wlan0")
        #expect(way(bench.pass(.milliseconds(1999))) == "wlan0")
        #expect(way(bench.pass(.milliseconds(1))) == "wwan0")
        #expect(bench.pin("eth0").flows[0].way == .uplink(index: 3, name: "wwan0"))
        #expect(way(bench.report { $0.standings[3]?.account = .over }) == "wlan0")
    }

    @Test("a flow whose uplink fails stays until another one has been heard since")
    func doubted() throws {
        var bench = try bench()
        _ = bench.report()
        #expect(
            way(
                bench.report {
                    $0.set(3, .down)
                    $0.standings[2]?.condition.isDoubted = true
                }) == "wwan0")
        #expect(way(bench.report { $0.standings[2]?.condition.isDoubted = false }) == "wlan0")
        // A doubt about the uplink that carries it is no reason to leave it.
        #expect(way(bench.report { $0.standings[2]?.condition.isDoubted = true }) == "wlan0")
    }

    @Test("without any of them it goes where the rule says", arguments: FlowFallback.allCases)
    func otherwise(_ otherwise: FlowFallback) throws {
        var bench = try bench(otherwise)
        let decision = bench.report {
            $0.set(2, .unproven); $0.uplinks[2].hasCarrier = false
        }
        #expect(way(decision) == otherwise.rawValue)
        #expect(way(bench.report { $0.set(2, .up) }) == "wlan0")
    }
}

@Suite struct BalanceTableTests {
    func members(_ weights: [UInt32]) -> [BalanceTable.Member] {
        weights.enumerated().map { .init(index: UInt32($0) + 2, name: "up\($0)", weight: $1) }
    }

    @Test("shares follow the weights", arguments: [[1, 1], [3, 1], [5, 3, 2], [10, 1, 1, 1]] as [[UInt32]])
    func shares(weights: [UInt32]) {
        let table = BalanceTable(members(weights))
        let total = Double(weights.reduce(0, +))
        for member in table.members {
            let share = Double(table.buckets.count { $0 == member.index }) / Double(table.buckets.count)
            // Three standard deviations of so many draws.
            let expected = Double(member.weight) / total
            let deviation = (expected * (1 - expected) / Double(table.buckets.count)).squareRoot()
            #expect(abs(share - expected) < 3 * deviation, "\(member.name): \(share)")
        }
    }

    @Test("who leaves takes only its own flows along, and who comes takes only what it gets")
    func stability() {
        let all = BalanceTable(members([3, 2, 1]))
        let fewer = BalanceTable(members([3, 2, 1]).filter { $0.name != "up1" })
        for (before, after) in zip(all.buckets, fewer.buckets) where before != 3 { #expect(before == after) }
        // The same adapter under another index keeps its flows.
        var renamed = members([3, 2, 1])
        renamed[0].index = 77
        for (before, after) in zip(all.buckets, BalanceTable(renamed).buckets) {
            #expect(after == (before == 2 ? 77 : before))
        }
    }

    @Test("without members there are no buckets; where all stand by, all share")
    func nobody() {
        #expect(BalanceTable([]).buckets.isEmpty)
        #expect(Set(BalanceTable(members([0, 0])).buckets) == [2, 3])
    }
}
