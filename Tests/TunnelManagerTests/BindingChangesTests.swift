import MobilityWire
import Testing

@testable import Forwarding
@testable import MobilitySocket
@testable import TunnelManager

/// All that packets find in a plan.
private struct Described: Equatable {
    struct Way: Hashable {
        var local, remote: IPv6Address
        var mtu: Int
        var egress: EnginePlan.Egress
        var counters: ObjectIdentifier
    }

    struct Owner: Equatable {
        var prefixes: [IPv6Prefix]
        var ways: [Way]
        var isActive: Bool
        var flows: [String]
        var errorSource: IPv6Address
    }

    var owners: [IPv6Address: Owner] = [:]
    var prefixes: [IPv6Prefix: IPv6Address] = [:]
    var rivals: [IPv6Prefix: Set<IPv6Address>] = [:]
    /// How many tunnels lie between two addresses.
    var pairs: [[IPv6Address]: Int] = [:]

    init(_ plan: EnginePlan) {
        let nodes = plan.table.nodes
        for entry in Self.entries(of: nodes.homes.root) {
            let route = entry.value
            owners[entry.key] = Owner(
                prefixes: route.prefixes,
                ways: route.tunnels.map { tunnel in
                    Way(
                        local: tunnel.local, remote: tunnel.remote, mtu: tunnel.mtu,
                        egress: plan.egress[Int(tunnel.egress)], counters: ObjectIdentifier(tunnel.counters))
                },
                isActive: route.isActive, flows: route.flows.map { "\($0)" }, errorSource: route.errorSource)
        }
        for level in nodes.levels {
            for entry in Self.entries(of: level.routes.root) {
                prefixes[IPv6Prefix(entry.key, length: level.length)] = entry.value.homeAddress
            }
        }
        rivals = nodes.rivals.mapValues { Set($0.map(\.homeAddress)) }
        for entry in Self.entries(of: plan.table.pairs.root) {
            pairs[[entry.key.local, entry.key.remote]] = entry.value
        }
    }

    private static func entries<Key, Value>(
        of node: SharedTable<Key, Value>.Node?
    ) -> [SharedTable<Key, Value>.Entry] {
        switch node {
        case nil: []
        case .list(let list): list.entries
        case .branch(let branch): branch.children.flatMap { entries(of: $0) }
        }
    }
}

@Suite("What bindings of nodes change")
struct BindingChangesTests {
    private let start = Instant(milliseconds: 1_000_000)
    /// Stands for those of a tunnel that was not there before.
    private let newCounters = TunnelCounters()
    private let agents = [IPv6Address("2001:db8:1::1")!, IPv6Address("2001:db8:1::2")!]

    private func home(_ number: UInt64) -> IPv6Address {
        // Two home networks, and some interface identifiers that are in both.
        IPv6Address(high: 0x2001_0db8_0001_0000 | (number % 2), low: 0x100 + number / 2 * (number % 5 == 0 ? 1 : 3))
    }

    private func careOf(_ number: UInt64) -> IPv6Address { IPv6Address(high: 0x2001_0db8_00a1_0000, low: number) }

    private func linkMTU(_ request: TunnelLedger.TunnelRequest) -> Int? {
        request.remote.low % 5 == 0 ? nil : 1400 + Int(request.remote.low % 5) * 10
    }

    private func learntMTU(_ request: TunnelLedger.TunnelRequest) -> Int? {
        request.remote.low % 7 == 0 ? 1320 : nil
    }

