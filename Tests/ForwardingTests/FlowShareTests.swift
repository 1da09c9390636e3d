import Examples
import MobilityWire
import Testing

@testable import Forwarding

@Suite("Flows that several tunnels share")
struct FlowShareTests {
    static let ways = [Sample.careOf, Sample.address("2001:db8:a2::2"), Sample.address("2001:db8:a3::2")]

    static func node(_ share: FlowShare?, ways: [IPv6Address] = ways) -> ForwardingTable.Owner {
        .init(
            homeAddress: Sample.homeAddress, prefixes: [Sample.prefix],
            active: Sample.tunnel(local: Sample.homeAgent, remote: ways[0]),
            alsoAccepted: ways.dropFirst().map { Sample.tunnel(local: Sample.homeAgent, remote: $0) }, share: share)
    }

    /// The home agent of a node whose first two bindings share.
    static func agent(_ buckets: BucketMemory, _ memory: FlowMemory, identifiers: [UInt16] = [1, 2]) -> ForwardingTable
    {
        ForwardingTable(
            own: [],
            nodes: [
                node(
                    .learnt(
                        identifiers.enumerated().map { .init(tunnel: $0, identifier: $1) }, buckets, memory))
            ])
    }

    static func down(_ port: UInt16, next: UInt8 = 17) -> [UInt8] {
        packet(from: Sample.peer, to: Sample.host, next: next, payload: FlowClassifierTests.ports(443, port))
    }

    /// By which binding, counted from 1, a packet to the node leaves.
    static func way(_ inner: [UInt8], by table: ForwardingTable) -> Int? {
        FlowClassifierTests.remote(inner, by: table).flatMap { ways.firstIndex(of: $0) }.map { $0 + 1 }
    }

    /// A packet of a flow comes from the node by one of its bindings.
    static func bring(_ port: UInt16, by way: Int, to table: ForwardingTable, next: UInt8 = 17) -> Bool {
        let tests = DecapsulatorTests()
        let inner = packet(
            from: Sample.host, to: Sample.peer, next: next, payload: FlowClassifierTests.ports(port, 443))
        let result = tests.open(
            tests.tunnelled(inner, from: ways[way - 1], to: Sample.homeAgent), by: table)
        if case .success = result { return true } else { return false }
    }

    @Test("packets of one flow have one bucket in both directions, and flows spread over all of them")
    func buckets() throws {
        let memory = FlowMemory()
        var buckets: [Int: Int] = [:]
        for port in UInt16(1)...10_000 {
            func bucket(_ inner: [UInt8], _ isReversed: Bool) throws -> Int {
                try inner.withUnsafeBytes { memory.bucket(of: FlowKey(try InnerPacket($0), isReversed: isReversed)) }
            }
            let up = packet(
                from: Sample.host, to: Sample.peer, next: 6, payload: FlowClassifierTests.ports(port, 443))
            let bucket = try (bucket(Self.down(port, next: 6), false), bucket(up, true), bucket(up, false))
            #expect(bucket.0 == bucket.1 && bucket.1 == bucket.2)
            buckets[bucket.0, default: 0] += 1
        }
        #expect(buckets.count == FlowShare.buckets)
        // 39 on average: five standard deviations are 31.
        #expect(buckets.values.allSatisfy { (8...70).contains($0) })
    }

    @Test("a mobile node sends each bucket by its tunnel, and signalling by the active one")
    func assigned() {
        let memory = FlowMemory()
        let places = (0..<FlowShare.buckets).map { UInt8($0 % 2) }
        let table = ForwardingTable(own: [], nodes: [Self.node(.assigned(places, memory))])
        let ways = (UInt16(1)...200).map { Self.way(Self.down($0), by: table) }
        #expect(Set(ways) == [1, 2])
        #expect((UInt16(1)...200).map { Self.way(Self.down($0), by: table) } == ways)
        #expect((UInt16(1)...50).allSatisfy { Self.way(Self.down($0, next: 135), by: table) == 1 })
        // A place that there is no tunnel for: the active one has all.
        let wrong = ForwardingTable(
            own: [], nodes: [Self.node(.assigned(Array(repeating: 3, count: FlowShare.buckets), memory))])
        #expect((UInt16(1)...50).allSatisfy { Self.way(Self.down($0), by: wrong) == 1 })
    }

