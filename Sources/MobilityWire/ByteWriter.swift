/// Octets of the network's byte order, written one field behind the other.
public struct ByteWriter: Sendable {
    public private(set) var octets: [UInt8] = []

    public init(capacity: Int = 128) { octets.reserveCapacity(capacity) }

    public var count: Int { octets.count }

    public mutating func write(_ octet: UInt8) { octets.append(octet) }

    public mutating func write(_ number: UInt16) {
        octets.append(UInt8(truncatingIfNeeded: number >> 8))
        octets.append(UInt8(truncatingIfNeeded: number))
    }

    public mutating func write(_ number: UInt32) {
        write(UInt16(truncatingIfNeeded: number >> 16))
        write(UInt16(truncatingIfNeeded: number))
    }

    public mutating func write(_ number: UInt64) {
        write(UInt32(truncatingIfNeeded: number >> 32))
        write(UInt32(truncatingIfNeeded: number))
    }

    public mutating func write(_ address: IPv6Address) {
        write(address.high)
        write(address.low)
    }

    public mutating func write(_ others: some Sequence<UInt8>) { octets.append(contentsOf: others) }

    public mutating func write(zeros count: Int) { octets.append(contentsOf: repeatElement(0, count: count)) }

    /// Writes `count` octets of padding as options: nothing, Pad1, or one PadN (RFC 8200 §4.2, RFC 6275 §6.2.3).
    public mutating func write(padding count: Int) {
        switch count {
        case 0: break
        case 1: write(0 as UInt8)
        default:
            write(1 as UInt8)
            write(UInt8(count - 2))
            write(zeros: count - 2)
        }
    }

    /// Puts `number` over the two octets at `offset`, which have been written before.
    public mutating func overwrite(_ number: UInt16, at offset: Int) {
        octets[offset] = UInt8(truncatingIfNeeded: number >> 8)
        octets[offset + 1] = UInt8(truncatingIfNeeded: number)
    }

    public mutating func overwrite(_ octet: UInt8, at offset: Int) { octets[offset] = octet }
}
