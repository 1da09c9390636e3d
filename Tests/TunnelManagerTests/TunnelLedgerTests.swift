import Forwarding
import MobilityWire
import Testing

@testable import MobilitySocket
@testable import TunnelManager

@Suite("The ledger of tunnels")
struct TunnelLedgerTests {
    let homeAddress = IPv6Address("2001:db8:1::100")!
    let agent = IPv6Address("2001:db8:1::1")!
    let first = IPv6Address("2001:db8:a1::2")!
    let second = IPv6Address("2001:db8:a2::2")!
    let prefix = IPv6Prefix("2001:db8:10::/60")!
    let start = Instant(milliseconds: 1000)

    func client(_ number: UInt64) -> TunnelLedger.Announcer { .init(number: number) }

    func registration(_ careOf: IPv6Address, priority: UInt32 = 0, forwards: Bool = true) -> RegistrationEntry {
        RegistrationEntry(
            homeAddress: homeAddress, homePrefixLength: 64, careOfAddress: careOf, homeAgentAddress: agent,
            interfaceIndex: careOf == first ? 2 : 3, interfaceName: careOf == first ? "eth0" : "eth1",
            priority: priority, forwards: forwards, state: .registered, sequenceNumber: SequenceNumber(rawValue: 1),
            lifetime: 60, remainingMilliseconds: 60_000, prefixes: [prefix])
    }

    func binding(_ careOf: IPv6Address, former: [IPv6Address] = []) -> BindingEntry {
        BindingEntry(
            homeAddress: homeAddress, careOfAddress: careOf, homeAgentAddress: agent, lifetime: 60,
            remainingMilliseconds: 60_000, sequenceNumber: SequenceNumber(rawValue: 1), prefixes: [prefix],
            formerCareOfAddresses: former)
    }

    @Test("the registration of lowest priority carries; the others bring in")
    func priority() {
        var ledger = TunnelLedger()
        ledger.add(registration(first, priority: 10), by: client(1), at: start)
        ledger.add(registration(second, priority: 5), by: client(1), at: start)
        #expect(ledger.ownOwners.map(\.active.local) == [second])
        #expect(ledger.ownOwners.flatMap(\.alsoAccepted).map(\.local) == [first])
        ledger.add(registration(first, priority: 1), by: client(1), at: start)
        #expect(ledger.ownOwners.map(\.active.interfaceName) == ["eth0"])
    }

    @Test("a binding that is only prolonged changes nothing that forwards; all else does")
    func prolonged() {
        var ledger = TunnelLedger()
        func changes(_ entry: BindingEntry, by number: UInt64 = 2, after seconds: Int64) -> Bool {
            ledger.add(entry, by: client(number), at: start + .seconds(seconds))
        }
        var entry = binding(first)
        #expect(changes(entry, by: 1, after: 0))
        (entry.sequenceNumber, entry.lifetime) = (SequenceNumber(rawValue: 2), 120)
        #expect(!changes(entry, after: 5))
        // It is looked at when it would have ended, and then no more before it does.
        #expect(ledger.nextExpiryOfBindings == start + .seconds(60))
        let ended = ledger.expireBindings(at: start + .seconds(60))
        #expect(ended.isEmpty && ledger.nextExpiryOfBindings == start + .seconds(65))
        entry.remainingMilliseconds = 1000
        #expect(changes(entry, after: 6), "it ends earlier")
        #expect(changes(binding(second), after: 7))
        entry = binding(second, former: [first])
        #expect(changes(entry, after: 8))
        entry.prefixes = []
        #expect(changes(entry, after: 9))
        entry.kind = .correspondent
        #expect(changes(entry, after: 9), "another table")
        #expect(!changes(entry, after: 10))
    }

