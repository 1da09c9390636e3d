import MobilitySocket
import MobilityWire
import Testing

@testable import MobilityCore
@testable import Roaming

@Suite("What nemonetd is told about a registration")
struct RegistrationTableTests {
    private static let home = IPv6Address(high: 0x2001_0db8_0001_0000, low: 0x100)
    private static let agent = IPv6Address(high: 0x2001_0db8_0001_0000, low: 1)
    private static let first = CareOf(address: IPv6Address(high: 0x2001_0db8_00a1_0000, low: 7), interfaceIndex: 2)
    private static let second = CareOf(address: IPv6Address(high: 0x2001_0db8_00a2_0000, low: 7), interfaceIndex: 3)
    private static let prefix = IPv6Prefix(IPv6Address(high: 0x2001_0db8_0010_0000, low: 0), length: 60)
    private let now = Instant(milliseconds: 10_000)
    private let name: (UInt32) -> String = { "eth\($0)" }

    private func table() -> RegistrationTable {
        RegistrationTable(homeAddress: Self.home, homePrefixLength: 64, homeAgent: Self.agent)
    }

    private func registration(
        _ careOf: CareOf?, _ state: Registration.State, sequence: UInt16 = 1, expiresAt: Instant? = nil
    ) -> Registration {
        Registration(
            homeAddress: Self.home, homeAgent: Self.agent, careOf: careOf, state: state, status: nil,
            sequenceNumber: SequenceNumber(rawValue: sequence), lifetime: .seconds(600), expiresAt: expiresAt,
            prefixes: [Self.prefix])
    }

    private func added(_ messages: [MobilitySocketMessage]) -> [RegistrationEntry] {
        messages.compactMap { if case .registrationAdd(let entry) = $0 { entry } else { nil } }
    }

    private func deleted(_ messages: [MobilitySocketMessage]) -> [IPv6Address] {
        messages.compactMap { if case .registrationDelete(_, let careOf) = $0 { careOf } else { nil } }
    }

    @Test("a revocation is told with its trigger until another answer comes, and with the time of the next attempt")
    func revoked() {
        var table = table()
        table.revocation = .administrativeReason
        table.retryAt = now + .seconds(30)
        var refused = registration(Self.first, .refused)
        refused.status = .accepted
        table.set(refused)
        var entries = added(table.announceChanges(at: now, name: name))
        #expect(entries.map(\.revocation) == [1])
        #expect(entries.map(\.remainingMilliseconds) == [30_000])
        refused.status = .notHomeSubnet
        table.set(refused)
        entries = added(table.announceChanges(at: now, name: name))
        #expect(entries.map(\.revocation) == [nil])
        #expect(entries.map(\.status) == [132])
        #expect(entries.map(\.remainingMilliseconds) == [30_000])
    }

    @Test("of several care-of addresses one that is refused shows when it is tried again, unless it forwards")
    func refusedOfSeveral() {
        var table = table()
        func set(forwards: Bool) {
            let paths = [(Self.first, MultipleRegistration.State.registered), (Self.second, .refused)].enumerated().map
            {
                MultipleRegistration.Path(
                    identifier: UInt16($0 + 1), careOf: $1.0, priority: UInt8($0), state: $1.1, status: nil,
                    lifetime: .seconds(600), expiresAt: now + .seconds(600),
                    retryAt: $1.1 == .refused ? now + .seconds(60) : nil, forwards: $1.1 == .registered || forwards,
                    flows: [])
            }
            table.set(
                MultipleRegistration(
                    homeAddress: Self.home, homeAgent: Self.agent, sequenceNumber: SequenceNumber(rawValue: 1),
                    prefixes: [Self.prefix], paths: paths))
        }
        set(forwards: false)
        var entries = added(table.announceChanges(at: now, name: name))
        #expect(entries.map(\.state) == [.registered, .refused])
        #expect(entries.map(\.remainingMilliseconds) == [600_000, 60_000])
        // Packets may still come by it, as long as the home agent has the binding.
        set(forwards: true)
        entries = added(table.announceChanges(at: now, name: name))
        #expect(entries.map(\.state) == [.refused])
        #expect(entries.map(\.remainingMilliseconds) == [600_000])
    }

