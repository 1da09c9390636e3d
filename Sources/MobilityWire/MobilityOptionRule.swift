/// What the RFCs say about the shape of a mobility option: which lengths it may have, where it has to stand, and what
/// to do if its length is another one. The only place that knows.
struct MobilityOptionRule {
    /// Option lengths that are right, in octets without type and length.
    var lengths: ClosedRange<Int>
    /// Of `lengths`, only multiples of this plus the lowest.
    var step = 1
    /// The option stands at `multiple` times n plus `remainder` octets from the start of the Mobility Header.
    var multiple = 1
    var remainder = 0
    /// Kept as `.unknown` instead of failing the message, because its RFC asks for an answer with a status.
    var isKeptWhenMalformed = false

    /// The rule of a type, nil for types that this code does not know.
    static func of(_ type: UInt8) -> MobilityOptionRule? {
        switch type {
        case MobilityOption.Code.bindingRefreshAdvice:
            MobilityOptionRule(lengths: 2...2, multiple: 2)
        case MobilityOption.Code.alternateCareOfAddress:
            MobilityOptionRule(lengths: 16...16, multiple: 8, remainder: 6)
        case MobilityOption.Code.nonceIndices:
            MobilityOptionRule(lengths: 4...4, multiple: 2)
        case MobilityOption.Code.bindingAuthorizationData:
            // RFC 6275 §6.2.7: 96 bits are the only authenticator there is so far.
            MobilityOptionRule(lengths: 12...12, multiple: 8, remainder: 2)
        case MobilityOption.Code.mobileNetworkPrefix:
            // A prefix that makes no sense is answered with status 141 (RFC 3963 §4.2).
            MobilityOptionRule(lengths: 18...18, multiple: 8, remainder: 4, isKeptWhenMalformed: true)
        case MobilityOption.Code.mobileNodeIdentifier:
            MobilityOptionRule(lengths: 1...255)
        case MobilityOption.Code.messageAuthentication:
            // Subtype and security parameter index; how long the authenticator is depends on the association.
            MobilityOptionRule(lengths: 5...255, multiple: 4, remainder: 1)
        case MobilityOption.Code.messageIdentifier:
            MobilityOptionRule(lengths: 8...8, multiple: 8, remainder: 2)
        case MobilityOption.Code.bindingIdentifier:
            // A wrong length is answered with status 164 (RFC 5648 §4.4). 16 is no length and found out later.
            MobilityOptionRule(lengths: 4...20, step: 4, multiple: 2, isKeptWhenMalformed: true)
        case MobilityOption.Code.flowSummary:
            MobilityOptionRule(lengths: 2...254, step: 2, multiple: 2)
        case MobilityOption.Code.flowIdentification:
            // 2n is what RFC 6089 §4.2 asks; at 8n the addresses of a traffic selector are aligned as well. What is
            // malformed is answered with status 130.
            MobilityOptionRule(lengths: 6...255, multiple: 8, isKeptWhenMalformed: true)
        default: nil
        }
    }

    func allows(length: Int) -> Bool { lengths.contains(length) && (length - lengths.lowerBound) % step == 0 }
}

extension MobilityOption {
    /// The types (RFC 6275 §6.2, RFC 3963, RFC 4283, RFC 4285, RFC 5648, RFC 6089).
    enum Code {
        static let pad1: UInt8 = 0
        static let padN: UInt8 = 1
        static let bindingRefreshAdvice: UInt8 = 2
        static let alternateCareOfAddress: UInt8 = 3
        static let nonceIndices: UInt8 = 4
        static let bindingAuthorizationData: UInt8 = 5
        static let mobileNetworkPrefix: UInt8 = 6
        static let mobileNodeIdentifier: UInt8 = 8
        static let messageAuthentication: UInt8 = 9
        static let messageIdentifier: UInt8 = 10
        static let bindingIdentifier: UInt8 = 35
        static let flowSummary: UInt8 = 44
        static let flowIdentification: UInt8 = 45
    }

    /// The option's type as it stands on the wire.
    public var type: UInt8 {
        switch self {
        case .bindingRefreshAdvice: Code.bindingRefreshAdvice
        case .alternateCareOfAddress: Code.alternateCareOfAddress
        case .nonceIndices: Code.nonceIndices
        case .bindingAuthorizationData: Code.bindingAuthorizationData
        case .mobileNetworkPrefix: Code.mobileNetworkPrefix
        case .mobileNodeIdentifier: Code.mobileNodeIdentifier
        case .messageAuthentication: Code.messageAuthentication
        case .messageIdentifier: Code.messageIdentifier
        case .bindingIdentifier: Code.bindingIdentifier
        case .flowSummary: Code.flowSummary
        case .flowIdentification: Code.flowIdentification
        case .unknown(let type, _): type
        }
    }

    /// Whether this is a Mobile Network Prefix option that came malformed and was kept as `.unknown`: a length other
    /// than 18 or a prefix longer than 128 bits. A home agent answers with `.invalidPrefix` (RFC 3963 §4.2).
    public var isMalformedMobileNetworkPrefix: Bool {
        if case .unknown(Code.mobileNetworkPrefix, _) = self { true } else { false }
    }

    /// Whether this is a Binding Identifier option that came malformed and was kept as `.unknown`. A home agent
    /// answers with `.multipleCareOfAddressMalformed` (RFC 5648 §4.4).
    public var isMalformedBindingIdentifier: Bool {
        if case .unknown(Code.bindingIdentifier, _) = self { true } else { false }
    }
    /// The identifier of a Flow Identification option that came malformed and was kept as `.unknown`, zero where not even
    /// that can be read; nil for other options. A home agent answers with `.malformed` (RFC 6089 §5.3.2).
    public var malformedFlowIdentifier: UInt16? {
        guard case .unknown(Code.flowIdentification, let data) = self else { return nil }
        return data.count >= 2 ? UInt16(data[0]) << 8 | UInt16(data[1]) : 0
    }
}