    @Test("home addresses of the home link are defended, with link-local ones where asked for; nodes at home are not")
    func defended() {
        let home = IPv6Prefix("2001:db8:1::/64")!
        var ledger = TunnelLedger()
        ledger.add(binding(homeAddress), by: client(1), at: start)
        #expect(ledger.defendedAddresses(in: [home]) == [])
        var away = binding(first)
        ledger.add(away, by: client(1), at: start)
        #expect(ledger.defendedAddresses(in: [home]) == [homeAddress])
        #expect(ledger.defendedAddresses(in: [prefix]) == [])
        away.defendsLinkLocal = true
        ledger.add(away, by: client(1), at: start)
        #expect(ledger.defendedAddresses(in: [home]) == [homeAddress, IPv6Address("fe80::100")!])
    }

    @Test("a registration that does not forward is only shown")
    func news() {
        var ledger = TunnelLedger()
        ledger.add(registration(first, forwards: false), by: client(1), at: start)
        #expect(ledger.ownOwners.isEmpty)
        #expect(ledger.ownAddresses.map(\.homeAddress) == [homeAddress])
        #expect(ledger.nextExpiryOfOthers == nil)
        ledger.clientGone(client(1))
        #expect(ledger.registrations.isEmpty)
    }

    @Test("entries outlive their announcer and end by their lifetime")
    func lifetime() {
        var ledger = TunnelLedger()
        ledger.add(registration(first), by: client(1), at: start)
        ledger.add(binding(first), by: client(2), at: start)
        ledger.clientGone(client(1))
        ledger.clientGone(client(2))
        #expect(ledger.ownOwners.count == 1 && ledger.nodeOwners.count == 1)
        let end = start + .seconds(60)
        #expect(ledger.nextExpiryOfBindings == end && ledger.nextExpiryOfOthers == end)
        #expect(ledger.expire(at: end - .milliseconds(1)).bindings.isEmpty)
        #expect(ledger.currentBindings(at: end - .seconds(20)).map(\.remainingMilliseconds) == [20_000])
        let ended = ledger.expire(at: end)
        #expect(ended.bindings.count == 1 && ended.registrations.count == 1)
        #expect(ledger.ownOwners.isEmpty && ledger.nodeOwners.isEmpty)
        #expect(ledger.nextExpiryOfBindings == nil && ledger.nextExpiryOfOthers == nil)
    }

    @Test("deadlines of bindings that came and went do not pile up, and those that are there end in time")
    func deadlines() {
        var ledger = TunnelLedger()
        var entry = binding(first)
        for number in 0..<10_000 {
            entry.remainingMilliseconds = 60_000 + UInt64(number)
            ledger.add(entry, by: client(1), at: start)
            _ = ledger.removeBinding(homeAddress: homeAddress, identifier: nil)
        }
        #expect(ledger.expiries.count <= 1100)
        ledger.add(entry, by: client(1), at: start)
        for identifier in 1...3 as ClosedRange<UInt16> {
            entry.bindingIdentifier = identifier
            entry.remainingMilliseconds = 1000 * UInt64(identifier)
            ledger.add(entry, by: client(1), at: start)
        }
        for second in 1...3 as ClosedRange<Int64> {
            let ended = ledger.expireBindings(at: start + .seconds(second))
            #expect(ended.map(\.bindingIdentifier) == [UInt16(second)])
        }
        #expect(ledger.bindings(of: homeAddress).count == 1 && !ledger.hasIdentifiers(homeAddress))
        #expect(ledger.nextExpiryOfBindings.map { $0 <= start + .milliseconds(69_999) } == true)
        #expect(ledger.expireBindings(at: start + .milliseconds(69_998)).isEmpty)
        #expect(ledger.expireBindings(at: start + .milliseconds(69_999)).count == 1)
    }

