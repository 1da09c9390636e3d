import MobilityWire
import Testing

@testable import Forwarding

@Suite("Errors about tunnelled packets go to who sent what was in them (RFC 2473 §8)")
struct TunnelErrorRelayTests {
    let home = IPv6Address("2001:db8:1::100")!
    let agent = IPv6Address("2001:db8:1::1")!
    let careOf = IPv6Address("2001:db8:a1::2")!
    let host = IPv6Address("2001:db8:10::10")!
    let correspondent = IPv6Address("2001:db8:c::c")!
    let start = Instant(milliseconds: 1000)

    func owner(local: IPv6Address, remote: IPv6Address) -> ForwardingTable.Owner {
        ForwardingTable.Owner(
            homeAddress: home, prefixes: [IPv6Prefix("2001:db8:10::/60")!],
            active: Tunnel(local: local, remote: remote, egress: 0, mtu: 1460, counters: TunnelCounters()))
    }

    /// A tunnelled packet, or what an error holds of it.
    func tunnelled(
        _ local: IPv6Address, _ remote: IPv6Address, from source: IPv6Address, to destination: IPv6Address,
        type: UInt8 = 128
    ) -> [UInt8] {
        let inner = MobilityPacket(
            source: source, destination: destination, upperProtocol: .icmpv6, message: [type, 0, 0, 0, 0, 7, 0, 1]
        ).emit()
        var writer: [UInt8] = []
        writer += MobilityPacket(source: local, destination: remote, upperProtocol: .ipv6, message: inner).emit()
        return writer
    }

    /// At the home agent, or at the mobile router.
    func relay(_ invoking: [UInt8], isAgent: Bool = true, _ relay: inout TunnelErrorRelay) -> TunnelErrorRelay.Outcome {
        let table =
            isAgent
            ? ForwardingTable(own: [], nodes: [owner(local: agent, remote: careOf)])
            : ForwardingTable(own: [owner(local: careOf, remote: agent)], nodes: [])
        return relay.relay(invoking, by: table, at: start)
    }

    @Test("at the home agent the correspondent hears of it, from the home agent")
    func atTheHomeAgent() throws {
        var machine = TunnelErrorRelay()
        let outcome = relay(tunnelled(agent, careOf, from: correspondent, to: host), &machine)
        guard case .send(let octets) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        let packet = try MobilityPacket(parsing: octets.span.bytes)
        #expect(packet.source == agent && packet.destination == correspondent)
        guard case .destinationUnreachable(3, let invoking) = try ICMPv6Message.parse(packet.message.span.bytes) else {
            Issue.record("\(packet)")
            return
        }
        let header = try IPv6Header(parsing: invoking.span.bytes)
        #expect(header.source == correspondent && header.destination == host)
    }

    @Test("at the mobile router the host hears of it, from the home address")
    func atTheMobileRouter() throws {
        var machine = TunnelErrorRelay()
        let invoking = tunnelled(careOf, agent, from: host, to: correspondent)
        guard case .send(let octets) = relay(invoking, isAgent: false, &machine) else {
            Issue.record("nothing is sent")
            return
        }
        let packet = try MobilityPacket(parsing: octets.span.bytes)
        #expect(packet.source == home && packet.destination == host)
    }

    @Test("what came through no tunnel of ours, or is an error itself, draws none")
    func others() {
        var machine = TunnelErrorRelay()
        let other = IPv6Address("2001:db8:a1::3")!
        #expect(relay(tunnelled(agent, other, from: correspondent, to: host), &machine) == .unmatched)
        #expect(relay(tunnelled(agent, careOf, from: correspondent, to: other), &machine) == .unmatched)
        #expect(relay(tunnelled(agent, careOf, from: correspondent, to: host, type: 1), &machine) == .unanswerable)
        let whole = tunnelled(agent, careOf, from: correspondent, to: host)
        for length in 0..<80 { #expect(relay(Array(whole.prefix(length)), &machine) == .unmatched) }
    }

    @Test("there are not more than a kernel would send")
    func limited() {
        var machine = TunnelErrorRelay()
        let packet = tunnelled(agent, careOf, from: correspondent, to: host)
        let outcomes = (0..<60).map { _ in relay(packet, &machine) }
        #expect(outcomes.count { $0 == .suppressed } == 10)
        // What one sender has too many of is not taken from another.
        let other = tunnelled(agent, careOf, from: IPv6Address("2001:db8:c::d")!, to: host)
        #expect(relay(other, &machine) != .suppressed)
        #expect(relay(packet, &machine) == .suppressed)
    }
}
