import MobilitySocket
import MobilityWire
import Settings
import Testing

@testable import MovementDetector

@Suite("Reports about uplinks")
struct UplinkTrackerTests {
    private static let router = IPv6Address(high: 0xfe80_0000_0000_0000, low: 1)
    private static let careOf = IPv6Address(high: 0x2001_0db8_00a1_0000, low: 7)

    private static func link(
        _ index: UInt32 = 2, _ name: String = "eth0", up: Bool = true, carrier: Bool = true, mtu: UInt32 = 1500
    ) -> LinkObservation {
        .link(.init(index: index, name: name, isUp: up, hasCarrier: carrier, mtu: mtu))
    }

    private static func candidate(
        _ address: IPv6Address = careOf, _ flags: UplinkReport.Candidate.Flags = [], lifetime: UInt32 = 600
    ) -> UplinkReport.Candidate {
        .init(
            address: address, prefixLength: 64, flags: flags, preferredLifetime: lifetime, validLifetime: lifetime)
    }

    private static func route(_ index: UInt32 = 2, _ router: IPv6Address = router, metric: UInt32 = 1024)
        -> LinkObservation.DefaultRoute
    { .init(index: index, router: router, metric: metric) }

    private func tracker(_ names: String...) -> UplinkTracker {
        var tracker = UplinkTracker(names.map { UplinkSettings(interface: $0) })
        _ = tracker.handle(.everything(links: [], addresses: [], defaultRoutes: []))
        return tracker
    }

    private func states(_ outputs: [UplinkTracker.Output]) -> [UplinkReport.State] {
        outputs.compactMap { if case .report(let report) = $0 { report.state } else { nil } }
    }

