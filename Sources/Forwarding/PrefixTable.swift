public import MobilityWire

/// Longest-prefix match for addresses: one hash table for each prefix length in use, longest first.
///
/// A look-up costs one probe for each *length*, whether the table holds ten prefixes or a million. The table is built
/// once and never changed, so that readers need no lock.
public struct PrefixTable: Sendable {
    private struct Level: Sendable {
        var length: UInt8
        /// The number of slots less one; slots are a power of two.
        var slotMask: Int
        /// Values below zero are empty slots.
        var slots: [Slot]
    }

    private struct Slot: Sendable {
        var key: IPv6Address
        var value: Int32
    }

    private var levels: [Level] = []

    /// Builds the table; of two entries with one prefix the later one stays.
    ///
    /// - Parameter entries: prefixes with values of at least zero.
    public init(_ entries: [(prefix: IPv6Prefix, value: Int32)]) {
        let byLength = Dictionary(grouping: entries) { $0.prefix.length }
        for (length, members) in byLength.sorted(by: { $0.key > $1.key }) {
            levels.append(Self.level(length: length, members: members))
        }
    }

    public var isEmpty: Bool { levels.isEmpty }

    /// The value of the longest prefix that contains `address`.
    @inline(__always)
    public func lookup(_ address: IPv6Address) -> Int32? {
        for level in levels {
            if let value = Self.find(address.masked(to: level.length), in: level) { return value }
        }
        return nil
    }

    @inline(__always)
    private static func find(_ key: IPv6Address, in level: Level) -> Int32? {
        var index = hash(key) & level.slotMask
        while true {
            let slot = level.slots[index]
            if slot.value < 0 { return nil }
            if slot.key == key { return slot.value }
            index = (index + 1) & level.slotMask
        }
    }

    private static func level(length: UInt8, members: [(prefix: IPv6Prefix, value: Int32)]) -> Level {
        var capacity = 8
        // At most half full, so that a probe sequence is short and always ends.
        while capacity < members.count * 2 { capacity *= 2 }
        var slots = [Slot](repeating: Slot(key: .unspecified, value: -1), count: capacity)
        for member in members where member.value >= 0 {
            let key = member.prefix.address
            var index = hash(key) & (capacity - 1)
            while slots[index].value >= 0 && slots[index].key != key { index = (index + 1) & (capacity - 1) }
            slots[index] = Slot(key: key, value: member.value)
        }
        return Level(length: length, slotMask: capacity - 1, slots: slots)
    }

    @inline(__always)
    private static func hash(_ key: IPv6Address) -> Int { Int(truncatingIfNeeded: key.mixed & 0x7fff_ffff) }
}
