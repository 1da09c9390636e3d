/// An IPv6 address as a number of 128 bits (RFC 4291).
///
/// The two halves are in the machine's own byte order, so that comparison, masking and hashing are plain arithmetic;
/// the octets of the wire are `octets`.
public struct IPv6Address: Hashable, Comparable, Sendable {
    /// The first 64 bits: the network's part for most addresses.
    public var high: UInt64
    /// The last 64 bits: the interface identifier for most addresses.
    public var low: UInt64

    @inlinable
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// `::`
    @inlinable public static var unspecified: IPv6Address { IPv6Address(high: 0, low: 0) }
    /// `::1`
    @inlinable public static var loopback: IPv6Address { IPv6Address(high: 0, low: 1) }
    /// `ff02::1`
    @inlinable public static var allNodes: IPv6Address { IPv6Address(high: 0xff02_0000_0000_0000, low: 1) }
    /// `ff02::2`
    @inlinable public static var allRouters: IPv6Address { IPv6Address(high: 0xff02_0000_0000_0000, low: 2) }

    @inlinable public var isUnspecified: Bool { self == .unspecified }
    @inlinable public var isLoopback: Bool { self == .loopback }
    /// `ff00::/8`
    @inlinable public var isMulticast: Bool { high >> 56 == 0xff }
    /// `fe80::/10`
    @inlinable public var isLinkLocal: Bool { high >> 54 == 0x3fa }
    /// An address that a packet from far away may carry as its source or a node may register as its own: unicast, and
    /// neither unspecified nor loopback nor link-local.
    public var isRoutableUnicast: Bool { !isUnspecified && !isLoopback && !isMulticast && !isLinkLocal }

    public static func < (left: IPv6Address, right: IPv6Address) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
