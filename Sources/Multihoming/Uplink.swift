public import MobilityWire

/// A link to the Internet as the movement detector reports it.
public struct Uplink: Hashable, Sendable {
    /// The interface's index; the uplink's identity for as long as the interface exists.
    public var index: UInt32
    /// The interface's name.
    public var name: String
    public var type: Kind
    /// Lowest is best.
    public var metric: UInt32
    /// Whether the link is up and running.
    public var hasCarrier: Bool
    public var hasDefaultRouter: Bool
    /// In octets.
    public var mtu: UInt32
    public var candidates: [CareOfCandidate]

    public enum Kind: Hashable, Sendable {
        case ethernet, wlan, cellular
        case other(String)
    }

    public init(
        index: UInt32, name: String, type: Kind = .ethernet, metric: UInt32, hasCarrier: Bool = true,
        hasDefaultRouter: Bool = true, mtu: UInt32 = 1500, candidates: [CareOfCandidate] = []
    ) {
        self.index = index
        self.name = name
        self.type = type
        self.metric = metric
        self.hasCarrier = hasCarrier
        self.hasDefaultRouter = hasDefaultRouter
        self.mtu = mtu
        self.candidates = candidates
    }
}

/// An address of an uplink that could be a care-of address.
public struct CareOfCandidate: Hashable, Sendable {
    public var address: IPv6Address
    public var state: State

    /// How far the address has come (RFC 4862 §5.5.4, RFC 4429); the order is that of preference.
    public enum State: Int, CaseIterable, Comparable, Sendable {
        case preferred
        /// Tentative, but usable already (RFC 4429).
        case optimistic
        /// Still valid; no longer for new communication.
        case deprecated
        /// Duplicate address detection is not over, or failed.
        case tentative

        public static func < (left: State, right: State) -> Bool { left.rawValue < right.rawValue }
    }

    public init(address: IPv6Address, state: State = .preferred) {
        self.address = address
        self.state = state
    }

    /// Whether packets may be sent from it.
    public var isUsable: Bool { state != .tentative && address.isRoutableUnicast }
}

extension Uplink.Kind {
    /// The word of the configuration file.
    public init(name: String) {
        self =
            switch name {
            case "ethernet": .ethernet
            case "wlan": .wlan
            case "cellular": .cellular
            default: .other(name)
            }
    }

    public var name: String {
        switch self {
        case .ethernet: "ethernet"
        case .wlan: "wlan"
        case .cellular: "cellular"
        case .other(let name): name
        }
    }
}