    @Test("takes note of the home addresses whose bindings forward otherwise, and of no others")
    func changedHomes() {
        var ledger = TunnelLedger()
        func changed() -> Set<IPv6Address> { ledger.takeChanged() }
        ledger.add(binding(first), by: client(1), at: start)
        #expect(changed() == [homeAddress])
        ledger.add(binding(first), by: client(1), at: start + .seconds(1))
        #expect(changed() == [])
        ledger.add(binding(second), by: client(1), at: start + .seconds(2))
        #expect(changed() == [homeAddress] && changed() == [])
        ledger.sweepBindings(keeping: client(1))
        #expect(changed() == [])
        ledger.sweepBindings(keeping: client(2))
        #expect(changed() == [homeAddress] && !ledger.isBound(homeAddress))
        ledger.add(binding(first), by: client(1), at: start)
        _ = changed()
        _ = ledger.expireBindings(at: start + .seconds(60))
        #expect(changed() == [homeAddress])
        ledger.add(binding(first), by: client(1), at: start)
        ledger.flushBindings()
        #expect(changed() == [homeAddress] && ledger.bindings.isEmpty && ledger.nextExpiryOfBindings == nil)
        _ = ledger.removeBinding(homeAddress: homeAddress, identifier: nil)
        #expect(changed() == [])
        ledger.noteChange(of: homeAddress)
        #expect(changed() == [homeAddress])
    }

    @Test("a sweep takes away what the new client did not announce again")
    func sweep() {
        var ledger = TunnelLedger()
        ledger.add(registration(first), by: client(1), at: start)
        ledger.add(registration(second), by: client(1), at: start)
        ledger.add(registration(second), by: client(7), at: start)
        ledger.sweepRegistrations(keeping: client(7))
        #expect(ledger.registrations.values.map(\.entry.careOfAddress) == [second])
        ledger.add(binding(first), by: client(2), at: start)
        ledger.sweepBindings(keeping: client(3))
        #expect(ledger.bindings.isEmpty)
    }

    @Test("a binding's former care-of address still brings in")
    func formerCareOfAddress() {
        var ledger = TunnelLedger()
        ledger.add(binding(second, former: [first]), by: client(1), at: start)
        #expect(ledger.nodeOwners.map(\.active.remote) == [second])
        #expect(ledger.nodeOwners.flatMap(\.alsoAccepted).map(\.remote) == [first])
    }

    func correspondent(_ address: IPv6Address) -> BindingEntry {
        var entry = BindingEntry(
            homeAddress: homeAddress, careOfAddress: first, homeAgentAddress: address, lifetime: 420,
            remainingMilliseconds: 30_000, sequenceNumber: SequenceNumber(rawValue: 1))
        entry.kind = .correspondent
        return entry
    }

    func route(_ peer: IPv6Address, forwards: Bool = true) -> RouteEntry {
        RouteEntry(
            homeAddress: homeAddress, peer: peer, careOfAddress: first, interfaceIndex: 2, interfaceName: "eth0",
            lifetime: 420, remainingMilliseconds: 30_000, state: forwards ? .bound : .testing, forwards: forwards,
            sequenceNumber: SequenceNumber(rawValue: 1))
    }

    @Test("a correspondent's binding is its own: by pair of addresses, and out of reach of the home agent")
    func correspondents() {
        let other = IPv6Address("2001:db8:f::2")!
        var ledger = TunnelLedger()
        ledger.add(binding(first), by: client(1), at: start)
        ledger.add(correspondent(agent), by: client(2), at: start)
        ledger.add(correspondent(other), by: client(2), at: start)
        ledger.add(correspondent(other), by: client(2), at: start)
        #expect(ledger.bindings.count == 1 && ledger.correspondents.count == 2)
        #expect(ledger.nodeOwners.map(\.active.remote) == [first])
        #expect(ledger.currentBindings(at: start).map(\.kind) == [.home, .correspondent, .correspondent])
        ledger.flushBindings()
        ledger.sweepBindings(keeping: client(9))
        #expect(ledger.correspondents.count == 2)
        let isRemoved = ledger.removeCorrespondent(homeAddress: homeAddress, correspondent: other)
        let isRemovedAgain = ledger.removeCorrespondent(homeAddress: homeAddress, correspondent: other)
        #expect(isRemoved && !isRemovedAgain)
        ledger.add(binding(first), by: client(1), at: start)
        ledger.sweepCorrespondents(keeping: client(9))
        #expect(ledger.bindings.count == 1 && ledger.correspondents.isEmpty)
        ledger.add(correspondent(other), by: client(2), at: start)
        ledger.flushCorrespondents()
        #expect(ledger.bindings.count == 1 && ledger.correspondents.isEmpty)
    }

