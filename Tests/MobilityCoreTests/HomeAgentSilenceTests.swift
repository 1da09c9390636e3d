import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// What is not answered, or only by a Binding Error (RFC 6275 §9.3.3).
@Suite struct HomeAgentSilenceTests {
    @Test("what is not a Binding Update for us is dropped without an answer, and counted by its reason")
    func dropped() {
        var agent = HomeAgentHarness()
        func sendsNothing(_ change: (inout HomeAgentHarness.Update) -> Void) -> Bool { agent.update(change) == nil }
        #expect(sendsNothing { $0.destination = Sample.stranger })
        #expect(agent.count(.destinationForeign) == 1)
        for source in [IPv6Address.unspecified, .allNodes, IPv6Address("fe80::9")!] {
            #expect(sendsNothing { $0.source = source })
        }
        #expect(agent.count(.sourceInvalid) == 3)
        #expect(sendsNothing { $0.home = .allNodes })
        #expect(
            sendsNothing {
                $0.withoutHomeAddressOption = true
                $0.source = Sample.radio.address
            })
        #expect(agent.count(.homeAddressInvalid) == 2)
        #expect(sendsNothing { $0.flags = [.acknowledge] })
        #expect(agent.count(.homeRegistrationMissing) == 1)
        #expect(sendsNothing { $0.options = [.nonceIndices(home: 1, careOf: 2)] })
        #expect(agent.count(.nonceIndicesUnexpected) == 1)
        agent.handle(
            .messageReceived(
                MobilityEnvelope(source: Sample.cable.address, destination: Sample.homeAgent, message: [1, 2, 3]),
                wallClock: agent.time))
        #expect(agent.count(.messageMalformed) == 1)
        let unexpected = MobilityMessage.homeTestInit(cookie: 1, options: []).emit()
        agent.handle(
            .messageReceived(
                MobilityEnvelope(source: Sample.cable.address, destination: Sample.homeAgent, message: unexpected),
                wallClock: agent.time))
        #expect(agent.count(.messageUnexpected) == 1)
        #expect(agent.sent.isEmpty)
        #expect(agent.machine.nextDeadline == nil)
    }

    @Test("a message of a type that nobody knows is answered with Binding Error 2")
    func unknownType() {
        var agent = HomeAgentHarness()
        let message = MobilityMessage.unknown(type: 99, data: [0, 0]).emit()
        agent.handle(
            .messageReceived(
                MobilityEnvelope(
                    source: Sample.cable.address, destination: Sample.homeAgent, homeAddressOption: Sample.home,
                    message: message), wallClock: agent.time))
        #expect(agent.count(.messageUnknown) == 1)
        #expect(agent.message(0) == .bindingError(status: 2, homeAddress: Sample.home, options: []))
    }

    @Test("a packet that misses its binding is answered with Binding Error 1, directly to its source")
    func bindingMissing() {
        var agent = HomeAgentHarness()
        agent.handle(
            .bindingMissing(peer: Sample.cable.address, homeAddress: Sample.home, agent: Sample.homeAgent))
        #expect(agent.sent[0].destination == Sample.cable.address)
        #expect(agent.sent[0].routingHeader == nil)
        #expect(agent.message(0) == .bindingError(status: 1, homeAddress: Sample.home, options: []))
        agent.handle(.bindingMissing(peer: .allNodes, homeAddress: Sample.home, agent: Sample.homeAgent))
        agent.handle(
            .bindingMissing(peer: Sample.cable.address, homeAddress: Sample.home, agent: Sample.stranger))
        #expect(agent.count(.bindingErrorSent) == 1)
        #expect(agent.count(.sourceInvalid) == 2)
    }

    @Test("answers to strangers are limited in number; the node with the key is always answered")
    func strangers() {
        var agent = HomeAgentHarness()
        for _ in 0..<1000 { agent.update { $0.home = Sample.otherHome } }
        #expect(agent.sent.count == Tunables.strangerAnswersBurst)
        #expect(agent.count(.answerSuppressed) == 1000 - Tunables.strangerAnswersBurst)
        #expect(agent.update() == .accepted)
        #expect(agent.update { $0.prefixes = [Sample.homePrefix] } == .notAuthorizedForPrefix)
        agent.pass(.seconds(1))
        let before = agent.sent.count
        for _ in 0..<1000 { agent.update { $0.home = Sample.otherHome } }
        #expect(agent.sent.count == before + Tunables.strangerAnswersPerSecond)
    }
}
