/// The Flow Identification option (RFC 6089 §4.2): binds a flow to care-of addresses.
public struct FlowIdentificationOption: Hashable, Sendable {
    /// FID, which the mobile node chooses; 0 is reserved.
    public var identifier: UInt16
    /// FID-PRI: lowest is asked first; 0 is reserved.
    public var priority: UInt16
    /// Zero in a Binding Update.
    public var status: FlowBindingStatus
    /// The binding identifiers of the Binding Reference sub-option (RFC 6089 §4.2.1.3); absent, those known stay.
    public var bindings: [UInt16]?
    /// Absent, the selector that is known stays.
    public var selector: Selector?

    /// The Traffic Selector sub-option (RFC 6089 §4.2.1.4).
    public enum Selector: Hashable, Sendable {
        /// TS Format 2 (RFC 6088 §3.2).
        case ipv6(TrafficSelector)
        /// Another format, that of IPv4 (1) among them: kept as it came, and refused by whoever is to act on it.
        case other(format: UInt8, data: [UInt8])
    }

    public init(
        identifier: UInt16, priority: UInt16, status: FlowBindingStatus = .successful, bindings: [UInt16]? = nil,
        selector: Selector? = nil
    ) {
        self.identifier = identifier
        self.priority = priority
        self.status = status
        self.bindings = bindings
        self.selector = selector
    }
}

/// The status of a flow binding in a Binding Acknowledgement (RFC 6089 §4.2).
public enum FlowBindingStatus: Error, Hashable, Sendable {
    case successful  // 0
    case administrativelyProhibited  // 128
    case rejected  // 129: reason unspecified
    case malformed  // 130
    case bindingNotFound  // 131: BID not found
    case flowNotFound  // 132: FID not found
    case formatNotSupported  // 133
    case unknown(UInt8)

    public init(rawValue: UInt8) {
        self =
            switch rawValue {
            case 0: .successful
            case 128: .administrativelyProhibited
            case 129: .rejected
            case 130: .malformed
            case 131: .bindingNotFound
            case 132: .flowNotFound
            case 133: .formatNotSupported
            default: .unknown(rawValue)
            }
    }

    public var rawValue: UInt8 {
        switch self {
        case .successful: 0
        case .administrativelyProhibited: 128
        case .rejected: 129
        case .malformed: 130
        case .bindingNotFound: 131
        case .flowNotFound: 132
        case .formatNotSupported: 133
        case .unknown(let code): code
        }
    }

    public var isAccepted: Bool { rawValue < 128 }
}
