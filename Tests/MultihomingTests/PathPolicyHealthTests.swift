import MobilityWire
import Testing

@testable import Multihoming

/// Three uplinks and what is known of them, for sentences about the choice.
struct PolicyBench {
    var policy: PathPolicy
    var uplinks: [Uplink]
    var standings: [UInt32: Standing] = [:]
    var now = Instant(milliseconds: 5000)

    init(_ settings: PathSettings = PathSettings(), count: UInt32 = 3) {
        policy = PathPolicy(settings)
        uplinks = (1...count).map { index in
            Uplink(
                index: index, name: ["eth0", "wlan0", "wwan0", "usb0"][Int(index) - 1], metric: index * 10,
                candidates: [.init(address: IPv6Address(high: 0x2001_0db8_0000_0000, low: UInt64(index)))])
        }
        for index in 1...count { standings[index] = Standing(condition: Self.up()) }
    }

    static func up(_ roundTrip: Double = 50, loss: Double = 0, isDegraded: Bool = false) -> LinkCondition {
        LinkCondition(vitality: .up, isDegraded: isDegraded, roundTrip: roundTrip, loss: loss)
    }

    @discardableResult
    mutating func report(after span: Instant.Span = .zero, _ change: (inout PolicyBench) -> Void = { _ in })
        -> PathDecision
    {
        now = now + span
        change(&self)
        return policy.handle(.uplinks(uplinks, standings: standings), at: now)
    }

    @discardableResult
    mutating func pin(_ name: String?) -> PathDecision { policy.handle(.pin(name), at: now) }

    /// Goes on to each deadline until `span` is over.
    @discardableResult
    mutating func pass(_ span: Instant.Span) -> PathDecision {
        let end = now + span
        var decision = policy.handle(.timer, at: now)
        while let next = policy.nextDeadline, next <= end {
            now = next
            decision = policy.handle(.timer, at: now)
        }
        now = end
        return decision
    }

    mutating func set(_ index: UInt32, _ vitality: LinkCondition.Vitality) {
        standings[index]?.condition.vitality = vitality
    }
}

extension PathDecision {
    func reasons(_ name: String) -> [Reason] { verdicts.first { $0.name == name }?.reasons ?? [] }
}

@Suite struct PathPolicyHealthTests {
    @Test("an uplink whose probes are not answered is left at once, and comes back after the hold-down")
    func down() {
        var bench = PolicyBench()
        bench.report()
        var decision = bench.report(after: .seconds(60)) { $0.set(1, .down) }
        #expect(decision.active?.name == "wlan0")
        #expect(!decision.previousUsable)
        #expect(decision.reasons("eth0") == [.noAnswer(since: nil)])
        #expect(decision.usable.map(\.name) == ["wlan0", "wwan0", "eth0"])
        decision = bench.report(after: .seconds(1)) { $0.set(1, .up) }
        #expect(decision.reasons("eth0") == [.holdDown(until: bench.now + .seconds(2))])
        decision = bench.pass(.seconds(2))
        #expect(decision.active?.name == "eth0")
        #expect(decision.since == bench.now)
        #expect(decision.previousUsable)
    }

    @Test("an uplink that never answered is no reason to leave the one in use, and no place to go to")
    func unproven() {
        var bench = PolicyBench()
        bench.set(1, .unproven)
        bench.report()
        // At the start there is nothing to leave: of those that are known to work the best is taken.
        #expect(bench.pass(.seconds(60)).active?.name == "wlan0")
        #expect(bench.pass(.zero).reasons("eth0") == [.unproven])
        // The one in use that loses its proof, as after a reload, stays.
        #expect(bench.report { $0.set(2, .unproven) }.active?.name == "wlan0")
        var alone = PolicyBench(count: 2)
        alone.set(1, .unproven)
        alone.set(2, .unproven)
        #expect(alone.report().active?.name == "eth0")
        #expect(alone.report(after: .seconds(1)) { $0.set(2, .up) }.active?.name == "eth0")
    }

