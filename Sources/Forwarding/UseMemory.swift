public import MobilityWire

/// Remembers between which addresses packets went lately, so that a stream of packets is told of now and then and not for
/// each of them. Belongs to one thread; nothing is allocated for a packet.
public struct UseMemory: Sendable {
    /// How packets went.
    public enum Way: UInt8, Sendable {
        /// Through the home agent's tunnel of a home address of ours.
        case tunnel
        /// By a direct route, to the other address.
        case direct
        /// By a direct route, from the other address.
        case arrived
    }

    /// A pair is told of once in this time: three times in that for which machines remember a use.
    public static let interval = Instant.Span.seconds(20)
    /// Pairs that are remembered. Of two that fall into one place the later one stays, and the other is told of again.
    static let places = 256

    private struct Place: Sendable {
        var local: IPv6Address
        var remote: IPv6Address
        var way: Way
        var toldAt: Instant?
    }

    private var memory: [Place]
    private let seed: UInt64

    /// - Parameter seed: secret, any.
    public init(seed: UInt64) {
        self.seed = seed
        memory = Array(
            repeating: Place(local: .unspecified, remote: .unspecified, way: .tunnel, toldAt: nil), count: Self.places)
    }

    /// Whether the pair should be told of now.
    @inline(__always)
    public func isDue(_ way: Way, local: IPv6Address, remote: IPv6Address, at now: Instant) -> Bool {
        let place = memory[index(local, remote)]
        guard let toldAt = place.toldAt, place.remote == remote, place.local == local, place.way == way else {
            return true
        }
        return now - toldAt >= Self.interval
    }

    /// The pair was told of.
    public mutating func told(_ way: Way, local: IPv6Address, remote: IPv6Address, at now: Instant) {
        memory[index(local, remote)] = Place(local: local, remote: remote, way: way, toldAt: now)
    }

    @inline(__always)
    private func index(_ local: IPv6Address, _ remote: IPv6Address) -> Int {
        PairTable.hash(local, remote, seed: seed) & (Self.places - 1)
    }
}
