import Cellular
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

    @Test("an uplink that is taken from the file is withdrawn by its name, also while it is absent")
    func taken() {
        var tracker = tracker("eth0", "eth1", "wlan0")
        _ = tracker.handle(Self.link())
        _ = tracker.handle(Self.link(3, "eth1"))
        #expect(
            tracker.configure([UplinkSettings(interface: "eth0")]) == [
                .gone(interfaceIndex: 3, name: "eth1"), .gone(interfaceIndex: 0, name: "wlan0"),
            ])
        #expect(tracker.reports.map(\.name) == ["eth0"])
        #expect(tracker.configure([UplinkSettings(interface: "eth0")]).isEmpty)
    }

    @Test("a name that is taken from the file is withdrawn though its interface goes on under another one")
    func takenAndRenamed() {
        var tracker = tracker("wwan0", "wwan1")
        _ = tracker.handle(Self.link(4, "wwan0"))
        _ = tracker.handle(Self.link(4, "wwan1"))
        #expect(
            tracker.configure([UplinkSettings(interface: "wwan1")]) == [.gone(interfaceIndex: 0, name: "wwan0")])
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
        #expect(outputs.first == .gone(interfaceIndex: 2, name: "eth0"))
        #expect(states(outputs) == [.noAddress])
        #expect(tracker.reports.map(\.metric) == [5])
    }

    // MARK: Routers

    private static let second = IPv6Address(high: 0xfe80_0000_0000_0000, low: 2)

    private static func neighbor(
        _ verdict: LinkObservation.Neighbor.Verdict, _ address: IPv6Address = router, _ index: UInt32 = 2
    ) -> LinkObservation { .neighbor(.init(index: index, address: address, verdict: verdict)) }

    /// An uplink with an address and a router that nobody has asked yet.
    private func upTracker() -> UplinkTracker {
        var tracker = tracker("eth0")
        _ = tracker.handle(Self.link())
        _ = tracker.handle(.address(.init(index: 2, candidate: Self.candidate())))
        _ = tracker.handle(.defaultRoute(Self.route()))
        return tracker
    }

    private func routerStates(_ outputs: [UplinkTracker.Output]) -> [UplinkReport.RouterState] {
        outputs.compactMap { if case .report(let report) = $0 { report.routerState } else { nil } }
    }

    private func isProbed(_ outputs: [UplinkTracker.Output], _ router: IPv6Address = router) -> Bool {
        outputs.contains(.probe(interfaceIndex: 2, router: router))
    }

    private func isSolicited(_ outputs: [UplinkTracker.Output]) -> Bool {
        outputs.contains(.solicit(interfaceIndex: 2))
    }

    @Test("a new router is asked, and is reachable when it has answered")
    func newRouter() {
        var tracker = tracker("eth0")
        _ = tracker.handle(Self.link())
        _ = tracker.handle(.address(.init(index: 2, candidate: Self.candidate())))
        let outputs = tracker.handle(.defaultRoute(Self.route()))
        #expect(routerStates(outputs) == [.unconfirmed])
        #expect(isProbed(outputs))
        #expect(tracker.handle(Self.neighbor(.asked)).isEmpty)
        #expect(routerStates(tracker.handle(Self.neighbor(.answered))) == [.reachable])
    }

    @Test("a router whose confirmation has run out is asked, and that is no report")
    func stale() {
        var tracker = upTracker()
        _ = tracker.handle(Self.neighbor(.answered))
        let outputs = tracker.handle(Self.neighbor(.resting))
        #expect(outputs == [.probe(interfaceIndex: 2, router: Self.router)])
        #expect(tracker.handle(Self.neighbor(.resting)).isEmpty)
        #expect(tracker.handle(Self.neighbor(.asked)).isEmpty)
        #expect(tracker.handle(Self.neighbor(.answered)).isEmpty)
        #expect(tracker.handle(.neighborGone(index: 2, address: Self.router)).isEmpty)
    }

    @Test("a router that did not answer is unreachable until it is heard; others are looked for")
    func silent() {
        var tracker = upTracker()
        _ = tracker.handle(Self.neighbor(.answered))
        #expect(!tracker.hasUnreachable)
        let outputs = tracker.handle(Self.neighbor(.silent))
        #expect(routerStates(outputs) == [.unreachable])
        #expect(states(outputs) == [.noRouter])
        #expect(isSolicited(outputs))
        #expect(tracker.hasUnreachable)
        #expect(isProbed(tracker.repeats(onlyUnreachable: true)))
        // Asked again, forgotten, asked again: nothing of that is an answer.
        #expect(tracker.handle(Self.neighbor(.asked)).isEmpty)
        #expect(tracker.handle(Self.neighbor(.silent)).isEmpty)
        #expect(tracker.handle(.neighborGone(index: 2, address: Self.router)).isEmpty)
        #expect(tracker.handle(Self.neighbor(.asked)).isEmpty)
        let heard = tracker.handle(Self.neighbor(.resting))
        #expect(states(heard) == [.up])
        #expect(routerStates(heard) == [.unconfirmed])
        #expect(isProbed(heard))
        #expect(routerStates(tracker.handle(Self.neighbor(.answered))) == [.reachable])
    }

    @Test("a router that answers takes the place of one that does not, whatever their metrics")
    func replaced() {
        var tracker = upTracker()
        _ = tracker.handle(Self.neighbor(.answered))
        _ = tracker.handle(.defaultRoute(Self.route(2, Self.second, metric: 2000)))
        #expect(tracker.reports.first?.defaultRouter == Self.router)
        #expect(states(tracker.handle(Self.neighbor(.silent))) == [.up])
        #expect(tracker.reports.first?.defaultRouter == Self.second)
        #expect(tracker.reports.first?.routerState == .unconfirmed)
        _ = tracker.handle(Self.neighbor(.resting))
        #expect(tracker.reports.first?.defaultRouter == Self.router)
    }

    @Test("a link that comes back asks at once who is a router, and its old router whether it is there")
    func comesBack() {
        var tracker = upTracker()
        _ = tracker.handle(Self.neighbor(.silent))
        #expect(routerStates(tracker.handle(Self.link(carrier: false))) == [.unconfirmed])
        #expect(!tracker.hasUnreachable)
        let outputs = tracker.handle(Self.link())
        #expect(states(outputs) == [.up])
        #expect(isSolicited(outputs))
        #expect(isProbed(outputs))
        // Behind the report, so that nemonetd knows the uplink.
        #expect(outputs.firstIndex(of: .solicit(interfaceIndex: 2)) ?? 0 > 0)
        #expect(!isSolicited(tracker.handle(Self.link(mtu: 1400))))
    }

    @Test("a scan asks everybody on the links that it names, and on all when it names none")
    func scan() {
        var tracker = upTracker()
        _ = tracker.handle(Self.neighbor(.answered))
        let all: [UplinkTracker.Output] = [
            .probe(interfaceIndex: 2, router: Self.router), .solicit(interfaceIndex: 2),
        ]
        #expect(tracker.scan() == all)
        #expect(tracker.scan([2]) == all)
        #expect(tracker.scan([3]).isEmpty)
        _ = tracker.handle(Self.link(carrier: false))
        #expect(tracker.scan().isEmpty)
    }

    @Test("who connects late asks those that nobody has asked, and leaves alone who has answered")
    func late() {
        var tracker = upTracker()
        #expect(isProbed(tracker.repeats(onlyUnreachable: false)))
        #expect(!isProbed(tracker.repeats(onlyUnreachable: true)))
        _ = tracker.handle(Self.neighbor(.asked))
        #expect(tracker.repeats(onlyUnreachable: false).isEmpty)
        _ = tracker.handle(Self.neighbor(.answered))
        #expect(tracker.repeats(onlyUnreachable: false).isEmpty)
    }

    @Test("where there is nobody to ask, as on a point-to-point link, nothing is asked and the uplink is up")
    func pointToPoint() {
        var tracker = tracker("ppp0")
        _ = tracker.handle(Self.link(2, "ppp0"))
        _ = tracker.handle(.address(.init(index: 2, candidate: Self.candidate())))
        let outputs = tracker.handle(.defaultRoute(Self.route(2, .unspecified)))
        #expect(states(outputs) == [.up])
        #expect(routerStates(outputs) == [.unconfirmed])
        #expect(!isProbed(outputs, .unspecified))
    }

    @Test("other nodes of the link, and routers of other links, are no matter")
    func otherNodes() {
        var tracker = upTracker()
        #expect(tracker.handle(Self.neighbor(.silent, Self.second)).isEmpty)
        #expect(tracker.handle(Self.neighbor(.silent, Self.router, 3)).isEmpty)
    }

    // MARK: Arrival

    private static let other = IPv6Address(high: 0x2001_0db8_00a2_0000, low: 7)

    private func deprecated(_ tracker: UplinkTracker) -> [IPv6Address] {
        tracker.reports[0].careOfCandidates.filter { $0.flags.contains(.deprecated) }.map(\.address)
    }

    private static func prefix(_ address: IPv6Address) -> LinkObservation {
        .prefix(index: 2, prefix: IPv6Prefix(address, length: 64))
    }

    @Test("at another network the addresses of the one before are deprecated once a prefix is heard")
    func elsewhere() {
        var tracker = upTracker()
        _ = tracker.handle(Self.prefix(Self.careOf))
        _ = tracker.handle(Self.link(carrier: false))
        _ = tracker.handle(Self.link())
        // Until somebody says something, nothing speaks against it.
        #expect(deprecated(tracker).isEmpty)
        #expect(states(tracker.handle(Self.prefix(Self.other))) == [.up])
        #expect(deprecated(tracker) == [Self.careOf])
        _ = tracker.handle(.address(.init(index: 2, candidate: Self.candidate(Self.other))))
        #expect(deprecated(tracker) == [Self.careOf])
        // Another router of the same link.
        _ = tracker.handle(Self.prefix(Self.careOf))
        #expect(deprecated(tracker).isEmpty)
    }

    @Test("at the same network nothing changes")
    func sameNetwork() {
        var tracker = upTracker()
        _ = tracker.handle(Self.link(carrier: false))
        _ = tracker.handle(Self.link())
        #expect(tracker.handle(Self.prefix(Self.careOf)).isEmpty)
        #expect(tracker.handle(Self.prefix(Self.other)).isEmpty)
    }

    @Test("addresses given by hand or by DHCPv6 are not judged by prefixes, and a link that never left is not judged")
    func notJudged() {
        var tracker = upTracker()
        #expect(tracker.handle(Self.prefix(Self.other)).isEmpty)
        let single = IPv6Address(high: 0x2001_0db8_00a3_0000, low: 1)
        for candidate in [
            Self.candidate(Self.careOf, lifetime: .max),
            UplinkReport.Candidate(
                address: single, prefixLength: 128, flags: [], preferredLifetime: 60, validLifetime: 60),
        ] { _ = tracker.handle(.address(.init(index: 2, candidate: candidate))) }
        _ = tracker.handle(Self.link(carrier: false))
        _ = tracker.handle(Self.link())
        #expect(tracker.handle(Self.prefix(Self.other)).isEmpty)
        #expect(deprecated(tracker).isEmpty)
    }

    private static func single(_ prefix: UInt64, lifetime: UInt32 = 60) -> LinkObservation {
        let address = IPv6Address(high: prefix, low: 0x1001)
        return .address(
            .init(
                index: 2,
                candidate: .init(
                    address: address, prefixLength: 128, flags: [], preferredLifetime: lifetime,
                    validLifetime: lifetime)))
    }

    @Test("where no prefix is ever heard, an address by DHCPv6 that the link did not have before says as much")
    func elsewhereByDHCPv6() {
        var tracker = upTracker()
        _ = tracker.handle(Self.link(carrier: false))
        _ = tracker.handle(Self.link())
        #expect(deprecated(tracker).isEmpty)
        _ = tracker.handle(Self.single(Self.other.high))
        #expect(deprecated(tracker) == [Self.careOf])
        // Should its prefix be advertised after all.
        _ = tracker.handle(Self.prefix(Self.careOf))
        #expect(deprecated(tracker).isEmpty)
    }

    @Test("an address by DHCPv6 says nothing against its prefix, nor does one that was there or is given by hand")
    func sameNetworkByDHCPv6() {
        var tracker = upTracker()
        _ = tracker.handle(Self.single(Self.other.high))
        _ = tracker.handle(Self.link(carrier: false))
        _ = tracker.handle(Self.link())
        // The kernel tells of it again when the link is there.
        _ = tracker.handle(Self.single(Self.other.high, lifetime: 59))
        _ = tracker.handle(Self.single(Self.careOf.high))
        _ = tracker.handle(Self.single(0x2001_0db8_00a9_0000, lifetime: .max))
        #expect(deprecated(tracker).isEmpty)
    }

    @Test("a radio at another access point may be at another network, although its carrier never went")
    func associated() {
        var tracker = upTracker()
        _ = tracker.handle(Self.neighbor(.answered))
        let outputs = tracker.handle(.associated(index: 2))
        #expect(isProbed(outputs) && isSolicited(outputs))
        _ = tracker.handle(Self.prefix(Self.other))
        #expect(deprecated(tracker) == [Self.careOf])
        #expect(tracker.handle(.associated(index: 9)).isEmpty)
    }

    @Test("who wakes up may be at another network, too")
    func wake() {
        var tracker = upTracker()
        let outputs = tracker.wake()
        #expect(isProbed(outputs) && isSolicited(outputs))
        _ = tracker.handle(Self.prefix(Self.other))
        #expect(deprecated(tracker) == [Self.careOf])
    }

    @Test("neighbours behind the router, and those that are no routers, cause nothing, however many they are")
    func strangers() {
        var tracker = upTracker()
        let before = tracker.reports
        _ = tracker.handle(.link(.init(index: 9, name: "lan0", isUp: true, hasCarrier: true, mtu: 1500)))
        for index: UInt32 in [2, 9, 4711] {
            for low: UInt64 in 100..<1100 {
                let address = IPv6Address(high: 0xfe80_0000_0000_0000, low: low)
                for verdict in [LinkObservation.Neighbor.Verdict.asked, .silent] {
                    let neighbor = LinkObservation.Neighbor(index: index, address: address, verdict: verdict)
                    #expect(tracker.handle(.neighbor(neighbor)).isEmpty)
                }
                #expect(tracker.handle(.neighborGone(index: index, address: address)).isEmpty)
            }
        }
        #expect(tracker.reports == before)
    }

    // MARK: Signal

    @Test("a signal is told when it changed by what one hears, and not while the link is off")
    func signal() {
        var tracker = upTracker()
        func signals(_ outputs: [UplinkTracker.Output]) -> [Int32?] {
            outputs.compactMap { if case .report(let report) = $0 { .some(report.signal) } else { nil } }
        }
        #expect(tracker.reports.first?.signal == nil)
        #expect(signals(tracker.handle(.signal(index: 2, dBm: -60))) == [-60])
        #expect(tracker.handle(.signal(index: 2, dBm: -61)).isEmpty)
        #expect(signals(tracker.handle(.signal(index: 2, dBm: -62))) == [-62])
        #expect(tracker.handle(.signal(index: 2, dBm: -61)).isEmpty)
        // Another change brings the latest along.
        #expect(signals(tracker.handle(Self.link(mtu: 1400))) == [-61])
        #expect(tracker.handle(.signal(index: 3, dBm: -20)).isEmpty)
        let off = tracker.handle(Self.link(carrier: false, mtu: 1400))
        #expect(signals(off) == [nil])
        #expect(signals(tracker.handle(Self.link(mtu: 1400))) == [nil])
        _ = tracker.handle(.signal(index: 2, dBm: -70))
        #expect(signals(tracker.handle(.signal(index: 2, dBm: nil))) == [nil])
    }

    @Test("the WLAN that a radio is in is told, until it is in none or off")
    func networkName() {
        var tracker = upTracker()
        func names(_ outputs: [UplinkTracker.Output]) -> [[UInt8]?] {
            outputs.compactMap { if case .report(let report) = $0 { .some(report.networkName) } else { nil } }
        }
        #expect(names(tracker.handle(.networkName(index: 2, [1, 2]))) == [[1, 2]])
        #expect(tracker.handle(.networkName(index: 2, [1, 2])).isEmpty)
        #expect(names(tracker.handle(.networkName(index: 2, [3]))) == [[3]])
        #expect(names(tracker.handle(.networkName(index: 2, nil))) == [nil])
        _ = tracker.handle(.networkName(index: 2, [4]))
        #expect(names(tracker.handle(Self.link(carrier: false))) == [nil])
    }

    @Test("a modem is told of before its interface is there, and goes with whoever supervises it")
    func modem() {
        var tracker = UplinkTracker([UplinkSettings(interface: "wwan0", type: .cellular)])
        func reports(_ outputs: [UplinkTracker.Output]) -> [UplinkReport] {
            outputs.compactMap { if case .report(let report) = $0 { report } else { nil } }
        }
        let report = ModemReport(
            .searching, "none there", signal: SignalStrength(dBm: -100), network: ServingNetwork(operatorName: "Netz"))
        let told = reports(tracker.handle(.modem(name: "wwan0", report)))
        #expect(told.map(\.state) == [.absent] && told.map(\.signal) == [-100])
        #expect(told.map(\.modem) == [.init(state: "searching", detail: "none there", operatorName: "Netz")])
        #expect(tracker.handle(.modem(name: "wwan0", report)).isEmpty)
        #expect(tracker.handle(.modem(name: "wwan1", report)).isEmpty)
        #expect(reports(tracker.handle(.modem(name: "wwan0", nil))).map(\.modem) == [nil])
    }
}
