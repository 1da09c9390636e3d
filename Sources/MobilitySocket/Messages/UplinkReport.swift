public import MobilityWire

/// What the movement detector knows of one uplink.
public struct UplinkReport: Hashable, Sendable {
    public var interfaceIndex: UInt32
    public var name: String
    /// `ethernet`, `wlan`, `cellular`: as the configuration says.
    public var type: String
    public var state: State
    public var careOfCandidates: [Candidate]
    /// The link-local address of the default router; unspecified while there is none.
    public var defaultRouter: IPv6Address
    /// The link's MTU or the smaller one that its router advertised, in octets.
    public var mtu: UInt32
    public var metric: UInt32

    public enum State: UInt8, CaseIterable, Sendable {
        /// The interface does not exist.
        case absent = 0
        /// It is administratively down.
        case down = 1
        case noCarrier = 2
        case noAddress = 3
        case noRouter = 4
        case up = 5
    }

    /// An address of the uplink that could be a care-of address.
    public struct Candidate: Hashable, Sendable {
        public var address: IPv6Address
        public var prefixLength: UInt8
        public var flags: Flags
        /// Seconds; `UInt32.max` is for ever.
        public var preferredLifetime: UInt32
        /// Seconds; `UInt32.max` is for ever.
        public var validLifetime: UInt32

        public struct Flags: OptionSet, Hashable, Sendable {
            public var rawValue: UInt8
            public init(rawValue: UInt8) { self.rawValue = rawValue }
            public static let tentative = Flags(rawValue: 1)
            public static let optimistic = Flags(rawValue: 2)
            public static let deprecated = Flags(rawValue: 4)
            public static let duplicate = Flags(rawValue: 8)
            public static let temporary = Flags(rawValue: 16)
        }

        public init(
            address: IPv6Address, prefixLength: UInt8, flags: Flags, preferredLifetime: UInt32, validLifetime: UInt32
        ) {
            self.address = address
            self.prefixLength = prefixLength
            self.flags = flags
            self.preferredLifetime = preferredLifetime
            self.validLifetime = validLifetime
        }
    }

    public init(
        interfaceIndex: UInt32, name: String, type: String, state: State, careOfCandidates: [Candidate] = [],
        defaultRouter: IPv6Address = .unspecified, mtu: UInt32, metric: UInt32
    ) {
        self.interfaceIndex = interfaceIndex
        self.name = name
        self.type = type
        self.state = state
        self.careOfCandidates = careOfCandidates
        self.defaultRouter = defaultRouter
        self.mtu = mtu
        self.metric = metric
    }
}
