import Forwarding
import MobilityWire
import Testing

@testable import TunnelManager

@Suite("What the kernel's tunnels are made of")
struct KernelTunnelsTests {
    let agent = IPv6Address("2001:db8:1::1")!
    let home = IPv6Address("2001:db8:1::100")!
    let mobile = IPv6Prefix("2001:db8:10::/60")!
    let first = IPv6Address("2001:db8:a1::2")!
    let second = IPv6Address("2001:db8:a2::2")!

    func request(
        _ local: IPv6Address, _ remote: IPv6Address, of homeAddress: IPv6Address? = nil
    ) -> TunnelLedger.TunnelRequest {
        .init(homeAddress: homeAddress ?? home, local: local, remote: remote, interfaceIndex: 0, interfaceName: "")
    }

    func rule(_ identifier: UInt16, _ selector: TrafficSelector, _ way: TunnelLedger.FlowRequest.Way)
        -> TunnelLedger.FlowRequest
    {
        .init(rule: .init(identifier: identifier, priority: identifier, selector: selector), way: way)
    }

    func router(flows: [TunnelLedger.FlowRequest] = []) -> TunnelLedger.OwnerRequest {
        .init(
            homeAddress: home, prefixes: [mobile], active: request(first, agent),
            alsoAccepted: [request(second, agent)],
            flows: flows)
    }

    func node(flows: [TunnelLedger.FlowRequest] = []) -> TunnelLedger.OwnerRequest {
        .init(
            homeAddress: home, prefixes: [mobile], active: request(agent, first),
            alsoAccepted: [request(agent, second)],
            flows: flows)
    }

    func tunnels(
        own: [TunnelLedger.OwnerRequest] = [], nodes: [TunnelLedger.OwnerRequest] = [], mtu: Int = 1460
    ) throws -> KernelTunnels {
        var numbers = PairNumbers()
        return try KernelTunnels(interface: "k", own: own, nodes: nodes, mtu: { _ in mtu }, numbers: &numbers)
    }

    func refusal(_ body: () throws -> KernelTunnels) -> KernelTunnels.Refusal? {
        do {
            _ = try body()
            return nil
        } catch { return error as? KernelTunnels.Refusal }
    }

    func lines(_ tunnels: KernelTunnels) -> [String] {
        let routes = tunnels.routes.map { route in
            guard case .tunnel(let way, interface: "k") = route.target else { return "other" }
            return
                "\(route.destination) table \(route.table) from \(way.pair.local) to \(way.pair.remote) mtu \(way.mtu)"
        }
        let rules = tunnels.rules.map { rule in
            "\(rule.priority) from \(rule.source?.description ?? "all") to \(rule.destination?.description ?? "all")"
                + (rule.ipProtocol.map { " protocol \($0)" } ?? "")
                + (rule.sourcePorts.map { " sport \($0)" } ?? "") + (rule.destinationPorts.map { " dport \($0)" } ?? "")
                + " table \(rule.table)\(rule.passesDefaultOver ? " without default" : "")"
        }
        return (routes + rules).sorted()
    }

