import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// What the simulation found (docs/simulation.md), each by itself.
@Suite("Found by the simulation")
struct LossyNetworkTests {
    /// A machine with two ways that the home agent has both, or one after the other.
    private func adaptive(
        _ style: AdaptiveRegistrationMachine.Style, answering: (BindingUpdate) -> BindingStatus
    ) -> AdaptiveRegistrationMachine {
        var machine = AdaptiveRegistrationMachine(MultipleRegistrationTests.configuration, style: style, seed: 1)
        var actions = machine.handle(.start(wallClock: Sample.wallClock), at: Sample.start)
        let paths = MultipleTriangle.uplinks
        actions += machine.handle(
            .pathsChanged(paths, active: paths[0].careOf, previousUsable: false), at: Sample.start)
        answer(&machine, actions, with: answering)
        return machine
    }

    private func answer(
        _ machine: inout AdaptiveRegistrationMachine, _ actions: [AdaptiveRegistrationMachine.Action],
        with status: (BindingUpdate) -> BindingStatus
    ) {
        for case .send(let envelope) in actions {
            guard case .bindingUpdate(let update)? = try? MobilityHeader.parse(envelope.message.span.bytes) else {
                continue
            }
            let message = MobilityMessage.bindingAcknowledgement(
                BindingAcknowledgement(
                    status: status(update), mobileRouter: status(update).isAccepted,
                    sequenceNumber: update.sequenceNumber, lifetime: update.lifetime,
                    options: update.options.filter { option in
                        switch option {
                        case .messageIdentifier, .bindingIdentifier: true
                        default: false
                        }
                    }))
            let octets = MobilityAuthentication.seal(
                message, careOfAddress: envelope.source, homeAddress: Sample.home, association: Sample.association)
            _ = machine.handle(
                .messageReceived(
                    MobilityEnvelope(
                        source: Sample.homeAgent, destination: envelope.source,
                        routingHeader: envelope.homeAddressOption, message: octets)),
                at: Sample.start + .milliseconds(20))
        }
    }

    @Test("what the machine asks for in another way is no refusal; what it waits after is one")
    func refusals() {
        #expect(adaptive(.multiple) { _ in .administrativelyProhibited }.isRefused)
        #expect(adaptive(.single) { _ in .notHomeSubnet }.isRefused)
        #expect(!adaptive(.multiple) { _ in .multipleCareOfAddressProhibited }.isRefused)
        #expect(!adaptive(.multiple) { _ in .sequenceNumberOutOfWindow }.isRefused)
        #expect(!adaptive(.single) { _ in .accepted }.isRefused)
    }

    @Test("at home, the answer that there was nothing to end is no refusal")
    func nothingToEnd() {
        var machine = AdaptiveRegistrationMachine(Sample.registration(), style: .single, seed: 1)
        _ = machine.handle(.start(wallClock: Sample.wallClock), at: Sample.start)
        let actions = machine.handle(
            .pathsChanged([], active: Sample.homeLink, previousUsable: false), at: Sample.start)
        answer(&machine, actions) { _ in .notHomeAgentForThisMobileNode }
        #expect(!machine.isRefused)
    }

    @Test("a machine in the place of another sends no fourth Binding Update within the second")
    func pace() {
        var former: AdaptiveRegistrationMachine?
        var sent = 0
        for seed in 0..<5 {
            var machine = AdaptiveRegistrationMachine(
                Sample.registration(), style: .single, seed: UInt64(seed), pacedBy: former)
            var actions = machine.handle(.start(wallClock: Sample.wallClock), at: Sample.start)
            actions += machine.handle(
                .pathsChanged([], active: Sample.cable, previousUsable: false), at: Sample.start)
            sent += actions.reduce(0) { if case .send = $1 { $0 + 1 } else { $0 } }
            former = machine
        }
        #expect(sent == SpecificationConstants.maximumUpdateRate)
        #expect(former?.nextDeadline == Sample.start + .seconds(1))
    }

    @Test("a registration that a de-registration has overtaken makes no binding, though there was none to end")
    func overtaken() {
        var harness = HomeAgentHarness()
        let registration = harness.envelope()
        let end = harness.envelope {
            $0.lifetime = .zero
            $0.source = Sample.home
            $0.careOf = Sample.home
            $0.withoutHomeAddressOption = true
            $0.prefixes = []
        }
        for envelope in [end, registration] {
            harness.handle(.messageReceived(envelope, wallClock: harness.time))
        }
        #expect(harness.count(.acknowledgementSent(.notHomeAgentForThisMobileNode)) == 1)
        #expect(harness.count(.timestampRepeated) == 1)
        #expect(harness.installed.isEmpty)
    }

