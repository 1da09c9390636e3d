import MobilityWire
import Multihoming

/// An interface of a node: what it is, and what the node's movement detector says of it.
struct SimulatedUplink {
    /// The access link that it is on; nil for none, `Network.homeLink` at home.
    var link: Int?
    var address = IPv6Address.unspecified
    /// Whether the link carries anything.
    var isAlive = false
    /// Whether the movement detector has said that it is dead.
    var isKnownDead = false
    /// Counts the changes, so that what was to follow from an earlier one does not.
    var generation = 0

    /// Whether the node may use it, as far as it knows.
    var isReported: Bool { link != nil && !isKnownDead }
    /// Whether it takes packets in and out by this address.
    func carries(_ address: IPv6Address) -> Bool { link != nil && isAlive && self.address == address }

    func report(index: UInt32) -> Uplink {
        Uplink(
            index: index, name: "", metric: index, hasCarrier: link != nil, hasDefaultRouter: isReported,
            candidates: link == nil ? [] : [CareOfCandidate(address: address)])
    }
}
