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
    /// What carries everything that no flow rule and no share takes; absent while no uplink is usable.
    public var active: ActivePath?
    /// Since when the active uplink is active.
    public var since: Instant?
    /// All paths that can be registered, best first: the active one, then by rank. What probes say of them changes their
    /// rank only: a binding over a path that may be dead costs nothing, and is there when it lives.
    public var usable: [ActivePath]
    /// Whether the path that was active before the present one still works: then the change to it is a planned one. It
    /// may become false later, when the old link dies while the home agent has not answered for the new one.
    public var previousUsable: Bool
    /// Since when what no flow rule takes goes as it does, by one or shared by several; absent where nobody noted it.
    public var carriedSince: Instant?
    /// With the strategy `balance`, which uplink carries which flows; absent otherwise.
    public var balance: BalanceTable?
    /// What the flow rules come to, in their order.
    public var flows: [FlowAssignment]
    /// One for each uplink, in the order of the report.
    public var verdicts: [Verdict]

    public struct Verdict: Hashable, Sendable {
        public var index: UInt32
        public var name: String
        /// Everything that it lacks, the gravest first; never empty.
        public var reasons: [Reason]
        public var reason: Reason { reasons.first ?? .standby }

        public init(index: UInt32, name: String, reasons: [Reason]) {
            self.index = index
            self.name = name
            self.reasons = reasons
        }
    }

    public init(
        active: ActivePath?, since: Instant? = nil, carriedSince: Instant? = nil, usable: [ActivePath] = [],
        previousUsable: Bool,
        balance: BalanceTable? = nil, flows: [FlowAssignment] = [], verdicts: [Verdict]
    ) {
        self.active = active
        self.since = since
        self.carriedSince = carriedSince
        self.usable = usable
        self.previousUsable = previousUsable
        self.balance = balance
        self.flows = flows
        self.verdicts = verdicts
    }

    /// Whether traffic goes by this uplink.
    func carries(_ index: UInt32) -> Bool {
        active?.index == index || balance?.sharing.contains { $0.index == index } ?? false
            || flows.contains { if case .uplink(index, _) = $0.way { true } else { false } }
    }

    /// Whether both have the same done.
    func acts(as other: PathDecision) -> Bool {
        var (left, right) = (self, other)
        (left.verdicts, right.verdicts) = ([], [])
        return left == right
    }
}
