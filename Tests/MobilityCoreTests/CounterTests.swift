import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Every counter is moved by something; the suites of the machines say by what exactly.
@Suite struct CounterTests {
    @Test("names of counters are lower_snake_case, and no two are the same")
    func names() {
        for names in [RegistrationCounter.allCases.map(\.rawValue), HomeAgentCounter.allCases.map(\.rawValue)] {
            #expect(Set(names).count == names.count)
            #expect(names.allSatisfy { $0.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" } })
        }
    }

    @Test("every status of an acknowledgement moves its counter in the mobile router")
    func statuses() {
        for status in BindingStatus.named {
            var harness = RegistrationHarness.registering()
            harness.refuse(status)
            #expect(harness.count(.acknowledgementReceived(status)) == 1)
        }
    }

    @Test("one story moves every counter of the mobile router but those of the statuses")
    func registration() {
        var moved: Set<RegistrationCounter> = []
        func note(_ harness: RegistrationHarness) { moved.formUnion(harness.counts.keys) }

        var harness = RegistrationHarness.registering()
        harness.pass(.seconds(2))
        harness.acknowledge { $0.source = Sample.stranger }
        harness.acknowledge { $0.sequenceNumber = SequenceNumber(rawValue: 0) }
        harness.acknowledge { $0.timestamp = Sample.wallClock }
        harness.acknowledge { $0.key = Sample.otherKey }
        harness.refuse(.mobilityIdentifierMismatch)
        harness.refuse(.sequenceNumberOutOfWindow)
        harness.acknowledge()
        harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []), from: Sample.stranger)
        harness.receive(.bindingRefreshRequest(options: []))
        harness.receive(.homeTestInit(cookie: 0, options: []))
        harness.handle(
            .messageReceived(MobilityEnvelope(source: Sample.homeAgent, destination: Sample.home, message: [])))
        harness.pass(.seconds(2))
        harness.receive(.bindingError(status: 1, homeAddress: Sample.home, options: []))
        harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: true))
        harness.acknowledge()
        for _ in 0..<4 {
            harness.handle(.careOfAddressChanged(Sample.cable, previousUsable: false))
            harness.handle(.careOfAddressChanged(Sample.radio, previousUsable: false))
        }
        harness.pass(.seconds(700))
        harness.acknowledge()
        harness.handle(.stop)
        harness.pass(.seconds(10))
        note(harness)
        harness = .registering()
        harness.acknowledge { $0.isMobileRouter = false }
        note(harness)

        moved.formUnion(MultipleTriangle.everyCounter())

        let missing = RegistrationCounter.allCases.filter { counter in
            if case .acknowledgementReceived = counter { false } else { !moved.contains(counter) }
        }
        #expect(missing.isEmpty, "\(missing.map(\.rawValue))")
    }

    @Test("one story moves every counter of the home agent")
    func homeAgent() {
        var moved: Set<HomeAgentCounter> = []
        func note(_ agent: HomeAgentHarness) { moved.formUnion(agent.counts.keys) }
        func story(
            _ configuration: HomeAgentConfiguration = Sample.homeAgent(), _ tell: (inout HomeAgentHarness) -> Void
        ) {
            var agent = HomeAgentHarness(configuration)
            tell(&agent)
            note(agent)
        }
        var prohibited = Sample.node()
        prohibited.isProhibited = true
        var noHomeAgent = Sample.homeAgent()
        noHomeAgent.prefixes = []

        story { agent in
            for _ in 0..<1000 { agent.update { $0.home = Sample.otherHome } }
        }
        story { agent in
            agent.update { $0.home = Sample.stranger }
            agent.update { $0.home = .allNodes }
            agent.update { $0.source = .allNodes }
            agent.update { $0.destination = Sample.stranger }
            agent.update { $0.flags = [] }
            agent.update { $0.flags = [.mobileRouter] }
            agent.update { $0.options = [.nonceIndices(home: 0, careOf: 0)] }
            agent.update { $0.association = nil }
            agent.update { $0.association = Sample.association(Sample.otherKey) }
            agent.update {
                $0.association = try? MobilitySecurityAssociation(securityParameterIndex: 300, key: Sample.key)
            }
            agent.update { $0.withoutTimestamp = true }
            agent.update { $0.timestamp = NTPTimestamp(rawValue: 0) }
            agent.update { $0.prefixes = [IPv6Prefix(.allNodes, length: 64)] }
            agent.update { $0.prefixes = [Sample.homePrefix] }
            agent.update {
                $0.careOf = Sample.homeAgent; $0.source = Sample.cable.address
            }
            let envelope = agent.envelope()
            agent.deliver(envelope)
            agent.deliver(envelope)
            agent.update { $0.flags.remove(.mobileRouter) }
            agent.update()
            agent.update { $0.careOf = Sample.radio.address }
            agent.handle(
                .bindingMissing(peer: Sample.radio.address, homeAddress: Sample.home, agent: Sample.homeAgent))
            agent.update { $0.lifetime = .zero }
            agent.update()
            agent.handle(.revoke(homeAddress: Sample.home))
            agent.update()
            agent.pass(.seconds(700))
            agent.update()
            let bindings = Array(agent.machine.cache.bindings)
            agent.handle(.configurationChanged(Sample.homeAgent(nodes: [])))
            agent.handle(.configurationChanged(Sample.homeAgent()))
            agent.handle(.restored(bindings))
            agent.handle(.bindingMissing(peer: Sample.stranger, homeAddress: Sample.home, agent: Sample.homeAgent))
            let messages: [[UInt8]] = [
                [], MobilityMessage.homeTestInit(cookie: 0, options: []).emit(),
                MobilityMessage.unknown(type: 77, data: []).emit(),
            ]
            for message in messages {
                let envelope = MobilityEnvelope(
                    source: Sample.stranger, destination: Sample.homeAgent, message: message)
                agent.handle(.messageReceived(envelope, wallClock: agent.time))
            }
        }
        story(Sample.homeAgent(nodes: [Sample.node(authentication: .none)])) { $0.update() }
        story(Sample.homeAgent(nodes: [Sample.node(prefixes: [])])) { agent in agent.update { $0.prefixes = [] } }
        story(Sample.homeAgent(nodes: [prohibited])) { $0.update() }
        story(Sample.homeAgent(bindings: 0)) { $0.update() }
        story(noHomeAgent) { $0.update() }
        story(Sample.homeAgent(nodes: [Sample.node(authentication: .insecure)])) { agent in
            let envelope = agent.envelope { $0.association = nil }
            agent.deliver(envelope)
            agent.deliver(envelope)
        }

        var onLink = Sample.homeAgent()
        onLink.homeNetwork = .link
        story(onLink) { agent in
            agent.update()
            agent.pass(.seconds(10))
            agent.update()
            agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: true))
            agent.update()
            agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
            agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: true))
            let prefix = HomePrefix(Sample.homePrefixInformation(valid: 300, preferred: 100), since: agent.now)
            agent.handle(.homePrefixesChanged([prefix]))
            agent.update()
            agent.handle(.duplicatesDetected(homeAddress: Sample.home, isDuplicate: false))
            agent.handle(.homePrefixesChanged([HomePrefix(Sample.homePrefixInformation(valid: 0, preferred: 0))]))
        }
        story { $0.tellOfMultiple() }
        var severalProhibited = Sample.homeAgent()
        severalProhibited.multiple.isAllowed = false
        story(severalProhibited) { $0.register(MultipleBindingTests.both) }
        var bulkProhibited = Sample.homeAgent()
        bulkProhibited.multiple.allowsBulkRegistration = false
        story(bulkProhibited) { $0.register(MultipleBindingTests.both) }
        var withoutNeighborDiscovery = Sample.homeAgent()
        withoutNeighborDiscovery.multiple.homeLink = .allowedWithoutNeighborDiscovery
        story(withoutNeighborDiscovery) { $0.registerHomeLink() }

        let missing = HomeAgentCounter.allCases.filter { !moved.contains($0) }
        #expect(missing.isEmpty, "\(missing.map(\.rawValue))")
        let unlisted = moved.subtracting(HomeAgentCounter.allCases)
        #expect(unlisted.isEmpty, "\(unlisted.map(\.rawValue))")
    }
}

