import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings
import Testing

@testable import Roaming

@Suite("mrd between nemonetd and its machines")
struct RoamingNodeTests {
    @Test("an uplink with an address becomes a registration, authenticated, and events")
    func registers() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(1) })
        let entry = stage.registrations.last
        #expect(entry?.lifetime == 600)
        #expect(entry?.interfaceName == "eth0")
        #expect(entry?.prefixes == [Stage.prefix])
        #expect(stage.sent.first?.homeAddressOption == Stage.home)
        // nemonetd hears of the care-of address before the Binding Update, so that it listens for the answer.
        let add = stage.messages.firstIndex {
            if case .registrationAdd(let entry) = $0 { entry.careOfAddress == Stage.careOf(1) } else { false }
        }
        let send = stage.messages.firstIndex { if case .mobilitySend = $0 { true } else { false } }
        #expect((add ?? 99) < (send ?? 0))
        #expect(try stage.run { stage.events.contains("registered") })
        #expect(stage.events.contains("uplink_active"))
        withExtendedLifetime(mrd) {}
    }

    @Test(
        "what time will bring is told, of one care-of address and of several",
        arguments: [
            PolicySettings.Bindings.single, .multiple,
        ])
    func timers(bindings: PolicySettings.Bindings) throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        let mrd = try stage.mrd(bindings)
        #expect(try stage.run { stage.timers.contains { $0.name == "registration_refresh" } })
        let count: UInt32 = bindings == .single ? 1 : 2
        let expiry = try #require(stage.timers.first { $0.name == "registration_expiry" })
        #expect((590_000...600_000).contains(expiry.remainingMilliseconds))
        #expect(expiry.waiting == count)
        let refresh = try #require(stage.timers.first { $0.name == "registration_refresh" })
        #expect(refresh.waiting == count && refresh.remainingMilliseconds < expiry.remainingMilliseconds)
        #expect(!stage.timers.contains { $0.name == "registration_retry" })
        withExtendedLifetime(mrd) {}
    }

    @Test("a link that dies moves traffic and registration at once, without an answer from anybody")
    func unplanned() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(1) })
        stage.forget()
        stage.answers = false
        stage.report("eth0", .noCarrier)
        #expect(try stage.run { !stage.sent.isEmpty })
        #expect(stage.registrations.first?.careOfAddress == Stage.careOf(2))
        #expect(stage.registrations.first?.forwards == true)
        #expect(stage.registrations.first?.state == .registering)
        #expect(stage.sent.first?.source == Stage.careOf(2))
        withExtendedLifetime(mrd) {}
    }

    @Test("a better link that comes back is registered while the other carries, and then takes over")
    func planned() throws {
        let stage = try Stage()
        stage.report("eth0", .noCarrier)
        stage.report("wlan0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(2) })
        stage.forget()
        stage.report("eth0", .up)
        #expect(try stage.run { stage.isRegistered(1) })
        let first = stage.registrations.first { $0.careOfAddress == Stage.careOf(1) }
        #expect(first?.priority == 1)
        #expect(first?.state == .registering)
        // The address that was left brings in for a while, and then goes.
        #expect(stage.registrations.last { $0.careOfAddress == Stage.careOf(2) }?.state == .retiring)
        #expect(
            try stage.run {
                stage.messages.contains(
                    .registrationDelete(homeAddress: Stage.home, careOfAddress: Stage.careOf(2)))
            })
        withExtendedLifetime(mrd) {}
    }

    @Test("when nemonetd comes back it hears everything again, then the sweep, and nothing is registered anew")
    func nemonetdRestarts() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(1) })
        try stage.restart()
        #expect(try stage.run { stage.messages.contains(.registrationSweep) })
        #expect(stage.registrations.map(\.careOfAddress) == [Stage.careOf(1)])
        #expect(stage.registrations.first?.forwards == true)
        try stage.loop.run(for: .milliseconds(50))
        #expect(stage.sent.isEmpty)
        withExtendedLifetime(mrd) {}
    }

    @Test("after SIGKILL the next mrd leaves forwarding alone and continues the sequence numbers")
    func mrdRestarts() throws {
        let stage = try Stage()
        stage.answers = false
        stage.held = [
            RegistrationEntry(
                homeAddress: Stage.home, homePrefixLength: 64, careOfAddress: Stage.careOf(1),
                homeAgentAddress: Stage.agent, interfaceIndex: 1, interfaceName: "eth0", forwards: true,
                state: .registered, sequenceNumber: SequenceNumber(rawValue: 65535), lifetime: 600,
                remainingMilliseconds: 300_000, prefixes: [Stage.prefix])
        ]
        stage.report("eth0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { !stage.sent.isEmpty })
        #expect(stage.registrations.allSatisfy { $0.forwards && $0.careOfAddress == Stage.careOf(1) })
        #expect(!stage.messages.contains { if case .registrationDelete = $0 { true } else { false } })
        // The sequence number behind 65535 is 0: octets 6 and 7 of the Mobility Header.
        #expect(stage.sent.first.map { Array($0.message[6..<8]) } == [0, 0])
        withExtendedLifetime(mrd) {}
    }

    @Test("the end de-registers and takes everything back; without a home agent it waits two seconds and no longer")
    func stops() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(1) })
        stage.forget()
        var ended = false
        mrd.stop { ended = true }
        #expect(try stage.run { ended })
        #expect(stage.sent.count == 1)
        #expect(stage.messages.contains(.registrationFlush))

        let silent = try Stage()
        silent.report("eth0", .up)
        let second = try silent.mrd()
        #expect(try silent.run { silent.isRegistered(1) })
        silent.answers = false
        let start = silent.loop.now
        var left = false
        second.stop { left = true }
        #expect(try silent.run { left })
        #expect(silent.loop.now - start < .seconds(4))
    }

    @Test("a reload with another lifetime registers anew; one with another home agent leaves the first")
    func reloads() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(1) })
        stage.forget()
        var settings = Stage.settings
        settings.lifetime = 300
        try mrd.reload(ShisaSettings(homes: [settings], uplinks: Stage.uplinks))
        #expect(try stage.run { stage.registrations.last?.lifetime == 300 })
        stage.forget()
        settings.agents[0].low = 2
        try mrd.reload(ShisaSettings(homes: [settings], uplinks: Stage.uplinks))
        #expect(try stage.run { stage.sent.contains { $0.destination == settings.agents[0] } })
        #expect(stage.sent.first?.destination == Stage.agent)
        #expect(throws: (any Error).self) { try mrd.reload(ShisaSettings()) }
    }

    @Test("what is no longer in the file is de-registered once, by the answer that it gets")
    func anotherHomeAddress() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(1) })
        stage.forget()
        var settings = Stage.settings
        settings.address.low += 1
        try mrd.reload(ShisaSettings(homes: [settings], uplinks: Stage.uplinks))
        func former() -> [MobilityDatagram] { stage.sent.filter { $0.homeAddressOption == Stage.home } }
        func isGone() -> Bool {
            stage.messages.contains { if case .registrationDelete(Stage.home, _) = $0 { true } else { false } }
        }
        #expect(try stage.run { !former().isEmpty && isGone() })
        // An answer that went to somebody else would be asked for again, for four seconds.
        #expect(former().count == 1)
        withExtendedLifetime(mrd) {}
    }

    @Test("a home agent that does not answer is told of once; one that says it has no binding, too")
    func silence() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(1) })
        stage.answers = false
        var settings = Stage.settings
        settings.lifetime = 300
        try mrd.reload(ShisaSettings(homes: [settings], uplinks: Stage.uplinks))
        #expect(try stage.run { stage.events.contains("home_agent_silent") })
        for _ in 0..<2 { stage.sendBindingError() }
        #expect(try stage.run { stage.events.contains("binding_missing") })
        stage.answers = true
        #expect(try stage.run { stage.registrations.last?.lifetime == 300 })
        #expect(stage.events.count { $0 == "home_agent_silent" } == 1)
        #expect(stage.events.count { $0 == "binding_missing" } == 1)
        withExtendedLifetime(mrd) {}
    }

    @Test("with two uplinks both are registered and both tunnels stand; the one that dies goes, and traffic moves")
    func several() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        let mrd = try stage.mrd(.auto)
        #expect(try stage.run { stage.forwarding.values.filter { $0.state == .registered }.count == 2 })
        #expect(stage.forwarding[Stage.careOf(1)]?.priority == 1)
        #expect(stage.forwarding[Stage.careOf(2)]?.priority == 2)
        #expect(stage.forwarding.mapValues(\.bindingIdentifier) == [Stage.careOf(1): 1, Stage.careOf(2): 2])
        stage.answers = false
        stage.report("eth0", .noCarrier)
        #expect(try stage.run { stage.forwarding[Stage.careOf(2)]?.priority == 1 })
        // What is under way may still come in by the other.
        #expect(stage.forwarding[Stage.careOf(1)]?.state == .retiring)
        #expect(stage.sent.last?.source == Stage.careOf(2))
        stage.answers = true
        stage.report("eth0", .up)
        #expect(
            try stage.run {
                stage.forwarding[Stage.careOf(1)]?.state == .registered
                    && stage.forwarding[Stage.careOf(1)]?.priority == 1
            })
        withExtendedLifetime(mrd) {}
    }

    @Test("a flow goes by the uplink that it names as long as that works, and a reload changes it")
    func flows() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        let telephony = FlowSettings(match: .init(nextHeader: 17, ports: 5060...5061), via: ["wlan0"])
        let mrd = try stage.mrd(.auto, flows: [telephony])
        let selector = TrafficSelector(sourcePorts: 5060...5061, nextHeaders: 17...17)
        #expect(
            try stage.run {
                stage.forwarding[Stage.careOf(2)]?.flows.map(\.selector) == [selector]
                    && stage.forwarding[Stage.careOf(1)]?.flows.isEmpty ?? false
            })
        stage.report("wlan0", .noCarrier)
        #expect(try stage.run { stage.forwarding.values.allSatisfy(\.flows.isEmpty) })
        stage.report("wlan0", .up)
        #expect(try stage.run { stage.forwarding[Stage.careOf(2)]?.flows.count == 1 })
        let policy = PolicySettings(
            bindings: .auto, flows: [FlowSettings(match: .init(codePoint: 46), via: ["wlan0", "eth0"])])
        try mrd.reload(ShisaSettings(homes: [Stage.settings], uplinks: Stage.uplinks, policy: policy))
        #expect(
            try stage.run {
                stage.forwarding[Stage.careOf(2)]?.flows.map(\.selector)
                    == [TrafficSelector(trafficClasses: 184...184)]
            })
    }

    @Test("a home agent that serves one care-of address gets one, and forwarding has no gap")
    func fallsBack() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        let mrd = try stage.mrd(.auto)
        #expect(try stage.run { stage.isRegistered(1) })
        stage.forbidSeveral()
        stage.report("wlan0", .up)
        #expect(
            try stage.run {
                stage.registrations.last { $0.careOfAddress == Stage.careOf(1) }?.bindingIdentifier == nil
                    && stage.registrations.contains { $0.bindingIdentifier != nil } && stage.isRegistered(1)
            })
        #expect(
            !stage.messages.contains(.registrationDelete(homeAddress: Stage.home, careOfAddress: Stage.careOf(1))))
        #expect(Set(stage.forwarding.keys) == [Stage.careOf(1)])
        withExtendedLifetime(mrd) {}
    }
}