    @Test("a link that comes up says step by step what is still missing")
    func comesUp() {
        var tracker = tracker("eth0")
        #expect(tracker.reports.map(\.state) == [.absent])
        #expect(states(tracker.handle(Self.link(up: false, carrier: false))) == [.down])
        #expect(states(tracker.handle(Self.link(carrier: false))) == [.noCarrier])
        #expect(states(tracker.handle(Self.link())) == [.noAddress])
        #expect(
            states(tracker.handle(.address(.init(index: 2, candidate: Self.candidate(Self.careOf, .tentative)))))
                == [.noAddress])
        #expect(
            states(tracker.handle(.address(.init(index: 2, candidate: Self.candidate())))) == [.noRouter])
        #expect(states(tracker.handle(.defaultRoute(Self.route()))) == [.up])
        #expect(tracker.reports.first?.defaultRouter == Self.router)
        #expect(tracker.reports.first?.careOfCandidates.map(\.address) == [Self.careOf])
    }

    @Test("carrier lost is one report, and addresses that go with it are the next")
    func carrierLost() {
        var tracker = tracker("eth0")
        _ = tracker.handle(
            .everything(
                links: [.init(index: 2, name: "eth0", isUp: true, hasCarrier: true, mtu: 1500)],
                addresses: [.init(index: 2, candidate: Self.candidate())], defaultRoutes: [Self.route()]))
        #expect(states(tracker.handle(Self.link(carrier: false))) == [.noCarrier])
        #expect(states(tracker.handle(.addressGone(index: 2, address: Self.careOf))) == [.noCarrier])
        #expect(tracker.reports.first?.careOfCandidates.isEmpty == true)
    }

    @Test("nothing new is no report: the same again, a lifetime renewed, another interface")
    func quiet() {
        var tracker = tracker("eth0")
        _ = tracker.handle(Self.link())
        _ = tracker.handle(.address(.init(index: 2, candidate: Self.candidate())))
        #expect(tracker.handle(Self.link()).isEmpty)
        #expect(tracker.handle(.address(.init(index: 2, candidate: Self.candidate(lifetime: 599)))).isEmpty)
        #expect(tracker.handle(Self.link(3, "lan0")).isEmpty)
        #expect(tracker.handle(.defaultRoute(Self.route(3))).isEmpty)
        #expect(tracker.handle(.linkGone(index: 3)).isEmpty)
    }

    @Test("an address that is deprecated, or the MTU that a router advertises, is a report")
    func details() {
        var tracker = tracker("eth0")
        _ = tracker.handle(Self.link())
        _ = tracker.handle(.address(.init(index: 2, candidate: Self.candidate())))
        #expect(!tracker.handle(.address(.init(index: 2, candidate: Self.candidate(Self.careOf, .deprecated)))).isEmpty)
        #expect(!tracker.handle(.linkMTU(index: 2, mtu: 1400)).isEmpty)
        #expect(tracker.reports.first?.mtu == 1400)
        #expect(tracker.handle(Self.link()).isEmpty)
        #expect(!tracker.handle(Self.link(mtu: 1300)).isEmpty)
        #expect(tracker.reports.first?.mtu == 1300)
    }

    @Test("link-local and duplicate addresses are no care-of addresses; an optimistic one is")
    func candidates() {
        var tracker = tracker("eth0")
        _ = tracker.handle(Self.link())
        #expect(tracker.handle(.address(.init(index: 2, candidate: Self.candidate(Self.router)))).isEmpty)
        #expect(
            states(
                tracker.handle(
                    .address(.init(index: 2, candidate: Self.candidate(Self.careOf, [.tentative, .duplicate])))))
                == [.noAddress])
        #expect(
            states(
                tracker.handle(
                    .address(.init(index: 2, candidate: Self.candidate(Self.careOf, [.tentative, .optimistic])))))
                == [.noRouter])
    }

    @Test("an interface that vanishes is gone and absent, and comes back under another index")
    func hotPlug() {
        var tracker = tracker("usb0")
        _ = tracker.handle(Self.link(5, "usb0"))
        _ = tracker.handle(.defaultRoute(Self.route(5)))
        let outputs = tracker.handle(.linkGone(index: 5))
        #expect(outputs.first == .gone(interfaceIndex: 5))
        #expect(states(outputs) == [.absent])
        #expect(states(tracker.handle(Self.link(6, "usb0"))) == [.noAddress])
        #expect(tracker.reports.first?.interfaceIndex == 6)
        #expect(tracker.reports.first?.defaultRouter == .unspecified)
    }

    @Test("a renamed interface leaves one uplink and becomes another")
    func renamed() {
        var tracker = tracker("wwan0", "wwan1")
        _ = tracker.handle(Self.link(4, "wwan0"))
        let outputs = tracker.handle(Self.link(4, "wwan1"))
        #expect(states(outputs) == [.absent, .noAddress])
        #expect(!outputs.contains(.gone(interfaceIndex: 4)))
    }

    @Test("of several routers the one of lowest metric counts, and losing one leaves the other")
    func routers() {
        var tracker = tracker("eth0")
        _ = tracker.handle(Self.link())
        let second = IPv6Address(high: 0xfe80_0000_0000_0000, low: 2)
        _ = tracker.handle(.defaultRoute(Self.route(metric: 1024)))
        _ = tracker.handle(.defaultRoute(Self.route(2, second, metric: 100)))
        #expect(tracker.reports.first?.defaultRouter == second)
        _ = tracker.handle(.defaultRouteGone(Self.route(2, second, metric: 100)))
        #expect(tracker.reports.first?.defaultRouter == Self.router)
    }

    @Test("a new dump after an overrun reports what was missed, and nothing else")
    func redump() {
        var tracker = tracker("eth0", "eth1")
        _ = tracker.handle(Self.link())
        _ = tracker.handle(Self.link(3, "eth1"))
        let links = [
            LinkObservation.Link(index: 2, name: "eth0", isUp: true, hasCarrier: true, mtu: 1500),
            LinkObservation.Link(index: 3, name: "eth1", isUp: true, hasCarrier: false, mtu: 1500),
        ]
        let outputs = tracker.handle(.everything(links: links, addresses: [], defaultRoutes: []))
        #expect(states(outputs) == [.noCarrier])
    }

    @Test("a reload reports new uplinks and takes back those that are no longer configured")
    func reload() {
        var tracker = tracker("eth0")
        _ = tracker.handle(Self.link())
        _ = tracker.handle(Self.link(3, "eth1"))
        let outputs = tracker.configure([UplinkSettings(interface: "eth1", type: .wlan, metric: 5)])
        #expect(outputs.first == .gone(interfaceIndex: 2))
        #expect(states(outputs) == [.noAddress])
        #expect(tracker.reports.map(\.metric) == [5])
    }
}