    @Test("routes and bindings of correspondents outlive their announcers and end by their lifetimes")
    func routeLifetimes() {
        let peer = IPv6Address("2001:db8:f::2")!
        var ledger = TunnelLedger()
        ledger.add(route(peer), by: client(1), at: start)
        ledger.add(route(agent, forwards: false), by: client(1), at: start)
        ledger.add(correspondent(peer), by: client(2), at: start)
        #expect(ledger.currentRoutes(at: start + .seconds(10)).map(\.remainingMilliseconds) == [20_000, 20_000])
        ledger.clientGone(client(1))
        ledger.clientGone(client(2))
        #expect(ledger.routes.values.map(\.entry.peer) == [peer])
        let end = start + .seconds(30)
        #expect(ledger.nextExpiryOfOthers == end)
        #expect(ledger.expire(at: end - .milliseconds(1)).routes.isEmpty)
        let ended = ledger.expire(at: end)
        #expect(ended.routes.map(\.peer) == [peer] && ended.bindings.map(\.homeAgentAddress) == [peer])
        #expect(ledger.routes.isEmpty && ledger.correspondents.isEmpty && ledger.nextExpiryOfOthers == nil)
    }

    @Test(
        "a route that forwards needs its uplink, a binding an address of ours; where both ends are away they are one way"
    )
    func directRequests() {
        let (peer, other) = (IPv6Address("2001:db8:f::2")!, IPv6Address("2001:db8:f::3")!)
        var ledger = TunnelLedger()
        ledger.add(registration(first), by: client(1), at: start)
        ledger.add(route(peer), by: client(1), at: start)
        ledger.add(route(other, forwards: false), by: client(1), at: start)
        func requests(ours: Bool = true, usable: Bool = true) -> [TunnelLedger.DirectRequest] {
            ledger.directRequests(isOurs: { _ in ours }, isUsable: { $0 == 2 && usable })
        }
        #expect(requests().map(\.remote) == [peer] && requests().map(\.localCareOf) == [first])
        #expect(requests().map(\.interfaceName) == ["eth0"] && requests().map(\.mark) == [nil])
        #expect(requests(usable: false).isEmpty)
        #expect(Set(ledger.registeredPairs.map { [$0.careOf, $0.home] }) == [[first, homeAddress]])
        // The other end is a mobile node too, bound with our home address.
        var binding = correspondent(homeAddress)
        (binding.homeAddress, binding.careOfAddress) = (peer, second)
        ledger.add(binding, by: client(2), at: start)
        #expect(requests().map(\.remoteCareOf) == [second] && requests().map(\.localCareOf) == [first])
        #expect(requests(ours: false).map(\.remoteCareOf) == [nil])
        #expect(requests(usable: false).map(\.localCareOf) == [nil])
        #expect(requests(usable: false).map(\.mark) == [TunnelPlanner.passingMark])

        var planner = TunnelPlanner()
        var direct = TunnelLedger.DirectRequests()
        direct.routes = requests()
        let plan = planner.plan(own: ledger.ownOwners, nodes: [], direct: direct, linkMTU: { _ in 1500 })
        #expect(plan.table.direct.routes.map(\.mtu) == [1452])
        #expect(plan.egress.map(\.source) == [first, first, nil] || plan.egress.map(\.source) == [first, nil])
        // The device takes what the tunnel takes; without a tunnel, what the routes take.
        #expect(planner.greatestMTU == 1460)
        let counters = plan.table.direct.routes.map(\.counters)
        let again = planner.plan(own: [], nodes: [], direct: direct, linkMTU: { _ in 1500 })
        #expect(planner.greatestMTU == 1452 && again.table.direct.routes[0].counters === counters[0])
    }

