import MobilityCore
import MobilitySocket
import MobilityWire
import Platform
import Settings
import Testing

@testable import CorrespondentNode

@Suite("cnd between nemonetd and its machine")
struct CorrespondentNodeTests {
    @Test("an exchange becomes a binding that nemonetd hears of before the node does, and an event and counters")
    func binds() throws {
        let stage = try Stage()
        let cnd = try stage.cnd()
        #expect(stage.greeted.last?.addresses == [Stage.correspondent])
        #expect(try stage.register(sequence: 7) == .accepted)
        let entry = try #require(stage.bindings.last)
        #expect(entry.kind == .correspondent && entry.mode == .host && entry.name.isEmpty)
        #expect(entry.homeAddress == Stage.home && entry.careOfAddress == Stage.careOf)
        #expect(entry.homeAgentAddress == Stage.correspondent && entry.lifetime == 420)
        // Only the acknowledgement has a routing header.
        #expect(stage.sent.map(\.destination) == [Stage.home, Stage.careOf, Stage.careOf])
        #expect(stage.sent.map(\.routingHeader) == [nil, nil, Stage.home])
        let add = stage.messages.firstIndex { if case .bindingAdd = $0 { true } else { false } }
        let answer = stage.messages.lastIndex { if case .mobilitySend = $0 { true } else { false } }
        #expect((add ?? 99) < (answer ?? 0))
        #expect(try stage.run { stage.counter("binding_created") == 1 })
        #expect(stage.counter("acknowledgement_sent_accepted") == 1)
        #expect(stage.events.contains("binding_created"))
        withExtendedLifetime(cnd) {}
    }

