import MobilityWire
import Testing

@testable import Multihoming

/// The whole machine before two uplinks whose probes are answered, or not, in 20 ms.
struct MachineBench {
    static let homeAgent = IPv6Address("2001:db8:1::1")!
    var machine: MultihomingMachine
    var now = Instant(milliseconds: 5000)
    var uplinks = [
        Uplink(index: 2, name: "eth0", metric: 10, candidates: [.init(address: IPv6Address("2001:db8:a1::42")!)]),
        Uplink(
            index: 3, name: "wwan0", type: .cellular, metric: 30,
            candidates: [.init(address: IPv6Address("2001:db8:a2::42")!)]),
    ]
    var dead: Set<UInt32> = []
    var actions: [MultihomingMachine.Action] = []
    private var answers: [(due: Instant, probe: MultihomingMachine.Probe)] = []

    init(
        _ configuration: MultihomingConfiguration = MultihomingConfiguration(targets: [MachineBench.homeAgent]),
        accounts: [TrafficAccount.Snapshot] = []
    ) {
        machine = MultihomingMachine(configuration, accounts: accounts, seed: 42)
    }

    mutating func give(_ event: MultihomingMachine.Event) { take(machine.handle(event, at: now)) }
    mutating func report() { give(.uplinks(uplinks)) }

    mutating func take(_ new: [MultihomingMachine.Action]) {
        actions += new
        for case .sendProbe(let probe) in new where !dead.contains(probe.uplink) {
            answers.append((now + .milliseconds(20), probe))
        }
    }

    mutating func pass(_ span: Instant.Span) {
        let end = now + span
        while let next = [machine.nextDeadline, answers.first?.due].compactMap({ $0 }).min(), next <= end {
            now = max(now, next)
            if let first = answers.first, first.due <= now {
                answers.removeFirst()
                let probe = first.probe
                guard !dead.contains(probe.uplink) else { continue }
                give(.answer(uplink: probe.uplink, source: probe.target, identifier: probe.identifier))
            } else {
                give(.timer)
            }
        }
        now = end
    }

    var active: String? { machine.decision.active?.name }
    var decisions: [PathDecision] {
        actions.compactMap { if case .decide(let decision) = $0 { decision } else { nil } }
    }
    var notices: [String] {
        actions.compactMap {
            if case .notify(let notice) = $0 { "\(notice.name.rawValue) \(notice.uplink)" } else { nil }
        }
    }
    var saved: [TrafficAccount.Snapshot] {
        actions.compactMap { if case .save(let snapshot) = $0 { snapshot } else { nil } }
    }
    var probes: [MultihomingMachine.Probe] {
        actions.compactMap { if case .sendProbe(let probe) = $0 { probe } else { nil } }
    }
}

@Suite struct MultihomingMachineTests {
    @Test("probes leave by each uplink, from its own address, with numbers of their own")
    func probes() {
        var bench = MachineBench()
        bench.report()
        bench.pass(.seconds(10))
        #expect(Set(bench.probes.map(\.uplink)) == [2, 3])
        for probe in bench.probes {
            #expect(probe.source == bench.uplinks[Int(probe.uplink) - 2].candidates[0].address)
            #expect(probe.target == MachineBench.homeAgent)
        }
        #expect(Set(bench.probes.map(\.identifier)).count == bench.probes.count)
        #expect(bench.machine.counters.probesSent == UInt64(bench.probes.count))
        #expect(bench.machine.counters.strayAnswers == 0)
        bench.give(.answer(uplink: 2, source: MachineBench.homeAgent, identifier: 0))
        bench.give(.answer(uplink: 9, source: MachineBench.homeAgent, identifier: 0))
        #expect(bench.machine.counters.strayAnswers == 2)
    }

