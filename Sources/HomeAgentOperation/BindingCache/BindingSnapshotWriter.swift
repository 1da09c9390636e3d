public import MobilityCore
public import MobilityWire

/// Makes the octets of a `BindingSnapshot` from a machine that goes on working meanwhile: a few nodes at a time, so that
/// with a million bindings no Binding Update waits for the file.
///
///     var writer = BindingSnapshotWriter(machine, wallClock: time, at: now)
///     while !writer.isComplete { writer.take(5000, from: machine) }  // and let others work between
///     let octets = writer.finish()                                   // on whatever thread
///
/// Each node is as it was when it was taken; what changes later belongs into the next snapshot.
public struct BindingSnapshotWriter: Sendable {
    private let savedAt: NTPTimestamp
    private let startedAt: Instant
    private var waiting: ArraySlice<IPv6Address>
    private var bindings = Section()
    private var memories = Section()
    private var timestamps = Section()

    /// Entries of one kind.
    struct Section: Sendable {
        var count: UInt32 = 0
        var writer = ByteWriter()
    }

    public init(_ machine: HomeAgentMachine, wallClock: NTPTimestamp, at now: Instant) {
        savedAt = wallClock
        startedAt = now
        // A binding belongs to a node that the configuration names.
        waiting = ArraySlice(machine.configuration.nodes.keys)
    }

    public var isComplete: Bool { waiting.isEmpty }

    /// Takes up to `count` nodes.
    public mutating func take(_ count: Int, from machine: HomeAgentMachine) {
        for homeAddress in waiting.prefix(count) { take(homeAddress, from: machine) }
        waiting = waiting.dropFirst(count)
    }

    private mutating func take(_ homeAddress: IPv6Address, from machine: HomeAgentMachine) {
        for binding in machine.cache.bindings(of: homeAddress) where binding.expiresAt > startedAt {
            // All spans count from the time of writing, also of what was renewed since.
            let remaining = min(binding.expiresAt - startedAt, binding.lifetime)
            BindingSnapshot.write(.init(binding: binding, remaining: remaining), into: &bindings)
        }
        if let memory = machine.cache.memory(of: homeAddress) {
            BindingSnapshot.write(
                .init(
                    homeAddress: homeAddress, sequenceNumber: memory.sequenceNumber,
                    remaining: min(memory.forgetAt - startedAt, SpecificationConstants.deletedBindingMemory)),
                into: &memories)
        }
        if let timestamp = machine.acceptedTimestamps[homeAddress] {
            BindingSnapshot.write(.init(homeAddress: homeAddress, timestamp: timestamp), into: &timestamps)
        }
    }

    /// The whole file.
    public func finish() -> [UInt8] {
        BindingSnapshot.encoded(savedAt: savedAt, bindings: bindings, memories: memories, timestamps: timestamps)
    }
}