    @Test("events say whose a binding is and why an update was refused; the timers are told")
    func tells() throws {
        let stage = try Stage()
        let cnd = try stage.cnd()
        #expect(try stage.register(sequence: 7) == .accepted)
        #expect(stage.details("binding_created") == ["2001:db8:1::100 at 2001:db8:a1::7, the only binding"])
        stage.forget()
        #expect(try stage.register(sequence: 7) == .sequenceNumberOutOfWindow)
        #expect(try stage.run { !stage.details("refused").isEmpty })
        #expect(
            stage.details("refused") == ["2001:db8:1::100 at 2001:db8:a1::7: sequence number out of window (135)"])
        #expect(try stage.run { stage.timers["binding_cache"] == 1 && stage.timers["nonce_expiry"] == 1 })
        withExtendedLifetime(cnd) {}
    }

    @Test("a node that de-registers is taken back from nemonetd")
    func deregisters() throws {
        let stage = try Stage()
        let cnd = try stage.cnd()
        #expect(try stage.register(sequence: 7) == .accepted)
        #expect(try stage.register(sequence: 8, lifetime: 0) == .accepted)
        #expect(stage.messages.contains(stage.removal))
        withExtendedLifetime(cnd) {}
    }

    @Test("the next cnd takes over what nemonetd sends by, leaves a home agent's alone, and numbers go on")
    func adopts() throws {
        let stage = try Stage()
        stage.held = [.bindingAdd(stage.entry()), .bindingAdd(stage.entry(kind: .home))]
        let cnd = try stage.cnd()
        #expect(stage.bindings.map(\.kind) == [.correspondent])
        #expect(stage.bindings.first.map { 290_000...300_000 ~= $0.remainingMilliseconds } == true)
        #expect(try stage.register(sequence: 100) == .sequenceNumberOutOfWindow)
        stage.forget()
        #expect(try stage.register(sequence: 101) == .accepted)
        withExtendedLifetime(cnd) {}
    }

    @Test("when nemonetd comes back it hears every binding again, then the sweep")
    func nemonetdRestarts() throws {
        let stage = try Stage()
        let cnd = try stage.cnd()
        #expect(try stage.register(sequence: 7) == .accepted)
        try stage.restart()
        #expect(try stage.run { stage.messages.contains(.bindingSweep) })
        #expect(stage.bindings.map(\.sequenceNumber.rawValue) == [7])
        withExtendedLifetime(cnd) {}
    }

    @Test("the end takes nothing back: bindings go on until they end or are found not to be refreshed")
    func stops() throws {
        let stage = try Stage()
        let cnd = try stage.cnd()
        #expect(try stage.register(sequence: 7) == .accepted)
        var hasEnded = false
        cnd.stop { hasEnded = true }
        #expect(try stage.run { hasEnded })
        #expect(!stage.messages.contains(.bindingFlush) && !stage.messages.contains(stage.removal))
    }

    @Test("a packet without its binding is answered with a Binding Error; one whose binding holds makes it told again")
    func missing() throws {
        let stage = try Stage()
        let cnd = try stage.cnd()
        let missing = MobilitySocketMessage.bindingMissing(
            homeAddress: Stage.home, peer: Stage.careOf, homeAgentAddress: Stage.correspondent)
        stage.notify(missing)
        #expect(try stage.run { !stage.sent.isEmpty })
        let error = try #require(stage.sent.first)
        #expect(error.destination == Stage.careOf && error.source == Stage.correspondent && error.routingHeader == nil)
        #expect(
            try MobilityHeader.parse(error.message.span.bytes)
                == .bindingError(status: 1, homeAddress: Stage.home, options: []))
        #expect(try stage.register(sequence: 7) == .accepted)
        stage.forget()
        stage.notify(missing)
        #expect(try stage.run { !stage.bindings.isEmpty })
        #expect(stage.sent.isEmpty)
        withExtendedLifetime(cnd) {}
    }

    @Test("a binding in use asks to be refreshed before it ends, at the home address, without a routing header")
    func used() throws {
        let stage = try Stage()
        let cnd = try stage.cnd()
        #expect(try stage.register(sequence: 7, lifetime: 8) == .accepted)
        stage.forget()
        stage.notify(.bindingUsed(homeAddress: Stage.home, correspondent: Stage.correspondent))
        #expect(try stage.run { !stage.sent.isEmpty })
        let request = try #require(stage.sent.first)
        #expect(request.destination == Stage.home && request.routingHeader == nil)
        #expect(try MobilityHeader.parse(request.message.span.bytes) == .bindingRefreshRequest(options: []))
        // Nobody refreshes it.
        #expect(try stage.run { stage.messages.contains(stage.removal) })
        withExtendedLifetime(cnd) {}
    }

    @Test("what nemonetd refuses is given up, and what a person revokes ends")
    func revoked() throws {
        let stage = try Stage()
        let cnd = try stage.cnd()
        #expect(try stage.register(sequence: 7) == .accepted)
        stage.notify(.bindingRevoke(homeAddresses: [Stage.home]))
        #expect(try stage.run { stage.messages.contains(stage.removal) })
        stage.refusal = MobilitySocketError(.limitReached, "full")
        stage.forget()
        #expect(try stage.register(sequence: 8) == .accepted)
        #expect(try stage.run { stage.messages.contains(stage.removal) })
        withExtendedLifetime(cnd) {}
    }

    @Test("each setting acts: prohibited prefixes, the cap of lifetimes, the limit of bindings")
    func settings() throws {
        var settings = Stage.settings
        settings.prohibited = [IPv6Prefix(Stage.home, length: 64)]
        let strict = try Stage()
        let first = try strict.cnd(settings)
        #expect(try strict.register(sequence: 7) == .administrativelyProhibited)
        settings.prohibited = []
        settings.limits.lifetime = 60
        try first.reload(ShisaSettings(correspondent: settings))
        #expect(try strict.register(sequence: 8) == .accepted)
        #expect(strict.bindings.last?.lifetime == 60)
        settings.prohibited = [IPv6Prefix(Stage.careOf, length: 64)]
        try first.reload(ShisaSettings(correspondent: settings))
        #expect(try strict.run { strict.messages.contains(strict.removal) })

        settings = Stage.settings
        settings.limits.bindings = 1
        let full = try Stage()
        var other = full.entry()
        other.homeAddress.low += 1
        full.held = [.bindingAdd(other)]
        let second = try full.cnd(settings)
        #expect(try full.register(sequence: 7) == .insufficientResources)
        withExtendedLifetime((first, second)) {}
    }

    @Test("nonces roll over on time")
    func nonces() throws {
        let stage = try Stage()
        var settings = Stage.settings
        settings.nonceInterval = 1
        let cnd = try stage.cnd(settings)
        let first = try #require(try stage.test(Stage.home, cookie: 3))
        try stage.loop.run(for: .milliseconds(1100))
        #expect(try #require(try stage.test(Stage.home, cookie: 5)).index == first.index &+ 1)
        withExtendedLifetime(cnd) {}
    }

    @Test("home registrations are refused, or left to had where there is one")
    func homeRegistration() throws {
        let alone = try Stage()
        let first = try alone.cnd()
        #expect(
            try alone.register(sequence: 7, flags: [.acknowledge, .homeRegistration])
                == .homeRegistrationNotSupported)
        let beside = try Stage()
        let second = try beside.cnd(hasHomeAgent: true)
        beside.deliver(
            MobilityMessage.bindingUpdate(
                BindingUpdate(
                    sequenceNumber: SequenceNumber(rawValue: 1), flags: [.acknowledge, .homeRegistration],
                    lifetime: BindingLifetime(seconds: 60))
            ).emit(), from: Stage.careOf, homeAddress: Stage.home)
        #expect(try beside.run { beside.counter("home_registration_left") == 1 })
        #expect(beside.sent.isEmpty)
        withExtendedLifetime((first, second)) {}
    }

    @Test("another address is told to nemonetd at once; without its group it refuses to go on")
    func reloads() throws {
        let stage = try Stage()
        let cnd = try stage.cnd()
        stage.forget()
        var other = Stage.correspondent
        other.low += 1
        try cnd.reload(ShisaSettings(correspondent: CorrespondentSettings(addresses: [other])))
        #expect(try stage.run { stage.messages.contains(.bindingSweep) })
        #expect(stage.greeted.last?.addresses == [other])
        stage.deliver(MobilityMessage.homeTestInit(cookie: 1, options: []).emit(), from: Stage.home)
        #expect(try stage.run { stage.counter("destination_foreign") == 1 })
        #expect(throws: (any Error).self) { try cnd.reload(ShisaSettings()) }
    }
}