    @Test("a silent failure moves the traffic, tells the hooks, and is explained")
    func failure() {
        var bench = MachineBench()
        bench.report()
        bench.pass(.seconds(20))
        #expect(bench.active == "eth0")
        #expect(bench.notices == ["uplink_reached eth0", "uplink_reached wwan0"])
        bench.actions = []
        bench.dead = [2]
        let died = bench.now
        bench.pass(.seconds(10))
        #expect(bench.active == "wwan0")
        #expect(bench.notices == ["uplink_unreached eth0"])
        #expect(bench.decisions.count == 1)
        #expect(bench.machine.decision.since.map { $0 - died <= .milliseconds(1600) } == true)
        #expect(bench.machine.counters.changes == 2)
        let since = bench.machine.decision.since ?? bench.now
        bench.now = since + .seconds(8)
        #expect(
            bench.machine.explanation(at: bench.now).lines(at: bench.now) == [
                "everything goes by wwan0, for 8 s", "eth0: probes are not answered (for 8 s)",
            ])
        bench.dead = []
        bench.pass(.seconds(10))
        #expect(bench.active == "eth0")
    }

    @Test("a decision is an action when it changes what is done, and the last one is the one that stands")
    func decisions() {
        var bench = MachineBench()
        bench.report()
        bench.pass(.seconds(60))
        let count = bench.decisions.count
        bench.report()
        bench.pass(.seconds(60))
        #expect(bench.decisions.count == count)
        #expect(bench.decisions.last.map { $0.acts(as: bench.machine.decision) } == true)
        #expect(bench.machine.counters.decisions == UInt64(count))
    }

    @Test("an uplink without an address or a router is not probed; one that vanishes is forgotten")
    func unready() {
        var bench = MachineBench()
        bench.uplinks[0].candidates = []
        bench.uplinks[1].router = .unreachable
        bench.report()
        bench.pass(.seconds(10))
        #expect(bench.probes == [])
        #expect(bench.active == nil)
        #expect(
            bench.machine.explanation(at: bench.now).lines(at: bench.now).first
                == "everything goes nowhere: no uplink is usable")
        bench.uplinks[0].candidates = [.init(address: IPv6Address("2001:db8:a1::43")!)]
        bench.report()
        bench.pass(.seconds(10))
        #expect(bench.active == "eth0")
        bench.uplinks = []
        bench.report()
        let probes = bench.probes.count
        bench.pass(.seconds(60))
        #expect(bench.probes.count == probes)
        #expect(bench.active == nil)
    }

    @Test("the account survives a restart, demotes at the limit, and is renewed on the billing day")
    func account() {
        var bench = MachineBench(accounts: [
            .init(
                uplink: "eth0", periodStart: CalendarDate(year: 2026, month: 11, day: 1), usedOctets: 4_000_000,
                counter: 7_000_000),
            .init(uplink: "usb9", usedOctets: 5),
        ])
        bench.uplinks[0].terms.quota = .init(monthlyOctets: 10_000_000)
        bench.report()
        bench.give(.localTime(LocalTime(year: 2026, month: 11, day: 30, hour: 23, minute: 59)))
        bench.pass(.seconds(10))
        bench.give(.usage(uplink: 2, octets: 11_000_000))
        #expect(bench.saved.last?.usedOctets == 8_000_000)
        #expect(bench.notices.contains("limit_near eth0"))
        #expect(bench.active == "eth0")
        bench.give(.usage(uplink: 2, octets: 13_000_000))
        #expect(bench.notices.contains("limit_reached eth0"))
        bench.pass(.seconds(5))
        #expect(bench.active == "wwan0")
        #expect(
            bench.machine.explanation(at: bench.now).lines(at: bench.now).last == "eth0: its monthly limit is reached")
        // Midnight comes by itself.
        bench.pass(.seconds(60))
        #expect(bench.notices.contains("limit_renewed eth0"))
        #expect(bench.saved.last?.previousOctets == 10_000_000)
        #expect(bench.active == "eth0")
        #expect(bench.machine.accounts.map(\.uplink) == ["eth0", "usb9", "wwan0"])
    }

    @Test("a schedule opens and closes by itself, and without a clock it is open")
    func schedule() {
        var bench = MachineBench()
        bench.uplinks[0].terms.schedule = Schedule(windows: [.init(from: 8 * 60, to: 18 * 60)])
        bench.report()
        bench.pass(.seconds(10))
        #expect(bench.active == "eth0")
        bench.give(.localTime(LocalTime(year: 2026, month: 11, day: 26, hour: 17, minute: 59)))
        #expect(bench.active == "eth0")
        bench.pass(.seconds(61))
        #expect(bench.active == "wwan0")
        #expect(bench.notices.contains("schedule_ends eth0"))
        bench.pass(.seconds(14 * 3600 + 5))
        #expect(bench.active == "eth0")
        bench.give(.localTime(LocalTime(year: 2026, month: 11, day: 27, hour: 3)))
        #expect(bench.active == "wwan0")
        bench.give(.localTime(nil))
        bench.pass(.seconds(5))
        #expect(bench.active == "eth0")
    }

    @Test("the pin holds until it is taken back")
    func pin() {
        var bench = MachineBench()
        bench.report()
        bench.pass(.seconds(10))
        bench.give(.pin("wwan0"))
        #expect(bench.active == "wwan0")
        bench.pass(.seconds(600))
        #expect(bench.active == "wwan0")
        #expect(bench.machine.explanation(at: bench.now).lines(at: bench.now).contains("wwan0 was named by hand"))
        bench.give(.pin(nil))
        bench.pass(.seconds(5))
        #expect(bench.active == "eth0")
    }

    @Test("traffic, a Binding Acknowledgement and the signal reach the uplink that they are about")
    func events() {
        var bench = MachineBench()
        bench.uplinks[1].signal = .dBm(-120)
        bench.report()
        bench.pass(.seconds(10))
        #expect(bench.machine.health(of: "wwan0")?.condition.isWeak == true)
        #expect(bench.notices.contains("signal_weak wwan0"))
        bench.give(.traffic(uplink: 2, TrafficSample(packetsOut: 10, packetsIn: 10)))
        bench.give(.traffic(uplink: 2, TrafficSample(packetsOut: 20, packetsIn: 11)))
        bench.dead = [2]
        bench.now = bench.now + .milliseconds(100)
        bench.give(.traffic(uplink: 2, TrafficSample(packetsOut: 30, packetsIn: 11)))
        bench.pass(.milliseconds(1))
        #expect(bench.machine.health(of: "eth0")?.condition.isSuspected == true)
        bench.give(.confirmed(uplink: 2, source: MachineBench.homeAgent))
        #expect(bench.machine.health(of: "eth0")?.condition.isSuspected == false)
    }

    @Test("new settings act at once, and leave what they do not concern")
    func configure() {
        var bench = MachineBench()
        bench.report()
        bench.pass(.seconds(10))
        var configuration = bench.machine.configuration
        configuration.health.interval = .seconds(10)
        bench.take(bench.machine.configure(configuration, at: bench.now))
        let before = bench.probes.count
        bench.pass(.seconds(100))
        #expect(bench.probes.count - before == 20)
        #expect(bench.active == "eth0")
        configuration.targets = []
        bench.take(bench.machine.configure(configuration, at: bench.now))
        let last = bench.probes.count
        bench.pass(.seconds(100))
        #expect(bench.probes.count == last)
        #expect(bench.active == "eth0")
    }

    @Test("what a rule comes to is explained")
    func rules() throws {
        let flows = try FlowTable(
            [
                .init(match: .init(nextHeader: 17), via: ["wwan0"], otherwise: .wait),
                .init(match: .init(nextHeader: 6), via: ["usb0"], otherwise: .drop),
                .init(match: .init(nextHeader: 50), via: ["usb0"]),
            ], ingress: [:], uplinks: ["eth0", "wwan0", "usb0"])
        var bench = MachineBench(
            MultihomingConfiguration(
                path: PathSettings(strategy: .balance), targets: [MachineBench.homeAgent], flows: flows))
        bench.report()
        bench.pass(.seconds(10))
        let lines = bench.machine.explanation(at: bench.now).lines(at: bench.now)
        #expect(
            lines.map { $0.prefix { $0 != "," } } == [
                "rule 1 goes by wwan0", "rule 2 is dropped: none of its uplinks is up",
                "rule 3 goes where everything else goes: none of its uplinks is up",
                "everything else is shared by eth0", "wwan0: carries its share",
            ])
    }
}
