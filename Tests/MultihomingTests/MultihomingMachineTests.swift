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

    /// What people are told: what carries what, and what each uplink lacks.
    var story: [String] {
        let explanation = machine.explanation(at: now)
        return explanation.carriers.map { "\(explanation.subject(of: $0)) \($0.way.text)" }
            + explanation.verdicts.filter { $0.reasons != [.active] }.map {
                "\($0.name): " + $0.reasons.map(\.text).joined(separator: "; ")
            }
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

    @Test("the carrier is away for 40 ms: the traffic leaves at once, and is back when five probes are answered")
    func roaming() {
        var bench = MachineBench()
        bench.report()
        bench.pass(.seconds(60))
        bench.actions = []
        let left = bench.now
        bench.uplinks[0].hasCarrier = false
        bench.report()
        #expect(bench.active == "wwan0")
        bench.pass(.milliseconds(40))
        bench.uplinks[0].hasCarrier = true
        bench.report()
        while bench.active == "wwan0", bench.now - left < .seconds(10) { bench.pass(.milliseconds(10)) }
        #expect(bench.active == "eth0")
        // Five, 200 ms apart, of which the last takes 20 ms; the hold-down would be two seconds more.
        #expect((.milliseconds(860)...(.milliseconds(870))).contains(bench.now - left))
        #expect(bench.decisions.last?.previousUsable == true)
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
        let since = bench.machine.decision.since ?? bench.now
        bench.now = since + .seconds(8)
        #expect(bench.story == ["everything goes by wwan0", "eth0: probes are not answered"])
        let explanation = bench.machine.explanation(at: bench.now)
        #expect(explanation.carriers.map(\.since) == [since])
        #expect(explanation.verdicts.first?.reason == .noAnswer(since: since))
        bench.dead = []
        bench.pass(.seconds(10))
        #expect(bench.active == "eth0")
    }

    @Test("that an uplink answers again is told, for what waits for an answer by it")
    func answersAgain() {
        let other = IPv6Address("2001:db8:1::2")!
        var bench = MachineBench(MultihomingConfiguration(targets: [MachineBench.homeAgent, other]))
        bench.report()
        bench.pass(.seconds(20))
        bench.actions = []
        bench.pass(.seconds(20))
        func answered(_ uplink: UInt32) -> [IPv6Address] {
            bench.actions.compactMap { action in
                guard case .answered(let index, let target) = action, index == uplink else { return nil }
                return target
            }
        }
        #expect(answered(2) + answered(3) == [])
        bench.dead = [3]
        bench.pass(.seconds(20))
        #expect(answered(2) + answered(3) == [])
        bench.dead = []
        bench.pass(.seconds(20))
        #expect(answered(2) == [])
        #expect(Set(answered(3)) == [MachineBench.homeAgent, other])
    }

    @Test("a home agent that stands still moves nothing, however the probes of the uplinks follow each other")
    func stillness() {
        for offset in 0..<20 {
            var bench = MachineBench()
            let second = bench.uplinks.removeLast()
            bench.report()
            bench.pass(.milliseconds(Int64(offset) * 67 + 1))
            bench.uplinks.append(second)
            bench.report()
            bench.pass(.seconds(60))
            bench.actions = []
            bench.dead = [2, 3]
            bench.pass(.seconds(30))
            #expect(bench.decisions == [], "offset \(offset)")
            #expect(bench.notices.sorted() == ["uplink_unreached eth0", "uplink_unreached wwan0"])
            bench.dead = [2]
            bench.pass(.seconds(30))
            #expect(bench.active == "wwan0", "the first that answers has it")
        }
    }

    @Test("a way that dies together with the one in use is passed over for one that answers")
    func together() {
        for offset in 0..<20 {
            var bench = MachineBench()
            let others = bench.uplinks
            bench.uplinks = [
                Uplink(
                    index: 4, name: "wlan0", metric: 90, candidates: [.init(address: IPv6Address("2001:db8:a3::42")!)])
            ]
            bench.report()
            bench.pass(.milliseconds(Int64(offset) * 67 + 1))
            bench.uplinks += others.prefix(1)
            bench.report()
            bench.pass(.milliseconds(Int64(offset) * 41 + 1))
            bench.uplinks += others.suffix(1)
            bench.report()
            bench.pass(.seconds(60))
            #expect(bench.active == "eth0")
            bench.actions = []
            bench.dead = [2, 3]
            bench.pass(.seconds(5))
            #expect(Set(bench.decisions.map(\.active?.name)) == ["wlan0"], "offset \(offset)")
        }
    }

    @Test("a metered uplink that cannot afford to be asked is believed")
    func unaffordable() {
        var bench = MachineBench()
        bench.uplinks[1].terms = UplinkTerms(isMetered: true, dailyProbeOctets: 0)
        bench.report()
        // Binding Acknowledgements have shown that it leads somewhere.
        for _ in 0..<5 { bench.give(.confirmed(uplink: 3, source: MachineBench.homeAgent)) }
        bench.pass(.seconds(20))
        #expect(bench.machine.health(of: "wwan0")?.condition.vitality == .up)
        #expect(bench.probes.allSatisfy { $0.uplink == 2 })
        bench.dead = [2]
        bench.pass(.seconds(5))
        #expect(bench.active == "wwan0")
    }

    @Test("a metered uplink whose one probe is lost, and that can afford no other, is believed")
    func unaffordableTwice() {
        var bench = MachineBench()
        // One probe is in the reserve, and maybe one a regular one.
        bench.uplinks[1].terms = UplinkTerms(isMetered: true, dailyProbeOctets: 4 * PathTunables.probeOctets)
        bench.report()
        bench.pass(.seconds(86_400))
        for _ in 0..<5 { bench.give(.confirmed(uplink: 3, source: MachineBench.homeAgent)) }
        bench.actions = []
        bench.dead = [2, 3]
        let died = bench.now
        bench.pass(.seconds(30))
        #expect(bench.probes.contains { $0.uplink == 3 })
        #expect(bench.active == "wwan0")
        #expect(bench.machine.decision.since.map { $0 - died <= .seconds(8) } == true)
    }

    @Test("traffic that is not answered moves when the one affordable probe is lost, to who has answered since")
    func confirmedSilence() {
        for homeAgentStands in [false, true] {
            var bench = MachineBench()
            // What fills the reserve in a day is two probes.
            bench.uplinks[1].terms = UplinkTerms(isMetered: true, dailyProbeOctets: 8 * PathTunables.probeOctets)
            bench.uplinks[1].metric = 1
            bench.report()
            for _ in 0..<5 { bench.give(.confirmed(uplink: 3, source: MachineBench.homeAgent)) }
            bench.pass(.seconds(20))
            #expect(bench.active == "wwan0")
            var sample = TrafficSample(packetsOut: 0, packetsIn: 0)
            func flow(_ bench: inout MachineBench, for seconds: Int, isAnswered: Bool) {
                for _ in 0..<10 * seconds {
                    sample.packetsOut += 10
                    if isAnswered { sample.packetsIn += 10 }
                    bench.give(.traffic(uplink: 3, sample))
                    bench.pass(.milliseconds(100))
                }
            }
            flow(&bench, for: 5, isAnswered: true)
            bench.dead = homeAgentStands ? [2, 3] : [3]
            bench.actions = []
            flow(&bench, for: 5, isAnswered: false)
            #expect(bench.probes.filter { $0.uplink == 3 }.count == 1)
            #expect(bench.machine.health(of: "wwan0")?.condition.vitality == .down)
            #expect(bench.active == (homeAgentStands ? "wwan0" : "eth0"))
        }
    }

    @Test("a home agent that was left out is asked again by every uplink when another comes up, whatever their order")
    func askedByAll() {
        var bench = MachineBench()
        bench.dead = [2, 3, 4]
        bench.report()
        bench.give(.confirmed(uplink: 2, source: MachineBench.homeAgent))
        bench.pass(.seconds(5))
        #expect(bench.notices.contains { $0.hasPrefix("target_mute") })
        #expect(bench.machine.health(of: "eth0")?.targets.isEmpty == true)
        bench.uplinks.append(
            Uplink(index: 4, name: "wlan0", metric: 90, candidates: [.init(address: IPv6Address("2001:db8:a3::42")!)]))
        bench.report()
        for name in ["eth0", "wwan0", "wlan0"] {
            #expect(bench.machine.health(of: name)?.targets.map(\.address) == [MachineBench.homeAgent], "\(name)")
        }
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
        #expect(bench.story.first == "everything goes nowhere: no uplink is usable")
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
        #expect(bench.story.last == "eth0: its monthly limit is reached")
        // Midnight comes by itself.
        bench.pass(.seconds(60))
        #expect(bench.notices.contains("limit_renewed eth0"))
        #expect(bench.saved.last?.previousOctets == 10_000_000)
        #expect(bench.active == "eth0")
        #expect(bench.machine.accounts.map(\.uplink) == ["eth0", "usb9", "wwan0"])
    }

    @Test("of an uplink that has not come up the later month counts, and of the same month the more")
    func keptAccounts() {
        func account(_ month: Int?, _ used: UInt64, _ counter: UInt64? = nil) -> TrafficAccount.Snapshot {
            let start = month.map { CalendarDate(year: 2026, month: $0, day: 1) }
            return TrafficAccount.Snapshot(uplink: "usb9", periodStart: start, usedOctets: used, counter: counter)
        }
        let rows: [(TrafficAccount.Snapshot, TrafficAccount.Snapshot, TrafficAccount.Snapshot)] = [
            (account(11, 5, 10), account(10, 70, 20), account(11, 5, 10)),
            (account(10, 70, 10), account(11, 5, 20), account(11, 5, 20)),
            (account(11, 5, 10), account(11, 7, 20), account(11, 7, 20)),
            (account(11, 7, 10), account(11, 5, 20), account(11, 7, 10)),
            (account(nil, 5), account(11, 3, 20), account(11, 5)),
        ]
        for (first, second, outcome) in rows {
            var bench = MachineBench(accounts: [first])
            _ = bench.machine.adopt([second], at: bench.now)
            #expect(bench.machine.accounts == [outcome])
            #expect(MachineBench(accounts: [first, second]).machine.accounts == [outcome])
        }
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
        #expect(bench.machine.explanation(at: bench.now).pinned == "wwan0")
        bench.give(.pin(nil))
        bench.pass(.seconds(5))
        #expect(bench.active == "eth0")
    }

    @Test("traffic, a Binding Acknowledgement and the signal reach the uplink that they are about")
    func events() {
        var bench = MachineBench()
        bench.uplinks[1].signal = Signal(dBm: -120)
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
        let eth0 = ((bench.machine.decision.balance?.permille(of: 2) ?? 0) + 5) / 10
        #expect((35...65).contains(eth0))
        #expect(
            bench.story == [
                "flow 1 goes by wwan0", "flow 2 is dropped: none of its uplinks is up",
                "flow 3 goes where everything else goes: none of its uplinks is up",
                "everything else is shared by eth0 (\(eth0) %), wwan0 (\(100 - eth0) %)", "wwan0: carries its share",
            ])
        let alone = bench.machine.explanation(at: bench.now, isAlone: true)
        #expect(
            alone.carriers.last?.way.text
                == "goes by eth0: the home agent takes one care-of address, so that one uplink carries all")
        #expect(alone.carriers.first?.way == .alone("eth0"))
        #expect(alone.shares.isEmpty && alone.verdicts.last?.reason == .standby)
    }

    @Test("A home agent that answers Binding Updates and no probe is not probed, and no uplink is thought dead for it")
    func mute() {
        var bench = MachineBench()
        bench.dead = [2, 3]
        bench.report()
        bench.pass(.milliseconds(50))
        for uplink in [2, 3] as [UInt32] {
            bench.give(.confirmed(uplink: uplink, source: MachineBench.homeAgent))
        }
        bench.pass(.seconds(20))
        #expect(bench.notices == ["target_mute eth0"])
        #expect(bench.active == "eth0")
        // It is asked now and then, and nobody hears of it.
        bench.pass(.seconds(300))
        let probes = bench.probes.count
        bench.pass(.seconds(600))
        #expect((2...40).contains(bench.probes.count - probes))
        #expect(bench.notices == ["target_mute eth0"] && bench.active == "eth0")
        // What is back is used again, as without probes.
        bench.uplinks[0].hasCarrier = false
        bench.report()
        #expect(bench.active == "wwan0")
        bench.uplinks[0].hasCarrier = true
        bench.report()
        bench.pass(.seconds(10))
        #expect(bench.active == "eth0")
    }

    @Test("A home agent that was lost is no mute one where another way has shown its voice")
    func lost() {
        var bench = MachineBench()
        bench.dead = [2]
        bench.report()
        bench.pass(.milliseconds(50))
        bench.give(.confirmed(uplink: 2, source: MachineBench.homeAgent))
        bench.pass(.seconds(20))
        #expect(bench.notices == ["uplink_reached wwan0", "uplink_unreached eth0"])
        #expect(bench.active == "wwan0")
    }

    @Test("A home agent that was taken for mute by bad luck is probed again, and a hole is found")
    func misfortune() {
        var bench = MachineBench()
        bench.dead = [2, 3]
        bench.report()
        bench.pass(.milliseconds(50))
        bench.give(.confirmed(uplink: 2, source: MachineBench.homeAgent))
        bench.pass(.seconds(2))
        #expect(bench.notices.contains("target_mute eth0"))
        bench.dead = []
        bench.pass(.seconds(15))
        bench.dead = [2]
        bench.pass(.seconds(3))
        #expect(bench.active == "wwan0")
    }

    @Test("A home agent whose firewall learns to refuse probes is found to be mute by two answers to something else")
    func firewall() {
        var bench = MachineBench()
        bench.report()
        bench.pass(.seconds(20))
        bench.dead = [2, 3]
        bench.pass(.seconds(20))
        for round in 1...2 {
            #expect(bench.machine.health(of: "eth0")?.condition.vitality == .down, "\(round)")
            bench.give(.confirmed(uplink: 2, source: MachineBench.homeAgent))
            bench.pass(.seconds(20))
        }
        #expect(bench.notices.contains("target_mute eth0"))
        #expect(bench.machine.health(of: "eth0")?.condition.works == true)
        // It hears and answers again.
        bench.dead = []
        bench.pass(.seconds(60))
        #expect(bench.machine.health(of: "eth0")?.condition.vitality == .up)
    }

    @Test("A home agent that ends after two answers is no mute one where the probes had died with the way")
    func ended() {
        var bench = MachineBench()
        bench.uplinks.remove(at: 1)
        bench.report()
        bench.pass(.seconds(20))
        for _ in 0..<2 {
            bench.give(.confirmed(uplink: 2, source: MachineBench.homeAgent))
            // It answers for a while yet, and then nothing does.
            bench.pass(.seconds(6))
            bench.dead = [2]
            bench.pass(.seconds(20))
            bench.dead = []
            bench.pass(.milliseconds(100))
        }
        bench.give(.confirmed(uplink: 2, source: MachineBench.homeAgent))
        bench.dead = [2]
        bench.pass(.seconds(20))
        #expect(!bench.notices.contains { $0.hasPrefix("target_mute") })
        #expect(bench.machine.health(of: "eth0")?.condition.vitality == .down)
    }

    @Test("Probes that never left say nothing")
    func withdrawn() {
        var bench = MachineBench()
        bench.report()
        bench.pass(.seconds(20))
        bench.actions = []
        bench.dead = [2]
        for _ in 0..<200 {
            let count = bench.probes.count
            bench.pass(.milliseconds(50))
            for probe in bench.probes[count...] where probe.uplink == 2 {
                bench.give(.withdrawn(uplink: 2, identifier: probe.identifier))
            }
        }
        #expect(bench.notices == [])
        #expect(bench.active == "eth0")
    }
}
