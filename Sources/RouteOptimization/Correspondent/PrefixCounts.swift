import MobilityCore
import MobilityWire

/// How many of the entries of a cache have home addresses of one prefix, for each prefix length that has a limit
/// (`Tunables.correspondentShares`).
struct PrefixCounts: Sendable {
    /// By the leading bits of the home addresses, for each length.
    private var counts: [[UInt64: Int]] = Tunables.correspondentShares.map { _ in [:] }

    /// How many there are of each of the prefixes of a home address, in the order of `Tunables.correspondentShares`.
    subscript(homeAddress: IPv6Address) -> [Int] {
        zip(counts, Self.keys(homeAddress)).map { $0[$1] ?? 0 }
    }

    mutating func add(_ homeAddress: IPv6Address) { change(homeAddress, by: 1) }
    mutating func remove(_ homeAddress: IPv6Address) { change(homeAddress, by: -1) }

    private mutating func change(_ homeAddress: IPv6Address, by difference: Int) {
        for (place, key) in Self.keys(homeAddress).enumerated() {
            let count = (counts[place][key] ?? 0) + difference
            counts[place][key] = count > 0 ? count : nil
        }
    }

    private static func keys(_ homeAddress: IPv6Address) -> [UInt64] {
        Tunables.correspondentShares.map { homeAddress.high >> (64 - $0.prefixLength) }
    }
}
