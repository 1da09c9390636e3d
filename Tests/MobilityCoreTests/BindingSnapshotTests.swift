import MobilityWire
import Testing

@testable import HomeAgentOperation
@testable import MobilityCore

/// What a home agent remembers over a restart.
@Suite struct BindingSnapshotTests {
    static let nodes = [Sample.node(), Sample.node(Sample.otherHome, prefixes: [])]

    /// Two bindings, one of them ended a moment ago.
    static func agent() -> HomeAgentHarness {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: nodes))
        agent.update()
        agent.update {
            $0.home = Sample.otherHome
            $0.prefixes = []
            $0.flags = [.acknowledge, .homeRegistration, .linkLocalCompatibility]
            $0.careOf = Sample.radio.address
        }
        return agent
    }

    static func snapshot(_ agent: HomeAgentHarness) -> BindingSnapshot {
        agent.machine.snapshot(wallClock: agent.time, at: agent.now)
    }

    static func restored(_ snapshot: BindingSnapshot, after span: Instant.Span) -> HomeAgentHarness {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: nodes))
        agent.now = Instant(milliseconds: 5)
        agent.wallClock = snapshot.savedAt + span + (Sample.start - agent.now)
        agent.handle(.snapshotRestored(snapshot, wallClock: snapshot.savedAt + span))
        return agent
    }

    @Test("what is written is what is read")
    func roundTrip() throws {
        var agent = Self.agent()
        agent.update { $0.lifetime = .zero }
        let snapshot = Self.snapshot(agent)
        #expect((snapshot.bindings.count, snapshot.memories.count, snapshot.timestamps.count) == (1, 1, 2))
        #expect(try BindingSnapshot(decoding: snapshot.encoded()) == snapshot)
        let empty = BindingSnapshot(savedAt: Sample.wallClock)
        #expect(try BindingSnapshot(decoding: empty.encoded()) == empty)
    }

    @Test("gathered a node at a time it says the same, and each node as it was when its turn came")
    func gathered() throws {
        var agent = Self.agent()
        agent.update { $0.lifetime = .zero }
        var writer = BindingSnapshotWriter(agent.machine, wallClock: agent.time, at: agent.now)
        while !writer.isComplete { writer.take(1, from: agent.machine) }
        var found = try BindingSnapshot(decoding: writer.finish())
        var expected = Self.snapshot(agent)
        #expect((found.bindings.count, found.memories.count, found.timestamps.count) == (1, 1, 2))
        found.timestamps.sort { $0.homeAddress < $1.homeAddress }
        expected.timestamps.sort { $0.homeAddress < $1.homeAddress }
        #expect(found == expected)
        // What is renewed while others are gathered has not more than its lifetime left.
        writer = BindingSnapshotWriter(agent.machine, wallClock: agent.time, at: agent.now)
        agent.now = agent.now + .seconds(3)
        agent.update()
        while !writer.isComplete { writer.take(1, from: agent.machine) }
        let later = try BindingSnapshot(decoding: writer.finish())
        #expect(later.bindings.contains { $0.remaining == .seconds(600) })
        #expect(later.bindings.allSatisfy { $0.remaining <= .seconds(600) })
    }

    @Test("bindings come back with what is left of their lifetimes, flags, prefixes and names")
    func restored() throws {
        let snapshot = Self.snapshot(Self.agent())
        let agent = Self.restored(snapshot, after: .seconds(100))
        #expect(agent.machine.cache.count == 2)
        let binding = try #require(agent.machine.cache[Sample.home])
        #expect(binding.expiresAt == agent.now + .seconds(500))
        #expect(binding.prefixes == [Sample.mobilePrefix])
        #expect(binding.mode == .explicit)
        #expect(binding.name == "bus-17")
        #expect(binding.lifetime == .seconds(600))
        #expect(agent.machine.cache[Sample.otherHome]?.linkLocalCompatibility == true)
        #expect(agent.installed.count == 2)
        #expect(Self.restored(snapshot, after: .seconds(600)).machine.cache.count == 0)
    }

    @Test("a Binding Update from before the restart is not accepted again")
    func repeated() {
        var agent = Self.agent()
        let envelope = agent.envelope()
        #expect(agent.deliver(envelope) == .accepted)
        var after = Self.restored(Self.snapshot(agent), after: .seconds(2))
        #expect(after.deliver(envelope) == .mobilityIdentifierMismatch)
    }

    @Test("a de-registered binding's sequence number is remembered as long as it would have been")
    func memory() {
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node(authentication: .insecure)]))
        agent.update { $0.association = nil }
        let late = agent.envelope { $0.association = nil }
        agent.update {
            $0.association = nil; $0.lifetime = .zero
        }
        let snapshot = Self.snapshot(agent)
        for (span, status) in [(4, BindingStatus.sequenceNumberOutOfWindow), (11, .accepted)] {
            var after = HomeAgentHarness(agent.machine.configuration)
            after.handle(.snapshotRestored(snapshot, wallClock: snapshot.savedAt + .seconds(Int64(span))))
            #expect(after.deliver(late) == status)
        }
    }

    @Test("a file from the future gives back no bindings, but still keeps repetitions away")
    func future() {
        let snapshot = Self.snapshot(Self.agent())
        let agent = Self.restored(snapshot, after: .seconds(-60))
        #expect(agent.machine.cache.count == 0)
        #expect(agent.machine.acceptedTimestamps.count == 2)
        #expect(agent.logs.contains { $0.contains("future") })
        // A clock that was set back by a little is nothing to worry about.
        #expect(Self.restored(snapshot, after: .seconds(-3)).machine.cache.count == 2)
    }

    @Test("who is not configured any more is left out")
    func configuration() {
        let snapshot = Self.snapshot(Self.agent())
        var agent = HomeAgentHarness(Sample.homeAgent(nodes: [Sample.node()]))
        agent.handle(.snapshotRestored(snapshot, wallClock: snapshot.savedAt))
        #expect(agent.machine.cache.bindings.map(\.homeAddress) == [Sample.home])
        #expect(agent.machine.acceptedTimestamps.keys == [Sample.home])
    }

    @Test("the file's octets are those of its description")
    func golden() {
        var snapshot = BindingSnapshot(savedAt: NTPTimestamp(rawValue: 0x0102_0304_0506_0708))
        snapshot.timestamps = [.init(homeAddress: Sample.home, timestamp: NTPTimestamp(rawValue: 1))]
        let octets = snapshot.encoded()
        let expected: [UInt8] =
            Array("SHISABIN".utf8) + [0, 1, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8] + [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
            + Sample.home.octets + [0, 0, 0, 0, 0, 0, 0, 1]
        #expect(Array(octets.dropLast(4)) == expected)
        // The check value of CRC-32.
        #expect(CRC32.of(Array("123456789".utf8).span.bytes) == 0xcbf4_3926)
    }

    @Test("a file that is cut, changed, newer or something else is refused")
    func damaged() {
        let octets = Self.snapshot(Self.agent()).encoded()
        for count in 0..<octets.count {
            #expect(throws: BindingSnapshotError.self) { try BindingSnapshot(decoding: Array(octets.prefix(count))) }
        }
        for index in octets.indices {
            var changed = octets
            changed[index] ^= 0x10
            #expect(throws: BindingSnapshotError.self) { try BindingSnapshot(decoding: changed) }
        }
        #expect(throws: BindingSnapshotError.notASnapshot) { try BindingSnapshot(decoding: Array("hello".utf8)) }
        var newer = octets
        newer[9] = 2
        #expect(throws: BindingSnapshotError.version(2)) { try BindingSnapshot(decoding: newer) }
        #expect(throws: BindingSnapshotError.checksum) { try BindingSnapshot(decoding: octets + [0]) }
    }

    @Test(
        "one whose checksum is right may still say anything, and nothing traps", arguments: 1...5 as ClosedRange<UInt64>
    )
    func hostile(seed: UInt64) {
        var random = RandomNumbers(seed: seed)
        let whole = Self.snapshot(Self.agent()).encoded().dropLast(4)
        var accepted = 0
        for _ in 0..<3000 {
            var octets = Array(whole)
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                octets[Int.random(in: 12..<octets.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) {
                octets = Array(octets.prefix(Int.random(in: 12...octets.count, using: &random)))
            }
            let sum = CRC32.of(octets.span.bytes)
            octets += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: sum >> UInt32($0)) }
            guard let snapshot = try? BindingSnapshot(decoding: octets) else { continue }
            accepted += 1
            let agent = Self.restored(snapshot, after: .seconds(1))
            // Whatever it says, only what the configuration allows, and for no longer than its lifetime.
            for binding in agent.machine.cache.bindings {
                #expect(Self.nodes.contains { $0.homeAddress == binding.homeAddress })
                #expect(binding.expiresAt - agent.now <= binding.lifetime)
            }
        }
        #expect(accepted > 0)
    }

    @Test("the latest time that a home agent went by is that of the file or of a node's timestamp ahead of it")
    func latestTime() {
        var snapshot = BindingSnapshot(savedAt: Sample.wallClock)
        #expect(snapshot.latestTime == Sample.wallClock)
        let ahead = Sample.wallClock + .seconds(6)
        snapshot.timestamps = [
            .init(homeAddress: Sample.home, timestamp: ahead),
            .init(homeAddress: Sample.otherHome, timestamp: NTPTimestamp(unixSeconds: 1_795_478_000)),
        ]
        #expect(snapshot.latestTime == ahead)
    }
}
