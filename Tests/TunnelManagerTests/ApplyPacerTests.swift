import MobilitySocket
import MobilityWire
import Testing

@testable import TunnelManager

@Suite("The pace of programming")
struct ApplyPacerTests {
    private let now = Instant(milliseconds: 1_000_000)

    @Test("short runs delay nothing; long ones rest as long as they took, a second at most")
    func pace() {
        var pacer = ApplyPacer()
        #expect(pacer.start(at: now) == nil)
        pacer.noteRun(from: now, to: now + .milliseconds(19))
        #expect(pacer.start(at: now + .milliseconds(19)) == nil)
        pacer.noteRun(from: now, to: now + .milliseconds(300))
        #expect(pacer.start(at: now + .milliseconds(310)) == now + .milliseconds(600))
        #expect(pacer.start(at: now + .milliseconds(600)) == nil)
        pacer.noteRun(from: now, to: now + .seconds(30))
        #expect(pacer.start(at: now + .seconds(30)) == now + .seconds(31))
        pacer.noteRun(from: now, to: now + .milliseconds(1))
        #expect(pacer.start(at: now + .milliseconds(1)) == nil)
    }

    @Test("who asks twice is in one run, and a run over everything has the bindings in it")
    func once() {
        var pacer = ApplyPacer()
        #expect(pacer.run(at: now, isForced: true) == nil)
        #expect(pacer.askForBindings() == true)
        #expect(pacer.askForBindings() == false)
        #expect(pacer.run(at: now, isForced: false) == .bindings)
        #expect(pacer.run(at: now, isForced: false) == nil)
        #expect(pacer.askForBindings() == true)
        #expect(pacer.askForAll() == true)
        #expect(pacer.askForAll() == false)
        #expect(pacer.isWholeAsked)
        #expect(pacer.run(at: now, isForced: false) == .all)
        #expect(pacer.run(at: now, isForced: false) == nil)
        #expect(!pacer.isWholeAsked)
        #expect(pacer.nextRun(at: now) == nil)
        #expect(pacer.askForBindings() == true, "what is asked for after the run is not in it")
    }

    @Test("a run over everything keeps its pace whatever bindings change meanwhile, unless it is forced")
    func bindingsMeanwhile() {
        var pacer = ApplyPacer()
        let (end, due) = (now + .milliseconds(300), now + .milliseconds(600))
        pacer.noteRun(from: now, to: end)
        #expect(pacer.askForAll() == true)
        for milliseconds in [1, 100, 299] as [Int64] {
            let then = end + .milliseconds(milliseconds)
            #expect(pacer.nextRun(at: then) == due)
            #expect(pacer.run(at: then, isForced: false) == nil)
            #expect(pacer.askForBindings() == true)
            #expect(pacer.run(at: then, isForced: false) == .bindings)
            #expect(pacer.askForAll() == false)
        }
        var forced = pacer
        #expect(forced.run(at: end, isForced: true) == .all)
        #expect(pacer.run(at: due, isForced: false) == .all)
    }

    @Test("of what is asked for without end, runs over everything take half of the time, and bindings have the rest")
    func share() {
        var pacer = ApplyPacer()
        var clock = now
        var (whole, ofBindings) = (0, 0)
        while clock < now + .seconds(10) {
            _ = pacer.askForAll()
            _ = pacer.askForBindings()
            switch pacer.run(at: clock, isForced: false) {
            case .all:
                pacer.noteRun(from: clock, to: clock + .milliseconds(50))
                clock = clock + .milliseconds(50)
                whole += 1
            case .bindings: ofBindings += 1
            case nil: Issue.record("what is asked for is done, the one or the other")
            }
            clock = clock + .milliseconds(1)
        }
        #expect(whole == 100)
        // At each millisecond of the rest.
        #expect(ofBindings == 100 * 49)
    }

