/// A time of the week in which an uplink may be used.
public struct ScheduleWindow: Hashable, Sendable {
    /// Those on which it begins; 0 is Monday.
    public var days: Set<Int>
    /// Minutes since midnight; one whose end is not behind its beginning ends on the next day.
    public var from: Int
    public var to: Int

    /// How many an uplink may have.
    public static let limit = 32

    public init(days: Set<Int> = Set(0...6), from: Int, to: Int) {
        self.days = days
        self.from = from
        self.to = to
    }
}
