public import MobilityWire

/// The MTUs of the tunnels' ways, where a router under way has said that they are narrower than the link they begin with
/// (RFC 2473 §7.1, RFC 8201 §4).
///
/// Who sends a Packet Too Big is not known for certain; all that it can do is make the packets in one tunnel as small as any
/// IPv6 network has to take them, for a while. Senders are never asked for less than 1280 octets (RFC 8201 §4): where the way
/// does not take these and the outer header, the entry cuts what it tunnels into fragments (RFC 2473 §7.1).
public struct PathMTUTable: Sendable {
    private struct Way: Hashable, Sendable {
        var local: IPv6Address
        var remote: IPv6Address
    }

    private struct Knowledge: Sendable {
        var mtu: Int
        var until: Instant
        /// The home addresses whose tunnels have been made as narrow.
        var users: Set<IPv6Address> = []
    }

    private var ways: [Way: Knowledge] = [:]

    /// How long what was learnt holds; then the way may have become wider (RFC 8201 §4).
    public static let lifetime = Instant.Span.seconds(600)
    /// The least that a link takes, in octets (RFC 8200 §5): a message that says less is discarded (RFC 8201 §4).
    public static let leastLink = 1280
    /// Ways that are remembered at a time, as many as a home agent with a narrow network behind it may need.
    public static let limit = 65_536

    public init() {}

    public var count: Int { ways.count }

    /// What became of a Packet Too Big.
    public enum Outcome: Hashable, Sendable {
        case learnt
        /// Nothing that was not known.
        case known
        /// About no packet that came through one of our tunnels.
        case unmatched
        /// Less than any link takes.
        case belowMinimum
        case limitReached

        /// The counter of nemonetd that it moves; nil for what is nothing new.
        public var counter: String? {
            switch self {
            case .learnt: "path_mtu_learnt"
            case .known: nil
            case .unmatched: "path_mtu_unmatched"
            case .belowMinimum: "path_mtu_below_minimum"
            case .limitReached: "path_mtu_limit_reached"
            }
        }
    }

    /// Takes a Packet Too Big.
    ///
    /// - Parameters:
    ///   - invoking: what stands in it, from the outer IPv6 header on.
    ///   - table: what is tunnelled now.
    public mutating func learn(
        mtu: UInt32, invoking: [UInt8], by table: ForwardingTable, at now: Instant
    ) -> Outcome {
        guard mtu >= Self.leastLink else { return .belowMinimum }
        guard let packet = TunnelledPacket(invoking: invoking.span.bytes), let tunnel = table.tunnel(of: packet) else {
            return .unmatched
        }
        let way = Way(local: packet.local, remote: packet.remote)
        let mtu = Int(clamping: mtu)
        guard mtu < tunnel.mtu + Tunnel.overhead else { return .known }
        guard ways[way] != nil || ways.count < Self.limit else { return .limitReached }
        ways[way, default: Knowledge(mtu: mtu, until: now)].mtu = mtu
        ways[way]?.until = now + Self.lifetime
        return .learnt
    }

    /// The MTU of the way between these addresses; nil where nothing is known.
    public func mtu(local: IPv6Address, remote: IPv6Address) -> Int? { ways[Way(local: local, remote: remote)]?.mtu }

    /// The same for a tunnel that is made by it: `expire` tells when that is over.
    public mutating func mtu(local: IPv6Address, remote: IPv6Address, forTunnelOf homeAddress: IPv6Address) -> Int? {
        guard !ways.isEmpty else { return nil }
        ways[Way(local: local, remote: remote)]?.users.insert(homeAddress)
        return mtu(local: local, remote: remote)
    }

    /// When something is forgotten next.
    public var nextExpiry: Instant? { ways.values.map(\.until).min() }

    /// Forgets what is too old.
    ///
    /// - Returns: the home addresses whose tunnels were made by it.
    public mutating func expire(at now: Instant) -> Set<IPv6Address> {
        var users: Set<IPv6Address> = []
        for (way, knowledge) in ways where knowledge.until <= now {
            users.formUnion(knowledge.users)
            ways[way] = nil
        }
        return users
    }
}
