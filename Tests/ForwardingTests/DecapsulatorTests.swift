import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("What comes in")
struct DecapsulatorTests {
    func open(_ bytes: [UInt8], by table: ForwardingTable) -> Result<[UInt8], DropReason> {
        var bytes = bytes
        return bytes.withUnsafeMutableBytes { buffer in
            do throws(DropReason) {
                let accepted = try Decapsulator().decapsulate(buffer, by: table)
                return .success(Array(accepted.packet))
            } catch {
                return .failure(error)
            }
        }
    }

    func tunnelled(
        _ inner: [UInt8], from source: IPv6Address, to destination: IPv6Address, trafficClass: UInt8 = 0
    ) -> [UInt8] { packet(from: source, to: destination, trafficClass: trafficClass, next: 41, payload: inner) }

    @Test("a home agent takes from a node what bears the node's addresses")
    func homeAgentAccepts() {
        let table = Sample.homeAgentTable()
        for source in [Sample.host, Sample.homeAddress] {
            let inner = packet(from: source, to: Sample.peer, payload: [1, 2, 3])
            #expect(open(tunnelled(inner, from: Sample.careOf, to: Sample.homeAgent), by: table) == .success(inner))
        }
        let counters = table.nodes.lookup(Sample.host)?.tunnels.first?.counters
        #expect(counters?.received.packets == 2)
        #expect(counters?.received.octets == 86)
    }

    @Test("everything else says why not")
    func refused() {
        let agent = Sample.homeAgentTable()
        let router = Sample.mobileRouter()
        let stranger = Sample.stranger
        let good = packet(from: Sample.host, to: Sample.peer)
        let answer = packet(from: Sample.peer, to: Sample.host)
        let rows: [(String, [UInt8], ForwardingTable, DropReason)] = [
            (
                "another outer source", tunnelled(good, from: stranger, to: Sample.homeAgent), agent,
                .outerPairNotRegistered
            ),
            (
                "a source outside the binding",
                tunnelled(packet(from: stranger, to: Sample.peer), from: Sample.careOf, to: Sample.homeAgent), agent,
                .innerAddressOutsideBinding
            ),
            (
                "a stranger altogether",
                tunnelled(packet(from: stranger, to: Sample.peer), from: stranger, to: Sample.homeAgent), agent,
                .outerPairNotRegistered
            ),
            (
                "not from the home agent", tunnelled(answer, from: stranger, to: Sample.careOf), router,
                .outerPairNotRegistered
            ),
            (
                "our own source from outside",
                tunnelled(packet(from: Sample.host, to: Sample.host), from: Sample.homeAgent, to: Sample.careOf),
                router,
                .innerSourceSpoofed
            ),
            (
                "not for us", tunnelled(good, from: Sample.homeAgent, to: Sample.careOf), router,
                .innerAddressOutsideBinding
            ),
            (
                "cut off", Array(tunnelled(good, from: Sample.careOf, to: Sample.homeAgent).dropLast(3)), agent,
                .truncated
            ),
            ("no inner header", packet(from: Sample.careOf, to: Sample.homeAgent, next: 41), agent, .truncated),
            (
                "inner IPv4",
                packet(
                    from: Sample.careOf, to: Sample.homeAgent, next: 41,
                    payload: [0x45] + [UInt8](repeating: 0, count: 60)),
                agent, .notIPv6
            ),
            (
                "inner length beyond the end",
                packet(
                    from: Sample.careOf, to: Sample.homeAgent, next: 41,
                    payload: Array(packet(from: Sample.host, to: Sample.peer, payload: [1]).dropLast())), agent,
                .innerLengthWrong
            ),
            ("another protocol", packet(from: Sample.careOf, to: Sample.homeAgent, next: 17), agent, .notIPv6),
        ]
        for (name, bytes, table, reason) in rows {
            #expect(open(bytes, by: table) == .failure(reason), "\(name)")
        }
    }

