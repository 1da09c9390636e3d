import MobilityCore
import MobilityWire

/// The mobile routers of the load: everything about each follows from its number, so that nothing of them is stored.
enum Population {
    static let homeAgent = IPv6Address(high: homeNetwork, low: 1)
    static let homePrefix = IPv6Prefix(IPv6Address(high: homeNetwork, low: 0), length: 64)
    static let securityParameterIndex: UInt32 = 1000

    private static let homeNetwork: UInt64 = 0x2001_0db8_0001_0000
    private static let firstHomeInterface: UInt64 = 0x1_0000_0000

    static func homeAddress(_ node: Int) -> IPv6Address {
        IPv6Address(high: homeNetwork, low: firstHomeInterface + UInt64(node))
    }

    /// The number of the node with this home address.
    static func node(of homeAddress: IPv6Address) -> Int { Int(homeAddress.low &- firstHomeInterface) }

    static func prefix(_ node: Int) -> IPv6Prefix {
        IPv6Prefix(IPv6Address(high: 0x2001_0db9_0000_0000 + UInt64(node), low: 0), length: 64)
    }

    /// Where the node is after it has moved `moves` times.
    static func careOfAddress(_ node: Int, moves: Int) -> IPv6Address {
        IPv6Address(
            high: 0x2001_0dba_0000_0000 + UInt64(moves) << 16, low: 0x0200_0000_0000_0000 + UInt64(node))
    }

    /// 16 octets that differ from node to node.
    static func key(_ node: Int) -> (UInt64, UInt64) {
        var numbers = RandomNumbers(seed: UInt64(node))
        return (numbers.next(), numbers.next())
    }

    static func association(_ node: Int) throws(MobilitySecurityAssociationError) -> MobilitySecurityAssociation {
        try MobilitySecurityAssociation(
            securityParameterIndex: securityParameterIndex, key: try SharedKey(keyOctets(node)))
    }

    static func keyOctets(_ node: Int) -> [UInt8] {
        let (first, second) = key(node)
        return withUnsafeBytes(of: (first.bigEndian, second.bigEndian)) { [UInt8]($0) }
    }
}
