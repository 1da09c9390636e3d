import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Bindings that are made, how long they last, and nodes that move (RFC 6275 §10.3.1, RFC 3963 §6.2).
@Suite struct HomeAgentRegistrationTests {
    // MARK: Registration

    @Test("a registration is installed before it is acknowledged, through a type 2 routing header")
    func registers() {
        var agent = HomeAgentHarness()
        let actions = agent.handle(.messageReceived(agent.envelope(), wallClock: agent.time))
        let install = actions.firstIndex { if case .install = $0 { true } else { false } }
        let send = actions.firstIndex { if case .send = $0 { true } else { false } }
        #expect(install! < send!)
        let binding = agent.machine.cache[Sample.home]
        #expect(binding?.careOfAddress == Sample.cable.address)
        #expect(binding?.homeAgent == Sample.homeAgent)
        #expect(binding?.mode == .explicit)
        #expect(binding?.prefixes == [Sample.mobilePrefix])
        #expect(binding?.name == "bus-17")
        #expect(binding?.expiresAt == agent.now + .seconds(600))
        #expect(agent.sent[0].source == Sample.homeAgent)
        #expect(agent.sent[0].destination == Sample.cable.address)
        #expect(agent.sent[0].routingHeader == Sample.home)
        let answer = agent.lastAcknowledgement
        #expect(answer?.status == .accepted)
        #expect(answer?.mobileRouter == true)
        #expect(answer?.lifetime.seconds == 600)
        #expect(answer?.sequenceNumber == agent.sequenceNumber)
        #expect(agent.count(.bindingCreated) == 1)
        #expect(agent.count(.acknowledgementSent(.accepted)) == 1)
    }

    @Test("the acknowledgement is authenticated and repeats the timestamp")
    func authenticates() {
        var agent = HomeAgentHarness()
        let envelope = agent.envelope { $0.timestamp = Sample.wallClock + .seconds(2) }
        agent.deliver(envelope)
        #expect(agent.lastAcknowledgement?.options.messageIdentifier == Sample.wallClock + .seconds(2))
        let verdict = MobilityAuthentication.verify(
            agent.sent[0].message, careOfAddress: Sample.cable.address, homeAddress: Sample.home,
            association: Sample.association)
        #expect(verdict == .authentic)
    }