    private func binding(_ numbers: inout RandomNumbers) -> BindingEntry {
        let node = UInt64.random(in: 0..<40, using: &numbers)
        var entry = BindingEntry(
            homeAddress: home(node), careOfAddress: careOf(.random(in: 1..<60, using: &numbers)),
            homeAgentAddress: agents.randomElement(using: &numbers) ?? agents[0], lifetime: 60,
            remainingMilliseconds: .random(in: 1000...60_000, using: &numbers),
            sequenceNumber: SequenceNumber(rawValue: 1))
        // Few prefixes, so that some are claimed by several nodes.
        entry.prefixes = (0..<Int.random(in: 0...2, using: &numbers)).map { _ in
            IPv6Prefix(
                IPv6Address(high: 0x2001_0db8_1000_0000 | .random(in: 0..<30, using: &numbers) << 8, low: 0),
                length: [56, 60].randomElement(using: &numbers) ?? 56)
        }
        entry.mode = Bool.random(using: &numbers) ? .host : .explicit
        entry.defendsLinkLocal = Bool.random(using: &numbers)
        if node % 7 == 0, Bool.random(using: &numbers) { entry.careOfAddress = entry.homeAddress }
        if node % 3 == 0 {
            entry.bindingIdentifier = .random(in: 1...3, using: &numbers)
            entry.priority = .random(in: 0...2, using: &numbers)
            if Bool.random(using: &numbers) {
                entry.flows = [
                    FlowRule(
                        identifier: .random(in: 1...2, using: &numbers), priority: 1,
                        selector: TrafficSelector(nextHeaders: 17...17))
                ]
            }
        }
        if Int.random(in: 0..<4, using: &numbers) == 0 {
            entry.formerCareOfAddresses = [careOf(.random(in: 1..<60, using: &numbers))]
        }
        return entry
    }

    private func change(_ ledger: inout TunnelLedger, at now: Instant, _ numbers: inout RandomNumbers) {
        let client = TunnelLedger.Announcer(number: .random(in: 1...2, using: &numbers))
        switch Int.random(in: 0..<40, using: &numbers) {
        case 0: ledger.sweepBindings(keeping: client)
        case 1: ledger.flushBindings()
        case 2...4: ledger.noteChange(of: home(.random(in: 0..<40, using: &numbers)))
        case 5...12:
            guard
                let key = ledger.bindings.keys.sorted(by: { $0.homeAddress < $1.homeAddress }).randomElement(
                    using: &numbers)
            else { return }
            _ = ledger.removeBinding(homeAddress: key.homeAddress, identifier: key.bindingIdentifier)
        default: ledger.add(binding(&numbers), by: client, at: now)
        }
    }

    @Test(
        "planning what changed gives the plan that planning everything anew gives",
        arguments: 1...30 as ClosedRange<UInt64>)
    func equalsWholePlan(seed: UInt64) {
        var numbers = RandomNumbers(seed: seed)
        var (ledger, planner, now) = (TunnelLedger(), TunnelPlanner(), start)
        let configuration = ManagerConfiguration(
            device: "shisa0", homeAgentAddresses: agents,
            homeAgentPrefixes: [IPv6Prefix(home(0), length: 64), IPv6Prefix("2001:db8:1000::/40")!],
            homePrefixes: [IPv6Prefix(home(0), length: 63)], homeLink: seed % 2 == 0 ? "home0" : nil)
        let nodeRoutes = NodeRoutes(configuration, routed: [IPv6Prefix("2001:db8:1000::/52")!])
        var routes: Set<KernelPlan.Route> = []
        var (defended, routers): (Set<IPv6Address>, Set<IPv6Address>) = ([], [])
        _ = planner.plan(own: [], nodes: [], linkMTU: linkMTU, learntMTU: learntMTU)
        for _ in 0..<60 {
            now = now + .milliseconds(Int64.random(in: 0...3000, using: &numbers))
            for _ in 0..<Int.random(in: 1...12, using: &numbers) { change(&ledger, at: now, &numbers) }
            _ = ledger.expireBindings(at: now)
            #expect(ledger.bindings.values.allSatisfy { $0.expiry > now })

            // What each tunnel has carried goes on with it, by either plan.
            let former = planner.tunnels.values.map(\.counters)
            var whole = planner
            let expected = whole.plan(
                own: [], nodes: ledger.nodeOwners, linkMTU: linkMTU, learntMTU: learntMTU)
            let expectedNews = whole.changes(since: planner.tunnels)

            let changed = ledger.takeChanged()
            let before = planner.prefixes(of: changed)
            let found = planner.change(
                changed.map { ($0, ledger.nodeOwner($0)) }, linkMTU: linkMTU, learntMTU: learntMTU)
            let kernel = nodeRoutes.change(
                of: before.union(planner.prefixes(of: changed)), isBound: found.plan.table.holdsNode)
            routes.formUnion(kernel.wanted)
            routes.subtract(kernel.unwanted)

            // New tunnels have counters of their own in either plan.
            let known = Set(former.map(ObjectIdentifier.init))
            func comparable(_ plan: EnginePlan) -> Described {
                var described = Described(plan)
                for (home, owner) in described.owners {
                    described.owners[home]?.ways = owner.ways.map { way in
                        var way = way
                        if !known.contains(way.counters) { way.counters = ObjectIdentifier(newCounters) }
                        return way
                    }
                }
                return described
            }
            #expect(comparable(found.plan) == comparable(expected))
            #expect(planner.status == whole.status)
            #expect(planner.greatestMTU == whole.greatestMTU)
            #expect(found.before == expectedNews.before && found.now == expectedNews.now)
            let allRoutes = Set(
                ledger.nodeOwners.flatMap { [IPv6Prefix(host: $0.homeAddress)] + $0.prefixes }
                    .compactMap(nodeRoutes.route))
            #expect(routes == allRoutes)

            let homePrefixes = configuration.homePrefixes
            for home in changed {
                for address in [home, IPv6Address(high: 0xfe80_0000_0000_0000, low: home.low)] {
                    if ledger.isDefended(address, in: homePrefixes) {
                        defended.insert(address)
                    } else {
                        defended.remove(address)
                    }
                    if ledger.isMobileRouter(address) { routers.insert(address) } else { routers.remove(address) }
                }
            }
            #expect(defended == ledger.defendedAddresses(in: homePrefixes))
            #expect(routers == ledger.mobileRouters)
        }
    }

