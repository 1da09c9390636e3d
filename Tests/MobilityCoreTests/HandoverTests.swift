import MobilityWire
import Testing

@testable import MobilityCore

@Suite struct HandoverTests {
    @Test("when the old link is dead the Binding Update leaves at once, and the tunnel moves at once")
    func unplanned() {
        var harness = RegistrationHarness.registered()
        let actions = harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: false))
        #expect(harness.sent.last?.source == Sample.radio.address)
        #expect(harness.sent.last?.interfaceIndex == Sample.radio.interfaceIndex)
        #expect(harness.plans.last == TunnelPlan(active: Sample.radio))
        #expect(harness.count(.handoverUnplanned) == 1)
        #expect(harness.machine.registration.state == .registering)
        // The Binding Update first: packets behind it find the binding moved.
        let send = actions.firstIndex { if case .send = $0 { true } else { false } }
        let move = actions.firstIndex { if case .tunnels = $0 { true } else { false } }
        #expect(send! < move!)
        harness.acknowledge()
        #expect(harness.plans.count == 2, "nothing to change any more")
    }

    @Test("when the old link works it carries the traffic until the home agent accepts, and listens a moment longer")
    func planned() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        #expect(harness.plans.last == TunnelPlan(active: Sample.cable, standby: [Sample.radio]))
        #expect(harness.count(.handoverPlanned) == 1)
        harness.pass(.milliseconds(50))
        harness.acknowledge()
        let until = harness.now + Tunables.previousCareOfAddressGrace
        #expect(
            harness.plans.last
                == TunnelPlan(active: Sample.radio, standby: [Sample.cable], standbyUntil: until))
        harness.pass(Tunables.previousCareOfAddressGrace)
        #expect(harness.plans.last == TunnelPlan(active: Sample.radio))
    }

    @Test("a planned hand-over whose old link dies on the way goes on as an unplanned one")
    func plannedTurnsUnplanned() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: false))
        #expect(harness.plans.last == TunnelPlan(active: Sample.radio))
        #expect(harness.sent.count == 2, "the Binding Update is on its way already")
    }

    @Test("a second planned move keeps listening, however long the home agent takes, past the end of the first one's")
    func secondMove() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        harness.acknowledge()
        harness.pass(.seconds(1))
        harness.handle(.careOfAddressChanged(Sample.third, previousUsable: true))
        let waiting = TunnelPlan(active: Sample.radio, standby: [Sample.third, Sample.cable])
        #expect(harness.plans.last == waiting)
        harness.pass(Tunables.previousCareOfAddressGrace * 2)
        #expect(harness.plans.last == waiting)
    }

    @Test("telling the address in use again does nothing, whatever becomes of the link before it")
    func sameAgain() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        harness.acknowledge()
        let plan = harness.plans.last
        for usable in [true, false, true] {
            #expect(harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: usable)).isEmpty)
        }
        harness.passToDeadline()
        harness.passToDeadline()
        #expect(harness.machine.phase == .updating)
        #expect(harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: false)).isEmpty)
        #expect(plan?.active == Sample.radio)
    }

    @Test("whoever turns back before the home agent answered listens on both until it did")
    func turnsBack() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        harness.handle(.careOfAddressChanged(Sample.cable, previousUsable: true))
        #expect(harness.plans.last == TunnelPlan(active: Sample.cable, standby: [Sample.radio]))
        harness.acknowledge()
        #expect(harness.plans.last?.active == Sample.cable)
        #expect(harness.plans.last?.standby == [Sample.radio])
        harness.pass(Tunables.previousCareOfAddressGrace)
        #expect(harness.plans.last == TunnelPlan(active: Sample.cable))
    }

    @Test("two planned moves within a round trip listen on all three addresses")
    func twoMoves() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        harness.handle(.careOfAddressChanged(Sample.third, previousUsable: true))
        #expect(harness.plans.last == TunnelPlan(active: Sample.radio, standby: [Sample.third, Sample.cable]))
        harness.acknowledge()
        #expect(harness.plans.last?.active == Sample.third)
        #expect(harness.plans.last?.standby == [Sample.radio, Sample.cable])
    }

    @Test("the answer for the address that was left does not count any more")
    func staleAnswer() {
        var harness = RegistrationHarness.registering()
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: false))
        harness.acknowledge { $0.index = 0 }
        #expect(harness.machine.phase == .registering)
        #expect(harness.count(.acknowledgementUnmatched) == 1)
    }

    @Test("a move before the first acceptance makes no tunnel")
    func moveBeforeAcceptance() {
        var harness = RegistrationHarness.registering()
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        #expect(harness.plans.isEmpty)
        #expect(harness.sent.last?.source == Sample.radio.address)
    }

    @Test("without any link the tunnel goes; the same address back within the lifetime has it again at once")
    func linkReturns() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(nil, previousUsable: false))
        #expect(harness.plans.last == TunnelPlan.none)
        #expect(harness.machine.registration.state == .idle)
        harness.pass(.seconds(20))
        harness.handle(.careOfAddressChanged(Sample.cable, previousUsable: false))
        #expect(harness.plans.last == TunnelPlan(active: Sample.cable))
        #expect(harness.sent.count == 2)
        #expect(harness.count(.handoverUnplanned) == 0)
    }

    @Test("after a link-less time longer than the lifetime the registration begins anew")
    func linkReturnsLate() {
        var harness = RegistrationHarness.registered()
        harness.handle(.careOfAddressChanged(nil, previousUsable: false))
        harness.pass(.seconds(700))
        #expect(harness.machine.nextDeadline == nil)
        harness.handle(.careOfAddressChanged(Sample.cable, previousUsable: false))
        #expect(harness.plans.last == TunnelPlan.none)
        #expect(harness.machine.phase == .registering)
    }

    @Test("a hand-over that is refused keeps the old link's tunnel if that still works, and has none otherwise")
    func refused() {
        var planned = RegistrationHarness.registered()
        planned.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        planned.refuse(.invalidCareOfAddress)
        #expect(planned.plans.last?.active == Sample.cable)
        var unplanned = RegistrationHarness.registered()
        unplanned.handle(.careOfAddressChanged(Sample.radio, previousUsable: false))
        unplanned.refuse(.invalidCareOfAddress)
        #expect(unplanned.plans.last == TunnelPlan.none)
    }
}