    @Test("a home agent sends a flow by the binding that it came by, and by chance before that")
    func learnt() {
        let memory = FlowMemory()
        memory.set(Instant(milliseconds: 1_000_000))
        let buckets = BucketMemory()
        let table = Self.agent(buckets, memory)
        let before = (UInt16(1)...100).map { Self.way(Self.down($0), by: table) }
        #expect(Set(before) == [1, 2])
        for port in UInt16(1)...100 { #expect(Self.bring(port, by: 2, to: table)) }
        #expect((UInt16(1)...100).allSatisfy { Self.way(Self.down($0), by: table) == 2 })
        // One that does not share says nothing, and signalling neither.
        memory.set(Instant(milliseconds: 2_000_000))
        for port in UInt16(1)...100 {
            #expect(Self.bring(port, by: 3, to: table))
            #expect(Self.bring(port, by: 1, to: table, next: 135))
        }
        #expect((UInt16(1)...100).allSatisfy { Self.way(Self.down($0), by: table) == 2 })
        // The binding went: what it had goes to the others, and comes back with it.
        let rest = Self.agent(buckets, memory, identifiers: [1])
        #expect((UInt16(1)...100).allSatisfy { Self.way(Self.down($0), by: rest) == 1 })
        #expect((UInt16(1)...100).allSatisfy { Self.way(Self.down($0), by: table) == 2 })
    }

    @Test(
        "before anything came, chance gives each binding its part of the buckets",
        arguments: [[1, 2], [1, 2, 3], [1, 2, 3, 4], [7, 300, 65_535]] as [[UInt16]])
    func drawn(identifiers: [UInt16]) {
        let members = identifiers.enumerated().map { FlowShare.Member(tunnel: $0, identifier: $1) }
        let drawn = (0..<FlowShare.buckets).map { FlowShare.drawn(members, $0) }
        let expected = Double(FlowShare.buckets) / Double(members.count)
        // Three standard deviations of so many draws.
        let deviation = (expected * (1 - 1 / Double(members.count))).squareRoot()
        for member in members {
            let count = drawn.count { $0 == member }
            #expect(abs(Double(count) - expected) < 3 * deviation, "\(member.identifier): \(count)")
        }
        // Who leaves takes only its own along.
        let rest = Array(members.dropLast())
        for bucket in drawn.indices where drawn[bucket] != members.last {
            #expect(FlowShare.drawn(rest, bucket) == drawn[bucket])
        }
    }

    @Test("what a worker learnt this moment is not old to one whose clock is behind, also where that comes round")
    func clocks() {
        for now: UInt16 in [1000, 0, .max] {
            let buckets = BucketMemory()
            buckets.learn(1, of: 7, at: now &+ 1)
            buckets.learn(2, of: 7, at: now)
            #expect(buckets.identifier(of: 7) == 1)
            buckets.learn(2, of: 7, at: now &+ 5)
            #expect(buckets.identifier(of: 7) == 2)
        }
    }

    @Test("a bucket follows to another binding only when the one before has been silent for a while")
    func follows() {
        let memory = FlowMemory()
        let table = Self.agent(BucketMemory(), memory)
        var now = Instant(milliseconds: 5_000_000)
        func pass(_ span: Instant.Span) {
            now = now + span
            memory.set(now)
        }
        pass(.zero)
        _ = Self.bring(7, by: 1, to: table)
        // By turns, as of a node that sees two flows where we see one bucket.
        for _ in 0..<50 {
            pass(.milliseconds(64))
            _ = Self.bring(7, by: 2, to: table)
            _ = Self.bring(7, by: 1, to: table)
            #expect(Self.way(Self.down(7), by: table) == 1)
        }
        pass(.milliseconds(512))
        _ = Self.bring(7, by: 2, to: table)
        #expect(Self.way(Self.down(7), by: table) == 2)
    }

    @Test("once two addresses exchange fragments, all of that protocol between them takes one way, for a minute")
    func fragments() throws {
        let memory = FlowMemory()
        var now = Instant(milliseconds: 9_000_000)
        memory.set(now)
        func bucket(_ port: UInt16, next: UInt8 = 17) throws -> Int {
            try Self.down(port, next: next).withUnsafeBytes {
                memory.bucket(of: FlowKey(try InnerPacket($0), isReversed: false))
            }
        }
        let ports = UInt16(1)...50
        let apart = try ports.map { try bucket($0) }
        let streams = try ports.map { try bucket($0, next: 6) }
        #expect(Set(apart).count > 20)
        for start: [UInt8] in [[17, 0, 0, 1, 0, 0, 0, 5], [17, 0, 0, 8, 0, 0, 0, 5]] {
            let piece = packet(
                from: Sample.peer, to: Sample.host, next: 44, payload: start + FlowClassifierTests.ports(443, 1))
            let own = try piece.withUnsafeBytes {
                memory.bucket(of: FlowKey(try InnerPacket($0), isReversed: false))
            }
            #expect(try ports.allSatisfy { try bucket($0) == own })
        }
        #expect(try ports.map { try bucket($0, next: 6) } == streams)
        now = now + .seconds(60)
        memory.set(now)
        #expect(Set(try ports.map { try bucket($0) }).count == 1)
        now = now + .seconds(10)
        memory.set(now)
        #expect(try ports.map { try bucket($0) } == apart)
    }
    @Test(
        "what was said of fragments is forgotten for good, also when the clock comes round",
        arguments: [1, 10, 4190], [64, 63, 20])
    func fragmentsOfLongAgo(step: Int64, early: Int64) throws {
        let memory = FlowMemory()
        let start = Instant(milliseconds: 9_000_000)
        // 16 bits of 64 ms.
        let round = start + .milliseconds(65536 * 64)
        memory.set(start)
        func bucket(_ port: UInt16) throws -> Int {
            try Self.down(port).withUnsafeBytes {
                memory.bucket(of: FlowKey(try InnerPacket($0), isReversed: false))
            }
        }
        let apart = try (UInt16(1)...50).map { try bucket($0) }
        let piece = packet(
            from: Sample.peer, to: Sample.host, next: 44,
            payload: [17, 0, 0, 1, 0, 0, 0, 5] + FlowClassifierTests.ports(443, 1))
        _ = try piece.withUnsafeBytes { memory.bucket(of: FlowKey(try InnerPacket($0), isReversed: false)) }
        #expect(Set(try (UInt16(1)...50).map { try bucket($0) }).count == 1)
        var now = start
        while now + .seconds(step) < round + .seconds(-early) {
            now = now + .seconds(step)
            memory.set(now)
        }
        memory.set(round + .seconds(-early))
        memory.set(round + .seconds(10))
        #expect(try (UInt16(1)...50).map { try bucket($0) } == apart)
    }
}
