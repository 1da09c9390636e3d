import MobilityWire
import Testing

@testable import MobilityCore

/// Intercepting packets on the home link (RFC 6275 §10.4.1).
@Suite struct HomeLinkTests {
    struct Harness {
        var machine = HomeLink(
            .init(
                interfaceIndex: HomeLinkSample.interface, address: Sample.homeAgent,
                linkLayerAddress: [2, 0, 0, 0, 0, 1]))
        var now = Sample.start
        var proxies: Set<IPv6Address> = []
        var sent: [ICMPv6Envelope] = []

        mutating func handle(_ event: HomeLink.Event) {
            for action in machine.handle(event, at: now) {
                switch action {
                case .addProxy(let address): #expect(proxies.insert(address).inserted)
                case .removeProxy(let address): #expect(proxies.remove(address) != nil)
                case .send(let envelope): sent.append(envelope)
                }
            }
        }

        mutating func pass(_ span: Instant.Span) {
            let end = now + span
            while let deadline = machine.nextDeadline, deadline <= end {
                now = max(now, deadline)
                handle(.timer)
            }
            now = end
        }

        mutating func solicit(
            _ target: IPv6Address = Sample.home, from source: IPv6Address = Sample.otherHome, hopLimit: UInt8 = 255
        ) {
            handle(
                .messageReceived(
                    HomeLinkSample.envelope(
                        .neighborSolicitation(target: target, options: []), from: source,
                        to: target.solicitedNodeMulticast, hopLimit: hopLimit)))
        }

        static func bound(linkLocal: Bool = false) -> Harness {
            var harness = Harness()
            var binding = PrefixDiscoveryTests.binding
            binding.linkLocalCompatibility = linkLocal
            harness.handle(.bindingInstalled(binding))
            return harness
        }
    }

    @Test("a binding adds a proxy entry and is told to all nodes three times, a second apart")
    func announces() throws {
        var harness = Harness.bound()
        #expect(harness.proxies == [Sample.home])
        #expect(harness.sent.count == 1)
        harness.pass(.seconds(100))
        #expect(harness.sent.count == 3)
        #expect(harness.machine.nextDeadline == nil)
        let envelope = try #require(harness.sent.first)
        #expect(envelope.destination == .allNodes)
        #expect(envelope.source == Sample.homeAgent)
        #expect(envelope.hopLimit == 255)
        #expect(
            envelope.icmpv6
                == .neighborAdvertisement(
                    NeighborAdvertisement(
                        overrides: true, target: Sample.home,
                        options: [.targetLinkLayerAddress([2, 0, 0, 0, 0, 1])])))
    }

    @Test("a refresh tells nothing again; the binding's end removes the entry and stops the announcements")
    func ends() {
        var harness = Harness.bound()
        harness.handle(.bindingInstalled(PrefixDiscoveryTests.binding))
        #expect(harness.sent.count == 1)
        harness.handle(.bindingRemoved(PrefixDiscoveryTests.binding))
        #expect(harness.proxies.isEmpty)
        harness.pass(.seconds(100))
        #expect(harness.sent.count == 1)
        harness.handle(.bindingRemoved(PrefixDiscoveryTests.binding))
    }

    @Test("with the L flag the link-local address is intercepted too, until it goes")
    func linkLocal() {
        var harness = Harness.bound(linkLocal: true)
        #expect(harness.proxies == [Sample.home, IPv6Address("fe80::100")!])
        #expect(harness.sent.count == 2)
        harness.handle(.bindingInstalled(PrefixDiscoveryTests.binding))
        #expect(harness.proxies == [Sample.home])
    }

    @Test("solicitations for a node that is away are answered, to everybody if it is duplicate detection")
    func answers() {
        var harness = Harness.bound()
        harness.solicit()
        #expect(harness.sent.last?.destination == Sample.otherHome)
        guard case .neighborAdvertisement(let answer)? = harness.sent.last?.icmpv6 else { return #expect(Bool(false)) }
        #expect(answer.isSolicited && !answer.isRouter && !answer.overrides)
        harness.solicit(from: .unspecified)
        #expect(harness.sent.last?.destination == .allNodes)
        guard case .neighborAdvertisement(let other)? = harness.sent.last?.icmpv6 else { return #expect(Bool(false)) }
        #expect(!other.isSolicited)
    }

    @Test("nobody else's address is answered for, nor a solicitation from another link")
    func silent() {
        var harness = Harness.bound()
        harness.solicit(Sample.otherHome)
        harness.solicit(hopLimit: 64)
        harness.solicit(from: .unspecified, hopLimit: 1)
        var envelope = HomeLinkSample.envelope(
            .neighborSolicitation(target: Sample.home, options: []), from: Sample.otherHome, to: Sample.home)
        envelope.interfaceIndex = 9
        harness.handle(.messageReceived(envelope))
        #expect(harness.sent.count == 1)
    }
}
