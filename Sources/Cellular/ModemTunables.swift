import MobilityWire

/// Numbers of our own.
public enum ModemTunables {
    /// Between two looks at a connection: it takes a tenth of a second of processor time on a small board.
    static let watchInterval = Instant.Span.seconds(10)
    /// Every so many looks the signal is asked for, too.
    static let looksPerSignal = 3
    /// Between two looks at a card that is not ready, and at a network that is looked for.
    static let pollInterval = Instant.Span.seconds(3)
    /// Between two looks at a card that only a person can help.
    static let lockedInterval = Instant.Span.seconds(60)
    /// After a failure; doubled with each that follows, up to the longest.
    static let shortestRest = Instant.Span.seconds(2)
    static let longestRest = Instant.Span.seconds(120)
    /// How long a modem may take to come back.
    static let resetTime = Instant.Span.seconds(60)

    /// How long nothing has to have worked before the watchdog steps in. Long enough for a tunnel of a railway.
    static let patience = Instant.Span.seconds(300)
    /// Packets of ours without any in return: fewer may be a farewell that wants no answer.
    static let enoughUnanswered: UInt64 = 3
    /// From one power cycle to the next, where none of them helped.
    static let firstPowerCycles = Instant.Span.seconds(1200)
    static let longestPowerCycles = Instant.Span.seconds(6 * 3600)
    /// A card takes three wrong entries before it wants the operator's PUK.
    static let allTries = 3
    /// Entries of which nobody said what came of them: fewer than the card takes, also if it counts its tries wrongly.
    static let openEntries = 2
}
