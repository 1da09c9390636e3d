/// The lifetime of a binding as the wire carries it: units of 4 seconds (RFC 6275 §6.1.7).
///
/// Outside this room lifetimes are seconds.
public struct BindingLifetime: RawRepresentable, Hashable, Sendable {
    /// Units of 4 seconds.
    public var rawValue: UInt16

    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// The longest lifetime of at most `seconds`; what the field cannot hold becomes its greatest value, 262,140 s.
    public init(seconds: Int64) { rawValue = UInt16(clamping: max(seconds, 0) / 4) }

    public var seconds: Int64 { Int64(rawValue) * 4 }
    public var span: Instant.Span { .seconds(seconds) }

    /// A lifetime of zero asks for, or acknowledges, the end of a binding.
    public static let zero = BindingLifetime(rawValue: 0)
}
