import MobilityCore
import MobilityWire

/// 20 random octets from which a mobile node's cookies come. It prints as dots.
public struct CookieSecret: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    let octets: [UInt8]

    public static let octetCount = 20

    /// - Parameter octets: from the system's source of randomness, or fixed ones in simulations.
    /// - Throws: `.secretLength` unless there are 20.
    public init(_ octets: [UInt8]) throws(ReturnRoutabilityError) {
        guard octets.count == Self.octetCount else { throw .secretLength(octets.count) }
        self.octets = octets
    }

    public var description: String { "…" }
    public var debugDescription: String { "…" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Numbers that nobody can compute from those that he has seen: HMAC-SHA1 of a counter. A peer sees the cookies that it
/// gets, and must not know those that others get (RFC 6275 §5.2.3).
struct UnguessableNumbers: RandomNumberGenerator, Sendable {
    private let secret: CookieSecret
    private var counter: UInt64 = 0

    init(_ secret: CookieSecret) { self.secret = secret }

    mutating func next() -> UInt64 {
        counter &+= 1
        var writer = ByteWriter(capacity: 8)
        writer.write(counter)
        return HMACSHA1.number(writer.octets, key: secret.octets)
    }
}
