import MobilityWire
import Multihoming

/// An uplink that has a share of what no flow rule takes.
struct UplinkShare: Hashable {
    /// The binding identifier.
    var identifier: UInt16
    /// What its buckets are drawn by: the same whatever else shares.
    var name: String
    var weight: UInt32
}

extension [UplinkShare] {
    /// The buckets of each, by binding identifier, while only these of them are there.
    func buckets(among present: Set<UInt16>) -> [UInt16: BucketSet] {
        let table = BalanceTable(
            filter { present.contains($0.identifier) }.map {
                BalanceTable.Member(index: UInt32($0.identifier), name: $0.name, weight: $0.weight)
            })
        var sets: [UInt16: BucketSet] = [:]
        for (bucket, index) in table.buckets.enumerated() {
            sets[UInt16(truncatingIfNeeded: index), default: BucketSet()].insert(bucket)
        }
        return sets
    }
}

extension UplinkTable {
    /// Who shares, by binding identifiers; nobody where one uplink has it all.
    func shares(_ balance: BalanceTable?, active: UInt32?) -> [UplinkShare] {
        let sharing = balance?.sharing ?? []
        guard sharing.count > 1 || sharing.first.map({ $0.index != active }) == true else { return [] }
        return sharing.compactMap { member in
            bindingIdentifier(of: member.name).map {
                UplinkShare(identifier: $0, name: member.name, weight: member.weight)
            }
        }
    }
}
