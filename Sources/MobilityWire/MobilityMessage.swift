/// A message of the Mobility Header (RFC 6275 §6.1).
public enum MobilityMessage: Hashable, Sendable {
    case bindingRefreshRequest(options: [MobilityOption])  // type 0, §6.1.2
    case homeTestInit(cookie: UInt64, options: [MobilityOption])  // 1, §6.1.3
    case careOfTestInit(cookie: UInt64, options: [MobilityOption])  // 2, §6.1.4
    case homeTest(nonceIndex: UInt16, cookie: UInt64, keygenToken: UInt64, options: [MobilityOption])  // 3, §6.1.5
    case careOfTest(nonceIndex: UInt16, cookie: UInt64, keygenToken: UInt64, options: [MobilityOption])  // 4, §6.1.6
    case bindingUpdate(BindingUpdate)  // 5, §6.1.7
    case bindingAcknowledgement(BindingAcknowledgement)  // 6, §6.1.8
    case bindingError(status: UInt8, homeAddress: IPv6Address, options: [MobilityOption])  // 7, §6.1.9
    case homeAgentSwitch(HomeAgentSwitch)  // 12, RFC 5142 §4
    case bindingRevocationIndication(BindingRevocationIndication)  // 16, RFC 5846 §5.1
    case bindingRevocationAcknowledgement(BindingRevocationAcknowledgement)  // 16, RFC 5846 §5.2
    /// A message type that this code does not know; answered with a Binding Error of status 2 (RFC 6275 §9.2).
    case unknown(type: UInt8, data: [UInt8])
}

extension MobilityMessage {
    /// The MH Types that this code knows (RFC 6275 §6.1, RFC 5142 §4, RFC 5846 §5).
    public enum Kind {
        public static let bindingRefreshRequest: UInt8 = 0
        public static let homeTestInit: UInt8 = 1
        public static let careOfTestInit: UInt8 = 2
        public static let homeTest: UInt8 = 3
        public static let careOfTest: UInt8 = 4
        public static let bindingUpdate: UInt8 = 5
        public static let bindingAcknowledgement: UInt8 = 6
        public static let bindingError: UInt8 = 7
        public static let homeAgentSwitch: UInt8 = 12
        public static let bindingRevocation: UInt8 = 16
    }
}

/// A Binding Update (RFC 6275 §6.1.7).
public struct BindingUpdate: Hashable, Sendable {
    public var sequenceNumber: SequenceNumber
    public var flags: Flags
    public var lifetime: BindingLifetime
    public var options: [MobilityOption]

    public init(
        sequenceNumber: SequenceNumber, flags: Flags, lifetime: BindingLifetime, options: [MobilityOption] = []
    ) {
        self.sequenceNumber = sequenceNumber
        self.flags = flags
        self.lifetime = lifetime
        self.options = options
    }

    /// The flags of a Binding Update, as the 16 bits behind the sequence number.
    public struct Flags: OptionSet, Hashable, Sendable {
        public var rawValue: UInt16
        public init(rawValue: UInt16) { self.rawValue = rawValue }

        /// A: answer with a Binding Acknowledgement.
        public static let acknowledge = Flags(rawValue: 0x8000)
        /// H: the receiver is asked to be the home agent.
        public static let homeRegistration = Flags(rawValue: 0x4000)
        /// L: the home address has the interface identifier of the link-local address.
        public static let linkLocalCompatibility = Flags(rawValue: 0x2000)
        /// K: the IPsec security association follows movements.
        public static let keyManagementMobility = Flags(rawValue: 0x1000)
        /// R: the sender is a mobile router (RFC 3963 §4.1).
        public static let mobileRouter = Flags(rawValue: 0x0400)
        /// O: every other care-of address is to be overwritten (RFC 5648 §4.2).
        public static let overwrite = Flags(rawValue: 0x0040)
    }
}

/// A Binding Acknowledgement (RFC 6275 §6.1.8).
public struct BindingAcknowledgement: Hashable, Sendable {
    public var status: BindingStatus
    /// K: the IPsec security association follows movements.
    public var keyManagementMobility: Bool
    /// R: the binding is a mobile router's (RFC 3963 §4.2).
    public var mobileRouter: Bool
    public var sequenceNumber: SequenceNumber
    public var lifetime: BindingLifetime
    public var options: [MobilityOption]

    public init(
        status: BindingStatus, keyManagementMobility: Bool = false, mobileRouter: Bool = false,
        sequenceNumber: SequenceNumber, lifetime: BindingLifetime, options: [MobilityOption] = []
    ) {
        self.status = status
        self.keyManagementMobility = keyManagementMobility
        self.mobileRouter = mobileRouter
        self.sequenceNumber = sequenceNumber
        self.lifetime = lifetime
        self.options = options
    }
}
