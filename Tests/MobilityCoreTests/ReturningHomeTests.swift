import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// The home link is an uplink whose care-of address is the home address (RFC 6275 §11.5.5).
@Suite("Returning home, and leaving it again")
struct ReturningHomeTests {
    @Test("the Binding Update comes from the home address itself, with a lifetime of zero and no prefixes")
    func update() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: false))
        let sent = harness.sent.last
        #expect(sent?.source == Sample.home)
        #expect(sent?.homeAddressOption == nil)
        #expect(sent?.interfaceIndex == Sample.homeLink.interfaceIndex)
        #expect(harness.lastUpdate.lifetime == .zero)
        #expect(harness.lastUpdate.flags.isSuperset(of: [.acknowledge, .homeRegistration, .mobileRouter]))
        #expect(!harness.lastUpdate.options.contains { if case .mobileNetworkPrefix = $0 { true } else { false } })
        harness.acknowledge()
        #expect(harness.machine.phase == .home)
        #expect(harness.machine.registration.state == .home)
        #expect(harness.plans.last == TunnelPlan.none)
    }

    @Test("a tunnel that still works carries until the home agent has answered")
    func planned() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: true))
        #expect(harness.machine.plan.active == Sample.cable)
        harness.acknowledge()
        #expect(harness.machine.plan == .none)
    }

    @Test("it is said at the start as well: an earlier run may have left a binding")
    func start() {
        var harness = RegistrationHarness()
        harness.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: false))
        #expect(harness.sent.isEmpty)
        harness.handle(.start(wallClock: harness.wallClock))
        #expect(harness.machine.phase == .deregistering)
        harness.refuse(.notHomeAgentForThisMobileNode)
        #expect(harness.machine.phase == .home)
        #expect(harness.machine.nextDeadline == nil)
    }

    @Test("where the binding is over by the node's clock alone, its end is asked for on")
    func overHere() {
        var harness = RegistrationHarness.registered()
        let end = harness.machine.registration.expiresAt
        harness.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: false))
        harness.pass(end.map { $0 - harness.now } ?? .zero)
        #expect(harness.machine.phase == .home)
        let asked = harness.sent.count
        harness.pass(.seconds(31))
        #expect(harness.sent.count == asked)
        // MAX_BINDACK_TIMEOUT.
        harness.pass(.seconds(1))
        #expect(harness.sent.count == asked + 1)
        #expect(harness.lastUpdate.lifetime == .zero)
        harness.pass(.minutes(10))
        #expect(harness.sent.count > asked + 18)
        harness.refuse(.notHomeAgentForThisMobileNode)
        #expect(harness.machine.phase == .home)
        #expect(harness.machine.nextDeadline == nil)
    }

    @Test("it is repeated until it is answered, or the binding is over anyway")
    func repeated() {
        var harness = RegistrationHarness.registered()
        let end = harness.machine.registration.expiresAt
        harness.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: false))
        harness.pass(.seconds(60))
        #expect(harness.machine.phase == .deregistering)
        #expect(harness.sent.count > 5)
        harness.pass(end.map { $0 - harness.now } ?? .zero)
        #expect(harness.machine.phase == .home)
        #expect(harness.count(.deregistrationUnanswered) == 1)
    }

    @Test("a refusal is tried again later")
    func refused() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: false))
        harness.refuse(.administrativelyProhibited)
        #expect(harness.machine.phase == .home)
        #expect(harness.machine.nextDeadline == harness.now + .seconds(60))
        harness.passToDeadline()
        #expect(harness.machine.phase == .deregistering)
        harness.acknowledge()
        #expect(harness.machine.nextDeadline == nil)
    }

    @Test("whoever is told to end meanwhile ends in time")
    func stop() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: false))
        harness.handle(.stop)
        harness.pass(Tunables.deregistrationWait)
        #expect(harness.isFinished)
    }

    @Test("several care-of addresses end with one message, and are several again away from home")
    func multiple() {
        var now = Sample.start
        var machine = AdaptiveRegistrationMachine(Sample.registration(), style: .multiple, seed: 1)
        _ = machine.handle(.start(wallClock: Sample.wallClock), at: now)
        let paths = [
            RegistrationPath(identifier: 1, careOf: Sample.cable),
            RegistrationPath(identifier: 2, careOf: Sample.radio),
        ]
        _ = machine.handle(.pathsChanged(paths, active: Sample.cable, previousUsable: false), at: now)
        #expect(machine.isMultiple)
        now = now + .seconds(10)
        let actions = machine.handle(.pathsChanged([], active: Sample.homeLink, previousUsable: false), at: now)
        #expect(!machine.isMultiple)
        let sources = actions.compactMap { if case .send(let envelope) = $0 { envelope.source } else { nil } }
        #expect(sources == [Sample.home])
        now = now + .seconds(10)
        _ = machine.handle(.pathsChanged(paths, active: Sample.cable, previousUsable: false), at: now)
        #expect(machine.isMultiple)
    }

    @Test("through a network that loses a third, home and away converge every time", arguments: 0..<40)
    func lossy(seed: UInt64) {
        var triangle = Triangle(seed: seed)
        triangle.network.loss = 300
        for round in 0..<4 {
            triangle.move(to: round % 2 == 0 ? Sample.cable : Sample.radio, oldStillUsable: false)
            triangle.run(for: .seconds(200))
            #expect(triangle.isConverged)
            triangle.move(to: Sample.homeLink, oldStillUsable: round > 1)
            triangle.run(for: .seconds(200))
            #expect(triangle.mobile.phase == .home)
            #expect(triangle.agent.cache[Sample.home] == nil)
            #expect(triangle.plan == .none)
        }
    }
}
