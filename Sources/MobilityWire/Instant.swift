/// A point on the monotonic clock, in milliseconds since an arbitrary start.
///
/// Nothing in the pure rooms reads a clock: an `Instant` comes in as an argument.
public struct Instant: Hashable, Comparable, Sendable {
    public var milliseconds: Int64

    public init(milliseconds: Int64) { self.milliseconds = milliseconds }

    public static func < (left: Instant, right: Instant) -> Bool { left.milliseconds < right.milliseconds }
    public static func + (left: Instant, right: Span) -> Instant {
        Instant(milliseconds: left.milliseconds &+ right.milliseconds)
    }
    public static func - (left: Instant, right: Span) -> Instant {
        Instant(milliseconds: left.milliseconds &- right.milliseconds)
    }
    public static func - (left: Instant, right: Instant) -> Span {
        Span(milliseconds: left.milliseconds &- right.milliseconds)
    }

    /// A length of time in milliseconds.
    public struct Span: Hashable, Comparable, Sendable {
        public var milliseconds: Int64

        public init(milliseconds: Int64) { self.milliseconds = milliseconds }

        public static let zero = Span(milliseconds: 0)
        public static func milliseconds(_ count: Int64) -> Span { Span(milliseconds: count) }
        public static func seconds(_ count: Int64) -> Span { Span(milliseconds: count * 1000) }
        /// The length in seconds.
        public var seconds: Double { Double(milliseconds) / 1000 }

        public static func < (left: Span, right: Span) -> Bool { left.milliseconds < right.milliseconds }
        public static func + (left: Span, right: Span) -> Span {
            Span(milliseconds: left.milliseconds &+ right.milliseconds)
        }
        public static func - (left: Span, right: Span) -> Span {
            Span(milliseconds: left.milliseconds &- right.milliseconds)
        }
        public static func * (left: Span, right: Int64) -> Span { Span(milliseconds: left.milliseconds &* right) }
        public static func / (left: Span, right: Int64) -> Span { Span(milliseconds: left.milliseconds / right) }
    }
}
