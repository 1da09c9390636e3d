import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Bindings that their node ends (RFC 6275 §10.3.2).
@Suite struct HomeAgentDeregistrationTests {
    @Test("a lifetime of zero ends the binding, whatever prefixes and R flag come with it", arguments: [true, false])
    func deregisters(isRouter: Bool) {
        var agent = HomeAgentHarness()
        agent.update()
        let status = agent.update {
            $0.lifetime = .zero
            $0.prefixes = [IPv6Prefix(IPv6Address("2001:db8:ff::")!, length: 48)]
            if !isRouter { $0.flags.remove(.mobileRouter) }
        }
        #expect(status == .accepted)
        #expect(agent.lastAcknowledgement?.lifetime == .zero)
        #expect(agent.removed.map(\.reason) == [.deregistered])
        #expect(agent.machine.cache.count == 0)
    }

    @Test("the home address as care-of address ends the binding, from home and without routing header")
    func returnsHome() {
        var agent = HomeAgentHarness()
        agent.update()
        let status = agent.update {
            $0.careOf = Sample.home
            $0.withoutHomeAddressOption = true
        }
        #expect(status == .accepted)
        #expect(agent.sent.last?.routingHeader == nil)
        #expect(agent.sent.last?.destination == Sample.home)
        #expect(agent.machine.cache.count == 0)
    }

    @Test("there is nothing to de-register where nothing is bound (status 133); a repeated one is answered again")
    func deregistersTwice() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.lifetime = .zero } == .notHomeAgentForThisMobileNode)
        agent.update()
        #expect(agent.update { $0.lifetime = .zero } == .accepted)
        #expect(agent.update { $0.lifetime = .zero } == .accepted)
        #expect(agent.removed.count == 1)
        agent.pass(.seconds(10))
        #expect(agent.update { $0.lifetime = .zero } == .notHomeAgentForThisMobileNode)
    }

    @Test("a Binding Update that the de-registration overtook cannot bring the binding back")
    func overtaken() {
        for association in [Sample.association, Sample.sequenceOnly] {
            let node = Sample.node(authentication: .association(association))
            var agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
            agent.update { $0.association = association }
            let late = agent.envelope { $0.association = association }
            agent.update {
                $0.association = association
                $0.lifetime = .zero
            }
            let status = agent.deliver(late)
            #expect(
                status == (association == Sample.association ? .mobilityIdentifierMismatch : .sequenceNumberOutOfWindow)
            )
            #expect(agent.machine.cache.count == 0)
        }
    }

    @Test(
        "nor can it make one where the home agent has lost its state in between, also after one that found nothing",
        arguments: [false, true], [false, true])
    func overtakenWithoutState(isMultiple: Bool, isSecond: Bool) {
        let node = Sample.node(authentication: .association(Sample.sequenceOnly))
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
        func describe(_ update: inout HomeAgentHarness.Update) {
            update.association = Sample.sequenceOnly
            guard isMultiple else { return }
            update.withoutAlternate = true
            update.options = [
                .bindingIdentifier(BindingIdentifierOption(identifier: 1, careOfAddress: Sample.cable.address))
            ]
        }
        func deregister() -> BindingStatus? {
            agent.update {
                describe(&$0)
                $0.lifetime = .zero
            }
        }
        if isSecond { #expect(deregister() == .notHomeAgentForThisMobileNode) }
        let late = agent.envelope { describe(&$0) }
        // What one home address has, as a whole, was de-registered a moment ago; a single identifier was not there.
        #expect(deregister() == (isSecond && !isMultiple ? .accepted : .notHomeAgentForThisMobileNode))
        #expect(agent.deliver(late) == .sequenceNumberOutOfWindow)
        #expect(agent.machine.cache.count == 0)
        // What the node sends anew is newer.
        #expect(agent.update { describe(&$0) } == .accepted)
    }
}