    @Test("resting peers end with their rest, excluded ones do not; a sweep takes routes and resting peers")
    func restingPeers() {
        let peer = IPv6Address("2001:db8:f::2")!
        var ledger = TunnelLedger()
        func rest(_ prefix: IPv6Prefix, _ remaining: UInt64) -> RestingPeerEntry {
            RestingPeerEntry(
                prefix: prefix, remainingMilliseconds: remaining, reason: remaining == 0 ? .excluded : .silent)
        }
        ledger.add(rest(IPv6Prefix(host: peer), 10_000), by: client(1), at: start)
        ledger.add(rest(prefix, 0), by: client(1), at: start)
        #expect(ledger.currentRestingPeers(at: start + .seconds(10)).map(\.remainingMilliseconds) == [1, 0])
        #expect(ledger.expire(at: start + .seconds(10)).restingPeers.map(\.prefix) == [IPv6Prefix(host: peer)])
        #expect(ledger.nextExpiryOfOthers == nil)
        let isRemoved = ledger.removeRestingPeer(prefix)
        #expect(isRemoved && ledger.restingPeers.isEmpty)
        ledger.add(rest(prefix, 0), by: client(1), at: start)
        ledger.add(route(peer), by: client(1), at: start)
        ledger.add(route(agent), by: client(2), at: start)
        ledger.sweepRoutes(keeping: client(2))
        #expect(ledger.routes.values.map(\.entry.peer) == [agent] && ledger.restingPeers.isEmpty)
        let isDeleted = ledger.removeRoute(homeAddress: homeAddress, peer: agent)
        #expect(isDeleted)
        ledger.add(route(peer), by: client(2), at: start)
        ledger.add(rest(prefix, 0), by: client(2), at: start)
        ledger.flushRoutes()
        #expect(ledger.routes.isEmpty && ledger.restingPeers.isEmpty)
    }

    @Test("what a tunnel has carried survives a new plan")
    func countersSurvive() {
        var ledger = TunnelLedger()
        var planner = TunnelPlanner()
        ledger.add(registration(first), by: client(1), at: start)
        _ = planner.plan(own: ledger.ownOwners, nodes: [], linkMTU: { _ in 1500 })
        let counters = planner.tunnels.values.map(\.counters)
        ledger.add(registration(second, priority: 9), by: client(1), at: start)
        let plan = planner.plan(own: ledger.ownOwners, nodes: [], linkMTU: { $0.interfaceIndex == 2 ? 1400 : nil })
        #expect(planner.tunnels.values.contains { $0.counters === counters[0] })
        #expect(planner.status.map(\.mtu).sorted() == [1360, 1460])
        #expect(planner.status.map(\.active).filter { $0 }.count == 1)
        #expect(plan.egress.map(\.name).sorted() == ["eth0", "eth1"])
        #expect(planner.greatestMTU == 1460)
    }

    @Test("of several bindings the one of lowest priority carries, and each flow goes by the binding that has it")
    func flows() {
        var ledger = TunnelLedger()
        let voice = FlowRule(identifier: 1, priority: 20, selector: TrafficSelector(nextHeaders: 17...17))
        let web = FlowRule(identifier: 2, priority: 10, selector: TrafficSelector(nextHeaders: 6...6))
        var one = binding(first)
        (one.bindingIdentifier, one.priority, one.flows) = (1, 20, [voice, web])
        var two = binding(second)
        (two.bindingIdentifier, two.priority, two.flows) = (2, 10, [voice])
        ledger.add(one, by: client(2), at: start)
        ledger.add(two, by: client(2), at: start)
        #expect(ledger.nodeOwners.count == 1)
        let owner = ledger.nodeOwners.first
        #expect(owner?.active.remote == second)
        #expect(owner?.alsoAccepted.map(\.remote) == [first])
        #expect(owner?.flows.map(\.rule) == [web, voice])
        #expect(owner?.flows.map(\.tunnel?.remote) == [first, second])
        var planner = TunnelPlanner()
        _ = planner.plan(own: [], nodes: ledger.nodeOwners) { _ in nil }
        #expect(planner.status.map(\.active) == [true, true])
        // Without its binding a flow goes with the rest.
        let isRemoved = ledger.removeBinding(homeAddress: homeAddress, identifier: 1)
        #expect(isRemoved)
        #expect(ledger.nodeOwners.first?.flows.map(\.rule) == [voice])

        var uplink = registration(first, priority: 2)
        uplink.flows = [voice]
        ledger.add(registration(second, priority: 1), by: client(1), at: start)
        ledger.add(uplink, by: client(1), at: start)
        #expect(ledger.ownOwners.first?.active.local == second)
        #expect(ledger.ownOwners.first?.flows.map(\.tunnel?.local) == [first])
    }

