import MobilityWire

/// How long a program waits before it looks for nemonetd again.
struct RetryPace: Sendable {
    /// While nemonetd may be about to start: an attempt costs two system calls, and whatever is announced is in force the
    /// sooner.
    static let shortest = Instant.Span.milliseconds(20)
    /// So many attempts follow a loss at that pace, five seconds' worth; each later wait is twice as long as the one before.
    static let quickAttempts = 250
    static let longest = Instant.Span.seconds(1)

    private var span = RetryPace.shortest
    private var quickLeft = RetryPace.quickAttempts

    /// The wait before the next attempt.
    mutating func next() -> Instant.Span {
        if quickLeft > 0 {
            quickLeft -= 1
        } else {
            span = min(span * 2, Self.longest)
        }
        return span
    }

    /// nemonetd is there and does not want us: there is no hurry.
    mutating func slowDown() {
        quickLeft = 0
        span = Self.longest
    }
}