    @Test("what is asked for during a run has one of its own, in its time")
    func duringRun() {
        var pacer = ApplyPacer()
        #expect(pacer.askForAll() == true)
        #expect(pacer.run(at: now, isForced: false) == .all)
        pacer.noteStart()
        #expect(pacer.askForAll() == true)
        pacer.noteRun(from: now, to: now + .milliseconds(50))
        #expect(pacer.run(at: now + .milliseconds(50), isForced: false) == nil)
        #expect(pacer.nextRun(at: now + .milliseconds(50)) == now + .milliseconds(100))
        #expect(pacer.run(at: now + .milliseconds(100), isForced: false) == .all)
    }
}

@Suite("The engine's plan")
struct TunnelPlannerTests {
    private func nodes(_ count: UInt64) -> [TunnelLedger.OwnerRequest] {
        (0..<count).map { number in
            let home = IPv6Address(high: 0x2001_0db8_0001_0000, low: 0x100 + number)
            return TunnelLedger.OwnerRequest(
                homeAddress: home, prefixes: [],
                active: TunnelLedger.TunnelRequest(
                    homeAddress: home, local: IPv6Address(high: 0x2001_0db8_0001_0000, low: 1),
                    remote: IPv6Address(high: 0x2001_0db8_00a1_0000, low: number), interfaceIndex: 0,
                    interfaceName: ""), alsoAccepted: [])
        }
    }

    @Test("says which tunnels came, went or changed, and of no others")
    func changes() {
        var planner = TunnelPlanner()
        _ = planner.plan(own: [], nodes: nodes(4)) { _ in 1500 }
        let first = planner.tunnels
        #expect(planner.changes(since: [:]).now == planner.status)
        #expect(planner.changes(since: [:]).before.isEmpty)
        _ = planner.plan(own: [], nodes: Array(nodes(5)[1...])) { _ in 1500 }
        let second = planner.changes(since: first)
        #expect(second.before.map(\.remote.low) == [0])
        #expect(second.now.map(\.remote.low) == [4])
        let before = planner.tunnels
        _ = planner.plan(own: [], nodes: Array(nodes(5)[1...])) { $0.remote.low == 2 ? 1400 : 1500 }
        let third = planner.changes(since: before)
        #expect(third.before.map(\.mtu) == [1460])
        #expect(third.now.map(\.mtu) == [1360])
        #expect(third.now.map(\.remote.low) == [2])
    }

    @Test(
        "asks for the ways of new tunnels, and for those of others in turn",
        arguments: [1, 200, 256, 257, 1000] as [UInt64])
    func ways(count: UInt64) {
        var planner = TunnelPlanner()
        var asked = 0
        var mtu = 1500
        func plan(_ nodes: [TunnelLedger.OwnerRequest]) {
            asked = 0
            _ = planner.plan(own: [], nodes: nodes) { _ in
                asked += 1
                return mtu
            }
        }
        plan(nodes(count))
        #expect(asked == count)
        mtu = 1400
        var rounds = 0
        while planner.tunnels.values.contains(where: { $0.mtu != 1360 }), rounds < 10 {
            plan(nodes(count))
            #expect(asked <= TunnelPlanner.waysAsked)
            rounds += 1
        }
        // Every way has had its turn as soon as it can.
        #expect(rounds <= Int(count) / TunnelPlanner.waysAsked + 1)
        #expect(planner.greatestMTU == 1360)
        plan(nodes(count + 10))
        #expect(asked >= 10 && asked <= TunnelPlanner.waysAsked + 10)
        #expect(planner.tunnels.count == count + 10)
    }

    @Test("asks at once for a way that is known to have changed")
    func changedWay() {
        var planner = TunnelPlanner()
        let nodes = nodes(1000)
        var asked: [TunnelLedger.TunnelRequest] = []
        func plan(asking: Set<IPv6Address> = []) {
            asked = []
            _ = planner.plan(own: [], nodes: nodes, asking: asking) { request in
                asked.append(request)
                return 1500
            }
        }
        plan()
        // Every one of them, so that most are not in their turn.
        plan(asking: Set(nodes.map(\.homeAddress)))
        #expect(asked.count == 1000)
        plan()
        #expect(asked.count == TunnelPlanner.waysAsked)
    }
}
