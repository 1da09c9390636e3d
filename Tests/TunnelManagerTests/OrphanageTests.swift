import MobilityWire
import Testing

@testable import TunnelManager

@Suite("Packets without a binding")
struct OrphanageTests {
    let node = ManagerConfiguration.Node(
        homeAddress: IPv6Address("2001:db8:1::100")!, prefixes: [IPv6Prefix("2001:db8:10::/60")!])
    let now = Instant(milliseconds: 5000)

    func orphan(_ source: String) -> EngineBoard.Orphan {
        .init(peer: IPv6Address("2001:db8:a1::2")!, local: IPv6Address("2001:db8:1::1")!, source: IPv6Address(source)!)
    }

    @Test("a host behind a node and the node itself both mean the node's home address")
    func whose() {
        for source in ["2001:db8:10:3::7", "2001:db8:1::100"] {
            var orphanage = Orphanage([node])
            #expect(orphanage.homeAddress(of: orphan(source), at: now) == node.homeAddress)
        }
    }

    @Test("strangers mean nobody")
    func strangers() {
        var orphanage = Orphanage([node])
        #expect(orphanage.homeAddress(of: orphan("2001:db8:20::1"), at: now) == nil)
    }

    @Test("a node is told once a second")
    func rate() {
        var orphanage = Orphanage([node])
        #expect(orphanage.homeAddress(of: orphan("2001:db8:1::100"), at: now) != nil)
        #expect(orphanage.homeAddress(of: orphan("2001:db8:10::1"), at: now + .milliseconds(999)) == nil)
        #expect(orphanage.homeAddress(of: orphan("2001:db8:10::1"), at: now + .seconds(1)) != nil)
    }
}
