import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Duplicate Address Detection, prefix lifetimes and leaving: what a home agent on a link does besides (RFC 6275 §10.3.1).
@Suite struct HomeAgentDetectionTests {
    static func agent(_ change: (inout HomeAgentConfiguration) -> Void = { _ in }) -> HomeAgentHarness {
        var configuration = Sample.homeAgent()
        configuration.homeNetwork = .link
        change(&configuration)
        return HomeAgentHarness(configuration)
    }

    static func registered() -> HomeAgentHarness {
        var agent = agent()
        agent.update()
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
        return agent
    }

    @Test("a virtual home network detects nothing")
    func virtual() {
        var agent = HomeAgentHarness()
        #expect(agent.update() == .accepted)
        #expect(agent.detections.isEmpty)
    }

    @Test("the first registration waits for the detection, and is acknowledged after it")
    func first() {
        var agent = Self.agent()
        #expect(agent.update() == nil)
        #expect(agent.installed.isEmpty)
        #expect(agent.detections.map(\.homeAddress) == [Sample.home])
        #expect(agent.detections.first?.linkLocal == nil)
        agent.pass(.seconds(1))
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
        #expect(agent.lastAcknowledgement?.status == .accepted)
        #expect(agent.installed.first?.expiresAt == agent.now + .seconds(600))
    }

    @Test("with the L flag the link-local address is detected too, and the binding says so")
    func linkLocal() {
        var agent = Self.agent()
        agent.update { $0.flags.insert(.linkLocalCompatibility) }
        #expect(agent.detections.first?.linkLocal == IPv6Address("fe80::100"))
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
        #expect(agent.installed.first?.linkLocalCompatibility == true)
    }

    @Test("a repeated Binding Update starts no second detection, and is the one that is answered")
    func repeated() {
        var agent = Self.agent()
        agent.update()
        agent.pass(.milliseconds(1500))
        agent.update { $0.careOf = Sample.radio.address }
        #expect(agent.detections.count == 1)
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
        #expect(agent.sent.count == 1)
        #expect(agent.sent.first?.destination == Sample.radio.address)
        #expect(agent.lastAcknowledgement?.sequenceNumber == agent.sequenceNumber)
    }

