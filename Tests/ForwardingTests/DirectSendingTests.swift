import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("What goes out past the home agent (RFC 6275 §9.3.2, §11.3.1)")
struct DirectSendingTests {
    @Test("frames become the packets that scapy builds", arguments: DirectSample.golden)
    func matchesScapy(row: DirectSample.Row) {
        let result = encapsulate(row.frame, by: DirectSample.sender(row.ends))
        #expect(result.packets == row.packets)
        guard case .direct = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        // A batch that holds less than one frame's packets makes no difference.
        #expect(encapsulate(row.frame, by: DirectSample.sender(row.ends), capacity: 2).packets == row.packets)
    }

    @Test("the golden file is there")
    func goldenIsThere() { #expect(DirectSample.golden.count == 18) }

    @Test("packets that do not fit are answered with what does, segments too")
    func tooBig() throws {
        for (name, count) in [("udp", 1), ("tcp_segmentation", 3)] {
            var frame = try #require(DirectSample.row("mobile", name)).frame
            // Packets of 1300 octets: one that is longer, and segments of as many behind their headers of 72.
            let fits = 1300
            if count == 1 {
                frame += [UInt8](repeating: 0, count: VirtioNetHeader.size + fits - frame.count)
                frame[VirtioNetHeader.size + 4] = UInt8((fits - 40) >> 8)
                frame[VirtioNetHeader.size + 5] = UInt8((fits - 40) & 0xff)
            } else {
                frame[4] = UInt8((fits - 72) & 0xff)
                frame[5] = UInt8((fits - 72) >> 8)
            }
            #expect(encapsulate(frame, by: DirectSample.mobile(mtu: fits)).packets.count == count)
            let small = encapsulate(frame, by: DirectSample.mobile(mtu: fits - 1))
            guard case .tooBig(mtu: fits - 1, errorSource: DirectSample.home) = small.outcome else {
                Issue.record("\(small.outcome)")
                continue
            }
            #expect(small.packets.isEmpty)
        }
    }

    /// Through the tunnel at a mobile node: the packet is as it was, behind 40 octets.
    private func isTunnelled(_ packet: [UInt8]) -> Bool {
        let result = encapsulate(plain + packet, by: DirectSample.mobile())
        guard case .forwarded = result.outcome, result.packets.count == 1 else { return false }
        return Array(result.packets[0][40...]) == packet && result.packets[0][6] == 41
    }

    @Test("signalling, and what nobody may change, goes to the home agent")
    func tunnelled() {
        func from(_ next: UInt8, _ payload: [UInt8]) -> [UInt8] {
            packet(from: DirectSample.home, to: DirectSample.peer, next: next, payload: payload)
        }
        let message: [UInt8] = [59, 1, 1, 0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 8)
        #expect(isTunnelled(from(135, message)))
        #expect(isTunnelled(from(60, [135, 0, 1, 4, 0, 0, 0, 0] + message)))
        #expect(isTunnelled(from(0, [135, 0, 1, 4, 0, 0, 0, 0] + message)))
        #expect(isTunnelled(from(44, [135, 0, 0, 1, 0, 0, 0, 7] + message)))
        #expect(isTunnelled(from(44, [135, 0, 0, 8, 0, 0, 0, 7] + message)))
        // Neighbor Discovery, an authentication header, a routing header of its own.
        #expect(isTunnelled(from(58, [136, 0, 0, 0] + message)))
        #expect(isTunnelled(from(51, [17, 4] + [UInt8](repeating: 0, count: 22))))
        #expect(isTunnelled(from(43, [17, 0, 4, 0, 0, 0, 0, 0])))
        // What cannot be read.
        #expect(isTunnelled(from(60, [17, 9, 0, 0, 0, 0, 0, 0])))
        #expect(isTunnelled(from(60, [17])))
        #expect(isTunnelled(from(44, [17, 0, 0])))
        #expect(isTunnelled(from(58, [])))
        // More headers than have any use, and options longer than a header block.
        #expect(
            isTunnelled(
                from(
                    60,
                    [UInt8](repeating: 60, count: 0) + Array(repeating: [60, 0, 1, 4, 0, 0, 0, 0], count: 9).joined())))
        #expect(isTunnelled(from(0, [17, 16, 1, 132] + [UInt8](repeating: 0, count: 132))))
        // Another peer.
        #expect(isTunnelled(packet(from: DirectSample.home, to: DirectSample.stranger)))
        // To compare: this one takes the direct route.
        #expect(!isTunnelled(from(17, [0, 1, 0, 2, 0, 8, 0, 0])))
    }

    @Test("what a correspondent sends to a bound home address from another of its addresses leaves as it was")
    func unchanged() {
        let other = packet(
            from: DirectSample.stranger, to: DirectSample.home, next: 17, payload: [0, 1, 0, 2, 0, 8, 0, 0])
        let table = DirectSample.correspondent()
        var result = encapsulate(plain + other, by: table)
        guard case .unchanged = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(result.packets == [other])
        // A Home Test goes to the home address without a routing header.
        let test = packet(
            from: DirectSample.peer, to: DirectSample.home, next: 135, payload: [UInt8](repeating: 59, count: 24))
        result = encapsulate(plain + test, by: table)
        #expect(result.packets == [test])
        // Somewhere else it has nothing to do with us.
        result = encapsulate(plain + packet(from: DirectSample.peer, to: DirectSample.stranger), by: table)
        guard case .dropped(.noBinding) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
    }

    @Test("beside a home agent the pair comes first; what is not of the pair goes into the node's tunnel")
    func besideHomeAgent() throws {
        let table = DirectSample.correspondent(nodes: [
            .init(
                homeAddress: DirectSample.home, prefixes: [],
                active: Sample.tunnel(local: Sample.homeAgent, remote: DirectSample.careOf))
        ])
        let row = try #require(DirectSample.row("correspondent", "echo"))
        #expect(encapsulate(row.frame, by: table).packets == row.packets)
        let test = packet(
            from: DirectSample.peer, to: DirectSample.home, next: 135, payload: [UInt8](repeating: 59, count: 24))
        let result = encapsulate(plain + test, by: table)
        #expect(result.packets.map { Array($0[40...]) } == [test])
    }

    @Test("what went is counted by the route, as upper layers sent it")
    func counted() throws {
        let row = try #require(DirectSample.row("mobile", "tcp_segmentation"))
        let table = DirectSample.mobile()
        _ = encapsulate(row.frame, by: table)
        #expect(table.direct.routes[0].counters.sent == (3, UInt64(row.packets.reduce(0) { $0 + $1.count - 24 })))
    }
}
