public import MobilityWire

/// Ways past the home agent that do not take the least packet that every sender may send with the headers that it needs
/// there: a router under way said so. What would go by them goes through the home agent, for a while.
///
/// Senders are never asked for packets of less than 1280 octets (RFC 8200 §5), so such a way would carry nothing of that size.
/// As many are remembered as there are routes at most: see `keep`.
public struct NarrowWays: Sendable {
    private var ways: [DirectWay: Instant] = [:]

    /// How long what was learnt holds; then the way may have become wider (RFC 8201 §4).
    public static let lifetime = PathMTUTable.lifetime

    public init() {}

    public var count: Int { ways.count }

    /// Remembers a way.
    ///
    /// - Returns: whether it was not known.
    public mutating func note(_ way: DirectWay, at now: Instant) -> Bool {
        ways.updateValue(now + Self.lifetime, forKey: way) == nil
    }

    public func contains(_ way: DirectWay) -> Bool { ways[way] != nil }

    /// Forgets all but those that are in use.
    public mutating func keep(_ used: Set<DirectWay>) { ways = ways.filter { used.contains($0.key) } }

    /// When something is forgotten next.
    public var nextExpiry: Instant? { ways.values.min() }

    public mutating func expire(at now: Instant) { ways = ways.filter { $0.value > now } }
}
