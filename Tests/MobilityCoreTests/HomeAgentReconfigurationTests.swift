import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// Other settings, a new start, and what people do and read.
@Suite struct HomeAgentReconfigurationTests {
    @Test("a node that is no longer configured loses its binding; the others keep theirs")
    func unconfigured() {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(), Sample.node(Sample.otherHome)]))
        agent.update()
        agent.update { $0.home = Sample.otherHome }
        agent.handle(.configurationChanged(Sample.homeAgent()))
        #expect(agent.removed.map(\.binding.homeAddress) == [Sample.otherHome])
        #expect(agent.removed.map(\.reason) == [.unlisted])
        #expect(agent.count(.bindingUnconfigured) == 1)
        #expect(agent.machine.acceptedTimestamps.count == 1)
    }

    @Test("a configuration that takes away the prefix, the key, the address or the leave ends the binding")
    func noLongerAllowed() {
        var prohibited = Sample.node()
        prohibited.isProhibited = true
        var host = Sample.node()
        host.mayBeMobileRouter = false
        var moved = Sample.homeAgent()
        moved.addresses = [IPv6Address("2001:db8:1::2")!]
        var renumbered = Sample.homeAgent()
        renumbered.prefixes = [IPv6Prefix(IPv6Address("2001:db8:2::")!, length: 64)]
        let others = [
            Sample.homeAgent(nodes: [Sample.node(prefixes: [])]),
            Sample.homeAgent(nodes: [Sample.node(authentication: .none)]),
            Sample.homeAgent(nodes: [host]), moved, renumbered, Sample.homeAgent(nodes: [prohibited]),
        ]
        for (place, other) in others.enumerated() {
            var agent = HomeAgentHarness()
            agent.update()
            agent.handle(.configurationChanged(other))
            #expect(agent.removed.map(\.reason) == [place == others.count - 1 ? .prohibited : .unconfigured])
        }
    }

    @Test("a configuration that changes something else keeps the binding")
    func otherChange() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.handle(.configurationChanged(Sample.homeAgent(lifetime: .seconds(7))))
        #expect(agent.removed.isEmpty)
    }

    @Test("bindings from before a restart are installed again, and expire when they would have")
    func restored() {
        var before = HomeAgentHarness()
        before.update()
        let bindings = Array(before.machine.cache.bindings)
        var after = HomeAgentHarness()
        after.handle(.restored(bindings))
        #expect(after.installed == bindings)
        #expect(after.count(.bindingRestored) == 1)
        after.pass(.seconds(600))
        #expect(after.removed.map(\.reason) == [.expired])
    }

    @Test("what is over, not allowed or too many is not restored")
    func notRestored() {
        var before = HomeAgentHarness()
        before.update()
        var expired = before.machine.cache[Sample.home]!
        expired.expiresAt = before.now
        var stranger = before.machine.cache[Sample.home]!
        stranger.homeAddress = Sample.otherHome
        var after = HomeAgentHarness(Sample.homeAgent(bindings: 1))
        after.handle(.restored([expired, stranger]))
        #expect(after.installed.isEmpty)
        after = HomeAgentHarness(Sample.homeAgent(bindings: 0))
        after.handle(.restored(Array(before.machine.cache.bindings)))
        #expect(after.installed.isEmpty)
    }

    @Test("a binding can be taken away by hand, and come back with the next Binding Update")
    func revoked() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.handle(.revoke(homeAddress: Sample.home))
        #expect(agent.removed.map(\.reason) == [.revoked])
        #expect(agent.count(.bindingRevoked) == 1)
        agent.handle(.revoke(homeAddress: Sample.home))
        #expect(agent.removed.count == 1)
        #expect(agent.update() == .accepted)
    }

    @Test("what is forgotten by hand is not told as revoked")
    func forgotten() {
        var agent = HomeAgentHarness()
        agent.update()
        agent.handle(.forget(homeAddress: Sample.home))
        #expect(agent.removed.map(\.reason) == [.forgotten])
        #expect(agent.update() == .accepted)
    }

    @Test("every start names the nodes that are believed without a key, and those that have none")
    func trust() {
        let nodes = [
            HomeNode(homeAddress: Sample.home, name: "open", authentication: .insecure),
            HomeNode(homeAddress: Sample.otherHome, name: "keyless"),
        ]
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: nodes))
        agent.handle(.start)
        #expect(agent.logs.contains { $0.contains("insecure") && $0.contains("open") })
        #expect(agent.logs.contains { $0.contains("without a key") && $0.contains("keyless") })
        agent = HomeAgentHarness()
        agent.handle(.start)
        #expect(agent.logs.isEmpty)
    }

    @Test("a long list of names is cut")
    func manyNames() {
        let nodes = (0..<100).map {
            HomeNode(
                homeAddress: IPv6Address(high: Sample.home.high, low: 0x1000 + UInt64($0)), authentication: .insecure)
        }
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: nodes))
        agent.handle(.start)
        #expect(agent.logs[0].contains("and 80 more"))
    }

    @Test("no line above debug tells a care-of address")
    func discretion() {
        var agent = HomeAgentHarness()
        var lines: [(Severity, String)] = []
        func note(_ actions: [HomeAgentMachine.Action]) {
            for case .log(let severity, let text) in actions { lines.append((severity, text)) }
        }
        note(agent.handle(.messageReceived(agent.envelope(), wallClock: agent.time)))
        note(agent.handle(.messageReceived(agent.envelope { $0.lifetime = .zero }, wallClock: agent.time)))
        #expect(!lines.isEmpty)
        #expect(!lines.contains { $0.0 != .debug && $0.1.contains("2001:db8:a1") })
    }
}
