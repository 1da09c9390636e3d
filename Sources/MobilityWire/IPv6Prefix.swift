/// An IPv6 prefix: an address whose bits behind `length` are zero, and a length of 0 to 128.
public struct IPv6Prefix: Hashable, Comparable, Sendable {
    public let address: IPv6Address
    public let length: UInt8

    /// Clears the bits behind `length`; a length above 128 counts as 128.
    public init(_ address: IPv6Address, length: UInt8) {
        let length = min(length, 128)
        self.address = address.masked(to: length)
        self.length = length
    }

    /// The prefix of 128 bits that holds one address.
    public init(host address: IPv6Address) {
        self.address = address
        self.length = 128
    }

    public func contains(_ other: IPv6Address) -> Bool { other.masked(to: length) == address }

    /// Whether every address of `other` is in this prefix.
    public func contains(_ other: IPv6Prefix) -> Bool { other.length >= length && contains(other.address) }

    /// The Mobile IPv6 Home-Agents anycast address of a link with this prefix (RFC 2526 §2 and §3, RFC 6275 §6.5): number
    /// 126 of the reserved ones, which end in 7 bits of their own behind bits that are all one.
    ///
    /// At 64 bits, where interface identifiers are EUI-64, the universal bit among the ones is zero; at other lengths
    /// RFC 2526 fills everything with ones. Nil where the prefix leaves no room for the 7 bits.
    public var homeAgentsAnycast: IPv6Address? {
        let last: UInt64 = 0xffff_ffff_ffff_fffe
        switch length {
        case 64: return address.homeAgentsAnycast
        case 0: return IPv6Address(high: .max, low: last)
        case 1..<64: return IPv6Address(high: address.high | UInt64.max >> UInt64(length), low: last)
        case 65...121:
            return IPv6Address(high: address.high, low: address.low | UInt64.max >> UInt64(length - 64) & ~1)
        default: return nil
        }
    }

    public static func < (left: IPv6Prefix, right: IPv6Prefix) -> Bool {
        left.address != right.address ? left.address < right.address : left.length < right.length
    }
}

extension IPv6Address {
    /// The address with the bits behind `length` cleared.
    @inlinable
    public func masked(to length: UInt8) -> IPv6Address {
        switch length {
        case 0: .unspecified
        case 1...63: IPv6Address(high: high & ~(UInt64.max >> UInt64(length)), low: 0)
        case 64: IPv6Address(high: high, low: 0)
        case 65...127: IPv6Address(high: high, low: low & ~(UInt64.max >> UInt64(length - 64)))
        default: self
        }
    }
}
