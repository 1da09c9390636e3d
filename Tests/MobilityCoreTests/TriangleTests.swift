import MobilityWire
import Testing

@testable import MobilityCore

@Suite struct SmokeTests {
    @Test("a mobile router registers, and both ends agree")
    func registers() {
        var mobile = RegistrationHarness.registering()
        var agent = HomeAgentHarness()
        #expect(agent.deliver(mobile.sent[0]) == .accepted)
        mobile.handle(.messageReceived(agent.sent[0]))
        #expect(mobile.machine.phase == .registered)
        #expect(mobile.plans == [TunnelPlan(active: Sample.cable)])
        #expect(agent.installed.map(\.prefixes) == [[Sample.mobilePrefix]])
    }
}
