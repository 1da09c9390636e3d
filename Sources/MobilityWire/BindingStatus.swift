/// The status of a Binding Acknowledgement (RFC 6275 §6.1.8 and IANA's registry). Below 128 the update was accepted.
public enum BindingStatus: Hashable, Sendable {
    case accepted  // 0
    case acceptedPrefixDiscoveryNecessary  // 1
    case multipleCareOfAddressIncomplete  // 4: MCOA NOTCOMPLETE (RFC 5648)
    case multipleCareOfAddressReturnHomeWithoutNDP  // 5: MCOA RETURNHOME WO/NDP (RFC 5648)
    case reasonUnspecified  // 128
    case administrativelyProhibited  // 129
    case insufficientResources  // 130
    case homeRegistrationNotSupported  // 131
    case notHomeSubnet  // 132
    case notHomeAgentForThisMobileNode  // 133
    case duplicateAddressDetectionFailed  // 134
    case sequenceNumberOutOfWindow  // 135
    case expiredHomeNonceIndex  // 136
    case expiredCareOfNonceIndex  // 137
    case expiredNonces  // 138
    case registrationTypeChangeDisallowed  // 139
    case mobileRouterOperationNotPermitted  // 140 (RFC 3963)
    case invalidPrefix  // 141 (RFC 3963)
    case notAuthorizedForPrefix  // 142 (RFC 3963)
    case forwardingSetupFailed  // 143 (RFC 3963)
    case mobilityIdentifierMismatch  // 144: MIPV6-ID-MISMATCH (RFC 4285)
    case mobilityMessageIdentifierRequired  // 145: MIPV6-MESG-ID-REQD (RFC 4285)
    case authenticationFailed  // 146: MIPV6-AUTH-FAIL (RFC 4285)
    case multipleCareOfAddressMalformed  // 164 (RFC 5648)
    case multipleCareOfAddressNonMCoABindingExists  // 165 (RFC 5648)
    case multipleCareOfAddressProhibited  // 166 (RFC 5648)
    case multipleCareOfAddressUnknownCareOfAddress  // 167 (RFC 5648)
    case multipleCareOfAddressBulkRegistrationProhibited  // 168 (RFC 5648)
    case multipleCareOfAddressSimultaneousHomeAndForeignProhibited  // 169 (RFC 5648)
    case invalidCareOfAddress  // 174 (RFC 6275)
    case unknown(UInt8)

    public var isAccepted: Bool { rawValue < 128 }
}