    @Test("without prefix options the prefixes are those of the configuration (implicit mode)")
    func implicit() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.prefixes = [] } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.mode == .implicit)
        #expect(agent.machine.cache[Sample.home]?.prefixes == [Sample.mobilePrefix])
    }

    @Test("without the R flag only the home address is bound, and prefix options mean nothing")
    func host() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.flags.remove(.mobileRouter) } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.mode == .host)
        #expect(agent.machine.cache[Sample.home]?.prefixes == [])
        #expect(agent.lastAcknowledgement?.mobileRouter == false)
    }

    @Test("prefixes inside the authorised ones are accepted, once each; the refresh that leaves one out ends it")
    func explicit() {
        var agent = HomeAgentHarness()
        let first = IPv6Prefix(IPv6Address("2001:db8:10::")!, length: 64)
        let second = IPv6Prefix(IPv6Address("2001:db8:10:1::")!, length: 64)
        #expect(agent.update { $0.prefixes = [first, second, first] } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.prefixes == [first, second])
        #expect(agent.update { $0.prefixes = [second] } == .accepted)
        #expect(agent.installed.last?.prefixes == [second])
    }

    @Test("the alternate care-of address is the one that counts; the answer goes to where the message came from")
    func alternateCareOf() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.source = Sample.radio.address } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.careOfAddress == Sample.cable.address)
        #expect(agent.sent[0].destination == Sample.radio.address)
        #expect(agent.update { $0.withoutAlternate = true } == .accepted)
        #expect(agent.machine.cache[Sample.home]?.careOfAddress == Sample.cable.address)
    }

    @Test("an acknowledgement is sent even where the A flag asks for none (RFC 6275 §10.3.1)")
    func withoutAcknowledgeFlag() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.flags.remove(.acknowledge) } == .accepted)
    }

    // MARK: Lifetimes

    @Test("the lifetime is capped by the home agent, then by the node, and never zero")
    func lifetimes() {
        var agent = HomeAgentHarness(Sample.homeAgent(lifetime: .seconds(100)))
        agent.update()
        #expect(agent.lastAcknowledgement?.lifetime.seconds == 100)
        var node = Sample.node()
        node.greatestLifetime = .seconds(50)
        agent = HomeAgentHarness(Sample.homeAgent(nodes: [node], lifetime: .seconds(100)))
        agent.update()
        #expect(agent.lastAcknowledgement?.lifetime.seconds == 48)
        node.greatestLifetime = .seconds(1)
        agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
        agent.update()
        #expect(agent.lastAcknowledgement?.lifetime.seconds == 4)
        #expect(agent.machine.cache[Sample.home]?.lifetime == .seconds(4))
    }

    @Test("a binding that is not refreshed ends with its lifetime")
    func expiry() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.pass(.milliseconds(599_999))
        #expect(agent.removed.isEmpty)
        agent.pass(.milliseconds(1))
        #expect(agent.removed.map(\.reason) == [.expired])
        #expect(agent.machine.cache[Sample.home] == nil)
        #expect(agent.machine.nextDeadline == nil)
        #expect(agent.count(.bindingExpired) == 1)
    }

    @Test("a refresh moves the end, and what was planned for the old end does not happen")
    func refresh() {
        var agent = HomeAgentHarness()
        agent.update()
        for _ in 0..<5 {
            agent.pass(.seconds(400))
            #expect(agent.update() == .accepted)
        }
        #expect(agent.removed.isEmpty)
        #expect(agent.count(.bindingRefreshed) == 5)
        agent.pass(.seconds(600))
        #expect(agent.removed.count == 1)
    }

    @Test("a shorter lifetime brings the end forward")
    func shorter() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.update { $0.lifetime = BindingLifetime(seconds: 20) }
        agent.pass(.seconds(20))
        #expect(agent.removed.count == 1)
    }

    // MARK: Movement

    @Test("the log has who registers, moves and leaves; where to is for debug alone")
    func movementInLog() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.update()
        agent.update { $0.careOf = Sample.radio.address }
        agent.update { $0.lifetime = .zero }
        let lines = zip(agent.severities, agent.logs)
        #expect(
            lines.filter { $0.0 != .debug }.map(\.1) == [
                "bus-17 registered for 600 s", "bus-17 moved", "bus-17 de-registered",
            ])
        #expect(
            lines.filter { $0.0 == .debug }.map(\.1) == [
                "bus-17 is at \(Sample.cable.address)", "bus-17 is at \(Sample.radio.address)",
            ])
    }

    @Test("a node that moves keeps its former care-of address for as long as it may wait for an acknowledgement")
    func moves() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.update { $0.careOf = Sample.radio.address }
        #expect(agent.count(.bindingMoved) == 1)
        #expect(agent.installed.last?.careOfAddress == Sample.radio.address)
        #expect(agent.installed.last?.formerCareOfAddresses.map(\.address) == [Sample.cable.address])
        let first = SpecificationConstants.initialBindingAcknowledgementTimeout
        #expect(Tunables.replacedCareOfAddressGrace > .milliseconds(first.milliseconds * (1 + 2 + 4 + 8)))
        agent.pass(Tunables.replacedCareOfAddressGrace - .milliseconds(1))
        #expect(agent.installed.count == 2)
        agent.pass(.milliseconds(1))
        #expect(agent.installed.count == 3)
        #expect(agent.installed.last?.formerCareOfAddresses == [])
        agent.pass(.seconds(599))
        #expect(agent.removed.count == 1)
    }

    @Test("a node that moves on and on keeps a few former addresses, never the one in use")
    func movesOften() {
        var agent = HomeAgentHarness()
        let places = (1...8).map { IPv6Address(high: 0x2001_0db8_00a1_0000, low: $0) } + [Sample.cable.address]
        for place in places + places {
            agent.update { $0.careOf = place }
            let formers = agent.installed.last?.formerCareOfAddresses.map(\.address) ?? []
            #expect(formers.count <= Tunables.standbyAddresses)
            #expect(!formers.contains(place))
        }
    }
}
