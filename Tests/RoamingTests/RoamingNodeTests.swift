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
        for name in ["uplink_active", "registered", "registering"] {
            #expect(stage.uplinks(of: name) == ["eth0"], "\(name)")
        }
        #expect(stage.uplinks(of: "home_agent") == [""])
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

    @Test("an answer that comes twice is counted; one to somebody else's ping is none of ours")
    func strayAnswers() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(1) && stage.counter("probe_sent") ?? 0 > 0 })
        let probe = try #require(
            stage.messages.lazy.compactMap { if case .icmpSend(let datagram) = $0 { datagram } else { nil } }.first)
        guard
            case .echoRequest(let identifier, let number, let data)? = try? ICMPv6Message.parse(
                probe.message.span.bytes)
        else {
            Issue.record("a probe is no echo request")
            return
        }
        func answer(_ data: [UInt8]) {
            let reply = ICMPv6Message.echoReply(identifier: identifier, sequenceNumber: number, data: data)
            stage.tell(
                .icmpReceived(
                    ICMPv6Datagram(
                        source: probe.destination, destination: probe.source, interfaceIndex: probe.interfaceIndex,
                        message: reply.emit())))
        }
        // As ping sends it: the time, and a pattern behind it.
        answer(Array(0..<56))
        answer([])
        answer(data)
        #expect(try stage.run { stage.counter("probe_stray_answer") == 1 })
        withExtendedLifetime(mrd) {}
    }

    @Test("answered traffic takes the turns of probes where they cost something, and that is counted")
    func sparedProbes() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        var uplinks = Stage.uplinks
        uplinks[0].isMetered = true
        uplinks[0].probeLimit = 1_000_000_000
        let mrd = try stage.mrd(uplinks: uplinks)
        #expect(try stage.run { stage.isRegistered(1) && stage.verdict("eth0")?.health == .up })
        var packets: UInt64 = 0
        var traffic: EventLoop.Timer?
        func flow() {
            packets += 10
            stage.tell(
                .tunnel(
                    TunnelStatus(
                        local: Stage.careOf(1), remote: Stage.agent, homeAddress: Stage.home, interfaceIndex: 1,
                        interfaceName: "eth0", mtu: 1460, active: true, packetsIn: packets, packetsOut: packets,
                        bytesIn: packets * 100, bytesOut: packets * 100)))
            traffic = stage.loop.timer(after: .milliseconds(100)) { flow() }
        }
        flow()
        #expect(try stage.run { stage.counter("probe_spared") ?? 0 > 0 })
        traffic?.cancel()
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
            bindings: .auto, flows: [FlowSettings(match: .init(codePoints: 46...46), via: ["wlan0", "eth0"])])
        try mrd.reload(ShisaSettings(homes: [Stage.settings], uplinks: Stage.uplinks, policy: policy))
        #expect(
            try stage.run {
                stage.forwarding[Stage.careOf(2)]?.flows.map(\.selector)
                    == [TrafficSelector(trafficClasses: 184...184)]
            })
    }

    @Test("a flow leaves an uplink whose probes are not answered, though that stays registered")
    func flowsOfTheDead() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        let telephony = FlowSettings(match: .init(nextHeader: 17, ports: 5060...5061), via: ["wlan0", "eth0"])
        let mrd = try stage.mrd(.auto, flows: [telephony])
        #expect(try stage.run { stage.forwarding[Stage.careOf(2)]?.flows.count == 1 })
        #expect(try stage.run { stage.choice?.uplinks.allSatisfy { $0.health == .up } ?? false })
        #expect(try stage.run { stage.choice?.carriers.map(\.way) == ["goes by wlan0", "goes by eth0"] })
        #expect(stage.choice?.carriers.map(\.what) == ["flow 1 (udp 5060-5061)", "everything else"])
        stage.deaf = [2]
        #expect(
            try stage.run {
                stage.forwarding[Stage.careOf(1)]?.flows.count == 1
                    && stage.forwarding[Stage.careOf(2)]?.flows.isEmpty ?? false
            })
        #expect(stage.forwarding[Stage.careOf(2)]?.state == .registered)
        withExtendedLifetime(mrd) {}
    }

    @Test(
        "a flow none of whose uplinks works is told of where it is not to go with the rest, with several bindings and with one",
        arguments: [FlowFallback.any, .drop, .wait], [PolicySettings.Bindings.auto, .single])
    func strandedFlows(fallback: FlowFallback, bindings: PolicySettings.Bindings) throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        stage.report("wlan0", .noCarrier)
        let telephony = FlowSettings(
            match: .init(nextHeader: 17, ports: 5060...5061), via: ["wlan0"], otherwise: fallback)
        let mrd = try stage.mrd(bindings, flows: [telephony])
        let expected: [FlowFallback] = fallback == .any ? [] : [fallback]
        #expect(
            try stage.run {
                stage.forwarding[Stage.careOf(1)]?.state == .registered
                    && stage.forwarding[Stage.careOf(1)]?.stranded.map(\.fallback) == expected
            })
        let way =
            ["any": "goes where everything else goes", "drop": "is dropped", "wait": "waits"][fallback.rawValue] ?? ""
        #expect(try stage.run { stage.choice?.carriers.first?.way == "\(way): none of its uplinks is up" })
        stage.report("wlan0", .up)
        guard bindings == .auto else { return withExtendedLifetime(mrd) {} }
        #expect(
            try stage.run {
                stage.forwarding[Stage.careOf(2)]?.flows.count == 1
                    && stage.forwarding.values.allSatisfy(\.stranded.isEmpty)
            })
        withExtendedLifetime(mrd) {}
    }

    static func weighted(_ weights: [UInt32]) -> [UplinkSettings] {
        zip(Stage.uplinks, weights).map { uplink, weight in
            var uplink = uplink
            uplink.weight = weight
            return uplink
        }
    }

    @Test("uplinks that share have one priority and their parts of the buckets; one that goes leaves all to the other")
    func balance() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        let mrd = try stage.mrd(.auto, uplinks: Self.weighted([3, 1]), strategy: .balance)
        func buckets(_ index: UInt32) -> Int {
            let entry = stage.forwarding[Stage.careOf(index)]
            return (0..<BucketSet.count).count { entry?.buckets.contains($0) ?? false }
        }
        #expect(try stage.run { buckets(1) > 0 && buckets(2) > 0 })
        #expect(buckets(1) + buckets(2) == BucketSet.count)
        #expect((150...230).contains(buckets(1)))
        #expect(try stage.run { stage.forwarding.values.map(\.priority) == [1, 1] })
        #expect(try stage.run { stage.events.contains("uplinks_sharing") })
        #expect(try stage.run { stage.choice?.carriers.first?.uplinks == ["eth0", "wlan0"] })
        #expect(try stage.run { stage.verdict("wlan0")?.sharePermille.map { $0 < 400 } ?? false })
        stage.report("eth0", .noCarrier)
        #expect(try stage.run { stage.forwarding.count == 1 && stage.forwarding[Stage.careOf(2)] != nil })
        #expect(try stage.run { stage.choice?.carriers.first?.way == "goes by wlan0" })
        #expect(try stage.run { stage.verdict("wlan0")?.sharePermille == nil })
        #expect(try stage.run { stage.events.last { $0.hasPrefix("uplinks_sharing") } == "uplinks_sharing_ended" })
        #expect(stage.events.count { $0 == "uplinks_sharing" } == 1)
        #expect(stage.uplinks(of: "uplinks_sharing") == [""])
        #expect(stage.uplinks(of: "uplinks_sharing_ended") == ["wlan0"])
        withExtendedLifetime(mrd) {}
    }

    @Test("an uplink of weight 0 stands by although it is the best by metric")
    func standby() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        let mrd = try stage.mrd(.auto, uplinks: Self.weighted([0, 1]), strategy: .balance)
        #expect(
            try stage.run {
                (stage.forwarding[Stage.careOf(2)].map { $0.priority == 1 && !$0.buckets.isEmpty } ?? false)
                    && stage.forwarding[Stage.careOf(1)].map { $0.priority > 1 && $0.buckets.isEmpty } ?? false
            })
        withExtendedLifetime(mrd) {}
    }

    @Test("with a home agent that serves one care-of address one uplink carries all, and that is said")
    func alone() throws {
        let stage = try Stage()
        stage.forbidSeveral()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        let mrd = try stage.mrd(.auto, uplinks: Self.weighted([1, 1]), strategy: .balance)
        #expect(
            try stage.run {
                stage.choice?.carriers.first?.way
                    == "goes by eth0: the home agent takes one care-of address, so that one uplink carries all"
            })
        #expect(try stage.run { stage.isRegistered(1) })
        #expect(stage.forwarding.values.allSatisfy { $0.buckets.isEmpty })
        #expect(!stage.events.contains("uplinks_sharing"))
        withExtendedLifetime(mrd) {}
    }

    @Test("an uplink that is named by hand carries, and its name is told, until it is released")
    func pinned() throws {
        let stage = try Stage()
        stage.report("eth0", .up)
        stage.report("wlan0", .up)
        let mrd = try stage.mrd()
        #expect(try stage.run { stage.isRegistered(1) })
        stage.use("wlan0")
        #expect(try stage.run { stage.isRegistered(2) })
        #expect(try stage.run { stage.choice?.pinned == "wlan0" })
        #expect(stage.events.contains("uplink_pinned"))
        #expect(stage.uplinks(of: "uplink_pinned").count == 1 && !stage.uplinks(of: "uplink_pinned").contains(""))
        stage.use(nil)
        #expect(try stage.run { stage.isRegistered(1) && stage.choice?.pinned == nil })
        withExtendedLifetime(mrd) {}
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
