// Two plain switches: `==` of a RawRepresentable type is made from `rawValue`, so that `rawValue` must not use it.

extension BindingStatus: RawRepresentable {
    public init(rawValue: UInt8) {
        self =
            switch rawValue {
            case 0: .accepted
            case 1: .acceptedPrefixDiscoveryNecessary
            case 4: .multipleCareOfAddressIncomplete
            case 5: .multipleCareOfAddressReturnHomeWithoutNDP
            case 128: .reasonUnspecified
            case 129: .administrativelyProhibited
            case 130: .insufficientResources
            case 131: .homeRegistrationNotSupported
            case 132: .notHomeSubnet
            case 133: .notHomeAgentForThisMobileNode
            case 134: .duplicateAddressDetectionFailed
            case 135: .sequenceNumberOutOfWindow
            case 136: .expiredHomeNonceIndex
            case 137: .expiredCareOfNonceIndex
            case 138: .expiredNonces
            case 139: .registrationTypeChangeDisallowed
            case 140: .mobileRouterOperationNotPermitted
            case 141: .invalidPrefix
            case 142: .notAuthorizedForPrefix
            case 143: .forwardingSetupFailed
            case 144: .mobilityIdentifierMismatch
            case 145: .mobilityMessageIdentifierRequired
            case 146: .authenticationFailed
            case 164: .multipleCareOfAddressMalformed
            case 165: .multipleCareOfAddressNonMCoABindingExists
            case 166: .multipleCareOfAddressProhibited
            case 167: .multipleCareOfAddressUnknownCareOfAddress
            case 168: .multipleCareOfAddressBulkRegistrationProhibited
            case 169: .multipleCareOfAddressSimultaneousHomeAndForeignProhibited
            case 174: .invalidCareOfAddress
            default: .unknown(rawValue)
            }
    }

    public var rawValue: UInt8 {
        switch self {
        case .accepted: 0
        case .acceptedPrefixDiscoveryNecessary: 1
        case .multipleCareOfAddressIncomplete: 4
        case .multipleCareOfAddressReturnHomeWithoutNDP: 5
        case .reasonUnspecified: 128
        case .administrativelyProhibited: 129
        case .insufficientResources: 130
        case .homeRegistrationNotSupported: 131
        case .notHomeSubnet: 132
        case .notHomeAgentForThisMobileNode: 133
        case .duplicateAddressDetectionFailed: 134
        case .sequenceNumberOutOfWindow: 135
        case .expiredHomeNonceIndex: 136
        case .expiredCareOfNonceIndex: 137
        case .expiredNonces: 138
        case .registrationTypeChangeDisallowed: 139
        case .mobileRouterOperationNotPermitted: 140
        case .invalidPrefix: 141
        case .notAuthorizedForPrefix: 142
        case .forwardingSetupFailed: 143
        case .mobilityIdentifierMismatch: 144
        case .mobilityMessageIdentifierRequired: 145
        case .authenticationFailed: 146
        case .multipleCareOfAddressMalformed: 164
        case .multipleCareOfAddressNonMCoABindingExists: 165
        case .multipleCareOfAddressProhibited: 166
        case .multipleCareOfAddressUnknownCareOfAddress: 167
        case .multipleCareOfAddressBulkRegistrationProhibited: 168
        case .multipleCareOfAddressSimultaneousHomeAndForeignProhibited: 169
        case .invalidCareOfAddress: 174
        case .unknown(let code): code
        }
    }
}
