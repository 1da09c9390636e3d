import MobilityWire
import Testing

@testable import Multihoming

@Suite struct PathPolicyTests {
    static let cableAddress = IPv6Address("2001:db8:a1::42")!
    static let radioAddress = IPv6Address("2001:db8:a2::42")!
    let start = Instant(milliseconds: 5000)

    func cable(
        carrier: Bool = true, router: Bool = true, candidates: [CareOfCandidate] = [.init(address: cableAddress)]
    ) -> Uplink {
        Uplink(
            index: 2, name: "eth0", metric: 10, hasCarrier: carrier, hasDefaultRouter: router, candidates: candidates)
    }

    func radio(carrier: Bool = true, metric: UInt32 = 20) -> Uplink {
        Uplink(
            index: 3, name: "wlan0", type: .wlan, metric: metric, hasCarrier: carrier,
            candidates: [.init(address: Self.radioAddress)])
    }

    func reasons(_ decision: PathDecision) -> [PathDecision.Reason] { decision.verdicts.map(\.reason) }

    @Test("the usable uplink of the lowest metric is the first choice, and waits for nothing")
    func firstChoice() {
        var policy = PathPolicy()
        let decision = policy.handle(.uplinks([radio(), cable()]), at: start)
        #expect(decision.active?.name == "eth0")
        #expect(decision.active?.careOfAddress == Self.cableAddress)
        #expect(!decision.previousUsable)
        #expect(reasons(decision) == [.worseMetric, .active])
        #expect(policy.nextDeadline == nil)
    }

    @Test("of two uplinks with the same metric the lower index wins, whatever the order of the report")
    func ties() {
        var policy = PathPolicy()
        #expect(policy.handle(.uplinks([radio(metric: 10), cable()]), at: start).active?.name == "eth0")
    }

    @Test("without a usable uplink there is no path, and the reasons say why")
    func nothing() {
        var policy = PathPolicy()
        let tentative = cable(candidates: [.init(address: Self.cableAddress, state: .tentative)])
        #expect(policy.handle(.uplinks([]), at: start).active == nil)
        let decision = policy.handle(.uplinks([tentative, radio(carrier: false)]), at: start)
        #expect(decision.active == nil)
        #expect(reasons(decision) == [.addressTentative, .noCarrier])
        #expect(reasons(policy.handle(.uplinks([cable(router: false)]), at: start)) == [.noDefaultRouter])
        #expect(reasons(policy.handle(.uplinks([cable(candidates: [])]), at: start)) == [.noAddress])
    }

    @Test("a link that dies is left at once, and the change is not a planned one")
    func failover() {
        var policy = PathPolicy()
        _ = policy.handle(.uplinks([cable(), radio()]), at: start)
        let decision = policy.handle(.uplinks([cable(carrier: false), radio()]), at: start + .seconds(1))
        #expect(decision.active?.name == "wlan0")
        #expect(!decision.previousUsable)
        #expect(reasons(decision) == [.noCarrier, .active])
    }

    @Test("a better link that comes back carries traffic after the hold-down, and that change is planned")
    func goesBack() {
        var policy = PathPolicy(holdDown: .seconds(2))
        _ = policy.handle(.uplinks([cable(), radio()]), at: start)
        _ = policy.handle(.uplinks([cable(carrier: false), radio()]), at: start + .seconds(1))
        let back = start + .seconds(5)
        var decision = policy.handle(.uplinks([cable(), radio()]), at: back)
        #expect(decision.active?.name == "wlan0")
        #expect(reasons(decision) == [.holdDown(until: back + .seconds(2)), .active])
        #expect(policy.nextDeadline == back + .seconds(2))
        decision = policy.handle(.timer, at: back + .milliseconds(1999))
        #expect(decision.active?.name == "wlan0")
        decision = policy.handle(.timer, at: back + .seconds(2))
        #expect(decision.active?.name == "eth0")
        #expect(decision.previousUsable)
        #expect(policy.nextDeadline == nil)
    }

    @Test("the decision tells when the old link of a planned change dies afterwards")
    func oldLinkDies() {
        var policy = PathPolicy(holdDown: .zero)
        _ = policy.handle(.uplinks([radio()]), at: start)
        #expect(policy.handle(.uplinks([cable(), radio()]), at: start).previousUsable)
        #expect(policy.handle(.timer, at: start).previousUsable)
        let decision = policy.handle(.uplinks([cable(), radio(carrier: false)]), at: start)
        #expect(decision.active?.name == "eth0")
        #expect(!decision.previousUsable)
    }

    @Test("a better link that comes and goes does not take the traffic along")
    func flapping() {
        var policy = PathPolicy(holdDown: .seconds(2))
        _ = policy.handle(.uplinks([cable(carrier: false), radio()]), at: start)
        var now = start
        for round in 1...20 {
            now = now + .seconds(1)
            let decision = policy.handle(.uplinks([cable(carrier: round % 2 == 0), radio()]), at: now)
            #expect(decision.active?.name == "wlan0")
        }
    }

    @Test("a better link in its hold-down is used at once when the active one dies")
    func holdDownGivesWay() {
        var policy = PathPolicy(holdDown: .seconds(2))
        _ = policy.handle(.uplinks([cable(carrier: false), radio()]), at: start)
        _ = policy.handle(.uplinks([cable(), radio()]), at: start + .seconds(1))
        let decision = policy.handle(.uplinks([cable(), radio(carrier: false)]), at: start + .seconds(2))
        #expect(decision.active?.name == "eth0")
    }

    @Test("a new address on the same link is a planned change while the old one is still valid")
    func renumbering() {
        let fresh = IPv6Address("2001:db8:a9::42")!
        var policy = PathPolicy()
        _ = policy.handle(.uplinks([cable()]), at: start)
        let both = cable(candidates: [
            .init(address: Self.cableAddress, state: .deprecated), .init(address: fresh),
        ])
        var decision = policy.handle(.uplinks([both]), at: start + .seconds(1))
        #expect(decision.active?.careOfAddress == fresh)
        #expect(decision.previousUsable)
        decision = policy.handle(
            .uplinks([cable(candidates: [.init(address: Self.cableAddress)])]), at: start + .seconds(2))
        #expect(decision.active?.careOfAddress == Self.cableAddress)
        #expect(!decision.previousUsable)
    }
}
