import MobilityWire

/// How long a program waits before it looks for nemonetd again.
struct RetryPace: Hashable, Sendable {
    /// While nemonetd may be about to start: an attempt costs two system calls, and whatever is announced is in force the
    /// sooner.
    static let shortest = Instant.Span.milliseconds(20)
    /// So many attempts are made at that pace, five seconds' worth; each later wait is twice as long as the one before.
    static let quickAttempts = 250
    static let longest = Instant.Span.seconds(1)
    /// What a connection must last for the attempts after it to begin anew. Where nemonetd closes each one for what is
    /// announced, all of that is announced once a second in the end.
    static let lasting = Instant.Span.seconds(1)

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

    /// A connection on which nemonetd accepted hello is lost.
    mutating func lost(after duration: Instant.Span) {
        if duration >= Self.lasting { self = RetryPace() }
    }

    /// nemonetd is there and does not want us: there is no hurry.
    mutating func slowDown() {
        quickLeft = 0
        span = Self.longest
    }
}
