/// The sequence number of a Binding Update; compares modulo 2^16 (RFC 6275 §9.5.1).
public struct SequenceNumber: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// Whether this number follows `other`: the difference modulo 2^16 is 1 to 32767.
    public func isNewer(than other: SequenceNumber) -> Bool {
        let distance = rawValue &- other.rawValue
        return distance != 0 && distance < 0x8000
    }

    public var next: SequenceNumber { SequenceNumber(rawValue: rawValue &+ 1) }
}
