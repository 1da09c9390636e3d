/// A message of ICMPv6 (RFC 4443), of those that this system reads or sends.
public enum ICMPv6Message: Hashable, Sendable {
    case destinationUnreachable(code: UInt8, invoking: [UInt8])  // type 1, RFC 4443 §3.1
    case packetTooBig(mtu: UInt32, invoking: [UInt8])  // 2, §3.2
    case timeExceeded(code: UInt8, invoking: [UInt8])  // 3, §3.3
    case parameterProblem(code: UInt8, pointer: UInt32, invoking: [UInt8])  // 4, §3.4
    case echoRequest(identifier: UInt16, sequenceNumber: UInt16, data: [UInt8])  // 128, §4.1
    case echoReply(identifier: UInt16, sequenceNumber: UInt16, data: [UInt8])  // 129, §4.2
    case routerSolicitation(options: [NeighborOption])  // 133, RFC 4861 §4.1
    case routerAdvertisement(RouterAdvertisement)  // 134, §4.2
    case neighborSolicitation(target: IPv6Address, options: [NeighborOption])  // 135, §4.3
    case neighborAdvertisement(NeighborAdvertisement)  // 136, §4.4
    /// Type 144 (RFC 6275 §6.5), with the R flag of RFC 3963 §7.1.
    case homeAgentAddressDiscoveryRequest(identifier: UInt16, mobileRouter: Bool)
    /// Type 145 (RFC 6275 §6.6), with the R flag of RFC 3963 §7.2.
    case homeAgentAddressDiscoveryReply(identifier: UInt16, mobileRouter: Bool, addresses: [IPv6Address])
    case mobilePrefixSolicitation(identifier: UInt16, options: [NeighborOption])  // 146, RFC 6275 §6.7
    case mobilePrefixAdvertisement(MobilePrefixAdvertisement)  // 147, §6.8
    /// Everything else: what stands behind the checksum.
    case unknown(type: UInt8, code: UInt8, body: [UInt8])

    /// Errors have types below 128 (RFC 4443 §2.1).
    public var isError: Bool { type < 128 }

    public var type: UInt8 {
        switch self {
        case .destinationUnreachable: Kind.destinationUnreachable
        case .packetTooBig: Kind.packetTooBig
        case .timeExceeded: Kind.timeExceeded
        case .parameterProblem: Kind.parameterProblem
        case .echoRequest: Kind.echoRequest
        case .echoReply: Kind.echoReply
        case .routerSolicitation: Kind.routerSolicitation
        case .routerAdvertisement: Kind.routerAdvertisement
        case .neighborSolicitation: Kind.neighborSolicitation
        case .neighborAdvertisement: Kind.neighborAdvertisement
        case .homeAgentAddressDiscoveryRequest: Kind.homeAgentAddressDiscoveryRequest
        case .homeAgentAddressDiscoveryReply: Kind.homeAgentAddressDiscoveryReply
        case .mobilePrefixSolicitation: Kind.mobilePrefixSolicitation
        case .mobilePrefixAdvertisement: Kind.mobilePrefixAdvertisement
        case .unknown(let type, _, _): type
        }
    }

    /// Numbers of the Type field.
    public enum Kind {
        public static let destinationUnreachable: UInt8 = 1
        public static let packetTooBig: UInt8 = 2
        public static let timeExceeded: UInt8 = 3
        public static let parameterProblem: UInt8 = 4
        public static let echoRequest: UInt8 = 128
        public static let echoReply: UInt8 = 129
        public static let routerSolicitation: UInt8 = 133
        public static let routerAdvertisement: UInt8 = 134
        public static let neighborSolicitation: UInt8 = 135
        public static let neighborAdvertisement: UInt8 = 136
        public static let redirect: UInt8 = 137
        public static let homeAgentAddressDiscoveryRequest: UInt8 = 144
        public static let homeAgentAddressDiscoveryReply: UInt8 = 145
        public static let mobilePrefixSolicitation: UInt8 = 146
        public static let mobilePrefixAdvertisement: UInt8 = 147
    }
}

/// A Router Advertisement (RFC 4861 §4.2, H flag RFC 6275 §7.1, preference RFC 4191 §2.2).
public struct RouterAdvertisement: Hashable, Sendable {
    /// Hop limit for hosts; 0: not said.
    public var hopLimit: UInt8
    public var flags: Flags
    /// Seconds; 0: not a default router.
    public var routerLifetime: UInt16
    /// Milliseconds; 0: not said.
    public var reachableTime: UInt32
    /// Milliseconds; 0: not said.
    public var retransmissionTimer: UInt32
    public var options: [NeighborOption]

    public init(
        hopLimit: UInt8 = 0, flags: Flags = [], routerLifetime: UInt16 = 0, reachableTime: UInt32 = 0,
        retransmissionTimer: UInt32 = 0, options: [NeighborOption] = []
    ) {
        self.hopLimit = hopLimit
        self.flags = flags
        self.routerLifetime = routerLifetime
        self.reachableTime = reachableTime
        self.retransmissionTimer = retransmissionTimer
        self.options = options
    }

    public struct Flags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt8
        public init(rawValue: UInt8) { self.rawValue = rawValue }

        /// M: addresses by DHCPv6.
        public static let managedAddresses = Flags(rawValue: 0x80)
        /// O: other things by DHCPv6.
        public static let otherConfiguration = Flags(rawValue: 0x40)
        /// H: the router is a home agent on this link (RFC 6275 §7.1).
        public static let homeAgent = Flags(rawValue: 0x20)
    }

    /// The default router preference: 1 high, 0 medium, -1 low; the reserved value counts as medium (RFC 4191 §2.2).
    public var preference: Int {
        get {
            switch flags.rawValue >> 3 & 3 {
            case 1: 1
            case 3: -1
            default: 0
            }
        }
        set { flags.rawValue = flags.rawValue & ~0x18 | UInt8(truncatingIfNeeded: newValue.signum() & 3) << 3 }
    }
}

/// A Neighbor Advertisement (RFC 4861 §4.4).
public struct NeighborAdvertisement: Hashable, Sendable {
    /// R: the sender is a router.
    public var isRouter: Bool
    /// S: an answer to a solicitation.
    public var isSolicited: Bool
    /// O: the link-layer address replaces a known one.
    public var overrides: Bool
    public var target: IPv6Address
    public var options: [NeighborOption]

    public init(
        isRouter: Bool = false, isSolicited: Bool = false, overrides: Bool = false, target: IPv6Address,
        options: [NeighborOption] = []
    ) {
        self.isRouter = isRouter
        self.isSolicited = isSolicited
        self.overrides = overrides
        self.target = target
        self.options = options
    }
}

/// A Mobile Prefix Advertisement (RFC 6275 §6.8).
public struct MobilePrefixAdvertisement: Hashable, Sendable {
    public var identifier: UInt16
    /// M: addresses by DHCPv6.
    public var managedAddresses: Bool
    /// O: other things by DHCPv6.
    public var otherConfiguration: Bool
    public var options: [NeighborOption]

    public init(
        identifier: UInt16, managedAddresses: Bool = false, otherConfiguration: Bool = false,
        options: [NeighborOption] = []
    ) {
        self.identifier = identifier
        self.managedAddresses = managedAddresses
        self.otherConfiguration = otherConfiguration
        self.options = options
    }
}