    @Test("a duplicate is refused with status 134, and the next registration waits again")
    func duplicate() {
        var agent = Self.agent()
        agent.update()
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: true))
        #expect(agent.lastAcknowledgement?.status == .duplicateAddressDetectionFailed)
        #expect(agent.machine.cache.count == 0)
        #expect(agent.update() == nil)
        #expect(agent.detections.count == 2)
    }

    @Test("a refresh, a hand-over and a node that was here before do not wait")
    func known() {
        var agent = Self.registered()
        #expect(agent.update() == .accepted)
        #expect(agent.update { $0.careOf = Sample.radio.address } == .accepted)
        #expect(agent.detections.count == 1)
        #expect(agent.update { $0.lifetime = .zero } == .accepted)
        #expect(agent.update() == .accepted)
        // Checked beside it.
        #expect(agent.detections.count == 2)
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: true))
        #expect(agent.removed.last?.reason == .duplicate)
        #expect(agent.update() == nil)
    }

    @Test("a binding from before a restart needs no detection")
    func restored() {
        let before = Self.registered()
        var agent = Self.agent()
        agent.sequenceNumber = before.sequenceNumber
        agent.handle(.restored(Array(before.machine.cache.bindings)))
        #expect(agent.update() == .accepted)
        #expect(agent.detections.isEmpty)
    }

    @Test("without an answer in time the registration is refused, and nothing is left")
    func silent() {
        var agent = Self.agent()
        agent.update()
        agent.pass(.seconds(6))
        #expect(agent.lastAcknowledgement?.status == .reasonUnspecified)
        #expect(agent.stopped == [Sample.home])
        #expect(agent.machine.nextDeadline == nil)
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
        #expect(agent.installed.isEmpty)
        #expect(agent.sent.count == 1)
    }

    @Test("a de-registration or a new configuration ends the wait")
    func cancelled() {
        var agent = Self.agent()
        agent.update()
        #expect(agent.update { $0.lifetime = .zero } == .notHomeAgentForThisMobileNode)
        #expect(agent.stopped == [Sample.home])
        agent.update()
        agent.handle(.configurationChanged(Sample.homeAgent(nodes: [])))
        #expect(agent.stopped.count == 2)
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
        #expect(agent.installed.isEmpty)
    }

    @Test("what the configuration forbids meanwhile is refused after the detection")
    func refusedLater() {
        var agent = Self.agent()
        agent.update()
        var configuration = agent.machine.configuration
        configuration.greatestNumberOfBindings = 0
        agent.handle(.configurationChanged(configuration))
        agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
        #expect(agent.lastAcknowledgement?.status == .insufficientResources)
    }

    // MARK: Prefix lifetimes

    static func prefix(valid: UInt32, preferred: UInt32, since: Instant? = Sample.start) -> HomePrefix {
        HomePrefix(Sample.homePrefixInformation(valid: valid, preferred: preferred), since: since)
    }

    @Test("a binding does not outlive the home prefix, and its acknowledgement says that news are due")
    func lifetime() {
        var agent = HomeAgentHarness()
        agent.handle(.homePrefixesChanged([Self.prefix(valid: 300, preferred: 300)]))
        #expect(agent.update() == .acceptedPrefixDiscoveryNecessary)
        #expect(agent.lastAcknowledgement?.lifetime.seconds == 300)
        agent.pass(.seconds(301))
        #expect(agent.machine.cache.count == 0)
        #expect(agent.update() == .notHomeSubnet)
    }

    @Test(
        "the status is 1 exactly if the prefix is deprecated before the lifetime's end",
        arguments: [
            (1000, 599, BindingStatus.acceptedPrefixDiscoveryNecessary), (1000, 603, .acceptedPrefixDiscoveryNecessary),
            (1000, 604, .accepted), (1000, 0, .acceptedPrefixDiscoveryNecessary),
            (UInt32.max, UInt32.max, .accepted),
        ] as [(UInt32, UInt32, BindingStatus)])
    func status(valid: UInt32, preferred: UInt32, status: BindingStatus) {
        var agent = HomeAgentHarness()
        agent.handle(.homePrefixesChanged([Self.prefix(valid: valid, preferred: preferred)]))
        #expect(agent.update() == status)
    }

    @Test("lifetimes of a configuration stand still")
    func standing() {
        var agent = HomeAgentHarness()
        agent.handle(.homePrefixesChanged([Self.prefix(valid: 300, preferred: 300, since: nil)]))
        agent.pass(.seconds(10_000))
        #expect(agent.update() == .accepted)
        #expect(agent.lastAcknowledgement?.lifetime.seconds == 600)
    }

    @Test("a prefix that ends sooner shortens bindings, one that is invalid ends them")
    func shortened() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.handle(.homePrefixesChanged([Self.prefix(valid: 100, preferred: 0)]))
        #expect(agent.installed.last?.expiresAt == Sample.start + .seconds(100))
        agent.handle(.homePrefixesChanged([Self.prefix(valid: 0, preferred: 0)]))
        #expect(agent.removed.last?.reason == .prefixInvalid)
    }

    // MARK: Leaving, advice

    @Test("a home agent that leaves refuses to prolong, and lets nodes de-register (RFC 5142 §5.3)")
    func leaving() {
        var agent = HomeAgentHarness()
        agent.update()
        var configuration = agent.machine.configuration
        configuration.isLeaving = true
        agent.handle(.configurationChanged(configuration))
        #expect(agent.update() == .administrativelyProhibited)
        #expect(agent.machine.cache.count == 1)
        #expect(agent.update { $0.lifetime = .zero } == .accepted)
    }

    @Test("a refresh is advised where it is shorter than the lifetime, and never in a de-registration")
    func advice() {
        var agent = HomeAgentHarness()
        var configuration = agent.machine.configuration
        configuration.refreshAdvice = .seconds(100)
        agent.handle(.configurationChanged(configuration))
        agent.update()
        #expect(agent.lastAcknowledgement?.options.refreshAdvice == .seconds(100))
        agent.update { $0.lifetime = BindingLifetime(seconds: 100) }
        #expect(agent.lastAcknowledgement?.options.refreshAdvice == nil)
        agent.update { $0.lifetime = .zero }
        #expect(agent.lastAcknowledgement?.options.refreshAdvice == nil)
    }
}
