import MobilityWire

/// Keeps the programming of engine and kernel from taking all the time: where a run over everything takes long, because very
/// much is bound, the next one waits as long as it took, and what is announced meanwhile is in it. Runs over bindings of
/// nodes alone cost what these cost, and wait for nothing.
struct ApplyPacer: Sendable {
    /// Runs shorter than this never delay the next one.
    static let unnoticed = Instant.Span.milliseconds(20)
    /// The longest delay.
    static let longest = Instant.Span.seconds(1)

    enum Run: Hashable, Sendable {
        case all
        /// Of nodes, as far as they changed.
        case bindings
    }

    /// Whether a run over everything is asked for and has not begun.
    private(set) var isWholeAsked = false
    private var areBindingsAsked = false
    private var restsUntil: Instant?

    /// Asks for a run over everything.
    ///
    /// - Returns: whether nobody has asked for it yet.
    mutating func askForAll() -> Bool {
        defer { isWholeAsked = true }
        return !isWholeAsked
    }

    /// Asks for a run over the bindings that changed.
    ///
    /// - Returns: whether nobody has asked for it yet.
    mutating func askForBindings() -> Bool {
        defer { areBindingsAsked = true }
        return !areBindingsAsked
    }

    /// What to do now of what is asked for.
    ///
    /// - Parameter isForced: whether a run over everything may begin before its time.
    mutating func run(at now: Instant, isForced: Bool) -> Run? {
        if isWholeAsked, isForced || start(at: now) == nil {
            noteStart()
            return .all
        }
        defer { areBindingsAsked = false }
        return areBindingsAsked ? .bindings : nil
    }

    /// A run over everything begins: what is asked for is in it.
    mutating func noteStart() { (isWholeAsked, areBindingsAsked) = (false, false) }

    /// A run over everything took this long.
    mutating func noteRun(from start: Instant, to end: Instant) {
        let duration = end - start
        restsUntil = duration < Self.unnoticed ? nil : end + min(duration, Self.longest)
    }

    /// When the run over everything that is asked for begins; nil where none is.
    func nextRun(at now: Instant) -> Instant? { isWholeAsked ? start(at: now) ?? now : nil }

    /// When the next run may begin; nil for at once.
    func start(at now: Instant) -> Instant? { restsUntil.flatMap { $0 > now ? $0 : nil } }
}
