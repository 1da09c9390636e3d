import MobilityWire

/// Keeps the programming of engine and kernel from taking all the time: where a run takes long, because very much is bound,
/// the next one waits as long as it took, and what is announced meanwhile is in it.
struct ApplyPacer: Sendable {
    /// Runs shorter than this never delay the next one.
    static let unnoticed = Instant.Span.milliseconds(20)
    /// The longest delay.
    static let longest = Instant.Span.seconds(1)

    private var restsUntil: Instant?

    /// A run took this long.
    mutating func noteRun(from start: Instant, to end: Instant) {
        let duration = end - start
        restsUntil = duration < Self.unnoticed ? nil : end + min(duration, Self.longest)
    }

    /// When the next run may begin; nil for at once.
    func start(at now: Instant) -> Instant? { restsUntil.flatMap { $0 > now ? $0 : nil } }
}
