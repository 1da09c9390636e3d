public import MobilityWire

/// What is known of the way over an uplink.
public struct LinkCondition: Hashable, Sendable {
    public var vitality: Vitality
    /// Since when it is so; absent where nobody looks.
    public var since: Instant?
    /// It works, and badly: latency or loss are above their thresholds.
    public var isDegraded: Bool
    /// The signal is a warning.
    public var isWeak: Bool
    /// Traffic is not answered, and probes are on their way to find out why.
    public var isSuspected: Bool
    /// Since when one more failure would end it; absent while it would not.
    public var failingSince: Instant?
    /// Another uplink is failing, and this one has not answered since.
    public var isDoubted: Bool
    /// Smoothed, in milliseconds.
    public var roundTrip: Double?
    /// In milliseconds.
    public var jitter: Double
    /// In percent.
    public var loss: Double?

    public enum Vitality: Hashable, Sendable {
        /// Nothing is probed: carrier, address and router have to do.
        case unmonitored
        /// What is probed now has not answered yet, and is taken to be there until it fails: the link worked before.
        case believed
        case up
        /// It has not shown yet that it leads anywhere.
        case unproven
        case down
    }

    public init(
        vitality: Vitality, since: Instant? = nil, isDegraded: Bool = false, isWeak: Bool = false,
        isSuspected: Bool = false, failingSince: Instant? = nil, isDoubted: Bool = false, roundTrip: Double? = nil,
        jitter: Double = 0, loss: Double? = nil
    ) {
        self.vitality = vitality
        self.since = since
        self.isDegraded = isDegraded
        self.isWeak = isWeak
        self.isSuspected = isSuspected
        self.failingSince = failingSince
        self.isDoubted = isDoubted
        self.roundTrip = roundTrip
        self.jitter = jitter
        self.loss = loss
    }

    public static let unmonitored = LinkCondition(vitality: .unmonitored)

    public var works: Bool { vitality == .up || vitality == .unmonitored || vitality == .believed }

    /// For comparing paths, in milliseconds: the round trip, and what jitter and loss are worth; absent before the first
    /// answer.
    public var latency: Double? { roundTrip.map { $0 + jitter + (loss ?? 0) * PathTunables.lossPenalty } }
}