    @Test("bindings of one priority share, those behind them and those without priorities do not")
    func sharing() {
        func share(_ priorities: [UInt8]) -> TunnelLedger.OwnerRequest.Share? {
            var ledger = TunnelLedger()
            for (index, priority) in priorities.enumerated() {
                var entry = binding(IPv6Address(high: first.high, low: UInt64(index + 1)))
                (entry.bindingIdentifier, entry.priority) = (UInt16(index + 1), priority)
                ledger.add(entry, by: client(2), at: start)
            }
            return ledger.nodeOwners.first?.share
        }
        func identifiers(_ priorities: [UInt8]) -> [UInt16] {
            if case .learnt(let members)? = share(priorities) { members.map(\.identifier) } else { [] }
        }
        #expect(identifiers([1, 1]) == [1, 2])
        #expect(identifiers([2, 1, 1]) == [2, 3])
        #expect(identifiers([1, 2]) == [])
        #expect(identifiers([0, 0]) == [])
        #expect(identifiers([5]) == [])
    }

    @Test("the buckets of a mobile node's uplinks lead to their tunnels, all of which are active")
    func buckets() {
        var ledger = TunnelLedger()
        var (one, two) = (registration(first, priority: 1), registration(second, priority: 1))
        for bucket in 0..<BucketSet.count {
            if bucket < 100 { one.buckets.insert(bucket) } else { two.buckets.insert(bucket) }
        }
        ledger.add(one, by: client(1), at: start)
        ledger.add(two, by: client(1), at: start)
        guard case .assigned(let parts)? = ledger.ownOwners.first?.share else {
            Issue.record("nothing is shared")
            return
        }
        #expect(Set(parts.map(\.tunnel.local)) == [first, second])
        var planner = TunnelPlanner()
        _ = planner.plan(own: ledger.ownOwners, nodes: []) { _ in nil }
        #expect(planner.status.map(\.active) == [true, true])
    }

    @Test("a flow without a way is tried in its place among the others, whichever entry tells of it")
    func stranded() {
        var ledger = TunnelLedger()
        let voice = FlowRule(identifier: 1, priority: 1, selector: TrafficSelector(nextHeaders: 17...17))
        let web = FlowRule(identifier: 2, priority: 2, selector: TrafficSelector(nextHeaders: 6...6))
        let files = FlowRule(identifier: 3, priority: 3, selector: TrafficSelector(nextHeaders: 132...132))
        var uplink = registration(first, priority: 1)
        uplink.flows = [web]
        uplink.stranded = [
            StrandedFlow(rule: files, fallback: .wait), StrandedFlow(rule: voice, fallback: .drop),
            StrandedFlow(rule: voice, fallback: .any),
        ]
        ledger.add(uplink, by: client(1), at: start)
        let flows = ledger.ownOwners.first?.flows
        #expect(flows?.map(\.rule) == [voice, web, files])
        #expect(flows?.map(\.way) == [.drop, .tunnel(ledger.ownOwners[0].active), .wait])
        var planner = TunnelPlanner()
        _ = planner.plan(own: ledger.ownOwners, nodes: []) { _ in nil }
        #expect(planner.status.map(\.active) == [true])
    }
}
