/// A Binding Revocation Indication (RFC 5846 §5.1): the sender ends a binding before its lifetime does.
public struct BindingRevocationIndication: Hashable, Sendable {
    public var trigger: RevocationTrigger
    /// Matches the acknowledgement; not ordered.
    public var sequenceNumber: SequenceNumber
    public var flags: BindingRevocationFlags
    public var options: [MobilityOption]

    public init(
        trigger: RevocationTrigger, sequenceNumber: SequenceNumber, flags: BindingRevocationFlags = [],
        options: [MobilityOption] = []
    ) {
        self.trigger = trigger
        self.sequenceNumber = sequenceNumber
        self.flags = flags
        self.options = options
    }
}

/// A Binding Revocation Acknowledgement (RFC 5846 §5.2).
public struct BindingRevocationAcknowledgement: Hashable, Sendable {
    public var status: RevocationStatus
    /// That of the indication.
    public var sequenceNumber: SequenceNumber
    /// Those of the indication.
    public var flags: BindingRevocationFlags
    public var options: [MobilityOption]

    public init(
        status: RevocationStatus, sequenceNumber: SequenceNumber, flags: BindingRevocationFlags = [],
        options: [MobilityOption] = []
    ) {
        self.status = status
        self.sequenceNumber = sequenceNumber
        self.flags = flags
        self.options = options
    }
}

/// The flags of both messages, as the 16 bits behind the sequence number (RFC 5846 §5.1).
public struct BindingRevocationFlags: OptionSet, Hashable, Sendable {
    public var rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// P: a binding of Proxy Mobile IPv6.
    public static let proxyBinding = BindingRevocationFlags(rawValue: 0x8000)
    /// V: only the binding of the IPv4 home address.
    public static let ipv4HomeAddressOnly = BindingRevocationFlags(rawValue: 0x4000)
    /// G: all bindings of a peer, or all that share an identifier.
    public static let global = BindingRevocationFlags(rawValue: 0x2000)
}

/// What made the sender revoke (RFC 5846 §5.1, §12).
public enum RevocationTrigger: Hashable, Sendable {
    case unspecified  // 0
    case administrativeReason  // 1
    case handoverOfSameAccessType  // 2
    case handoverOfDifferentAccessType  // 3
    case handoverUnknown  // 4
    case userInitiatedSessionTermination  // 5
    case accessNetworkSessionTermination  // 6
    case possibleOutOfSync  // 7
    case perPeerPolicy  // 128
    case localPolicy  // 129
    case unknown(UInt8)

    /// Whether the trigger goes with the G flag: values above 128 do, and 128 is listed with them.
    public var isGlobal: Bool { (128..<250).contains(rawValue) }

    /// For people. Those that a mobile node obeys have words; the others are numbers.
    public var words: String {
        switch self {
        case .unspecified: "no reason given"
        case .administrativeReason: "administrative reason"
        case .userInitiatedSessionTermination: "ended by the user"
        case .accessNetworkSessionTermination: "ended by the access network"
        case .possibleOutOfSync: "the two may be out of step"
        default: "trigger \(rawValue)"
        }
    }
}

extension RevocationTrigger: RawRepresentable {
    public init(rawValue: UInt8) {
        self =
            switch rawValue {
            case 0: .unspecified
            case 1: .administrativeReason
            case 2: .handoverOfSameAccessType
            case 3: .handoverOfDifferentAccessType
            case 4: .handoverUnknown
            case 5: .userInitiatedSessionTermination
            case 6: .accessNetworkSessionTermination
            case 7: .possibleOutOfSync
            case 128: .perPeerPolicy
            case 129: .localPolicy
            default: .unknown(rawValue)
            }
    }

    public var rawValue: UInt8 {
        switch self {
        case .unspecified: 0
        case .administrativeReason: 1
        case .handoverOfSameAccessType: 2
        case .handoverOfDifferentAccessType: 3
        case .handoverUnknown: 4
        case .userInitiatedSessionTermination: 5
        case .accessNetworkSessionTermination: 6
        case .possibleOutOfSync: 7
        case .perPeerPolicy: 128
        case .localPolicy: 129
        case .unknown(let value): value
        }
    }
}

/// The status of a Binding Revocation Acknowledgement (RFC 5846 §5.2). Below 128 the binding was revoked.
public enum RevocationStatus: Hashable, Sendable {
    case success  // 0
    case partialSuccess  // 1
    case bindingDoesNotExist  // 128
    case ipv4HomeAddressOptionRequired  // 129
    case globalRevocationNotAuthorized  // 130
    case revokedMobileNodesIdentityRequired  // 131
    case mobileNodeIsAttached  // 132
    case triggerNotSupported  // 133
    case functionNotSupported  // 134
    case proxyBindingRevocationNotSupported  // 135
    case unknown(UInt8)

    public var isSuccess: Bool { rawValue < 128 }
}

extension RevocationStatus: RawRepresentable {
    public init(rawValue: UInt8) {
        self =
            switch rawValue {
            case 0: .success
            case 1: .partialSuccess
            case 128: .bindingDoesNotExist
            case 129: .ipv4HomeAddressOptionRequired
            case 130: .globalRevocationNotAuthorized
            case 131: .revokedMobileNodesIdentityRequired
            case 132: .mobileNodeIsAttached
            case 133: .triggerNotSupported
            case 134: .functionNotSupported
            case 135: .proxyBindingRevocationNotSupported
            default: .unknown(rawValue)
            }
    }

    public var rawValue: UInt8 {
        switch self {
        case .success: 0
        case .partialSuccess: 1
        case .bindingDoesNotExist: 128
        case .ipv4HomeAddressOptionRequired: 129
        case .globalRevocationNotAuthorized: 130
        case .revokedMobileNodesIdentityRequired: 131
        case .mobileNodeIsAttached: 132
        case .triggerNotSupported: 133
        case .functionNotSupported: 134
        case .proxyBindingRevocationNotSupported: 135
        case .unknown(let value): value
        }
    }
}
