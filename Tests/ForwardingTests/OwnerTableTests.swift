import MobilityWire
import Testing

@testable import Forwarding

@Suite("Whose an address is")
struct OwnerTableTests {
    private func route(_ home: IPv6Address, _ prefixes: [IPv6Prefix]) -> ForwardingTable.Route {
        ForwardingTable.Route(.init(homeAddress: home, prefixes: prefixes, active: nil), isOwn: false)
    }

    @Test(
        "agrees with a linear search while owners with overlapping prefixes come, change and go",
        arguments: 1...5 as ClosedRange<UInt64>)
    func agreesWithReference(seed: UInt64) {
        var generator = RandomNumbers(seed: seed)
        var table = OwnerTable()
        var owners: [IPv6Address: [IPv6Prefix]] = [:]
        func address() -> IPv6Address {
            IPv6Address(
                high: .random(in: 0...3, using: &generator) << 62, low: .random(in: 0...15, using: &generator))
        }
        for _ in 0..<3000 {
            let home = address()
            if Bool.random(using: &generator) {
                let prefixes = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
                    IPv6Prefix(address(), length: [0, 1, 2, 61, 64, 126, 128].randomElement(using: &generator) ?? 0)
                }
                table.set(route(home, prefixes))
                owners[home] = prefixes
            } else {
                table.remove(home)
                owners[home] = nil
            }
            let asked = address()
            // The home address before every prefix, a longer prefix before a shorter one, and of two owners of one prefix
            // the one with the lower home address.
            let best = owners.flatMap { home, prefixes in prefixes.map { (home: home, prefix: $0) } }
                .filter { $0.prefix.contains(asked) }
                .min { ($1.prefix.length, $0.home) < ($0.prefix.length, $1.home) }
            let expected = owners[asked] != nil ? asked : best?.home
            #expect(table.lookup(asked)?.homeAddress == expected)
            let prefix = IPv6Prefix(asked, length: 61)
            #expect(table.holds(prefix) == owners.values.contains { $0.contains(prefix) })
            let host = IPv6Prefix(host: asked)
            #expect(table.holds(host) == (owners[asked] != nil || owners.values.contains { $0.contains(host) }))
        }
        for home in owners.keys { table.remove(home) }
        #expect(table.isEmpty && table.levels.isEmpty && table.rivals.isEmpty)
    }
}

@Suite("A forwarding table with other nodes")
struct ChangedForwardingTableTests {
    private let agent = IPv6Address("2001:db8:1::1")!

    private func owner(_ number: UInt64, careOf: UInt64) -> ForwardingTable.Owner {
        ForwardingTable.Owner(
            homeAddress: IPv6Address(high: 0x2001_0db8_0001_0000, low: 0x100 + number),
            prefixes: [IPv6Prefix(IPv6Address(high: 0x2001_0db8_1000_0000 | number << 16, low: 0), length: 48)],
            active: Tunnel(
                local: agent, remote: IPv6Address(high: 0x2001_0db8_00a1_0000, low: careOf), egress: 0, mtu: 1460,
                counters: TunnelCounters()))
    }

    /// Why a packet of a node is dropped that comes from a care-of address; nil if it is not.
    private func fate(_ number: UInt64, careOf: UInt64, by table: ForwardingTable) -> DropReason? {
        let peer = IPv6Address("2001:db8:c::c")!
        let bytes = packet(from: owner(number, careOf: 0).homeAddress, to: peer)
        do {
            try bytes.withUnsafeBytes {
                _ = try table.tunnelIn(
                    try InnerPacket($0), outerSource: IPv6Address(high: 0x2001_0db8_00a1_0000, low: careOf),
                    outerDestination: agent)
            }
            return nil
        } catch {
            return error as? DropReason
        }
    }

    @Test("takes what it is given in place of the former, and leaves the former table as it was")
    func changing() {
        let first = ForwardingTable(own: [], nodes: [owner(1, careOf: 1), owner(2, careOf: 1), owner(3, careOf: 3)])
        let second = first.changing(nodes: [
            (owner(1, careOf: 0).homeAddress, owner(1, careOf: 9)), (owner(3, careOf: 0).homeAddress, nil),
            (owner(4, careOf: 0).homeAddress, owner(4, careOf: 4)), (owner(5, careOf: 0).homeAddress, nil),
        ])
        #expect(fate(1, careOf: 9, by: second) == nil)
        // From where another node is bound it is a stranger's packet; from where none is any more, an unknown tunnel.
        #expect(fate(1, careOf: 1, by: second) == .innerAddressOutsideBinding)
        #expect(fate(2, careOf: 1, by: second) == nil)
        #expect(fate(3, careOf: 3, by: second) == .outerPairNotRegistered)
        #expect(fate(4, careOf: 4, by: second) == nil)
        #expect(second.holdsNode(at: owner(4, careOf: 4).prefixes[0]))
        #expect(!second.holdsNode(at: owner(3, careOf: 3).prefixes[0]))
        #expect(fate(1, careOf: 1, by: first) == nil && fate(3, careOf: 3, by: first) == nil)
        #expect(fate(4, careOf: 4, by: first) == .outerPairNotRegistered)
        let third = second.changing(nodes: [(owner(2, careOf: 0).homeAddress, nil)])
        #expect(fate(2, careOf: 1, by: third) == .outerPairNotRegistered)
    }
}
