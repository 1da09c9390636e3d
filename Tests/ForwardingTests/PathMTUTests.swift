import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("What routers on a tunnel's way take (RFC 2473 §7, RFC 8201 §4)")
struct PathMTUTests {
    let start = Instant(milliseconds: 1000)

    /// What a Packet Too Big about a tunnelled packet of the mobile router holds.
    func invoking(remote: IPv6Address = Sample.homeAgent) -> [UInt8] {
        packet(
            from: Sample.careOf, to: remote, next: 41,
            payload: packet(from: Sample.host, to: Sample.peer, next: 17, payload: [UInt8](repeating: 0, count: 40)))
    }

    @Test("the way of a tunnel gets narrower, for ten minutes")
    func learns() {
        var table = PathMTUTable()
        #expect(table.learn(mtu: 1400, invoking: invoking(), by: Sample.mobileRouter(), at: start) == .learnt)
        #expect(table.mtu(local: Sample.careOf, remote: Sample.homeAgent) == 1400)
        #expect(table.mtu(local: Sample.homeAgent, remote: Sample.careOf) == nil)
        let end = start + PathMTUTable.lifetime
        #expect(table.nextExpiry == end)
        #expect(table.expire(at: end - .milliseconds(1)) == [])
        #expect(table.count == 1)
        #expect(table.expire(at: end) == [])
        #expect(table.count == 0 && table.nextExpiry == nil)
    }

    @Test("when it ends, whose tunnels were made by it is told, and of no others")
    func users() {
        var table = PathMTUTable()
        let (home, other) = (IPv6Address("2001:db8:1::100")!, IPv6Address("2001:db8:1::101")!)
        func mtu(_ remote: IPv6Address, _ homeAddress: IPv6Address) -> Int? {
            table.mtu(local: Sample.careOf, remote: remote, forTunnelOf: homeAddress)
        }
        #expect(mtu(Sample.homeAgent, other) == nil, "nothing is known yet")
        let router = Sample.mobileRouter()
        #expect(table.learn(mtu: 1400, invoking: invoking(), by: router, at: start) == .learnt)
        #expect(mtu(Sample.homeAgent, home) == 1400)
        #expect(mtu(Sample.peer, other) == nil)
        // What is learnt again is the same, and holds as long again.
        let later = start + .seconds(60)
        #expect(table.learn(mtu: 1350, invoking: invoking(), by: router, at: later) == .learnt)
        #expect(table.expire(at: start + PathMTUTable.lifetime) == [])
        #expect(table.expire(at: later + PathMTUTable.lifetime) == [home])
        #expect(table.expire(at: later + PathMTUTable.lifetime) == [])
    }

    @Test("a way that no link of IPv6 could have is not believed", arguments: [0, 68, 1279])
    func belowMinimum(mtu: UInt32) {
        var table = PathMTUTable()
        let router = Sample.mobileRouter()
        #expect(table.learn(mtu: mtu, invoking: invoking(), by: router, at: start) == .belowMinimum)
        #expect(table.count == 0)
    }

    @Test("it gets no wider by a message, and as narrow as a link may be", arguments: [1280, 1319, 1320])
    func bounds(mtu: UInt32) {
        var table = PathMTUTable()
        let router = Sample.mobileRouter()
        for wide in [UInt32(1500), 9000, .max] {
            #expect(table.learn(mtu: wide, invoking: invoking(), by: router, at: start) == .known)
        }
        #expect(table.learn(mtu: mtu, invoking: invoking(), by: router, at: start) == .learnt)
        #expect(table.mtu(local: Sample.careOf, remote: Sample.homeAgent) == Int(mtu))
    }

    @Test("what no tunnel of ours sent changes nothing, at whichever length it was cut")
    func unmatched() {
        var table = PathMTUTable()
        let router = Sample.mobileRouter()
        #expect(
            table.learn(mtu: 1300, invoking: invoking(remote: Sample.peer), by: router, at: start) == .unmatched)
        for length in 0..<80 {
            #expect(
                table.learn(mtu: 1300, invoking: Array(invoking().prefix(length)), by: router, at: start) == .unmatched)
        }
        #expect(table.count == 0)
    }

    @Test("no more ways are remembered than the limit says; what is known may still become narrower")
    func limit() {
        func careOf(_ number: Int) -> IPv6Address { IPv6Address(high: 0x2001_0db8_00a1_0000, low: UInt64(number + 1)) }
        func home(_ number: Int) -> IPv6Address { IPv6Address(high: 0x2001_0db8_0001_0000, low: UInt64(number + 1)) }
        func invoking(_ number: Int) -> [UInt8] {
            packet(
                from: Sample.homeAgent, to: careOf(number), next: 41,
                payload: packet(
                    from: Sample.peer, to: home(number), next: 17, payload: [UInt8](repeating: 0, count: 40))
            )
        }
        let homeAgent = ForwardingTable(
            own: [],
            nodes: (0...PathMTUTable.limit).map {
                .init(
                    homeAddress: home($0), prefixes: [],
                    active: Sample.tunnel(local: Sample.homeAgent, remote: careOf($0)))
            })
        var table = PathMTUTable()
        for number in 0..<PathMTUTable.limit {
            guard table.learn(mtu: 1400, invoking: invoking(number), by: homeAgent, at: start) == .learnt else {
                Issue.record("\(number)")
                return
            }
        }
        let last = table.learn(mtu: 1400, invoking: invoking(PathMTUTable.limit), by: homeAgent, at: start)
        #expect(last == .limitReached && last.counter == "path_mtu_limit_reached")
        #expect(table.learn(mtu: 1350, invoking: invoking(0), by: homeAgent, at: start) == .learnt)
        #expect(table.mtu(local: Sample.homeAgent, remote: careOf(0)) == 1350)
        #expect(table.count == PathMTUTable.limit)
    }

    @Test("says which node's tunnel it was, and of a router's own tunnels nothing")
    func node() {
        let back = packet(
            from: Sample.homeAgent, to: Sample.careOf, next: 41,
            payload: packet(from: Sample.peer, to: Sample.host, next: 17, payload: [UInt8](repeating: 0, count: 40)))
        #expect(Sample.homeAgentTable().node(ofInvoking: back) == Sample.homeAddress)
        #expect(Sample.homeAgentTable().node(ofInvoking: invoking()) == nil)
        #expect(Sample.mobileRouter().node(ofInvoking: invoking()) == nil)
        for length in 0..<80 { #expect(Sample.homeAgentTable().node(ofInvoking: Array(back.prefix(length))) == nil) }
    }
}
