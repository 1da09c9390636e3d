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
    public var routerState: RouterState
    /// The link's MTU or the smaller one that its router advertised, in octets.
    public var mtu: UInt32
    public var metric: UInt32
    /// The received power in dBm, as the radio tells it; nil on a cable and where no driver tells.
    public var signal: Int32?
    /// The name of the WLAN that it is in, 1 to 32 octets of any kind (IEEE 802.11 §9.4.2.2).
    public var networkName: [UInt8]?
    /// Nil where nobody supervises a modem of it.
    public var modem: Modem?

    public enum State: UInt8, CaseIterable, Sendable {
        /// The interface does not exist.
        case absent = 0
        /// It is administratively down.
        case down = 1
        case noCarrier = 2
        case noAddress = 3
        /// There is no default router, or it is unreachable.
        case noRouter = 4
        case up = 5
    }

    /// The default router, by neighbour unreachability detection (RFC 4861 §7.3).
    public enum RouterState: UInt8, CaseIterable, Sendable {
        /// There is no default route.
        case absent = 0
        /// It has answered since the link came up, and nothing speaks against it since.
        case reachable = 1
        /// It was not asked yet, or has not answered yet.
        case unconfirmed = 2
        /// It was asked as often as the kernel does, and has not answered.
        case unreachable = 3
    }

    /// What is supervised behind a cellular uplink, whether or not it has an interface yet.
    public struct Modem: Hashable, Sendable {
        /// In a word, lower_snake_case.
        public var state: String
        /// More of it, as the end of a sentence; may be empty.
        public var detail: String
        public var operatorName: String?
        /// `gsm`, `umts`, `lte`, `5g`.
        public var technology: String?

        public init(state: String, detail: String = "", operatorName: String? = nil, technology: String? = nil) {
            self.state = state
            self.detail = detail
            self.operatorName = operatorName
            self.technology = technology
        }
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

    /// - Parameter routerState: Where it is left out, unconfirmed for an uplink that is up and absent for any other.
    public init(
        interfaceIndex: UInt32, name: String, type: String, state: State, careOfCandidates: [Candidate] = [],
        defaultRouter: IPv6Address = .unspecified, routerState: RouterState? = nil, mtu: UInt32, metric: UInt32,
        signal: Int32? = nil, networkName: [UInt8]? = nil, modem: Modem? = nil
    ) {
        self.interfaceIndex = interfaceIndex
        self.name = name
        self.type = type
        self.state = state
        self.careOfCandidates = careOfCandidates
        self.defaultRouter = defaultRouter
        self.routerState = routerState ?? .unasked(state)
        self.mtu = mtu
        self.metric = metric
        self.signal = signal
        self.networkName = networkName
        self.modem = modem
    }
}

/// What an uplink's interface has carried since it exists, as the kernel counts it.
public struct UplinkUsage: Hashable, Sendable {
    public var interfaceIndex: UInt32
    public var octetsIn: UInt64
    public var octetsOut: UInt64

    public init(interfaceIndex: UInt32, octetsIn: UInt64, octetsOut: UInt64) {
        self.interfaceIndex = interfaceIndex
        self.octetsIn = octetsIn
        self.octetsOut = octetsOut
    }
}

extension UplinkReport.RouterState {
    /// Where nobody says: an uplink is up when it has a router.
    static func unasked(_ state: UplinkReport.State) -> Self { state == .up ? .unconfirmed : .absent }
}