extension HomeAgentHarness {
    /// Moves the counters of several care-of addresses and flow bindings.
    fileprivate mutating func tellOfMultiple() {
        let both = MultipleBindingTests.both
        update()
        register(both)
        register(both, overwrite: true, flows: [FlowBindingTests.flow(1), FlowBindingTests.flow(2, to: [9])])
        register(both)
        register([both[0], MultipleBindingTests.option(3, nil)])
        register([MultipleBindingTests.option(3, nil)])
        register([MultipleBindingTests.option(0, nil)])
        register([MultipleBindingTests.option(3, nil), .init(identifier: 4, careOfAddress: .allNodes)])
        registerHomeLink()
        update()
    }

    fileprivate mutating func registerHomeLink() {
        register(
            [.init(identifier: 9, simultaneousHomeAndForeignBinding: true, careOfAddress: Sample.home)],
            overwrite: true, fromHome: true)
    }
}

extension MultipleTriangle {
    /// Moves the counters of several care-of addresses.
    fileprivate static func everyCounter() -> Set<RegistrationCounter> {
        func counters(
            _ policy: (inout MultipleCareOfAddressesPolicy) -> Void, _ tell: (inout MultipleTriangle) -> Void
        ) -> Set<RegistrationCounter> {
            var agent = Sample.homeAgent()
            policy(&agent.multiple)
            var world = MultipleTriangle(
                seed: 1, registration: MultipleTriangleTests.withFlows, agent: agent)
            world.use(MultipleTriangle.uplinks)
            tell(&world)
            world.run(for: .seconds(30))
            return Set(world.counts.keys)
        }
        return counters({ $0.allowsBulkRegistration = false }, { _ in })
            .union(counters({ $0.isAllowed = false }, { _ in }))
            .union(counters({ $0.greatestNumberOfFlowsPerNode = 0 }, { _ in }))
            .union(counters({ $0.greatestNumberOfBindingsPerNode = 1 }, { _ in }))
            .union(counters({ _ in }, { $0.cut = [Sample.cable.interfaceIndex] }))
    }
}
