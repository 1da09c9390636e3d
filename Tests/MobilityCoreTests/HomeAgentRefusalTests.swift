import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Binding Updates that are refused, each with its status (RFC 6275 §10.3.1, RFC 3963 §6.2).
@Suite struct HomeAgentRefusalTests {
    @Test("a home address outside the home prefixes is refused with 132, an unknown one inside with 133")
    func notServed() {
        var agent = HomeAgentHarness()
        #expect(agent.update { $0.home = IPv6Address("2001:db8:9::9")! } == .notHomeSubnet)
        #expect(agent.update { $0.home = Sample.otherHome } == .notHomeAgentForThisMobileNode)
        #expect(agent.machine.cache.count == 0)
        #expect(agent.machine.acceptedTimestamps.isEmpty)
    }

    @Test("without home prefixes this is no home agent (status 131)")
    func noHomeAgent() {
        var configuration = Sample.homeAgent()
        configuration.prefixes = []
        var agent = HomeAgentHarness(configuration)
        #expect(agent.update() == .homeRegistrationNotSupported)
    }

    @Test("a node that is locked out is refused with 129; it may still de-register")
    func prohibited() {
        var node = Sample.node()
        node.isProhibited = true
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
        #expect(agent.update() == .administrativelyProhibited)
        #expect(agent.machine.cache.count == 0)
    }

    @Test("the limit of bindings is met with 130, and does not concern who is registered already")
    func limitOfBindings() {
        var agent = HomeAgentHarness(
            Sample.homeAgent(nodes: [Sample.node(), Sample.node(Sample.otherHome)], bindings: 1))
        #expect(agent.update() == .accepted)
        #expect(agent.update { $0.home = Sample.otherHome } == .insufficientResources)
        #expect(agent.update() == .accepted)
        #expect(agent.update { $0.lifetime = .zero } == .accepted)
        #expect(agent.update { $0.home = Sample.otherHome } == .accepted)
    }

    @Test("a node that may not be a mobile router is refused with 140, and so is the R flag without the H flag")
    func noMobileRouter() {
        var node = Sample.node()
        node.mayBeMobileRouter = false
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [node]))
        #expect(agent.update() == .mobileRouterOperationNotPermitted)
        agent = HomeAgentHarness()
        #expect(agent.update { $0.flags.remove(.homeRegistration) } == .mobileRouterOperationNotPermitted)
    }

    @Test("prefixes that cannot be one, or too many of them, are refused with 141")
    func invalidPrefix() {
        var agent = HomeAgentHarness()
        for text in ["ff02::", "fe80::", "::"] {
            let prefix = IPv6Prefix(IPv6Address(text)!, length: 64)
            #expect(agent.update { $0.prefixes = [prefix] } == .invalidPrefix)
        }
        #expect(agent.update { $0.prefixes = [IPv6Prefix(.unspecified, length: 0)] } == .invalidPrefix)
        let many = (0...Tunables.prefixesPerBinding).map {
            IPv6Prefix(IPv6Address(high: 0x2001_0db8_0010_0000 + UInt64($0), low: 0), length: 64)
        }
        #expect(agent.update { $0.prefixes = many } == .invalidPrefix)
        #expect(agent.update { $0.prefixes = Array(many.dropFirst()) } == .notAuthorizedForPrefix)
        #expect(agent.update { $0.prefixes = Array(many.dropLast()) } == .accepted)
    }

    @Test("a prefix option that cannot be read is refused with 141, alone or beside good ones")
    func malformedPrefix() {
        var agent = HomeAgentHarness()
        let tooLong = MobilityOption.unknown(type: 6, data: [0, 129] + Sample.mobilePrefix.address.octets)
        let tooShort = MobilityOption.unknown(type: 6, data: [0, 64])
        for malformed in [tooLong, tooShort] {
            #expect(
                agent.update {
                    $0.prefixes = []
                    $0.options = [malformed]
                } == .invalidPrefix)
            #expect(agent.update { $0.options = [malformed] } == .invalidPrefix)
        }
        #expect(agent.machine.cache.count == 0)
    }

    @Test("one prefix beyond the authorised ones refuses all with 142, also a wider one")
    func unauthorizedPrefix() {
        var agent = HomeAgentHarness()
        let other = IPv6Prefix(IPv6Address("2001:db8:20::")!, length: 64)
        #expect(agent.update { $0.prefixes = [Sample.mobilePrefix, other] } == .notAuthorizedForPrefix)
        let wider = IPv6Prefix(Sample.mobilePrefix.address, length: 59)
        #expect(agent.update { $0.prefixes = [wider] } == .notAuthorizedForPrefix)
        #expect(agent.machine.cache.count == 0)
    }

    @Test("implicit mode without configured prefixes is refused with 143")
    func forwardingSetupFailed() {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(prefixes: [])]))
        #expect(agent.update { $0.prefixes = [] } == .forwardingSetupFailed)
    }

    @Test("a change between host and router, or of the H flag, is refused with 139 while the binding stands")
    func typeChange() {
        var agent = HomeAgentHarness()
        agent.update()
        #expect(agent.update { $0.flags.remove(.mobileRouter) } == .registrationTypeChangeDisallowed)
        #expect(agent.update { $0.flags = [.acknowledge] } == .registrationTypeChangeDisallowed)
        #expect(agent.machine.cache[Sample.home]?.mode == .explicit)
    }

    @Test(
        "care-of addresses that are no place to be reached are refused with 174",
        arguments: ["::", "::1", "fe80::1", "ff02::1", "2001:db8:1::1", "2001:db8:1::200", "2001:db8:10:1::1"])
    func invalidCareOf(text: String) {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(), Sample.node(Sample.otherHome)]))
        let status = agent.update {
            $0.careOf = IPv6Address(text)!
            $0.source = Sample.cable.address
        }
        #expect(status == .invalidCareOfAddress)
        #expect(agent.machine.cache.count == 0)
    }

    @Test("a refusal leaves the binding that stands as it is")
    func refusalKeepsBinding() {
        var agent = HomeAgentHarness()
        agent.update()
        let before = agent.machine.cache[Sample.home]
        agent.update {
            $0.careOf = .loopback; $0.source = Sample.radio.address
        }
        agent.update { $0.prefixes = [Sample.homePrefix] }
        #expect(agent.machine.cache[Sample.home] == before)
        #expect(agent.installed.count == 1)
    }
}