    @Test("a home agent has routes to the node and accepts it from each of its bindings")
    func homeAgent() throws {
        let tunnels = try tunnels(nodes: [node()])
        #expect(
            lines(tunnels) == [
                "2001:db8:10::/60 table 254 from 2001:db8:1::1 to 2001:db8:a1::2 mtu 1460",
                "2001:db8:1::100/128 table 254 from 2001:db8:1::1 to 2001:db8:a1::2 mtu 1460",
            ])
        let pairs = [first, second].map { KernelTunnels.Pair(local: agent, remote: $0) }
        #expect(tunnels.pairs == Set(pairs))
        #expect(
            tunnels.fromNodes
                == Set(
                    pairs.flatMap { pair in
                        [mobile, IPv6Prefix(host: home)].map { .init(pair: pair, prefix: $0) }
                    }))
        #expect(tunnels.toOwn.isEmpty && tunnels.ownWay == nil && tunnels.ownAddresses.isEmpty)
    }

    @Test("a router sends by its active tunnel, and its flows by theirs, both ends the other way round")
    func flows() throws {
        let voice = TrafficSelector(
            sourceAddresses: IPv6Address("2001:db8:c::")!...IPv6Address("2001:db8:c::ffff:ffff:ffff:ffff")!,
            destinationPorts: 5060...5061, nextHeaders: 17...17)
        let own = try tunnels(own: [router(flows: [rule(1, voice, .tunnel(request(second, agent)))])])
        #expect(own.ownWay == .init(pair: .init(local: first, remote: agent), mtu: 1460))
        #expect(
            lines(own) == [
                "545 from 2001:db8:10::/60 to all table 610 without default",
                "545 from 2001:db8:1::100/128 to all table 610 without default",
                "546 from 2001:db8:10::/60 to 2001:db8:c::/64 protocol 17 sport 5060...5061 table 61000002",
                "546 from 2001:db8:1::100/128 to 2001:db8:c::/64 protocol 17 sport 5060...5061 table 61000002",
                "::/0 table 61000002 from 2001:db8:a2::2 to 2001:db8:1::1 mtu 1460",
            ])
        let accepted = [first, second].flatMap { local in
            [mobile, IPv6Prefix(host: home)].map { prefix in
                KernelTunnels.Accepted(pair: .init(local: local, remote: self.agent), prefix: prefix)
            }
        }
        #expect(own.toOwn == Set(accepted) && own.fromNodes.isEmpty)
        let agent = try tunnels(nodes: [node(flows: [rule(1, voice, .tunnel(request(self.agent, second)))])])
        #expect(
            lines(agent) == [
                "2001:db8:10::/60 table 254 from 2001:db8:1::1 to 2001:db8:a1::2 mtu 1460",
                "2001:db8:1::100/128 table 254 from 2001:db8:1::1 to 2001:db8:a1::2 mtu 1460",
                "546 from 2001:db8:c::/64 to 2001:db8:10::/60 protocol 17 dport 5060...5061 table 61000002",
                "546 from 2001:db8:c::/64 to 2001:db8:1::100/128 protocol 17 dport 5060...5061 table 61000002",
                "::/0 table 61000002 from 2001:db8:1::1 to 2001:db8:a2::2 mtu 1460",
            ])
    }

    @Test("each way has a width of its own, or the usual one where nobody told it, and the narrowest is known")
    func widths() throws {
        var numbers = PairNumbers()
        let flow = rule(1, .everything, .tunnel(request(second, agent)))
        let tunnels = try KernelTunnels(
            interface: "k", own: [router(flows: [flow])], nodes: [], mtu: { $0.local == first ? nil : 1300 },
            numbers: &numbers)
        #expect(tunnels.ownWay?.mtu == 1460 && tunnels.leastMTU == 1300)
        #expect(lines(tunnels).last == "::/0 table 61000002 from 2001:db8:a2::2 to 2001:db8:1::1 mtu 1300")
    }

    @Test("a second home address has a rule for all that comes from it")
    func homes() throws {
        let other = IPv6Address("2001:db8:2::100")!
        var further = router()
        further.homeAddress = other
        further.prefixes = []
        further.active = request(first, IPv6Address("2001:db8:2::1")!, of: other)
        further.alsoAccepted = []
        let tunnels = try tunnels(own: [further, router()])
        #expect(tunnels.ownWay?.pair.remote == agent)
        #expect(
            lines(tunnels) == [
                "545 from 2001:db8:2::100/128 to all table 610 without default",
                "546 from 2001:db8:2::100/128 to all table 61000002",
                "::/0 table 61000002 from 2001:db8:a1::2 to 2001:db8:2::1 mtu 1460",
            ])
    }

    @Test("what the kernel's tunnels cannot carry is left to the engine, and the reason named")
    func refusals() {
        #expect(refusal { try tunnels(nodes: [node()], mtu: 1279) } == .narrow)
        #expect(refusal { try tunnels(nodes: [node()], mtu: 1280) } == nil)
        var sharing = router()
        sharing.share = .assigned([])
        #expect(refusal { try tunnels(own: [sharing]) } == .shares)
        #expect(refusal { try tunnels(own: [router(flows: [rule(1, .everything, .wait)])]) } == .withoutUplink)
        #expect(refusal { try tunnels(own: [router(flows: [rule(1, .everything, .drop)])]) } == .withoutUplink)
        let way = TunnelLedger.FlowRequest.Way.tunnel(request(second, agent))
        for selector in [
            TrafficSelector(trafficClasses: 0xb8...0xb8), TrafficSelector(flowLabels: 1...1),
            TrafficSelector(securityParameterIndices: 1...2), TrafficSelector(nextHeaders: 6...17),
            TrafficSelector(sourceAddresses: IPv6Address("2001:db8::1")!...IPv6Address("2001:db8::2")!),
            TrafficSelector(destinationAddresses: IPv6Address("2001:db8:10::1")!...IPv6Address("2001:db8:10::2")!),
        ] {
            #expect(refusal { try tunnels(own: [router(flows: [rule(1, selector, way)])]) } == .selector)
        }
        // Somebody's care-of address is behind another node.
        var inner = node()
        inner.homeAddress = IPv6Address("2001:db8:1::200")!
        inner.prefixes = []
        inner.active = request(agent, IPv6Address("2001:db8:10::5")!, of: inner.homeAddress)
        inner.alsoAccepted = []
        #expect(refusal { try tunnels(nodes: [node(), inner]) } == .nested)
        // Our own network has the home agent, or the care-of address.
        for active in [request(first, IPv6Address("2001:db8:10::5")!), request(IPv6Address("2001:db8:10::5")!, agent)] {
            var around = router()
            around.active = active
            #expect(refusal { try tunnels(own: [around]) } == .nested)
        }
        let many = (0...KernelTunnels.pairLimit).map { number in
            var owner = node()
            owner.homeAddress = IPv6Address(high: home.high, low: UInt64(number) + 0x1000)
            owner.prefixes = []
            owner.active = request(agent, IPv6Address(high: 0x2001_0db8_00a1_0000, low: UInt64(number) + 1))
            owner.alsoAccepted = []
            return owner
        }
        #expect(refusal { try tunnels(nodes: many) } == .tooMany)
        #expect(refusal { try tunnels(nodes: Array(many.dropLast())) } == nil)
        let flows = (0...KernelTunnels.flowsOfOwner).map { rule(UInt16($0) + 1, .everything, way) }
        #expect(refusal { try tunnels(own: [router(flows: flows)]) } == .tooMany)
        #expect(refusal { try tunnels(own: [router(flows: flows.dropLast())]) } == nil)
        // Each has as many flows as one may have, and one address: 252 rules, and 315.
        let wayBack = TunnelLedger.FlowRequest.Way.tunnel(request(agent, second))
        let busy = (1...5 as ClosedRange<UInt64>).map { number in
            var owner = node(flows: (1...63).map { rule(UInt16($0), .everything, wayBack) })
            owner.homeAddress = IPv6Address(high: home.high, low: number)
            owner.prefixes = []
            return owner
        }
        #expect(refusal { try tunnels(nodes: Array(busy.dropLast())) } == nil)
        #expect(refusal { try tunnels(nodes: busy) } == .tooMany)
    }

    @Test("a flow whose addresses are not the owner's has no rule; one of some of them has a narrower one")
    func destinations() throws {
        func rules(_ text: String) throws -> [String] {
            let prefix = IPv6Prefix(text)!
            let last = IPv6Address(
                high: prefix.address.high | (prefix.length < 64 ? UInt64.max >> UInt64(prefix.length) : 0), low: .max)
            let selector = TrafficSelector(destinationAddresses: prefix.address...last, nextHeaders: 6...6)
            return lines(
                try tunnels(nodes: [node(flows: [rule(1, selector, .tunnel(request(agent, second)))])])
            ).filter { $0.hasPrefix("54") }
        }
        #expect(try rules("2001:db8:10:4::/64") == ["546 from all to 2001:db8:10:4::/64 protocol 6 table 61000002"])
        #expect(try rules("2001:db8:77::/64") == [])
        #expect(
            try rules("::/0") == [
                "546 from all to 2001:db8:10::/60 protocol 6 table 61000002",
                "546 from all to 2001:db8:1::100/128 protocol 6 table 61000002",
            ])
    }

    @Test("a tunnel keeps its number, and nobody gets one that was another's")
    func numbers() {
        func pair(_ number: UInt64) -> KernelTunnels.Pair {
            .init(local: agent, remote: IPv6Address(high: 1, low: number))
        }
        var numbers = PairNumbers()
        numbers.keep([pair(1), pair(2)])
        #expect([numbers[pair(1)], numbers[pair(2)]] == [1, 2])
        numbers.keep([pair(2), pair(3)])
        #expect([numbers[pair(1)], numbers[pair(2)], numbers[pair(3)]] == [0, 2, 3])
        numbers.keep([pair(1)])
        #expect(numbers[pair(1)] == 4)
        var inherited = PairNumbers([pair(7): PairNumbers.greatest, pair(8): 1])
        inherited.keep([pair(7), pair(8), pair(9)])
        #expect(inherited[pair(9)] == 2)
    }
}