    @Test("an uplink that does not answer is not left for one that never did")
    func unprovenInDistress() {
        var bench = PolicyBench(count: 2)
        bench.report()
        #expect(bench.report(after: .seconds(5)) { $0.set(2, .unproven) }.active?.name == "eth0")
        #expect(bench.report(after: .seconds(5)) { $0.set(1, .down) }.active?.name == "eth0")
        #expect(bench.report(after: .seconds(1)) { $0.set(2, .up) }.active?.name == "wlan0")
    }

    @Test("when all lead nowhere the one in use stays, and the first that is answered takes over at once")
    func lastResort() {
        var bench = PolicyBench()
        bench.report()
        let all: (inout PolicyBench) -> Void = { bench in for index: UInt32 in 1...3 { bench.set(index, .down) } }
        #expect(bench.report(after: .seconds(9), all).active?.name == "eth0")
        #expect(bench.pass(.seconds(600)).active?.name == "eth0")
        #expect(bench.report { $0.set(3, .up) }.active?.name == "wwan0")
        var strict = PolicyBench(PathSettings(lastResort: .none))
        strict.report()
        #expect(strict.report(all).active == nil)
        #expect(strict.report { $0.set(3, .up) }.active?.name == "wwan0")
    }

    @Test("a bad link is left for a good one, whatever the metric; of two bad ones the metric decides")
    func degraded() {
        var bench = PolicyBench()
        bench.report()
        bench.pass(.seconds(10))
        var decision = bench.report { $0.standings[1]?.condition = PolicyBench.up(1200, loss: 45, isDegraded: true) }
        #expect(decision.active?.name == "wlan0")
        #expect(decision.reasons("eth0") == [.degraded(roundTrip: 1200, loss: 45)])
        decision = bench.report { bench in
            for index: UInt32 in 2...3 { bench.standings[index]?.condition.isDegraded = true }
        }
        #expect(decision.active?.name == "eth0")
    }

    @Test("a weak signal has the traffic moved before the link dies, if there is where to go")
    func weak() {
        var bench = PolicyBench(count: 2)
        bench.report()
        bench.pass(.seconds(10))
        #expect(bench.report { $0.standings[1]?.condition.isWeak = true }.active?.name == "wlan0")
        #expect(bench.pass(.zero).reasons("eth0") == [.weakSignal])
        bench.report { $0.standings[2]?.condition.vitality = .down }
        #expect(bench.pass(.zero).active?.name == "eth0")
    }

    @Test("an uplink over its limit is demoted, not cut; one outside its schedule rests")
    func terms() {
        var bench = PolicyBench()
        bench.report()
        bench.pass(.seconds(10))
        var decision = bench.report { $0.standings[1]?.account = .over }
        #expect(decision.active?.name == "wlan0")
        #expect(decision.reasons("eth0") == [.overLimit])
        // Near the limit nothing happens yet.
        #expect(bench.report { $0.standings[2]?.account = .near }.active?.name == "wlan0")
        decision = bench.report { $0.standings[2]?.isOnDuty = false }
        #expect(decision.active?.name == "wwan0")
        #expect(decision.reasons("wlan0") == [.offDuty])
        #expect(!decision.usable.contains { $0.name == "wlan0" })
        #expect(bench.report { $0.set(3, .down) }.active?.name == "eth0")
        #expect(bench.report { $0.uplinks[0].hasCarrier = false }.active?.name == "wwan0")
    }

    @Test("a default router that does not answer any more is the end of the uplink; an unconfirmed one is not")
    func router() {
        var bench = PolicyBench(count: 2)
        bench.report { $0.uplinks[0].router = .unconfirmed }
        #expect(bench.report().active?.name == "eth0")
        let decision = bench.report { $0.uplinks[0].router = .unreachable }
        #expect(decision.active?.name == "wlan0")
        #expect(decision.reasons("eth0").first == .routerUnreachable)
    }