    @Test("what was refused for being ahead of the home agent's time is refused when that time has come")
    func ahead() {
        var harness = HomeAgentHarness()
        let early = harness.envelope { $0.timestamp = Sample.wallClock + .seconds(9) }
        harness.handle(.messageReceived(early, wallClock: harness.time))
        #expect(harness.count(.timestampDistant) == 1)
        // The node goes on with the home agent's time, and leaves.
        harness.handle(.messageReceived(harness.envelope(), wallClock: harness.time))
        let end = harness.envelope { $0.lifetime = .zero }
        harness.handle(.messageReceived(end, wallClock: harness.time))
        #expect(harness.installed.count == 1)
        harness.pass(.seconds(8))
        harness.handle(.messageReceived(early, wallClock: harness.time))
        #expect(harness.installed.count == 1)
        #expect(harness.count(.timestampDistant) == 2)
        // A new message of that moment is as good as any.
        harness.handle(.messageReceived(harness.envelope(), wallClock: harness.time))
        #expect(harness.installed.count == 2)
        harness.pass(.seconds(60))
        harness.handle(.messageReceived(harness.envelope(), wallClock: harness.time))
        #expect(harness.machine.aheadTimestamps.isEmpty)
    }

    @Test("after a correction, which shows that messages get through, the back-off starts anew")
    func correction() throws {
        var single = RegistrationHarness.registering()
        // Time-outs of 1.5 and 3 s (RFC 6275 §11.8); the third Binding Update would wait for 6.
        for _ in 0..<2 { single.passToDeadline() }
        single.refuse(.sequenceNumberOutOfWindow)
        #expect(single.updates.count == 4)
        #expect(single.machine.nextDeadline == single.now + .milliseconds(1500))
        single.acknowledge()
        single.pass(.seconds(5))
        single.handle(.careOfAddressChanged(Sample.homeLink, previousUsable: true))
        for _ in 0..<3 { single.passToDeadline() }
        single.refuse(.mobilityIdentifierMismatch)
        #expect(single.machine.nextDeadline == single.now + .seconds(1))

        var multiple = MultipleHarness.registering()
        for _ in 0..<2 { multiple.passToDeadline() }
        multiple.answer(.sequenceNumberOutOfWindow)
        #expect(multiple.machine.nextDeadline == multiple.now + .milliseconds(1500))
    }

    @Test("what was sent in vain by a way that answers again is sent again at once, and once only")
    func pathAnswered() throws {
        var single = RegistrationHarness.registering()
        let index = try #require(single.machine.careOf?.interfaceIndex)
        func answer() { single.handle(.pathAnswered(interfaceIndex: index)) }
        // The first wait is no longer than that for an answer.
        answer()
        #expect(single.updates.count == 1)
        for _ in 0..<4 { single.passToDeadline() }
        single.pass(.seconds(5))
        single.handle(.pathAnswered(interfaceIndex: index + 100))
        #expect(single.updates.count == 5)
        for _ in 0..<5 { answer() }
        #expect(single.updates.count == 6)
        #expect(single.machine.nextDeadline == single.now + .milliseconds(1500))
        single.acknowledge()
        answer()
        #expect(single.machine.phase == .registered && single.updates.count == 6)

        var multiple = MultipleHarness()
        multiple.handle(.start(wallClock: Sample.wallClock))
        multiple.handle(.pathsChanged([MultipleTriangle.uplinks[0]]))
        for _ in 0..<4 { multiple.passToDeadline() }
        multiple.pass(.seconds(5))
        multiple.handle(.pathAnswered(interfaceIndex: Sample.radio.interfaceIndex))
        #expect(multiple.sent.count == 5)
        for _ in 0..<5 { multiple.handle(.pathAnswered(interfaceIndex: Sample.cable.interfaceIndex)) }
        #expect(multiple.sent.count == 6)
        #expect(multiple.machine.nextDeadline == multiple.now + .milliseconds(1500))
    }

    // MARK: Several care-of addresses

