import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("Tunnels in tunnels")
struct NestingTests {
    /// A packet of a host that is inside so many tunnels already.
    private func nested(_ depth: Int) -> [UInt8] {
        (0..<depth).reduce(
            packet(from: Sample.host, to: Sample.peer, next: 17, payload: [UInt8](repeating: 0, count: 8))
        ) { inner, _ in
            packet(from: Sample.host, to: Sample.peer, next: 41, payload: inner)
        }
    }

    /// A destination options header with these options before a packet.
    private func withOptions(_ options: [UInt8], before inner: [UInt8]) -> [UInt8] {
        let header = [41, UInt8((options.count + 2) / 8 - 1)] + options
        return packet(from: Sample.host, to: Sample.peer, next: 60, payload: header + inner)
    }

    @Test("a packet enters a tunnel as long as it is in four at most", arguments: 0...6)
    func depth(depth: Int) {
        let result = encapsulate(plain + nested(depth), by: Sample.mobileRouter())
        switch result.outcome {
        case .forwarded: #expect(depth <= Nesting.greatestDepth && result.packets.count == 1)
        case .dropped(.nestedTooDeep): #expect(depth > Nesting.greatestDepth && result.packets.isEmpty)
        default: Issue.record("\(result.outcome)")
        }
    }

    @Test("options between the headers hide no depth")
    func hidden() {
        let deep = withOptions([1, 4, 0, 0, 0, 0], before: nested(4))
        guard case .dropped(.nestedTooDeep) = encapsulate(plain + deep, by: Sample.mobileRouter()).outcome else {
            Issue.record("not found")
            return
        }
    }

    @Test("a limit of zero lets the packet into no tunnel, and its source hears at which octet")
    func exhausted() {
        // A padding octet, another option, then the limit: octet 40 + 2 + 1 + 3 + 2 of the packet.
        let bytes = withOptions([0, 1, 1, 0, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0], before: nested(0))
        let result = encapsulate(plain + bytes, by: Sample.mobileRouter())
        guard case .encapsulationLimit(pointer: 48, errorSource: Sample.homeAddress) = result.outcome else {
            Issue.record("\(result.outcome)")
            return
        }
        #expect(result.packets.isEmpty)
    }

    @Test("the header that carries the limit on needs room")
    func room() {
        let long = packet(from: Sample.host, to: Sample.peer, payload: [UInt8](repeating: 0, count: 1260))
        let bytes = withOptions([4, 1, 3, 1, 1, 0], before: long)
        #expect(encapsulate(plain + bytes, by: Sample.mobileRouter(mtu: bytes.count + 8)).packets.count == 1)
        let small = encapsulate(plain + bytes, by: Sample.mobileRouter(mtu: bytes.count + 7))
        guard case .tooBig(let mtu, errorSource: _) = small.outcome, mtu == bytes.count - 1 else {
            Issue.record("\(small.outcome)")
            return
        }
    }

    @Test("the limit of the outermost tunnel counts, and only where it is well formed")
    func whichCounts() throws {
        let inside = withOptions([4, 1, 0, 1, 1, 0], before: nested(0))
        func nesting(_ bytes: [UInt8]) throws -> Nesting {
            try bytes.withUnsafeBytes { try Nesting(InnerPacket($0)) }
        }
        #expect(try nesting(packet(from: Sample.host, to: Sample.peer, next: 41, payload: inside)) == .free)
        #expect(try nesting(inside) == .exhausted(pointer: 44))
        #expect(try nesting(withOptions([4, 2, 0, 0, 1, 0], before: nested(0))) == .free)
        #expect(try nesting(withOptions([1, 9, 4, 1, 0, 0], before: nested(0))) == .free)
        #expect(try nesting(withOptions([1, 3, 0, 0, 0, 4], before: nested(0))) == .free)
    }
}