    @Test("an address whose lifetime ends is left at that moment, without a report")
    func lifetime() {
        var bench = PolicyBench(count: 2)
        bench.report { $0.uplinks[0].candidates[0].validUntil = $0.now + .seconds(30) }
        #expect(bench.policy.nextDeadline == bench.now + .seconds(30))
        #expect(bench.pass(.seconds(29)).active?.name == "eth0")
        #expect(bench.pass(.seconds(1)).active?.name == "wlan0")
    }
}

@Suite struct PathPolicyPinTests {
    @Test(
        "what is pinned carries the traffic at once, against metric, schedule, limit and quality, until it is unpinned")
    func pin() {
        var bench = PolicyBench()
        bench.report {
            $0.standings[3] = Standing(
                condition: PolicyBench.up(900, isDegraded: true), account: .over, isOnDuty: false)
        }
        var decision = bench.pin("wwan0")
        #expect(decision.active?.name == "wwan0")
        #expect(decision.reasons("eth0") == [.notPinned])
        #expect(bench.pass(.seconds(3600)).active?.name == "wwan0")
        decision = bench.pin(nil)
        decision = bench.pass(.zero)
        #expect(decision.active?.name == "eth0")
    }

    @Test("while what is pinned does not work the others do, and it comes back after the hold-down")
    func pinnedDies() {
        var bench = PolicyBench()
        bench.report()
        bench.pin("wwan0")
        #expect(bench.report(after: .seconds(9)) { $0.set(3, .down) }.active?.name == "eth0")
        #expect(bench.report(after: .seconds(9)) { $0.set(3, .up) }.active?.name == "eth0")
        #expect(bench.pass(.seconds(2)).active?.name == "wwan0")
        #expect(bench.report { $0.uplinks[2].hasCarrier = false }.active?.name == "eth0")
    }

    @Test("a name that there is not, or not yet, waits for its uplink")
    func pinnedLater() {
        var bench = PolicyBench(count: 2)
        bench.report()
        #expect(bench.pin("usb0").active?.name == "eth0")
        bench.standings[4] = Standing(condition: PolicyBench.up())
        let usb = Uplink(
            index: 4, name: "usb0", metric: 90, candidates: [.init(address: IPv6Address("2001:db8:4::1")!)])
        #expect(bench.report { $0.uplinks.append(usb) }.active?.name == "usb0")
    }
}

