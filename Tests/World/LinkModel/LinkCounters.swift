/// What became of the frames of one direction.
public struct LinkCounters: Equatable, Sendable {
    /// Delivered at the other end.
    public var passed = 0
    /// Lost by chance, or on the way when the cable was pulled.
    public var lost = 0
    /// Dropped because the queue was full.
    public var overflowed = 0

    public init(passed: Int = 0, lost: Int = 0, overflowed: Int = 0) {
        self.passed = passed
        self.lost = lost
        self.overflowed = overflowed
    }
}