    @Test("what is of a link or a group is dropped as that, whichever address says so; a stranger's as a stranger's")
    func scopes() {
        let stranger = Sample.stranger
        let near = Sample.address("fe80::1"), group = Sample.address("ff0e::1")
        let agent = Sample.homeAgentTable(), router = Sample.mobileRouter()
        for (source, destination) in [
            (Sample.host, near), (Sample.host, group), (Sample.host, .allNodes), (near, Sample.peer),
            (group, Sample.peer), (.unspecified, Sample.peer), (near, group),
        ] {
            let inner = packet(from: source, to: destination)
            let came = tunnelled(inner, from: Sample.careOf, to: Sample.homeAgent)
            #expect(open(came, by: agent) == .failure(.notTunnelled), "\(source) to \(destination)")
            let forged = tunnelled(inner, from: stranger, to: Sample.homeAgent)
            #expect(open(forged, by: agent) == .failure(.outerPairNotRegistered), "\(source) to \(destination)")
        }
        for (source, destination) in [
            (Sample.peer, near), (Sample.peer, group), (near, Sample.host), (group, Sample.host),
            (.unspecified, Sample.host),
        ] {
            let came = tunnelled(
                packet(from: source, to: destination), from: Sample.homeAgent, to: Sample.careOf)
            #expect(open(came, by: router) == .failure(.notTunnelled), "\(source) to \(destination)")
        }
    }

    @Test("what is under way to the care-of address that was left still arrives")
    func formerCareOfAddress() {
        let inner = packet(from: Sample.peer, to: Sample.host)
        let table = Sample.mobileRouter()
        for local in [Sample.careOf, Sample.formerCareOf] {
            #expect(open(tunnelled(inner, from: Sample.homeAgent, to: local), by: table) == .success(inner))
        }
    }

    @Test("a tunnel encapsulation limit before the inner packet is skipped")
    func encapsulationLimit() {
        let inner = packet(from: Sample.host, to: Sample.peer)
        let options: [UInt8] = [41, 0, 4, 1, 4, 1, 1, 0]
        let bytes = packet(from: Sample.careOf, to: Sample.homeAgent, next: 60, payload: options + inner)
        #expect(open(bytes, by: Sample.homeAgentTable()) == .success(inner))
    }

    /// RFC 6040 §4.2, figure 4: rows are the inner field, columns the outer one; nil is a drop.
    @Test("congestion marks are merged as RFC 6040's table says")
    func congestion() {
        let notECT: UInt8 = 0, ect1: UInt8 = 1, ect0: UInt8 = 2, ce: UInt8 = 3
        let table: [(inner: UInt8, outer: UInt8, result: UInt8?)] = [
            (notECT, notECT, notECT), (notECT, ect0, notECT), (notECT, ect1, notECT), (notECT, ce, nil),
            (ect0, notECT, ect0), (ect0, ect0, ect0), (ect0, ect1, ect1), (ect0, ce, ce),
            (ect1, notECT, ect1), (ect1, ect0, ect1), (ect1, ect1, ect1), (ect1, ce, ce),
            (ce, notECT, ce), (ce, ect0, ce), (ce, ect1, ce), (ce, ce, ce),
        ]
        for row in table {
            let inner = packet(from: Sample.host, to: Sample.peer, trafficClass: 0xb8 | row.inner)
            let bytes = tunnelled(inner, from: Sample.careOf, to: Sample.homeAgent, trafficClass: row.outer)
            let expected = row.result.map { packet(from: Sample.host, to: Sample.peer, trafficClass: 0xb8 | $0) }
            let result = open(bytes, by: Sample.homeAgentTable())
            #expect(
                result == expected.map { .success($0) } ?? .failure(.congestionNotDeliverable),
                "inner \(row.inner), outer \(row.outer)")
        }
    }

    @Test("no packet makes it trap: every truncation and random octets")
    func hostilePackets() {
        var generator = RandomNumbers(seed: 1)
        let inner = packet(from: Sample.host, to: Sample.peer, payload: [UInt8](repeating: 9, count: 30))
        let whole = packet(
            from: Sample.careOf, to: Sample.homeAgent, next: 60, payload: [41, 0, 4, 1, 4, 1, 1, 0] + inner)
        for length in 0..<whole.count {
            guard case .failure = open(Array(whole[..<length]), by: Sample.homeAgentTable()) else {
                Issue.record("\(length) octets were taken")
                continue
            }
        }
        for _ in 0..<20_000 {
            var bytes = whole
            for _ in 0..<3 {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
            }
            _ = open(bytes, by: Sample.homeAgentTable())
        }
    }
}
