extension BindingStatus: RawRepresentable {
    /// The codes of the registry; everything else is `.unknown`.
    private static let codes: [(UInt8, BindingStatus)] = [
        (0, .accepted), (1, .acceptedPrefixDiscoveryNecessary), (4, .multipleCareOfAddressIncomplete),
        (5, .multipleCareOfAddressReturnHomeWithoutNDP), (128, .reasonUnspecified), (129, .administrativelyProhibited),
        (130, .insufficientResources), (131, .homeRegistrationNotSupported), (132, .notHomeSubnet),
        (133, .notHomeAgentForThisMobileNode), (134, .duplicateAddressDetectionFailed),
        (135, .sequenceNumberOutOfWindow), (136, .expiredHomeNonceIndex), (137, .expiredCareOfNonceIndex),
        (138, .expiredNonces), (139, .registrationTypeChangeDisallowed), (140, .mobileRouterOperationNotPermitted),
        (141, .invalidPrefix), (142, .notAuthorizedForPrefix), (143, .forwardingSetupFailed),
        (144, .mobilityIdentifierMismatch), (145, .mobilityMessageIdentifierRequired), (146, .authenticationFailed),
        (164, .multipleCareOfAddressMalformed), (165, .multipleCareOfAddressNonMCoABindingExists),
        (166, .multipleCareOfAddressProhibited), (167, .multipleCareOfAddressUnknownCareOfAddress),
        (168, .multipleCareOfAddressBulkRegistrationProhibited),
        (169, .multipleCareOfAddressSimultaneousHomeAndForeignProhibited), (174, .invalidCareOfAddress),
    ]

    public init(rawValue: UInt8) {
        self = Self.codes.first { $0.0 == rawValue }?.1 ?? .unknown(rawValue)
    }

    public var rawValue: UInt8 {
        if case .unknown(let code) = self { return code }
        return Self.codes.first { $0.1 == self }?.0 ?? 128
    }
}
