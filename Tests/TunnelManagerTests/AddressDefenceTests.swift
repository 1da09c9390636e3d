import MobilityWire
import Testing

@testable import TunnelManager

@Suite("Intercepting packets on the home link (RFC 6275 §10.4.1)")
struct AddressDefenceTests {
    static let agent = IPv6Address("2001:db8:1::1")!
    static let home = IPv6Address("2001:db8:1::100")!
    static let start = Instant(milliseconds: 1000)
    static let announcement = AddressDefence.Action.send(
        .neighborAdvertisement(
            NeighborAdvertisement(
                overrides: true, target: home, options: [.targetLinkLayerAddress([2, 0, 0, 0, 0, 1])])),
        to: .allNodes)

    private var defence: AddressDefence {
        AddressDefence(source: Self.agent, linkLayerAddress: [2, 0, 0, 0, 0, 1])
    }

    @Test("a bound address gets a proxy entry and is told to all nodes three times, a second apart")
    func announces() {
        var defence = defence
        var now = Self.start
        #expect(
            defence.handle(.addressesChanged([Self.home], routers: []), at: now)
                == [.setProxy(Self.home, isRouter: false), Self.announcement])
        var sent = 1
        while let deadline = defence.nextDeadline {
            #expect(deadline == now + .seconds(1))
            now = deadline
            #expect(defence.handle(.timer, at: now) == [Self.announcement])
            sent += 1
        }
        #expect(sent == 3)
    }

    @Test("a mobile router is told of as a router")
    func router() {
        var defence = defence
        let told = defence.handle(
            .addressesChanged([Self.home, Self.agent], routers: [Self.home]), at: Self.start)
        #expect(told.contains(.setProxy(Self.home, isRouter: true)))
        #expect(told.contains(.setProxy(Self.agent, isRouter: false)))
        let routers = told.compactMap { action -> Bool? in
            guard case .send(.neighborAdvertisement(let advertisement), to: .allNodes) = action else { return nil }
            #expect(advertisement.isRouter == (advertisement.target == Self.home))
            return advertisement.isRouter
        }
        #expect(routers.sorted { !$0 && $1 } == [false, true])
    }

    @Test("a host that becomes a router is told of anew, and answered for as one")
    func becomesRouter() {
        var defence = defence
        _ = defence.handle(.addressesChanged([Self.home], routers: []), at: Self.start)
        let told = defence.handle(.addressesChanged([Self.home], routers: [Self.home]), at: Self.start)
        #expect(told.first == .setProxy(Self.home, isRouter: true))
        guard case .send(.neighborAdvertisement(let advertisement), to: .allNodes) = told.last else {
            Issue.record("nobody is told: \(told)")
            return
        }
        #expect(advertisement.isRouter && told.count == 2)
        #expect(defence.handle(.addressesChanged([Self.home], routers: [Self.home]), at: Self.start) == [])
    }

    @Test("what stays is not told again; what goes loses its entry and its announcements")
    func ends() {
        var defence = defence
        _ = defence.handle(.addressesChanged([Self.home], routers: []), at: Self.start)
        #expect(defence.handle(.addressesChanged([Self.home], routers: []), at: Self.start) == [])
        #expect(defence.handle(.addressesChanged([], routers: []), at: Self.start) == [.removeProxy(Self.home)])
        #expect(defence.nextDeadline == nil)
    }

    @Test("a change says nothing of the others, however many are due; the timer tells of each once")
    func amongMany() {
        var defence = defence
        let others = (0..<3000 as Range<UInt64>).map { IPv6Address(high: Self.home.high, low: 0x1000 + $0) }
        func add(_ address: IPv6Address, at now: Instant) -> Int {
            defence.handle(.addressChanged(address, isDefended: true, isRouter: false), at: now).count
        }
        for address in others { #expect(add(address, at: Self.start) == 2) }
        let due = Self.start + AddressDefence.interval
        #expect(add(Self.home, at: due) == 2)
        let all = Set(others + [Self.home])
        #expect(defence.handle(.addressesChanged(all, routers: []), at: due) == [])
        #expect(defence.nextDeadline == due)
        func told(at now: Instant) -> [IPv6Address] {
            defence.handle(.timer, at: now).compactMap { action in
                guard case .send(.neighborAdvertisement(let advertisement), to: .allNodes) = action else { return nil }
                return advertisement.target
            }
        }
        #expect(told(at: due).sorted() == others)
        #expect(told(at: due) == [])
        #expect(defence.nextDeadline == due + AddressDefence.interval)
    }

    @Test("one that goes and comes back is told three times anew, and not for its former time as well")
    func comesBack() {
        var defence = defence
        func set(_ isDefended: Bool, at now: Instant) {
            _ = defence.handle(.addressChanged(Self.home, isDefended: isDefended, isRouter: false), at: now)
        }
        _ = defence.handle(.addressChanged(Self.agent, isDefended: true, isRouter: false), at: Self.start)
        set(true, at: Self.start)
        set(false, at: Self.start)
        set(true, at: Self.start)
        let half = Self.start + .milliseconds(500)
        set(false, at: half)
        set(true, at: half)
        var sent: [Instant] = []
        while let deadline = defence.nextDeadline {
            for action in defence.handle(.timer, at: deadline) where action == Self.announcement {
                sent.append(deadline)
            }
        }
        #expect(sent == [half + .seconds(1), half + .seconds(2)])
    }

    @Test("one address at a time comes to the same")
    func oneByOne() {
        var defence = defence
        func change(_ address: IPv6Address, _ isDefended: Bool, isRouter: Bool = false) -> [AddressDefence.Action] {
            defence.handle(.addressChanged(address, isDefended: isDefended, isRouter: isRouter), at: Self.start)
        }
        #expect(change(Self.home, false) == [])
        #expect(change(Self.home, true) == [.setProxy(Self.home, isRouter: false), Self.announcement])
        #expect(change(Self.home, true) == [])
        #expect(change(Self.agent, true).first == .setProxy(Self.agent, isRouter: false))
        #expect(change(Self.agent, true, isRouter: true).first == .setProxy(Self.agent, isRouter: true))
        #expect(change(Self.agent, true, isRouter: true) == [] && defence.routers == [Self.agent])
        #expect(defence.proxies == [Self.home, Self.agent])
        #expect(change(Self.home, false) == [.removeProxy(Self.home)])
        #expect(defence.proxies == [Self.agent])
        #expect(change(Self.agent, false) == [.removeProxy(Self.agent)] && defence.nextDeadline == nil)
    }
}
