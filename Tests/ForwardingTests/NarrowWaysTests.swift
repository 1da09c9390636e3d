import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("Ways past the home agent that do not take what they must")
struct NarrowWaysTests {
    let start = Instant(milliseconds: 1000)
    let way = DirectWay(
        local: DirectSample.home, remote: DirectSample.peer, localCareOf: DirectSample.careOf, remoteCareOf: nil)

    @Test("are remembered for ten minutes from the last time that it was said")
    func expires() {
        var ways = NarrowWays()
        #expect(!ways.contains(way) && ways.nextExpiry == nil)
        let isNew = [ways.note(way, at: start), ways.note(way, at: start + .seconds(60))]
        #expect(isNew == [true, false])
        #expect(ways.nextExpiry == start + .seconds(660))
        ways.expire(at: start + .seconds(600))
        #expect(ways.contains(way))
        ways.expire(at: start + .seconds(660))
        #expect(!ways.contains(way))
    }

    @Test("are other ways from another place, and are forgotten with their routes")
    func keeps() {
        var ways = NarrowWays()
        _ = ways.note(way, at: start)
        var other = way
        other.localCareOf = DirectSample.otherCareOf
        #expect(!ways.contains(other))
        let isNew = ways.note(other, at: start)
        #expect(isNew)
        ways.keep([other])
        #expect(!ways.contains(way) && ways.contains(other) && ways.count == 1)
    }

    @Test("send nothing: a mobile node's tunnel has it, a correspondent's packets leave as they are")
    func unused() throws {
        func narrowed(_ table: ForwardingTable, own: [ForwardingTable.Owner]) -> ForwardingTable {
            var routes = table.direct.routes
            routes[0].isTooNarrow = true
            return ForwardingTable(
                own: own, nodes: [],
                direct: DirectRouteTable(
                    routes: routes, optionAddresses: [DirectSample.peer], passingEgress: 9, seed: 7))
        }
        let tunnel = ForwardingTable.Owner(
            homeAddress: DirectSample.home, prefixes: [],
            active: Sample.tunnel(local: DirectSample.careOf, remote: Sample.homeAgent))
        let up = try #require(DirectSample.row("mobile", "echo"))
        let sent = encapsulate(up.frame, by: narrowed(DirectSample.mobile(), own: [tunnel]))
        guard case .forwarded = sent.outcome else {
            Issue.record("\(sent.outcome)")
            return
        }
        #expect(sent.packets.map { Array($0[40...]) } == [Array(up.frame[VirtioNetHeader.size...])])
        let down = try #require(DirectSample.row("correspondent", "echo"))
        let answered = encapsulate(down.frame, by: narrowed(DirectSample.correspondent(), own: []))
        guard case .unchanged = answered.outcome else {
            Issue.record("\(answered.outcome)")
            return
        }
        #expect(answered.packets == [Array(down.frame[VirtioNetHeader.size...])])
        // What the other one sends directly all the same is taken.
        let arrived = receive(up.packets[0], by: narrowed(DirectSample.correspondent(), own: []))
        #expect(arrived.arrival == .delivered(Array(up.frame[VirtioNetHeader.size...])))
    }
}
