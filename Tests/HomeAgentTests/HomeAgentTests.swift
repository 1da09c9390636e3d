import HomeAgentOperation
import Logging
import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings
import Testing

@testable import HomeAgent

@Suite("had between nemonetd and its machine")
struct HomeAgentTests {
    @Test("a Binding Update becomes a binding at nemonetd and then an acknowledgement")
    func registers() throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 5)
        try stage.run { stage.sent.count == 1 }
        #expect(stage.bindings.map(\.homeAddress) == [Stage.home])
        #expect(stage.bindings.first?.careOfAddress == Stage.careOf)
        #expect(stage.bindings.first?.prefixes == [Stage.prefix])
        #expect(stage.bindings.first?.name == "bus-17")
        #expect((590_000...600_000).contains(stage.bindings.first?.remainingMilliseconds ?? 0))
        let add = stage.messages.firstIndex { if case .bindingAdd = $0 { true } else { false } }
        let send = stage.messages.firstIndex { if case .mobilitySend = $0 { true } else { false } }
        #expect((add ?? 9) < (send ?? 0))
        #expect(stage.sent.first?.routingHeader == Stage.home)
        #expect(stage.sent.first?.destination == Stage.careOf)
        try stage.run { stage.counter("binding_update_received") == 1 }
        #expect(stage.counter("acknowledgement_sent_accepted") == 1)
        #expect(stage.events.contains("binding_created"))
        withExtendedLifetime(had) {}
    }

    @Test("a restarted had takes over what nemonetd still forwards, and drops what its file no longer has")
    func adopts() throws {
        let stage = try Stage()
        var stranger = stage.entry()
        stranger.homeAddress.low = 0x999
        stage.held = [.bindingAdd(stage.entry()), .bindingAdd(stranger)]
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        #expect(stage.bindings.map(\.homeAddress) == [Stage.home])
        #expect(stage.bindings.first?.sequenceNumber == SequenceNumber(rawValue: 100))
        // An older Binding Update is refused with the number that was kept.
        stage.deliver(sequence: 99)
        try stage.run { stage.counter("acknowledgement_sent_sequence_number_out_of_window") == 1 }
        #expect(stage.bindings.count == 1)
        withExtendedLifetime(had) {}
    }

    @Test("when nemonetd comes back it hears of every binding, then the sweep")
    func reannounces() throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 5)
        try stage.run { stage.bindings.count == 1 }
        try stage.restart()
        try stage.run { stage.messages.last == .bindingSweep }
        let tables = stage.messages.filter { if case .counters = $0 { false } else { true } }
        guard case .bindingAdd(let entry)? = tables.first else {
            Issue.record("\(tables)")
            return
        }
        #expect(entry.homeAddress == Stage.home)
        withExtendedLifetime(had) {}
    }

    @Test("however many bindings there are, nemonetd hears of all of them, and of the end last")
    func announcesMany() throws {
        let stage = try Stage()
        let hosts = stage.addHosts(2500)
        stage.held = hosts.map { host in
            var entry = stage.entry()
            (entry.homeAddress, entry.mode, entry.prefixes) = (host, .host, [])
            return .bindingAdd(entry)
        }
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        #expect(had.machine.cache.count == 2500)
        try stage.restart()
        try stage.run { stage.messages.contains(.bindingSweep) }
        let sweep = try #require(stage.messages.firstIndex(of: .bindingSweep))
        let before = stage.messages[..<sweep].compactMap { if case .bindingAdd(let entry) = $0 { entry } else { nil } }
        #expect(Set(before.map(\.homeAddress)) == Set(hosts))
        withExtendedLifetime(had) {}
    }

    @Test("bindings that are made by the hundred are all counted, and not all are events")
    func bindingEvents() throws {
        let stage = try Stage()
        let hosts = stage.addHosts(300)
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        for host in hosts { stage.deliver(sequence: 5, from: host) }
        try stage.run { stage.counter("binding_created") == 300 }
        #expect(stage.counter("binding_created") == 300)
        #expect((100...250).contains(stage.events.count { $0 == "binding_created" }))
        withExtendedLifetime(had) {}
    }

    @Test("refusals that a stranger causes by the hundred are all counted, and few are events")
    func refusalEvents() throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 5)
        for _ in 0..<100 { stage.deliver(sequence: 5) }
        try stage.run { stage.counter("acknowledgement_sent_sequence_number_out_of_window") == 100 }
        #expect(stage.counter("acknowledgement_sent_sequence_number_out_of_window") == 100)
        #expect((10...20).contains(stage.events.count { $0 == "refused" }))
        #expect(
            stage.details("refused").allSatisfy {
                $0 == "bus-17 at 2001:db8:a1::7: sequence number out of window (135)"
            })
        #expect(stage.details("binding_created") == ["bus-17 at 2001:db8:a1::7, its only binding"])
        withExtendedLifetime(had) {}
    }

    @Test("a binding that nemonetd cannot forward is taken back")
    func refusedByNemonetd() throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.refusal = MobilitySocketError(.limitReached, "no more tunnels")
        stage.deliver(sequence: 5)
        try stage.run { stage.counter("binding_revoked") == 1 }
        #expect(stage.messages.contains(.bindingDelete(homeAddress: Stage.home, bindingIdentifier: nil)))
        withExtendedLifetime(had) {}
    }

    @Test("a reload that drops a node ends its binding; the end of the program takes back the rest")
    func reloadAndStop() throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 5)
        try stage.run { stage.sent.count == 1 }
        var settings = Stage.settings
        settings.nodes = []
        settings.addresses.append(Stage.home)
        try had.reload(settings)
        try stage.run { stage.counter("binding_unconfigured") == 1 }
        #expect(stage.messages.contains(.bindingDelete(homeAddress: Stage.home, bindingIdentifier: nil)))
        #expect(stage.greeted.map(\.addresses.count) == [1, 2])
        #expect(stage.messages.contains(.configurationChanged), "nemonetd has to know the nodes too")
        var ended = false
        had.stop { ended = true }
        try stage.run { ended }
        #expect(stage.messages.contains(.bindingFlush))
    }

    /// Changes of settings, with whether nemonetd takes what changed from the file as well.
    private static let changes: [(String, Bool, @Sendable (inout HomeAgentSettings) -> Void)] = [
        ("nothing", false, { _ in }),
        (
            "a name, a key and a lifetime", false,
            {
                $0.nodes[0].name = "bus-18"
                $0.nodes[0].authentication = AuthenticationSettings(spi: 256, key: Array(repeating: 7, count: 16))
                $0.limits.lifetime = 60
            }
        ),
        ("an address", true, { $0.addresses.append(Stage.home) }),
        ("a prefix of the home link", true, { $0.prefixes.append(Stage.prefix) }),
        ("the link", true, { $0.link = "home0" }),
        ("one node more", true, { $0.nodes.append(HomeAgentNode(address: Stage.careOf)) }),
        ("one node less", true, { $0.nodes = [] }),
        ("another node", true, { $0.nodes[0].address = Stage.careOf }),
        ("a prefix of a node", true, { $0.nodes[0].prefixes = [] }),
    ]

    @Test(
        "nemonetd is to read the file again where what it takes from it is new",
        arguments: HomeAgentTests.changes.indices)
    func tellsOfConfiguration(row: Int) throws {
        let (name, isNew, change) = Self.changes[row]
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        var settings = Stage.settings
        change(&settings)
        try had.reload(settings)
        // Comes behind it.
        had.publish("reloaded", "")
        try stage.run { stage.events.contains("reloaded") }
        #expect(stage.messages.contains(.configurationChanged) == isNew, "\(name)")
        try had.reload(settings)
        had.publish("reloaded again", "")
        try stage.run { stage.events.contains("reloaded again") }
        #expect(stage.messages.count { $0 == .configurationChanged } == (isNew ? 1 : 0), "\(name), once")
    }

    @Test("what nemonetd did not hear or would not take is told again, until it does")
    func owesConfiguration() throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        var settings = Stage.settings
        settings.nodes.append(HomeAgentNode(address: Stage.careOf))
        try stage.restart { try had.reload(settings) }
        try stage.run { stage.messages.contains(.bindingSweep) }
        #expect(stage.messages.count { $0 == .configurationChanged } == 1, "a nemonetd that was out of reach")
        try stage.restart()
        try stage.run { stage.messages.contains(.bindingSweep) }
        #expect(!stage.messages.contains(.configurationChanged), "it knows")

        stage.refusalOfConfiguration = MobilitySocketError(.invalid, "shisa.conf:1: no")
        try had.reload(Stage.settings)
        try stage.run { had.owesConfiguration && stage.messages.contains(.configurationChanged) }
        #expect(had.owesConfiguration)
        stage.refusalOfConfiguration = nil
        try had.reload(Stage.settings)
        try stage.run { stage.messages.count { $0 == .configurationChanged } == 2 }
        had.publish("reloaded", "")
        try stage.run { stage.events.contains("reloaded") }
        #expect(!had.owesConfiguration)
        #expect(stage.messages.count { $0 == .configurationChanged } == 2)
    }

    @Test("a node without a key that new settings dismiss gets a Binding Error", arguments: [true, false])
    func dismissedWithoutKey(isProhibited: Bool) throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 5)
        try stage.run { stage.sent.count == 1 }
        var settings = Stage.settings
        if isProhibited { settings.nodes[0].isProhibited = true } else { settings.nodes = [] }
        try had.reload(settings)
        try stage.run { stage.sent.count == 2 }
        #expect(stage.sent.last?.destination == Stage.careOf)
        #expect(stage.sent.last?.message.dropFirst(2).first == 7, "a Binding Error")
        #expect(
            stage.details("binding_removed") == [
                isProhibited
                    ? "bus-17: the node is prohibited by the configuration file"
                    : "bus-17: the node is no longer in the configuration file"
            ])
        withExtendedLifetime(had) {}
    }

    @Test("a binding that is made is told with how many its own node has, whatever others have")
    func countsOwn() throws {
        let stage = try Stage()
        let host = stage.addHosts(1)[0]
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 5)
        stage.deliver(sequence: 5, from: host)
        try stage.run { stage.details("binding_created").count == 2 }
        #expect(stage.details("binding_created").allSatisfy { $0.hasSuffix(" at 2001:db8:a1::7, its only binding") })
        withExtendedLifetime(had) {}
    }

    @Test("a packet without a binding draws a Binding Error to where it came from")
    func bindingMissing() throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.notify(.bindingMissing(homeAddress: Stage.home, peer: Stage.careOf, homeAgentAddress: Stage.agent))
        try stage.run { stage.sent.count == 1 }
        #expect(stage.sent.first?.destination == Stage.careOf)
        #expect(stage.sent.first?.message.dropFirst(2).first == 7)
        withExtendedLifetime(had) {}
    }

    @Test("what it knows and waits for is told when it changes, at most once a second")
    func report() throws {
        let stage = try Stage()
        let had = try stage.had()
        func states() -> [ProgramState] {
            stage.messages.compactMap { if case .programState(let state) = $0 { state } else { nil } }
        }
        try stage.run { states().count == 1 }
        #expect(states()[0].homeAgents.map(\.addresses) == [[Stage.agent]])
        #expect(states()[0].homeAgents.map(\.isOwn) == [true])
        #expect(states()[0].timers.isEmpty)
        for sequence in 1...20 as ClosedRange<UInt16> { stage.deliver(sequence: sequence) }
        try stage.run { states().count == 2 }
        #expect(stage.sent.count == 20)
        #expect(states()[1].timers.map(\.name) == ["binding_cache"])
        #expect(states()[1].timers.map(\.waiting) == [1])
        #expect((595_000...600_000).contains(states()[1].timers[0].remainingMilliseconds))
        // What came nearer only is no news.
        try stage.loop.run(for: .milliseconds(1200))
        #expect(states().count == 2)
        withExtendedLifetime(had) {}
    }

    @Test("a refusal of a stranger tells the home address, but not to the log; acceptances around it tell none")
    func refusalOfStranger() throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 5)
        stage.deliver(sequence: 5, from: IPv6Address(high: Stage.home.high, low: 0x999))
        stage.deliver(sequence: 6)
        stage.deliver(sequence: 5)
        try stage.run { stage.sent.count == 4 }
        #expect(
            stage.details("refused") == [
                "2001:db8:1::999 at 2001:db8:a1::7: not home agent for this mobile node (133)",
                "bus-17 at 2001:db8:a1::7: sequence number out of window (135)",
            ])
        // Addresses of who is not in the settings stand nowhere but in what is for finding mistakes.
        #expect(
            stage.log.lines.all.filter { $0.contains("refused a Binding Update") } == [
                "debug: refused a Binding Update of 2001:db8:1::999: not home agent for this mobile node (133)",
                "info: refused a Binding Update of bus-17: sequence number out of window (135)",
            ])
        withExtendedLifetime(had) {}
    }

    @Test("bindings that are to be forgotten end without a word to anybody", arguments: [true, false])
    func forgets(all: Bool) throws {
        let stage = try Stage()
        let had = try stage.had()
        try stage.run { stage.messages.contains(.bindingSweep) }
        stage.deliver(sequence: 7)
        try stage.run { stage.sent.count == 1 }
        stage.notify(.bindingForget(homeAddresses: all ? [] : [Stage.home]))
        try stage.run { stage.messages.contains(.bindingDelete(homeAddress: Stage.home, bindingIdentifier: nil)) }
        #expect(stage.messages.contains(.bindingDelete(homeAddress: Stage.home, bindingIdentifier: nil)))
        #expect(stage.details("bindings_forgotten") == ["by an administrator, without telling the nodes: bus-17"])
        #expect(stage.details("binding_removed") == ["bus-17: forgotten"])
        #expect(stage.sent.count == 1)
        stage.deliver(sequence: 8)
        try stage.run { stage.sent.count == 2 }
        #expect(stage.bindings.count == 2)
        withExtendedLifetime(had) {}
    }
}