@Suite struct PathPolicyStrategyTests {
    @Test("the fastest is changed for one that is a fifth and 10 ms better, for as long as the hold-down")
    func fastest() {
        var bench = PolicyBench(PathSettings(strategy: .fastest))
        for (index, roundTrip) in [(UInt32(1), 60.0), (2, 50), (3, 200)] {
            bench.standings[index]?.condition = PolicyBench.up(roundTrip)
        }
        #expect(bench.report().active?.name == "wlan0")
        func active(_ roundTrip: Double) -> String? {
            bench.report { $0.standings[1]?.condition.roundTrip = roundTrip }
            return bench.pass(.seconds(30)).active?.name
        }
        #expect(active(42) == "wlan0")
        #expect(bench.pass(.zero).reasons("eth0") == [.notFaster(42, than: 50)])
        #expect(
            PathDecision.Reason.notFaster(42, than: 50).text
                == "standby: 42 ms are not enough better than 50 ms (round trip, jitter and loss)")
        #expect(PathDecision.Reason.notFaster(13, than: 2).text.contains("13 ms are worse than 2 ms"))
        #expect(PathDecision.Reason.notFaster(2, than: 2).text.contains("2 ms are no better than 2 ms"))
        #expect(active(40.5) == "wlan0")
        #expect(active(40) == "eth0")
        // And for moments it is not changed at all.
        bench.report { $0.standings[1]?.condition.roundTrip = 100 }
        bench.report(after: .milliseconds(1900)) { $0.standings[1]?.condition.roundTrip = 40 }
        #expect(bench.pass(.seconds(60)).active?.name == "eth0")
    }

    @Test("loss and jitter count as slowness, and what is not measured comes last")
    func latency() {
        #expect(LinkCondition(vitality: .up, roundTrip: 50, loss: 2).latency == 70)
        #expect(LinkCondition(vitality: .up, roundTrip: 50, jitter: 5).latency == 55)
        #expect(LinkCondition.unmonitored.latency == nil)
        var bench = PolicyBench(PathSettings(strategy: .fastest))
        bench.standings[1] = Standing()
        #expect(bench.report().active?.name == "wlan0")
        #expect(bench.pass(.seconds(9)).reasons("eth0") == [.unmeasured])
        var none = PolicyBench(PathSettings(strategy: .fastest))
        none.standings = [:]
        #expect(none.report().active?.name == "eth0")
    }

    @Test("what is shared is so since the shares are, and what one carries alone since it does")
    func carriedSince() {
        var bench = PolicyBench(PathSettings(strategy: .failover), count: 2)
        let start = bench.report().carriedSince
        #expect(start == bench.now)
        func since(_ decision: PathDecision) -> Instant? { Explanation(decision, pinned: nil).carriers.last?.since }
        // Another strategy changes nothing before the second one shares.
        bench.policy.settings.strategy = .balance
        bench.set(2, .down)
        #expect(since(bench.report(after: .seconds(50))) == start)
        bench.report { $0.set(2, .up) }
        let shared = bench.pass(.seconds(2))
        let joined = bench.now
        #expect(shared.balance?.sharing.count == 2 && since(shared) == joined)
        #expect(since(bench.report(after: .seconds(10))) == joined)
        // Another weight is another share.
        #expect(since(bench.report { $0.uplinks[1].terms.weight = 3 }) == bench.now)
        let alone = bench.report(after: .seconds(5)) { $0.set(2, .down) }
        #expect(since(alone) == bench.now && alone.since == start)
        // Where the home agent takes one care-of address nothing was ever shared.
        #expect(Explanation(shared, pinned: nil, isAlone: true).carriers.last?.since == start)
    }

    @Test("balance gives every good uplink its share; who joins waits, who fails leaves at once")
    func balance() {
        var bench = PolicyBench(PathSettings(strategy: .balance))
        bench.uplinks[2].terms.weight = 0
        bench.report()
        var decision = bench.pass(.seconds(2))
        #expect(Set(decision.balance?.buckets ?? []) == [1, 2])
        #expect(decision.reasons("wlan0") == [.sharing])
        #expect(decision.reasons("wwan0") == [.standby])
        // What stands by carries nothing, so that nothing is doubted for its sake.
        #expect(decision.carries(1) && decision.carries(2) && !decision.carries(3))
        decision = bench.report { $0.set(2, .down) }
        #expect(Set(decision.balance?.buckets ?? []) == [1])
        decision = bench.report(after: .seconds(1)) { $0.set(2, .up) }
        #expect(Set(decision.balance?.buckets ?? []) == [1])
        #expect(Set(bench.pass(.seconds(2)).balance?.buckets ?? []) == [1, 2])
        // The best has failed, and nothing has been heard of the other since: it may be the home agent that is silent.
        decision = bench.report {
            $0.set(1, .down)
            for index: UInt32 in [2, 3] { $0.standings[index]?.condition.isDoubted = true }
        }
        #expect(Set(decision.balance?.buckets ?? []) == [1, 2])
        decision = bench.report {
            for index: UInt32 in [2, 3] { $0.standings[index]?.condition.isDoubted = false }
        }
        #expect(Set(decision.balance?.buckets ?? []) == [2])
        // Only those of weight 0 are left.
        decision = bench.report {
            $0.set(1, .down); $0.set(2, .down)
        }
        #expect(Set(decision.balance?.buckets ?? []) == [3])
        // Two of them share, and neither stands by.
        bench.uplinks[1].terms.weight = 0
        bench.report { $0.set(2, .up) }
        decision = bench.pass(.seconds(2))
        #expect(Set(decision.balance?.buckets ?? []) == [2, 3])
        #expect(Set([decision.reasons("wlan0"), decision.reasons("wwan0")]) == [[.active], [.sharing]])
        decision = bench.report { bench in
            for index: UInt32 in 1...3 { bench.uplinks[Int(index) - 1].hasCarrier = false }
        }
        #expect(decision.balance == nil)
    }
}

