public import MobilityWire

/// A time of day as the Network Time Protocol writes it: seconds since 1900 in the upper 32 bits, fractions in the
/// lower (RFC 1305, RFC 4285 §6).
///
/// Differences are taken modulo 2^64, so that the roll-over of 2036 is a point like any other.
public struct NTPTimestamp: RawRepresentable, Hashable, Sendable {
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// From the time since 1970, as `clock_gettime(CLOCK_REALTIME)` gives it.
    public init(unixSeconds: Int64, nanoseconds: Int64 = 0) {
        let seconds = UInt64(bitPattern: unixSeconds &+ Self.secondsFrom1900To1970) & 0xffff_ffff
        let fraction = (UInt64(max(0, min(nanoseconds, 999_999_999))) << 32) / 1_000_000_000
        rawValue = seconds << 32 | fraction
    }

    private static let secondsFrom1900To1970: Int64 = 2_208_988_800

    /// The whole seconds since 1900, modulo 2^32.
    public var seconds: UInt32 { UInt32(truncatingIfNeeded: rawValue >> 32) }
    /// The fraction of a second, in units of 2^-32 s.
    public var fraction: UInt32 { UInt32(truncatingIfNeeded: rawValue) }

    /// Whether this time is after `other`, modulo 2^64.
    public func isNewer(than other: NTPTimestamp) -> Bool { Int64(bitPattern: rawValue &- other.rawValue) > 0 }

    /// Whether the two times are at most `tolerance` apart, in either direction.
    public func isClose(to other: NTPTimestamp, within tolerance: Instant.Span) -> Bool {
        let difference = Int64(bitPattern: rawValue &- other.rawValue).magnitude
        return difference <= Self.units(tolerance).magnitude
    }

    public static func + (left: NTPTimestamp, right: Instant.Span) -> NTPTimestamp {
        NTPTimestamp(rawValue: left.rawValue &+ UInt64(bitPattern: units(right)))
    }

    /// The span in units of 2^-32 s, modulo 2^64.
    private static func units(_ span: Instant.Span) -> Int64 {
        let (seconds, milliseconds) = span.milliseconds.quotientAndRemainder(dividingBy: 1000)
        return (seconds &<< 32) &+ (milliseconds << 32) / 1000
    }
}