    @Test("a way that was left aside for its silence is tried when it answers again")
    func answersAgain() {
        var harness = withSilentFirstWay()
        while harness.sent.last?.source != Sample.radio.address { harness.passToDeadline() }
        harness.answer()
        harness.answer()
        #expect(harness.machine.phase == .registered)
        harness.pass(.seconds(2))
        let before = harness.sent.count
        harness.handle(.pathAnswered(interfaceIndex: Sample.cable.interfaceIndex))
        #expect(harness.sent.count == before + 1)
        #expect(harness.sent.last?.source == Sample.cable.address)
    }

    /// Two ways, registered, and the answers to the next Binding Updates by the first are lost.
    private func withSilentFirstWay() -> MultipleHarness {
        var harness = MultipleHarness()
        harness.handle(.start(wallClock: Sample.wallClock))
        harness.handle(.pathsChanged(Array(MultipleTriangle.uplinks.prefix(2))))
        while harness.machine.exchange.operation != nil { harness.answer() }
        harness.pass(.seconds(5))
        harness.handle(.homeAgentDoubted)
        return harness
    }

    @Test("a way that is left aside brings packets in until the home agent is known to send elsewhere")
    func leftAside() throws {
        var harness = withSilentFirstWay()
        // Twice in a row nothing came back by the first way; the answer to a Binding Update by the other one did.
        while harness.sent.last?.source != Sample.radio.address { harness.passToDeadline() }
        harness.answer()
        let aside = try #require(harness.report?.paths.first { $0.identifier == 1 })
        #expect(aside.state == .refused)
        #expect(aside.forwards)
        // Nothing is sent by it.
        #expect(harness.report?.paths.filter(\.forwards).min { $0.priority < $1.priority }?.identifier == 2)
        // The home agent knows.
        harness.answer()
        #expect(harness.report?.paths.first { $0.identifier == 1 }?.forwards == false)
    }

    @Test("a new way brings packets in from when the home agent is told of it")
    func newWay() {
        var harness = MultipleHarness()
        harness.handle(.start(wallClock: Sample.wallClock))
        harness.handle(.pathsChanged([MultipleTriangle.uplinks[1]]))
        while harness.machine.exchange.operation != nil { harness.answer() }
        harness.pass(.seconds(5))
        harness.handle(.pathsChanged(Array(MultipleTriangle.uplinks.prefix(2))))
        // The place of the one that is there has changed; that comes first.
        if harness.named == [2] { harness.answer() }
        #expect(harness.named == [1, 2])
        #expect(harness.report?.paths.filter(\.forwards).map(\.identifier).sorted() == [1, 2])
        #expect(harness.report?.paths.filter(\.forwards).min { $0.priority < $1.priority }?.identifier == 2)
        // Where route optimisation takes the node to be.
        let location = harness.report.map { HomeLocation($0) }
        #expect(location?.away?.careOf == Sample.radio)
    }

    @Test("a way that was left aside is tried at once when it is the only one left")
    func onlyWay() {
        var harness = withSilentFirstWay()
        while harness.sent.last?.source != Sample.radio.address { harness.passToDeadline() }
        while harness.machine.exchange.operation != nil { harness.answer() }
        let sent = harness.sent.count
        harness.handle(.pathsChanged([MultipleTriangle.uplinks[0]]))
        #expect(harness.sent.count == sent + 1)
        #expect(harness.sent.last?.source == Sample.cable.address)
    }

    @Test("the last binding is not ended before another one is made")
    func lastBinding() {
        var harness = MultipleHarness()
        harness.machine.isBulkAllowed = false
        harness.handle(.start(wallClock: Sample.wallClock))
        harness.handle(.pathsChanged(Array(MultipleTriangle.uplinks.prefix(2))))
        while harness.machine.exchange.operation != nil { harness.answer() }
        harness.pass(.seconds(5))
        // The second way is the only one, and has to show that it works; the home agent still has the first.
        harness.machine.held[2] = nil
        harness.machine.attempted = [1]
        harness.machine.held[1] = nil
        harness.machine.needsOverwrite = false
        harness.handle(.pathsChanged([MultipleTriangle.uplinks[1]]))
        #expect(harness.lastUpdate?.lifetime != .zero)
        harness.answer()
        #expect(harness.lastUpdate?.lifetime == .zero)
        #expect(harness.lastUpdate?.options.bindingIdentifiers.map(\.identifier) == [1])
    }
}
