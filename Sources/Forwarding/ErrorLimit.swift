public import MobilityWire

/// How many ICMPv6 errors of a kind the engine makes itself (RFC 4443 §2.4 (f)): so many altogether, and of these each
/// sender so many that one who goes on sending what cannot be forwarded leaves enough to the others.
public struct ErrorLimit: Sendable {
    /// Errors to one sender, a second and at once: one for each way of a host that begins many conversations together.
    static let ofOne = 50
    /// Errors altogether, a second and at once: ten senders that all have too many still get theirs.
    static let ofAll = 500
    /// Senders that are told apart. Two that share a place share its errors, and nobody outside can tell which do.
    static let places = 256

    private var all = RateLimit(perSecond: Self.ofAll, burst: Self.ofAll)
    private var each = [RateLimit](repeating: RateLimit(perSecond: Self.ofOne, burst: Self.ofOne), count: Self.places)

    public init() {}

    /// Whether one more error may go to this sender now; it counts if so.
    public mutating func allow(_ sender: IPv6Address, at now: Instant) -> Bool {
        let place = Int(UInt(bitPattern: sender.hashValue) % UInt(Self.places))
        // What one is refused must not be taken from the others.
        return each[place].allow(at: now) && all.allow(at: now)
    }
}