    @Test("those that share have all buckets between them, and one that goes on alone has them without being told")
    func sharing() {
        var table = table()
        table.shares = [
            UplinkShare(identifier: 1, name: "eth0", weight: 1), UplinkShare(identifier: 2, name: "eth1", weight: 1),
            UplinkShare(identifier: 3, name: "eth2", weight: 1),
        ]
        let paths = [Self.first, Self.second].enumerated().map {
            MultipleRegistration.Path(
                identifier: UInt16($0 + 1), careOf: $1, priority: 1, state: .registered, status: .accepted,
                lifetime: .seconds(600), expiresAt: now + .seconds(600), retryAt: nil, forwards: true, flows: [])
        }
        table.set(
            MultipleRegistration(
                homeAddress: Self.home, homeAgent: Self.agent, sequenceNumber: SequenceNumber(rawValue: 1),
                prefixes: [Self.prefix], paths: paths))
        let entries = added(table.announceChanges(at: now, name: name))
        #expect(entries.count == 2 && entries.allSatisfy { !$0.buckets.isEmpty })
        for bucket in 0..<BucketSet.count { #expect(entries.count { $0.buckets.contains(bucket) } == 1) }
        table.startOver(isMultiple: false, at: now)
        #expect(added(table.announceChanges(at: now, name: name)).allSatisfy { $0.buckets.isEmpty })
    }

    /// Both care-of addresses registered with these priorities, and these flows on the second.
    private func several(_ priorities: [UInt8] = [1, 2], flows: [FlowRule] = []) -> MultipleRegistration {
        let paths = [Self.first, Self.second].enumerated().map { place, careOf in
            MultipleRegistration.Path(
                identifier: UInt16(place + 1), careOf: careOf, priority: priorities[place], state: .registered,
                status: .accepted, lifetime: .seconds(600), expiresAt: now + .seconds(600), retryAt: nil,
                forwards: true, flows: place == 1 ? flows : [])
        }
        return MultipleRegistration(
            homeAddress: Self.home, homeAgent: Self.agent, sequenceNumber: SequenceNumber(rawValue: 1),
            prefixes: [Self.prefix], paths: paths)
    }

    private static let rule = FlowRule(
        identifier: 1, priority: 1, selector: TrafficSelector(nextHeaders: 17...17))

    private static func policy(_ via: [UInt16]) -> FlowPolicy {
        FlowPolicy(rule: rule, via: via, fallback: .drop)
    }

    @Test("with another home agent a flow keeps its way while that works, and goes with the rest only if it may")
    func flowsGoOn() {
        var table = table()
        table.identify([
            RegistrationPath(identifier: 1, careOf: Self.first), RegistrationPath(identifier: 2, careOf: Self.second),
        ])
        table.flows = [Self.policy([2])]
        table.set(several(flows: [Self.rule]))
        _ = table.announceChanges(at: now, name: name)
        /// Which has the flow, and which has it stranded.
        func told() -> [[IPv6Address]] {
            let entries = added(table.announceAll(at: now, name: name))
            let stranded = [StrandedFlow(rule: Self.rule, fallback: .drop)]
            return [
                entries.filter { $0.flows == [Self.rule] }.map(\.careOfAddress),
                entries.filter { $0.stranded == stranded }.map(\.careOfAddress),
            ]
        }
        table.use(Self.home, at: now)
        #expect(told() == [[Self.second.address], []])
        // Its uplink fails, and lives again.
        table.flows = [Self.policy([])]
        #expect(told() == [[], [Self.first.address]])
        table.flows = [Self.policy([2])]
        #expect(told() == [[Self.second.address], []])
        // The way goes altogether; then the one that knew of it.
        table.dropInherited { $0 == Self.first }
        #expect(told() == [[], [Self.first.address]])
        table.flows = [Self.policy([2, 1])]
        #expect(told() == [[Self.first.address], []])
    }

    @Test("with a home agent of one care-of address the active one of those that share goes on, and strands flows")
    func fallsBack() {
        for active in [Self.first, Self.second] {
            var table = table()
            table.careOf = active
            table.identify([
                RegistrationPath(identifier: 1, careOf: Self.first),
                RegistrationPath(identifier: 2, careOf: Self.second),
            ])
            table.flows = [Self.policy([2])]
            table.set(several([1, 1], flows: [Self.rule]))
            _ = table.announceChanges(at: now, name: name)
            table.startOver(isMultiple: false, at: now)
            let entries = added(table.announceAll(at: now, name: name))
            #expect(entries.map(\.careOfAddress) == [active.address])
            #expect(entries.map(\.flows) == [active == Self.second ? [Self.rule] : []])
            #expect(entries.map(\.stranded.count) == [active == Self.second ? 0 : 1])
        }
    }

    @Test("with one binding a flow keeps its uplink when that is renumbered, and while it carries though it was left")
    func renumbered() {
        var table = table()
        table.flows = [Self.policy([1])]
        table.identify([RegistrationPath(identifier: 1, careOf: Self.first)])
        func stranded(_ active: CareOf) -> [Int] {
            table.set(TunnelPlan(active: active))
            table.set(registration(active, .registered, expiresAt: now + .seconds(600)))
            return added(table.announceAll(at: now, name: name)).map(\.stranded.count)
        }
        #expect(stranded(Self.first) == [0])
        let renumbered = CareOf(
            address: IPv6Address(high: 0x2001_0db8_00a3_0000, low: 7), interfaceIndex: Self.first.interfaceIndex)
        // In a planned hand-over the former address carries on.
        table.identify([RegistrationPath(identifier: 1, careOf: renumbered)])
        #expect(stranded(Self.first) == [0])
        #expect(stranded(renumbered) == [0])
        table.identify([RegistrationPath(identifier: 2, careOf: Self.second)])
        #expect(stranded(renumbered) == [0])
        #expect(stranded(Self.second) == [1])
        table.identify([RegistrationPath(identifier: 2, careOf: Self.second)])
        #expect(stranded(Self.first) == [1])
    }

    @Test("without a home agent the home address is shown with what it waits for, and gone when it is given up")
    func searching() {
        var table = table()
        table.clear()
        #expect(table.announceChanges(at: now, name: name).isEmpty)
        table.search(until: now + .seconds(600))
        let entries = added(table.announceChanges(at: now, name: name))
        #expect(entries.map(\.state) == [.idle])
        #expect(entries.map(\.homeAgentAddress) == [.unspecified])
        #expect(entries.map(\.remainingMilliseconds) == [600_000])
        table.clear()
        #expect(deleted(table.announceChanges(at: now, name: name)) == [.unspecified])
    }

    @Test("while registering, an entry without forwarding; when accepted, one that forwards")
    func registers() {
        var table = table()
        table.set(registration(nil, .idle))
        var entries = added(table.announceChanges(at: now, name: name))
        #expect(entries.map(\.careOfAddress) == [.unspecified])
        #expect(entries.map(\.state) == [.idle])

        table.set(registration(Self.first, .registering))
        var messages = table.announceChanges(at: now, name: name)
        entries = added(messages)
        #expect(entries.map(\.careOfAddress) == [Self.first.address])
        #expect(entries.map(\.forwards) == [false])
        #expect(entries.map(\.interfaceName) == ["eth2"])
        #expect(deleted(messages) == [.unspecified])

        table.set(TunnelPlan(active: Self.first))
        table.set(registration(Self.first, .registered, expiresAt: now + .seconds(600)))
        messages = table.announceChanges(at: now, name: name)
        entries = added(messages)
        #expect(entries.map(\.forwards) == [true])
        #expect(entries.map(\.state) == [.registered])
        #expect(entries.map(\.remainingMilliseconds) == [600_000])
        #expect(deleted(messages).isEmpty)
    }

    @Test("nothing changed is nothing told; a refresh is told for its longer lifetime")
    func quiet() {
        var table = table()
        table.set(TunnelPlan(active: Self.first))
        table.set(registration(Self.first, .registered, expiresAt: now + .seconds(600)))
        _ = table.announceChanges(at: now, name: name)
        #expect(table.announceChanges(at: now + .seconds(5), name: name).isEmpty)
        table.set(registration(Self.first, .registered, sequence: 2, expiresAt: now + .seconds(900)))
        let entries = added(table.announceChanges(at: now + .seconds(300), name: name))
        #expect(entries.map(\.remainingMilliseconds) == [600_000])
        // After a new hello everything is told, with what is left by then.
        #expect(added(table.announceAll(at: now + .seconds(400), name: name)).map(\.remainingMilliseconds) == [500_000])
    }

    @Test("planned: the old address carries until the new one is accepted, then retires")
    func planned() {
        var table = table()
        let expiry = now + .seconds(500)
        table.set(TunnelPlan(active: Self.first))
        table.set(registration(Self.first, .registered, expiresAt: expiry))
        _ = table.announceChanges(at: now, name: name)

        table.set(TunnelPlan(active: Self.first, standby: [Self.second]))
        table.set(registration(Self.second, .registering, expiresAt: expiry))
        var entries = added(table.announceAll(at: now, name: name))
        #expect(entries.map(\.careOfAddress) == [Self.first.address, Self.second.address])
        #expect(entries.map(\.priority) == [0, 1])
        #expect(entries.map(\.forwards) == [true, true])
        #expect(entries.map(\.state) == [.registered, .registering])

        table.set(TunnelPlan(active: Self.second, standby: [Self.first], standbyUntil: now + .seconds(4)))
        table.set(registration(Self.second, .registered, sequence: 2, expiresAt: now + .seconds(600)))
        entries = added(table.announceChanges(at: now, name: name))
        #expect(entries.map(\.careOfAddress) == [Self.second.address, Self.first.address])
        #expect(entries.map(\.state) == [.registered, .retiring])
        #expect(entries.map(\.remainingMilliseconds) == [600_000, 4000])

        table.set(TunnelPlan(active: Self.second))
        #expect(deleted(table.announceChanges(at: now + .seconds(4), name: name)) == [Self.first.address])
    }

    @Test("unplanned: the new address forwards at once with the best priority")
    func unplanned() {
        var table = table()
        let expiry = now + .seconds(500)
        table.set(TunnelPlan(active: Self.first))
        table.set(registration(Self.first, .registered, expiresAt: expiry))
        _ = table.announceChanges(at: now, name: name)
        table.set(TunnelPlan(active: Self.second))
        table.set(registration(Self.second, .registering, expiresAt: expiry))
        let messages = table.announceChanges(at: now, name: name)
        let entries = added(messages)
        #expect(entries.map(\.careOfAddress) == [Self.second.address])
        #expect(entries.map(\.priority) == [0])
        #expect(entries.map(\.forwards) == [true])
        #expect(entries.map(\.state) == [.registering])
        #expect(deleted(messages) == [Self.first.address])
        guard case .registrationAdd = messages.first else {
            Issue.record("the addition comes first, so that there is always a way")
            return
        }
    }

    @Test("what an earlier mrd left goes on forwarding until there is a plan")
    func inherits() {
        let held = RegistrationEntry(
            homeAddress: Self.home, homePrefixLength: 64, careOfAddress: Self.first.address,
            homeAgentAddress: Self.agent, interfaceIndex: 2, interfaceName: "eth2", forwards: true, state: .registered,
            sequenceNumber: SequenceNumber(rawValue: 0xffff), lifetime: 600, remainingMilliseconds: 300_000,
            prefixes: [Self.prefix])
        var foreign = held
        foreign.homeAddress = Self.agent
        foreign.sequenceNumber = SequenceNumber(rawValue: 9)
        var retiring = held
        retiring.careOfAddress = Self.second.address
        retiring.sequenceNumber = SequenceNumber(rawValue: 0xfff0)
        var table = table()
        let last = table.adopt([retiring, held, foreign], at: now)
        #expect(last?.sequenceNumber == SequenceNumber(rawValue: 0xffff))
        #expect(last?.homeAgent == Self.agent)

        table.set(registration(nil, .idle))
        #expect(added(table.announceAll(at: now, name: name)).count == 2)
        table.dropInherited { $0 == Self.first }
        table.set(registration(Self.first, .registering, sequence: 0))
        var messages = table.announceChanges(at: now + .seconds(1), name: name)
        #expect(deleted(messages) == [Self.second.address])
        let entries = added(messages)
        #expect(entries.map(\.forwards) == [true])
        #expect(entries.map(\.state) == [.registering])
        #expect(entries.map(\.remainingMilliseconds) == [299_000])

        table.set(TunnelPlan(active: Self.first))
        table.set(registration(Self.first, .registered, sequence: 0, expiresAt: now + .seconds(600)))
        messages = table.announceChanges(at: now + .seconds(1), name: name)
        #expect(added(messages).map(\.state) == [.registered])
        #expect(!table.isInheriting)
    }
}
