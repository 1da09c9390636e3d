import MobilityCore
import MobilitySocket
import MobilityWire
import Multihoming
import Settings
import Testing

@testable import Roaming

@Suite("The uplinks that mrd knows")
struct UplinkTableTests {
    private static let address = IPv6Address(high: 0x2001_0db8_00a1_0000, low: 7)

    private func report(
        _ name: String, _ index: UInt32, _ state: UplinkReport.State = .up,
        flags: [UplinkReport.Candidate.Flags] = [[]]
    ) -> UplinkReport {
        UplinkReport(
            interfaceIndex: index, name: name, type: "ethernet", state: state,
            careOfCandidates: flags.enumerated().map { offset, flags in
                var address = Self.address
                address.low += UInt64(offset)
                return .init(
                    address: address, prefixLength: 64, flags: flags, preferredLifetime: 1, validLifetime: 1)
            }, mtu: 1500, metric: 0)
    }

    @Test("of equal metric the first of the file is better, whatever the index")
    func rank() {
        var table = UplinkTable([
            UplinkSettings(interface: "b", metric: 20), UplinkSettings(interface: "a", metric: 20),
            UplinkSettings(interface: "c", metric: 10),
        ])
        for (name, index) in [("a", UInt32(1)), ("b", 2), ("c", 3)] {
            let isOurs = table.update(report(name, index))
            #expect(isOurs)
        }
        #expect(table.uplinks.sorted { $0.metric < $1.metric }.map(\.name) == ["c", "b", "a"])
        let isOurs = table.update(report("lan0", 9))
        #expect(!isOurs)
    }

    @Test("absent and gone uplinks are not offered; an index that moved on belongs to its new name")
    func absent() {
        var table = UplinkTable([UplinkSettings(interface: "usb0"), UplinkSettings(interface: "usb1")])
        _ = table.update(report("usb0", 5))
        _ = table.update(report("usb1", 5))
        #expect(table.uplinks.map(\.name) == ["usb1"])
        _ = table.update(report("usb1", 0, .absent))
        #expect(table.uplinks.isEmpty)
        _ = table.update(report("usb1", 6))
        table.remove(index: 6)
        #expect(table.uplinks.isEmpty)
        // A name that was taken from the file takes nothing from whoever has its index now.
        _ = table.update(report("usb1", 6))
        table.remove(index: 6, name: "usb0")
        #expect(table.uplinks.map(\.name) == ["usb1"])
        table.remove(index: 6, name: "usb1")
        #expect(table.uplinks.isEmpty)
    }

    @Test("an address for privacy is used only when there is no other")
    func temporary() {
        let both = Uplink(report("a", 1, flags: [.temporary, []]), rank: 0)
        #expect(both.candidates.map(\.address.low) == [8])
        let tentative = Uplink(report("a", 1, flags: [.temporary, .tentative]), rank: 0)
        #expect(tentative.candidates.count == 2)
    }

    @Test("router state and signal reach the policy; a router that is silent ends the uplink")
    func routerAndSignal() {
        let states: [(UplinkReport.RouterState, Uplink.RouterState)] = [
            (.absent, .absent), (.reachable, .reachable), (.unconfirmed, .unconfirmed), (.unreachable, .unreachable),
        ]
        for (told, expected) in states {
            var report = report("a", 1)
            report.routerState = told
            #expect(Uplink(report, rank: 0).router == expected)
        }
        #expect(Uplink(report("a", 1), rank: 0).signal == nil)
        var heard = report("a", 1)
        heard.signal = -80
        #expect(Uplink(heard, rank: 0).signal == Signal(dBm: -80))
    }

    @Test("usable means carrier, router and an address that is not in doubt")
    func usable() {
        let careOf = CareOf(address: Self.address, interfaceIndex: 1)
        var table = UplinkTable([UplinkSettings(interface: "a")])
        #expect(!table.isUsable(careOf))
        for (state, expected) in [(UplinkReport.State.up, true), (.noCarrier, false), (.noRouter, false)] {
            _ = table.update(report("a", 1, state))
            #expect(table.isUsable(careOf) == expected, "\(state)")
        }
        _ = table.update(report("a", 1, flags: [.tentative]))
        #expect(!table.isUsable(careOf))
        _ = table.update(report("a", 1, flags: [.deprecated]))
        #expect(table.isUsable(careOf))
    }

    @Test("a flow takes the identifiers of its uplinks, and its prefixes become ranges of addresses")
    func flows() throws {
        let settings = [
            UplinkSettings(interface: "a", metric: 20), UplinkSettings(interface: "b", metric: 10),
        ]
        let table = UplinkTable(settings)
        let home = IPv6Prefix(IPv6Address(high: 0x2001_0db8_0010_0000, low: 0), length: 60)
        let host = IPv6Prefix(host: Self.address)
        let subnet = IPv6Prefix(IPv6Address(high: 1, low: 0), length: 96)
        let link = IPv6Prefix(IPv6Address(high: 0x2001_0db8_0010_0003, low: 0), length: 64)
        let flows = [
            FlowSettings(
                match: .init(address: host, localAddress: home, codePoints: 46...46), via: ["a", "b"], otherwise: .drop),
            FlowSettings(match: .init(address: subnet), via: ["b"]),
            FlowSettings(match: .init(ingress: "lan0"), via: ["b", "a"]),
            FlowSettings(match: .init(localAddress: home, ingress: "lan0"), via: ["b"]),
            FlowSettings(match: .init(localAddress: subnet, ingress: "lan0"), via: ["b"]),
        ]
        let entries = try FlowTable(flows, ingress: ["lan0": [link]], uplinks: settings).entries
        // All that is named has to match: the link's part of the network, and nothing of a network that is elsewhere.
        #expect(entries.map(\.requirement) == [0, 1, 2, 3])
        #expect(entries[3].rule.selector.destinationAddresses == entries[2].rule.selector.destinationAddresses)
        let ways: [FlowAssignment.Way] = [.uplink(index: 1, name: "a"), .any, .uplink(index: 1, name: "a")]
        let policies = table.flowPolicies(
            zip(entries, ways).map {
                FlowAssignment(
                    rule: $0.rule, requirement: $0.requirement, way: $1, since: Instant(milliseconds: 0))
            }, flows)
        #expect(policies.map(\.via) == [[2, 1], [], [2, 1]])
        #expect(policies.map(\.fallback) == [.drop, .any, .any])
        #expect(
            policies[2].rule.selector.destinationAddresses == link
                .address...IPv6Address(high: link.address.high, low: .max))
        #expect(policies.map(\.rule.identifier) == [1, 2, 3] && policies.map(\.rule.priority) == [1, 2, 3])
        let selector = policies[0].rule.selector
        #expect(selector.sourceAddresses == Self.address...Self.address)
        #expect(
            selector.destinationAddresses
                == home.address...IPv6Address(high: 0x2001_0db8_0010_000f, low: .max))
        #expect(selector.trafficClasses == 184...184)
        #expect(policies[1].rule.selector.sourceAddresses == subnet.address...IPv6Address(high: 1, low: 0xffff_ffff))
        #expect(FlowSettings.limit == Tunables.flowsPerRegistration)
    }
}