@Suite struct PathPolicyBalanceTests {
    private static func spoil(_ standing: inout Standing?, _ way: String, _ isBad: Bool) {
        switch way {
        case "weak": standing?.condition.isWeak = isBad
        case "degraded": standing?.condition.isDegraded = isBad
        default: standing?.account = isBad ? .over : .within
        }
    }

    @Test(
        "a member that is worse than the others leaves at once, and comes back when it was as good for the hold-down",
        arguments: ["weak", "degraded", "over its limit"])
    func worse(way: String) {
        var bench = PolicyBench(PathSettings(strategy: .balance))
        bench.report()
        #expect(Set(bench.pass(.seconds(2)).balance?.buckets ?? []) == [1, 2, 3])
        var decision = bench.report(after: .seconds(60)) { Self.spoil(&$0.standings[2], way, true) }
        #expect(Set(decision.balance?.buckets ?? []) == [1, 3])
        decision = bench.report(after: .seconds(60)) { Self.spoil(&$0.standings[2], way, false) }
        #expect(Set(decision.balance?.buckets ?? []) == [1, 3])
        #expect(Set(bench.pass(.milliseconds(1999)).balance?.buckets ?? []) == [1, 3])
        #expect(Set(bench.pass(.milliseconds(1)).balance?.buckets ?? []) == [1, 2, 3])
    }

    @Test("an active uplink that is worse than the others is left out while the change has to wait")
    func restless() {
        var bench = PolicyBench(PathSettings(strategy: .balance), count: 2)
        bench.report()
        bench.pass(.seconds(2))
        for round in 1...3 {
            bench.report(after: .seconds(5)) { $0.standings[1]?.account = round.isMultiple(of: 2) ? .within : .over }
        }
        bench.report(after: .seconds(1)) { $0.standings[1]?.account = .within }
        var decision = bench.pass(.seconds(2))
        #expect(decision.active?.name == "wlan0")
        #expect(Set(decision.balance?.buckets ?? []) == [1, 2])
        decision = bench.report { $0.standings[2]?.account = .over }
        #expect(decision.active?.name == "wlan0")
        #expect(Set(decision.balance?.buckets ?? []) == [1])
        // Nor does it come back before the others would.
        decision = bench.report(after: .seconds(1)) { $0.standings[2]?.account = .within }
        #expect(Set(decision.balance?.buckets ?? []) == [1])
        decision = bench.pass(.seconds(2))
        #expect(decision.active?.name == "wlan0")
        #expect(Set(decision.balance?.buckets ?? []) == [1, 2])
    }

    @Test("what is named by hand has everything, and its release waits for nothing")
    func pinned() {
        var bench = PolicyBench(PathSettings(strategy: .balance))
        bench.report()
        bench.pass(.seconds(10))
        #expect(Set(bench.pin("wwan0").balance?.buckets ?? []) == [3])
        #expect(Set(bench.pin(nil).balance?.buckets ?? []) == [1, 2, 3])
    }
}

@Suite struct PathPolicyInterruptionTests {
    /// Has eth0 lose its carrier for `away`, and its probes be answered 800 ms after that is back.
    private func interrupt(
        _ bench: inout PolicyBench, away: Instant.Span = .milliseconds(40),
        _ change: (inout PolicyBench) -> Void = { _ in }
    ) -> PathDecision {
        let left = bench.report { $0.uplinks[0].hasCarrier = false }
        #expect(left.active?.name == "wlan0")
        bench.report(after: away) { bench in
            bench.uplinks[0].hasCarrier = true
            bench.set(1, .unproven)
        }
        #expect(bench.pass(.milliseconds(800)).active?.name == "wlan0")
        return bench.report { bench in
            bench.set(1, .up)
            change(&bench)
        }
    }