    @Test("one new or moved binding among 20,000 costs what it costs among 1,000")
    func work() {
        /// Questions for ways, and what was copied of the table.
        func cost(_ count: UInt64) -> (asked: Int, copied: Int) {
            var (ledger, planner) = (TunnelLedger(), TunnelPlanner())
            func add(_ number: UInt64, at place: UInt64) {
                ledger.add(
                    BindingEntry(
                        homeAddress: home(number), careOfAddress: careOf(place), homeAgentAddress: agents[0],
                        lifetime: 60, remainingMilliseconds: 60_000, sequenceNumber: SequenceNumber(rawValue: 1),
                        prefixes: [
                            IPv6Prefix(IPv6Address(high: 0x2001_0db8_1000_0000 | number << 8, low: 0), length: 56)
                        ]), by: TunnelLedger.Announcer(number: 1), at: start)
            }
            for number in 0..<count { add(number, at: number) }
            _ = planner.plan(own: [], nodes: ledger.nodeOwners) { _ in 1500 }
            _ = ledger.takeChanged()
            var (asked, copied) = (0, 0)
            for (number, place) in [(count / 2, count + 1), (count + 2, count + 2)] {
                let former = planner.latest.table.nodes
                add(number, at: place)
                let changes = ledger.takeChanged().map { (homeAddress: $0, request: ledger.nodeOwner($0)) }
                _ = planner.change(
                    changes,
                    linkMTU: { _ in
                        asked += 1
                        return 1500
                    })
                let table = planner.latest.table.nodes
                copied += Self.copied(table.homes, since: former.homes)
                copied += Self.copied(table.levels[0].routes, since: former.levels[0].routes)
            }
            return (asked, copied)
        }
        let (small, large) = (cost(1000), cost(20_000))
        #expect(small.asked == 2 && large.asked == 2)
        #expect(large.copied <= 2 * small.copied, "\(large.copied) and \(small.copied)")
    }

    private static func copied<Value>(
        _ table: SharedTable<IPv6Address, Value>, since other: SharedTable<IPv6Address, Value>
    ) -> Int {
        typealias Node = SharedTable<IPv6Address, Value>.Node
        func places(_ node: Node?) -> [ObjectIdentifier: Int] {
            switch node {
            case nil: [:]
            case .list(let list): [ObjectIdentifier(list): list.count]
            case .branch(let branch):
                branch.children.reduce(into: [ObjectIdentifier(branch): branch.children.count]) { all, child in
                    all.merge(places(child)) { first, _ in first }
                }
            }
        }
        let known = places(other.root)
        return places(table.root).filter { known[$0.key] == nil }.values.reduce(0, +)
    }
}
