public import MobilityWire

/// The path that carries the traffic.
public struct ActivePath: Hashable, Sendable {
    /// The interface's index.
    public var index: UInt32
    /// The interface's name.
    public var name: String
    public var careOfAddress: IPv6Address
    /// In octets.
    public var mtu: UInt32

    public init(index: UInt32, name: String, careOfAddress: IPv6Address, mtu: UInt32) {
        self.index = index
        self.name = name
        self.careOfAddress = careOfAddress
        self.mtu = mtu
    }
}

/// What `PathPolicy` decided, and why.
public struct PathDecision: Hashable, Sendable {
    /// Absent while no uplink is usable.
    public var active: ActivePath?
    /// All paths that work, best first: the active one, then by rank.
    public var usable: [ActivePath]
    /// Whether the path that was active before the present one still works: then the change to it is a planned one. It
    /// may become false later, when the old link dies while the home agent has not answered for the new one.
    public var previousUsable: Bool
    /// One for each uplink, in the order of the report.
    public var verdicts: [Verdict]

    public struct Verdict: Hashable, Sendable {
        public var index: UInt32
        public var name: String
        public var reason: Reason

        public init(index: UInt32, name: String, reason: Reason) {
            self.index = index
            self.name = name
            self.reason = reason
        }
    }

    /// Why an uplink is, or is not, the active one.
    public enum Reason: Hashable, Sendable {
        case active
        case noCarrier
        case noDefaultRouter
        /// Duplicate address detection is not over, or failed.
        case addressTentative
        case noAddress
        /// Usable; the active one is better.
        case worseMetric
        /// Better than the active one, and not usable for long enough yet.
        case holdDown(until: Instant)

        /// For people.
        public var text: String {
            switch self {
            case .active: "active"
            case .noCarrier: "no carrier"
            case .noDefaultRouter: "no default router"
            case .addressTentative: "address not yet checked for duplicates"
            case .noAddress: "no usable address"
            case .worseMetric: "standby: another uplink has the better metric"
            case .holdDown: "back, and watched for a moment before use"
            }
        }
    }

    public init(active: ActivePath?, usable: [ActivePath] = [], previousUsable: Bool, verdicts: [Verdict]) {
        self.active = active
        self.usable = usable
        self.previousUsable = previousUsable
        self.verdicts = verdicts
    }
}