    private func settled(_ strategy: PathSettings.Strategy = .failover) -> PolicyBench {
        var bench = PolicyBench(PathSettings(strategy: strategy), count: 2)
        bench.report()
        bench.pass(.seconds(60))
        return bench
    }

    @Test("an uplink that lost its carrier for a moment has the traffic again as soon as its probes are answered")
    func moment() {
        var bench = settled()
        let decision = interrupt(&bench)
        #expect(decision.active?.name == "eth0")
        #expect(decision.previousUsable)
    }

    @Test("the next loss soon after is a failure as any other, until the first is forgotten")
    func again() {
        var bench = settled()
        #expect(interrupt(&bench).active?.name == "eth0")
        bench.pass(.seconds(15))
        #expect(interrupt(&bench).reasons("eth0") == [.holdDown(until: bench.now + .seconds(2))])
        #expect(bench.pass(.seconds(2)).active?.name == "eth0")
        bench.pass(.seconds(90))
        #expect(interrupt(&bench).active?.name == "eth0")
    }

    @Test("three of them within half a minute are too many")
    func tooMany() {
        var bench = settled()
        for _ in 1...2 {
            _ = interrupt(&bench)
            #expect(bench.pass(.seconds(5)).active?.name == "eth0")
        }
        _ = interrupt(&bench)
        #expect(bench.pass(.seconds(10)).active?.name == "wlan0")
        guard case .suppressed? = bench.pass(.zero).reasons("eth0").first else {
            Issue.record("not suppressed")
            return
        }
    }

    @Test("for longer, at another address, when it was new, or without probes, it has to be good for a while first")
    func others() {
        var bench = settled()
        #expect(interrupt(&bench, away: .milliseconds(1201)).active?.name == "wlan0")
        bench = settled()
        let moved = interrupt(&bench) {
            $0.uplinks[0].candidates = [.init(address: IPv6Address(high: 0x2001_0db8_0000_0001, low: 1))]
        }
        #expect(moved.active?.name == "wlan0")
        bench = settled()
        #expect(interrupt(&bench) { $0.set(1, .unmonitored) }.active?.name == "wlan0")
        bench = PolicyBench(count: 2)
        bench.report()
        bench.pass(.milliseconds(500))
        let young = interrupt(&bench)
        #expect(young.active?.name == "wlan0")
        #expect(young.reasons("eth0") == [.holdDown(until: Instant(milliseconds: 7000))])
    }

    @Test("where uplinks share, one that comes back is the active one, and has its share, after the hold-down")
    func sharing() {
        var bench = settled(.balance)
        #expect(Set(interrupt(&bench).balance?.buckets ?? []) == [2])
        let back = bench.pass(.seconds(2))
        #expect(back.active?.name == "eth0")
        #expect(Set(back.balance?.buckets ?? []) == [1, 2])
    }

    @Test("flows, too, go back to it as soon as its probes are answered")
    func flows() throws {
        var bench = settled()
        bench.policy.flowTable = try FlowTable(
            [FlowRequirement(match: .init(nextHeader: 17), via: ["eth0", "wlan0"])], ingress: [:],
            uplinks: ["eth0", "wlan0"])
        bench.pass(.seconds(10))
        #expect(interrupt(&bench).flows.map(\.way) == [.uplink(index: 1, name: "eth0")])
        bench.pass(.seconds(5))
        #expect(interrupt(&bench).flows.map(\.way) == [.uplink(index: 2, name: "wlan0")])
    }

    @Test("what failed for another reason than its carrier has to be good for a while first")
    func silence() {
        var bench = settled()
        bench.report { $0.set(1, .down) }
        #expect(bench.report(after: .milliseconds(800)) { $0.set(1, .up) }.active?.name == "wlan0")
        bench = settled()
        let index = bench.uplinks.removeFirst()
        bench.report()
        #expect(bench.report(after: .milliseconds(800)) { $0.uplinks.insert(index, at: 0) }.active?.name == "wlan0")
    }
}

