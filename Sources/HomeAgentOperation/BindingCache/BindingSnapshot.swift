public import MobilityCore
public import MobilityWire

/// What a home agent has to remember over a restart or a crash, as a sequence of octets for a file: bindings, sequence
/// numbers of de-registered ones (RFC 6275 §9.5.1, §10.3.2), and the greatest timestamp of each node (RFC 4285 §6).
///
/// The file holds spans, not instants, and the time of day at which it was written: what is left of a lifetime is what
/// was left then, less the time since. If the clock says that it was written in the future, nobody knows how much time
/// went by: then the bindings are left out, and the numbers that keep repetitions away stay.
///
/// Names and keys are the configuration's and are not in the file. Care-of addresses are: keep it from other users.
public struct BindingSnapshot: Hashable, Sendable {
    /// The time of day of writing.
    public var savedAt: NTPTimestamp
    public var bindings: [SavedBinding] = []
    public var memories: [Memory] = []
    public var timestamps: [Accepted] = []

    public struct SavedBinding: Hashable, Sendable {
        /// Its `expiresAt` says nothing; former care-of addresses are not kept.
        public var binding: Binding
        public var remaining: Instant.Span
    }

    /// A binding that was de-registered a moment ago.
    public struct Memory: Hashable, Sendable {
        public var homeAddress: IPv6Address
        public var sequenceNumber: SequenceNumber
        public var remaining: Instant.Span
    }

    public struct Accepted: Hashable, Sendable {
        public var homeAddress: IPv6Address
        public var timestamp: NTPTimestamp
    }

    public init(savedAt: NTPTimestamp) { self.savedAt = savedAt }

    /// The latest time of day that the home agent has gone by. A clock that shows an earlier one after a restart must not be
    /// followed: nodes would be told a time whose timestamps they have used up, and refused until it is over.
    public var latestTime: NTPTimestamp {
        timestamps.reduce(savedAt) { $1.timestamp.isNewer(than: $0) ? $1.timestamp : $0 }
    }

    /// How much time has passed since, at most 136 years; nil if the clock went back.
    func elapsed(at wallClock: NTPTimestamp) -> Instant.Span? {
        let difference = Int64(bitPattern: wallClock.rawValue &- savedAt.rawValue)
        if difference >= 0 {
            return .milliseconds((difference >> 32) * 1000 + (((difference & 0xffff_ffff) * 1000) >> 32))
        }
        return savedAt.isClose(to: wallClock, within: SpecificationConstants.timestampTolerance) ? .zero : nil
    }
}

/// Why a file is not a snapshot.
public enum BindingSnapshotError: Error, Hashable {
    case notASnapshot
    /// Written by a newer program.
    case version(UInt16)
    case truncated
    /// Something in it was changed.
    case checksum
    /// A value that no home agent writes.
    case malformed
}

extension HomeAgentMachine {
    /// What to write into the file now.
    public func snapshot(wallClock: NTPTimestamp, at now: Instant) -> BindingSnapshot {
        var snapshot = BindingSnapshot(savedAt: wallClock)
        snapshot.bindings = cache.bindings.filter { $0.expiresAt > now }.map { binding in
            var kept = binding
            kept.formerCareOfAddresses = []
            kept.name = ""
            kept.expiresAt = Instant(milliseconds: 0)
            return BindingSnapshot.SavedBinding(binding: kept, remaining: binding.expiresAt - now)
        }
        snapshot.memories = cache.remembered.map {
            BindingSnapshot.Memory(
                homeAddress: $0.homeAddress, sequenceNumber: $0.sequenceNumber, remaining: $0.forgetAt - now)
        }
        snapshot.timestamps = acceptedTimestamps.map {
            BindingSnapshot.Accepted(homeAddress: $0.key, timestamp: $0.value)
        }
        return snapshot
    }

    /// Takes over what a program before this one knew; whatever the configuration does not allow is left out.
    mutating func restore(_ snapshot: BindingSnapshot, wallClock: NTPTimestamp, at now: Instant) {
        for accepted in snapshot.timestamps where configuration.nodes[accepted.homeAddress] != nil {
            if let known = acceptedTimestamps[accepted.homeAddress], !accepted.timestamp.isNewer(than: known) {
                continue
            }
            acceptedTimestamps[accepted.homeAddress] = accepted.timestamp
        }
        guard let elapsed = snapshot.elapsed(at: wallClock) else {
            log(.warning, "the state file is from the future: its bindings are left out")
            return
        }
        for saved in snapshot.bindings where saved.remaining > elapsed {
            var binding = saved.binding
            let left = saved.remaining - elapsed
            guard left <= binding.lifetime else { continue }
            binding.expiresAt = now + left
            binding.name = configuration.nodes[binding.homeAddress]?.name ?? ""
            restore(binding, at: now)
        }
        for memory in snapshot.memories where memory.remaining > elapsed {
            guard configuration.nodes[memory.homeAddress] != nil, memory.remaining <= Self.longestMemory else {
                continue
            }
            cache.remember(
                memory.homeAddress, sequenceNumber: memory.sequenceNumber, until: now + (memory.remaining - elapsed))
        }
    }

    private static var longestMemory: Instant.Span { SpecificationConstants.deletedBindingMemory }
}
