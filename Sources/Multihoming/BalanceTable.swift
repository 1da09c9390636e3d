import MobilityWire

/// Which uplink carries which flows: a bucket for each remainder of the flow's hash, an uplink for each bucket.
///
/// Buckets are given out by weighted rendezvous hashing: each uplink draws a number for each bucket, from its name and the
/// bucket alone, and the best draw has it. So an uplink that leaves loses its buckets to the others and no other bucket
/// moves, and one that comes takes only what it wins: a flow changes its uplink, and with it perhaps the order of its
/// packets, only when it must.
public struct BalanceTable: Hashable, Sendable {
    public struct Member: Hashable, Sendable {
        public var index: UInt32
        public var name: String
        public var weight: UInt32

        public init(index: UInt32, name: String, weight: UInt32) {
            self.index = index
            self.name = name
            self.weight = weight
        }
    }

    public let members: [Member]
    /// Those that have buckets.
    public let sharing: [Member]
    /// The interface index of each bucket; `BucketSet.count` of them, or none without members.
    public let buckets: [UInt32]

    /// - Parameter members: Those of weight 0 get nothing, unless all have it.
    public init(_ members: [Member]) {
        self.members = members
        let weighted = members.filter { $0.weight > 0 }
        self.sharing = weighted.isEmpty ? members : weighted
        let sharing = self.sharing.map {
            (index: $0.index, seed: Self.seed($0.name), weight: Double(max($0.weight, 1)))
        }
        guard !sharing.isEmpty else {
            buckets = []
            return
        }
        buckets = (0..<UInt64(BucketSet.count)).map { bucket in
            var best: (index: UInt32, draw: Double) = (sharing[0].index, .infinity)
            for member in sharing {
                // The least of exponentially distributed draws falls to each in proportion to its weight.
                let unit = (Double(Self.mixed(member.seed ^ Self.mixed(bucket)) >> 11) + 0.5) / 9_007_199_254_740_992
                let draw = -Logarithm.base2(unit) / member.weight
                if draw < best.draw { best = (member.index, draw) }
            }
            return best.index
        }
    }

    /// How much of the flows a member has, in thousandths.
    public func permille(of index: UInt32) -> Int {
        buckets.isEmpty ? 0 : (buckets.count { $0 == index } * 1000 + buckets.count / 2) / buckets.count
    }

    /// How much each has, in thousandths, by index.
    var parts: [UInt32: Int] { Dictionary(sharing.map { ($0.index, permille(of: $0.index)) }) { first, _ in first } }

    /// FNV-1a: the same on every run, which Swift's own hashes are not.
    private static func seed(_ name: String) -> UInt64 {
        name.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    private static func mixed(_ value: UInt64) -> UInt64 {
        var numbers = RandomNumbers(seed: value)
        return numbers.next()
    }
}