@Suite struct PathPolicyDampingTests {
    @Test("an uplink that flaps every two seconds for a minute takes the traffic along three times at most")
    func flapping() {
        var bench = PolicyBench(PathSettings(holdDown: .zero), count: 2)
        bench.report()
        var changes = 0
        var active = "eth0"
        for round in 1...30 {
            let decision = bench.report(after: .seconds(2)) { $0.uplinks[0].hasCarrier = round.isMultiple(of: 2) }
            if decision.active?.name != active { changes += 1 }
            active = decision.active?.name ?? ""
        }
        #expect(changes == 5)
        #expect(active == "wlan0")
        guard case .suppressed(let until?) = bench.pass(.zero).reasons("eth0").first else {
            Issue.record("not suppressed")
            return
        }
        #expect(until - bench.now <= .seconds(180))
        // It is better than nothing.
        #expect(bench.report { $0.uplinks[1].hasCarrier = false }.active?.name == "eth0")
        bench.report { $0.uplinks[1].hasCarrier = true }
        #expect(bench.pass(.seconds(240)).active?.name == "eth0")
    }

    @Test("an adapter that is plugged in anew is the same uplink, with the same past")
    func replugged() {
        var bench = PolicyBench(PathSettings(holdDown: .zero), count: 2)
        let all = bench.uplinks
        bench.report()
        for round in UInt32(1)...4 {
            bench.report(after: .seconds(1)) { $0.uplinks.removeFirst() }
            bench.report(after: .seconds(1)) { bench in
                bench.uplinks = all
                bench.uplinks[0].index = 100 + round
                bench.standings[100 + round] = Standing(condition: PolicyBench.up())
            }
        }
        #expect(bench.pass(.zero).active?.name == "wlan0")
    }

    @Test("rest by the schedule is no failure")
    func schedule() {
        var bench = PolicyBench(PathSettings(holdDown: .zero), count: 2)
        bench.report()
        for round in 1...20 { bench.report(after: .seconds(1)) { $0.standings[1]?.isOnDuty = round.isMultiple(of: 2) } }
        #expect(!bench.pass(.zero).reasons("eth0").contains { if case .suppressed = $0 { true } else { false } })
    }

    @Test("periods of bad quality count half")
    func quality() {
        var bench = PolicyBench(PathSettings(holdDown: .zero), count: 2)
        bench.report()
        func suppressed() -> Bool {
            bench.pass(.zero).reasons("wlan0").contains { if case .suppressed = $0 { true } else { false } }
        }
        for round in 1...8 {
            bench.report(after: .milliseconds(100)) { $0.standings[2]?.condition.isDegraded = !round.isMultiple(of: 2) }
        }
        #expect(!suppressed())
        bench.report { $0.standings[2]?.condition.isDegraded = true }
        #expect(suppressed())
    }

    @Test("changes that only a better choice asks for end after three; distress is always heard")
    func restless() {
        var bench = PolicyBench(PathSettings(strategy: .fastest, holdDown: .zero), count: 2)
        bench.report()
        var changes = 0
        var active = bench.policy.active?.name
        for round in 1...60 {
            let decision = bench.report(after: .seconds(1)) { bench in
                bench.standings[1]?.condition.roundTrip = round.isMultiple(of: 2) ? 20 : 100
            }
            if decision.active?.name != active { changes += 1 }
            active = decision.active?.name
        }
        #expect(changes == 3)
        let other = active == "eth0" ? "wlan0" : "eth0"
        let index: UInt32 = active == "eth0" ? 1 : 2
        bench.report {
            $0.standings[index]?.condition.roundTrip = 100; $0.standings[3 - index]?.condition.roundTrip = 20
        }
        guard case .restless? = bench.pass(.zero).reasons(other).first else {
            Issue.record("\(bench.pass(.zero).reasons(other))")
            return
        }
        #expect(bench.report { $0.standings[index]?.condition.isDegraded = true }.active?.name == other)
    }
}
