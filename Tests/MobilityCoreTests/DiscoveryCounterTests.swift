import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Every counter of discovery and revocation is moved by something; the suites of the machines say by what exactly.
@Suite struct DiscoveryCounterTests {
    @Test("names of counters are lower_snake_case, and no two of any machine are the same")
    func names() {
        let names =
            DiscoveryCounter.allCases.map(\.rawValue) + RevocationCounter.allCases.map(\.rawValue)
            + HomeAgentCounter.allCases.map(\.rawValue)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { $0.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" } })
    }

    @Test("one story moves every counter of discovery")
    func discovery() {
        var moved: Set<DiscoveryCounter> = []

        var directory = HomeAgentDirectoryTests.Harness()
        for number in 2..<UInt64(60) {
            let address = IPv6Address(high: Sample.homeAgent.high + number, low: 1)
            directory.hear(HomeLinkSample.advertisement(number, address: address, preference: 1, lifetime: 60))
        }
        directory.hear(HomeLinkSample.advertisement(2, hopLimit: 1))
        directory.hear(HomeLinkSample.request(to: Sample.stranger))
        var damaged = HomeLinkSample.request()
        damaged.message = []
        directory.hear(damaged)
        directory.hear(HomeLinkSample.envelope(.routerSolicitation(options: []), from: .loopback, to: .allNodes))
        for _ in 0..<300 { _ = directory.ask() }
        directory.pass(.seconds(100))
        moved.formUnion(directory.counts.keys)

        var mobile = HomeAgentDiscoveryTests.Harness.asking()
        mobile.answer(identifier: mobile.identifier &+ 1)
        mobile.pass(.seconds(100))
        mobile.pass(.seconds(30))
        mobile.answer()
        moved.formUnion(mobile.counts.keys)

        var selection = HomeAgentSelectionTests.Harness.failedOver()
        selection.isReachable = true
        selection.pass(.seconds(60))
        moved.formUnion(selection.counts.keys)

        var watch = HomeAgentWatchTests.Harness.registered()
        watch.isThere = false
        watch.pass(.seconds(10))
        moved.formUnion(watch.counts.keys)

        var agent = PrefixDiscoveryTests.Agent.bound()
        agent.solicit()
        agent.solicit()
        agent.solicit { $0.source = Sample.radio.address }
        agent.handle(.bindingRemoved(homeAddress: Sample.home))
        agent.handle(.bindingInstalled(PrefixDiscoveryTests.binding, isProtected: false))
        agent.pass(.seconds(20_000))
        moved.formUnion(agent.counts.keys)

        var node = PrefixDiscoveryTests.Mobile.soliciting()
        node.advertise(identifier: node.identifier &+ 1)
        node.advertise()
        moved.formUnion(node.counts.keys)
        node = .soliciting(requiresProtection: true)
        node.advertise()
        moved.formUnion(node.counts.keys)

        let missing = DiscoveryCounter.allCases.filter { !moved.contains($0) }
        #expect(missing.isEmpty, "\(missing.map(\.rawValue))")
    }

    @Test("one story moves every counter of revocation")
    func revocation() {
        var moved: Set<RevocationCounter> = []

        var agent = RevocationTests.Agent.revoking()
        agent.acknowledge(association: nil)
        agent.acknowledge { acknowledgement, _ in acknowledgement.options = [] }
        agent.acknowledge { _, envelope in envelope.homeAddressOption = nil }
        for message in [[], MobilityMessage.bindingRefreshRequest(options: []).emit()] {
            agent.handle(
                .messageReceived(
                    MobilityEnvelope(source: Sample.stranger, destination: Sample.homeAgent, message: message)))
        }
        agent.pass(.seconds(10))
        agent.handle(.revoke(RevocationTests.binding, .unspecified, Sample.association))
        agent.acknowledge(.bindingDoesNotExist)
        agent.handle(.revoke(RevocationTests.binding, .unspecified, Sample.association))
        agent.handle(.bindingUpdated(homeAddress: Sample.home))
        agent.handle(.revoke(RevocationTests.binding, .unspecified, Sample.association))
        agent.acknowledge()
        moved.formUnion(agent.counts.keys)

        var mobile = RevocationTests.Mobile()
        mobile.revoke(offset: .seconds(60))
        mobile.revoke()
        mobile.handle(.bound(Sample.homeAgent))
        mobile.hear(.homeAgentSwitch(HomeAgentSwitch()))
        moved.formUnion(mobile.counts.keys)

        var switcher = RevocationTests.Switcher()
        switcher.handle(.begin(RevocationTests.Switcher.targets(2), alternatives: [], remaining: nil))
        switcher.pass(.seconds(2))
        switcher.handle(.bindingRemoved(homeAddress: Sample.home))
        switcher.pass(.seconds(60))
        moved.formUnion(switcher.counts.keys)

        let missing = RevocationCounter.allCases.filter { !moved.contains($0) }
        #expect(missing.isEmpty, "\(missing.map(\.rawValue))")
    }
}
