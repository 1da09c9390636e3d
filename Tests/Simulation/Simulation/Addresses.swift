import MobilityWire

/// Who has which address: what an address says can be read from it without a table.
enum Addresses {
    static let homePrefix = IPv6Prefix(IPv6Address(high: 0x2001_0db8_0001_0000, low: 0), length: 64)
    /// Nobody's that has a key.
    static let attacker = IPv6Address(high: 0x2001_0db8_0bad_0000, low: 1)
    private static let accessLinks: UInt64 = 0x2001_0db8_00a0_0000
    private static let correspondents: UInt64 = 0x2001_0db8_000c_0000
    private static let homes: UInt64 = 0x1_0000
    private static let homeLinkHosts: UInt64 = 0x1_0000_0000

    static func homeAgent(_ agent: Int) -> IPv6Address {
        IPv6Address(high: homePrefix.address.high, low: UInt64(agent) + 1)
    }

    static func home(_ home: Int) -> IPv6Address {
        IPv6Address(high: homePrefix.address.high, low: homes + UInt64(home))
    }

    /// What a node that is on its home link has there besides its home address.
    static func onHomeLink(_ node: Int) -> IPv6Address {
        IPv6Address(high: homePrefix.address.high, low: homeLinkHosts + UInt64(node))
    }

    static func mobilePrefix(_ home: Int) -> IPv6Prefix {
        IPv6Prefix(IPv6Address(high: 0x2001_0db8_1000_0000 + UInt64(home) << 4, low: 0), length: 60)
    }

    static func careOf(link: Int, node: Int, serial: Int) -> IPv6Address {
        IPv6Address(high: accessLinks + UInt64(link), low: UInt64(node) << 32 | UInt64(serial))
    }

    static func correspondent(_ peer: Int) -> IPv6Address {
        IPv6Address(high: correspondents, low: UInt64(peer) + 1)
    }

    enum Holder: Equatable {
        case homeAgent(Int)
        case home(Int)
        /// A node on its home link.
        case homeLinkHost(node: Int)
        case careOf(link: Int, node: Int)
        case correspondent(Int)
        case nobody
    }

    static func holder(of address: IPv6Address) -> Holder {
        switch address.high {
        case homePrefix.address.high:
            if address.low >= homeLinkHosts { return .homeLinkHost(node: Int(address.low - homeLinkHosts)) }
            return address.low >= homes ? .home(Int(address.low - homes)) : .homeAgent(Int(address.low) - 1)
        case correspondents: return .correspondent(Int(address.low) - 1)
        case accessLinks..<accessLinks + 0x1_0000:
            return .careOf(link: Int(address.high - accessLinks), node: Int(address.low >> 32))
        default: return .nobody
        }
    }
}
