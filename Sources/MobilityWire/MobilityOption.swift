/// A mobility option (RFC 6275 §6.2). Padding is not a value: emitting aligns every option as its RFC asks.
public enum MobilityOption: Hashable, Sendable {
    /// Type 2, in units of 4 seconds (RFC 6275 §6.2.4).
    case bindingRefreshAdvice(interval: BindingLifetime)
    /// Type 3 (RFC 6275 §6.2.5).
    case alternateCareOfAddress(IPv6Address)
    /// Type 4 (RFC 6275 §6.2.6).
    case nonceIndices(home: UInt16, careOf: UInt16)
    /// Type 5 (RFC 6275 §6.2.7): the authenticator of return routability, 12 octets; always the last option.
    case bindingAuthorizationData([UInt8])
    /// Type 6 (RFC 3963 §4.3).
    case mobileNetworkPrefix(IPv6Prefix)
    /// Type 8 (RFC 4283): subtype and identifier.
    case mobileNodeIdentifier(subtype: UInt8, identifier: [UInt8])
    /// Type 9 (RFC 4285 §5).
    case messageAuthentication(MessageAuthentication)
    /// Type 10, Mesg-ID (RFC 4285 §6): an NTP timestamp of 64 bits.
    case messageIdentifier(timestamp: UInt64)
    /// Type 35 (RFC 5648 §4.1).
    case bindingIdentifier(BindingIdentifierOption)
    /// Type 44: the flow bindings that are to stay as they are (RFC 6089 §4.2.2).
    case flowSummary([UInt16])
    /// Type 45 (RFC 6089 §4.2).
    case flowIdentification(FlowIdentificationOption)
    /// An option that this code does not know: kept as it came, skipped by whoever reads the message.
    case unknown(type: UInt8, data: [UInt8])
}

/// The Mobility Message Authentication option (RFC 4285 §5).
public struct MessageAuthentication: Hashable, Sendable {
    /// 1: between mobile node and home agent; 2: between mobile node and AAA server.
    public var subtype: UInt8
    /// The mobility security parameter index; 0 to 255 are reserved.
    public var securityParameterIndex: UInt32
    /// 12 octets for HMAC-SHA1-96.
    public var authenticator: [UInt8]

    public init(subtype: UInt8, securityParameterIndex: UInt32, authenticator: [UInt8]) {
        self.subtype = subtype
        self.securityParameterIndex = securityParameterIndex
        self.authenticator = authenticator
    }

    public static let mobileNodeHomeAgent: UInt8 = 1
    public static let mobileNodeAAA: UInt8 = 2
}

/// The Binding Identifier option (RFC 5648 §4.1, priority field of RFC 6089 §4.1).
public struct BindingIdentifierOption: Hashable, Sendable {
    public var identifier: UInt16
    /// Zero in a Binding Update; a `BindingStatus` in a Binding Acknowledgement.
    public var status: UInt8
    /// H: the node is at home and away at once.
    public var simultaneousHomeAndForeignBinding: Bool
    /// BID-PRI, 7 bits (RFC 6089 §4.1); 0 where not used.
    public var priority: UInt8
    /// Absent, an IPv6 care-of address (or, as 4 octets, IPv4's, RFC 5555).
    public var careOfAddress: IPv6Address?

    public init(
        identifier: UInt16, status: UInt8 = 0, simultaneousHomeAndForeignBinding: Bool = false, priority: UInt8 = 0,
        careOfAddress: IPv6Address? = nil
    ) {
        self.identifier = identifier
        self.status = status
        self.simultaneousHomeAndForeignBinding = simultaneousHomeAndForeignBinding
        self.priority = priority
        self.careOfAddress = careOfAddress
    }
}
