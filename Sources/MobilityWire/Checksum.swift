/// The Internet checksum (RFC 1071) and its pseudo-header for IPv6 (RFC 8200 §8.1).
///
/// A value is a partial sum: parts may be added in any order, and the sum of a payload that stays the same may be kept
/// and added to the sum of headers that change.
///
///     var sum = Checksum(source: source, destination: destination, length: length, nextHeader: .udp)
///     sum.add(bytes)
///     let field = sum.value
public struct Checksum: Hashable, Sendable {
    /// One's complement sum of 16-bit words in the machine's byte order, not folded. Below 2^48 after any call.
    @usableFromInline var sum: UInt64 = 0

    @inlinable
    public init() {}

    /// The sum over the pseudo-header.
    ///
    /// With a type 2 routing header `destination` is the final one, with a Home Address option `source` is the home
    /// address (RFC 6275 §6.1.1, §11.3.1).
    ///
    /// - Parameter length: upper-layer packet length in octets.
    @inlinable
    public init(source: IPv6Address, destination: IPv6Address, length: Int, nextHeader: IPProtocol) {
        add(source)
        add(destination)
        add(UInt32(truncatingIfNeeded: length))
        add(UInt16(nextHeader.rawValue))
    }

    /// Adds octets that begin at an even place of the whole; an odd number of them is filled up with a zero.
    @inlinable
    public mutating func add(_ bytes: RawSpan) { accumulate(bytes.sumOfWords()) }

    @inlinable
    public mutating func add(_ address: IPv6Address) {
        accumulate(halves(address.high.bigEndian) &+ halves(address.low.bigEndian))
    }

    @inlinable
    public mutating func add(_ number: UInt32) { accumulate(UInt64(number.bigEndian)) }

    @inlinable
    public mutating func add(_ number: UInt16) { accumulate(UInt64(number.bigEndian)) }

    /// Adds the sum of another part.
    ///
    /// - Parameter atOddOffset: whether that part begins at an odd place of the whole.
    @inlinable
    public mutating func add(_ part: Checksum, atOddOffset: Bool = false) {
        let folded = part.folded
        accumulate(UInt64(atOddOffset ? folded.byteSwapped : folded))
    }

    /// Takes away a word that was added before, as when a header's field changes (RFC 1624).
    @inlinable
    public mutating func subtract(_ number: UInt16) { add(~number) }

    @inlinable
    public mutating func subtract(_ address: IPv6Address) {
        add(IPv6Address(high: ~address.high, low: ~address.low))
    }

    /// The value for the checksum field, if that field was zero in what was added.
    @inlinable
    public var value: UInt16 { ~UInt16(bigEndian: folded) }

    /// Whether the octets are whole, if the checksum field was in what was added.
    @inlinable
    public var isValid: Bool { folded == 0xffff }

    /// The value of UDP's field: zero means "no checksum" there, so that all ones stand for it (RFC 8200 §8.1).
    @inlinable
    public var valueForUDP: UInt16 {
        let value = value
        return value == 0 ? 0xffff : value
    }

    @usableFromInline
    var folded: UInt16 {
        var sum = (sum >> 32) &+ (sum & 0xffff_ffff)
        sum = (sum >> 16) &+ (sum & 0xffff)
        sum = (sum >> 16) &+ (sum & 0xffff)
        sum = (sum >> 16) &+ (sum & 0xffff)
        return UInt16(truncatingIfNeeded: sum)
    }

    @usableFromInline
    mutating func accumulate(_ words: UInt64) {
        // Both operands are brought below 2^33 first: 2^32 is 1 modulo 2^16 - 1.
        sum = (sum >> 32) &+ (sum & 0xffff_ffff) &+ halves(words)
    }

    @usableFromInline
    func halves(_ word: UInt64) -> UInt64 { (word >> 32) &+ (word & 0xffff_ffff) }
}
