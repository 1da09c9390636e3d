import MobilityWire

/// A hash table for pairs of addresses, built once and never changed, so that readers need no lock.
///
/// Home addresses at a correspondent are chosen by strangers: without the secret seed one could choose such as fall into
/// one place, and make every look-up a long one.
struct PairTable: Sendable {
    private struct Slot: Sendable {
        var local: IPv6Address
        var remote: IPv6Address
        /// Below zero where the slot is empty.
        var value: Int32
    }

    private var slots: [Slot] = []
    private let seed: UInt64

    /// - Parameter entries: pairs with values of at least zero; of two entries for one pair the later one stays.
    init(_ entries: [(local: IPv6Address, remote: IPv6Address, value: Int32)], seed: UInt64) {
        self.seed = seed
        guard !entries.isEmpty else { return }
        var capacity = 8
        // At most half full, so that a probe sequence is short and always ends.
        while capacity < entries.count * 2 { capacity *= 2 }
        slots = [Slot](repeating: Slot(local: .unspecified, remote: .unspecified, value: -1), count: capacity)
        for entry in entries where entry.value >= 0 {
            var index = Self.hash(entry.local, entry.remote, seed: seed) & (capacity - 1)
            while slots[index].value >= 0, slots[index].local != entry.local || slots[index].remote != entry.remote {
                index = (index + 1) & (capacity - 1)
            }
            slots[index] = Slot(local: entry.local, remote: entry.remote, value: entry.value)
        }
    }

    @inline(__always)
    var isEmpty: Bool { slots.isEmpty }

    @inline(__always)
    func lookup(_ local: IPv6Address, _ remote: IPv6Address) -> Int? {
        guard !slots.isEmpty else { return nil }
        let mask = slots.count - 1
        var index = Self.hash(local, remote, seed: seed) & mask
        while true {
            let slot = slots[index]
            if slot.value < 0 { return nil }
            if slot.remote == remote, slot.local == local { return Int(slot.value) }
            index = (index + 1) & mask
        }
    }

    /// Folded products of the halves with the secret between them: what collides cannot be told without the seed.
    @inline(__always)
    static func hash(_ local: IPv6Address, _ remote: IPv6Address, seed: UInt64) -> Int {
        var mixed = fold(remote.high ^ seed, remote.low ^ 0x9e37_79b9_7f4a_7c15)
        mixed = fold(mixed ^ local.high ^ seed, local.low ^ 0xbf58_476d_1ce4_e5b9)
        mixed = fold(mixed ^ seed, 0x94d0_49bb_1331_11eb)
        return Int(truncatingIfNeeded: mixed & 0x7fff_ffff)
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}