@Suite("The packet filter of the kernel's tunnels")
struct TunnelFilterTests {
    let pair = KernelTunnels.Pair(local: IPv6Address("2001:db8:1::1")!, remote: IPv6Address("2001:db8:a1::2")!)

    func filter(_ prefixes: [String], pairs: [KernelTunnels.Pair]? = nil, clamp: SegmentClamp = .off) -> TunnelFilter {
        var numbersOfNone = PairNumbers()
        guard
            var tunnels = try? KernelTunnels(
                interface: "k", own: [], nodes: [], mtu: { _ in nil }, numbers: &numbersOfNone)
        else { fatalError("nothing is not refused") }
        tunnels.pairs = Set(pairs ?? [pair])
        tunnels.leastMTU = 1460
        tunnels.fromNodes = Set(prefixes.map { .init(pair: pair, prefix: IPv6Prefix($0)!) })
        tunnels.nodeAddresses = prefixes.map { IPv6Prefix($0)! }
        var numbers = PairNumbers()
        numbers.keep(tunnels.pairs)
        return TunnelFilter(tunnels, numbers: numbers, clamp: clamp)
    }

    @Test("only what has changed is told, and what goes, goes before what comes")
    func changes() {
        let old = filter(["2001:db8:10::/60"])
        #expect(old.script(from: old) == nil)
        let lines = filter(["2001:db8:10::/64"]).script(from: old)?.split(separator: "\n").map(String.init) ?? []
        #expect(
            Set(lines.prefix(2)) == [
                "delete element ip6 shisa_tunnels from_nodes { 0x20000001 . 2001:db8:10::/60 }",
                "delete element ip6 shisa_tunnels node_addresses { 2001:db8:10::/60 }",
            ])
        #expect(
            Set(lines.dropFirst(2)) == [
                "add element ip6 shisa_tunnels from_nodes { 0x20000001 . 2001:db8:10::/64 }",
                "add element ip6 shisa_tunnels node_addresses { 2001:db8:10::/64 }",
            ])
        let kept = filter(["2001:db8:10::/64"]).script(from: old, keeps: true) ?? ""
        #expect(!kept.contains("delete") && kept.contains("add element"))
    }

    @Test("segment sizes are lowered both ways to what fits the narrowest, of all or of peers that are translated")
    func segmentSizes() {
        func filter(_ clamp: SegmentClamp) -> TunnelFilter { self.filter(["2001:db8:10::/60"], clamp: clamp) }
        func script(_ clamp: SegmentClamp, from former: SegmentClamp) -> [String] {
            filter(clamp).script(from: filter(former))?.split(separator: "\n").map(String.init) ?? []
        }
        let lowered = "tcp flags & syn == syn tcp option maxseg size > 1400 tcp option maxseg size set 1400"
        let flushed = ["leaving", "arriving"].map { "flush chain ip6 shisa_tunnels clamp_\($0)" }
        let ends = ["clamp_leaving oifname \"k\"", "clamp_arriving iifname \"k\""]
        #expect(script(.off, from: .off) == [] && script(.all, from: .all) == [])
        #expect(script(.all, from: .off) == flushed + ends.map { "add rule ip6 shisa_tunnels \($0) \(lowered)" })
        #expect(script(.off, from: .all) == flushed)
        let translated = ends.flatMap { end in
            ["saddr", "daddr"].map { "add rule ip6 shisa_tunnels \(end) ip6 \($0) @translated \(lowered)" }
        }
        #expect(script(.translated, from: .all) == flushed + translated)
    }

    @Test("what an earlier run left is read from nft's words, whole")
    func inheritance() throws {
        let left = filter(["2001:db8:10::/60", "2001:db8:1::100/128"])
        let counters = ["layout_1", "no_binding"] + left.tunnels.map { $0.counter("r") }
        // Of nft 1.0.6.
        let listing = """
            table ip6 shisa_tunnels {
            \tcounter layout_1 {
            \t\tpackets 0 bytes 0
            \t}

            \tmap tunnels {
            \t\ttype ipv6_addr . ipv6_addr : mark
            \t\telements = { 2001:db8:a1::2 . 2001:db8:1::1 : 0x20000001 }
            \t}

            \tset from_nodes {
            \t\ttype mark . ipv6_addr
            \t\tflags interval
            \t\telements = { 0x20000001 . 2001:db8:10::/60,
            \t\t\t     0x20000001 . 2001:db8:1::100 }
            \t}

            \tset to_own {
            \t\ttype mark . ipv6_addr
            \t\tflags interval
            \t}

            \tset node_addresses {
            \t\ttype ipv6_addr
            \t\tflags interval
            \t\telements = { 2001:db8:1::100,
            \t\t\t     2001:db8:10::/60 }
            \t}

            \tset translated {
            \t\ttype ipv6_addr
            \t\telements = { 64:ff9b::/96 }
            \t}

            \tchain inner {
            \t\tip6 saddr { ::, fe80::/10 } drop
            \t}
            }
            """
        let found = try #require(TunnelFilter(interface: "k", counters: counters, listing: listing))
        #expect(found.tunnels == left.tunnels)
        #expect(found.elements == left.elements.filter { !$1.isEmpty })
        let script = left.script(from: found) ?? ""
        #expect(!script.contains("element") && script.contains("flush chain"))
        #expect(TunnelFilter(interface: "k", counters: ["no_binding"], listing: listing) == nil)
    }

    @Test("a tunnel that goes takes its counters along, and its counter's name tells it")
    func tunnels() throws {
        let old = filter(["2001:db8:10::/60"])
        let script = filter([], pairs: []).script(from: old) ?? ""
        let name = "1_20010db8000100000000000000000001_20010db800a100000000000000000002"
        #expect(script.contains("delete element ip6 shisa_tunnels tunnels { 2001:db8:a1::2 . 2001:db8:1::1 }\n"))
        // A counter goes when nothing names it any more.
        let lines = script.split(separator: "\n").map(String.init)
        for (direction, element) in [
            ("r", "received { 0x20000001 }"), ("s", "sent { 2001:db8:1::1 . 2001:db8:a1::2 }"),
        ] {
            let order = ["element ip6 shisa_tunnels \(element)", "counter ip6 shisa_tunnels \(direction)\(name)"].map {
                lines.firstIndex(of: "delete \($0)") ?? -1
            }
            #expect(order[0] >= 0 && order[0] < order[1], "\(direction)")
        }
        #expect(TunnelFilter.Tunnel(counter: "r" + name) == .init(pair, number: 1))
        for other in ["s" + name, "r0_1_2", "layout_1", "r1_2001_x", "no_binding", "r99999999999_" + name.dropFirst(2)]
        {
            #expect(TunnelFilter.Tunnel(counter: other) == nil, "\(other)")
        }
    }
}
