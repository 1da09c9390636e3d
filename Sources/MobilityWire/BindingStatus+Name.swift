extension BindingStatus {
    /// A stable lower_snake_case name, for counters and for people; a code without one is `status_N`.
    public var name: String {
        switch self {
        case .accepted: "accepted"
        case .acceptedPrefixDiscoveryNecessary: "accepted_prefix_discovery_necessary"
        case .multipleCareOfAddressIncomplete: "multiple_care_of_address_incomplete"
        case .multipleCareOfAddressReturnHomeWithoutNDP: "multiple_care_of_address_return_home_without_ndp"
        case .reasonUnspecified: "reason_unspecified"
        case .administrativelyProhibited: "administratively_prohibited"
        case .insufficientResources: "insufficient_resources"
        case .homeRegistrationNotSupported: "home_registration_not_supported"
        case .notHomeSubnet: "not_home_subnet"
        case .notHomeAgentForThisMobileNode: "not_home_agent_for_this_mobile_node"
        case .duplicateAddressDetectionFailed: "duplicate_address_detection_failed"
        case .sequenceNumberOutOfWindow: "sequence_number_out_of_window"
        case .expiredHomeNonceIndex: "expired_home_nonce_index"
        case .expiredCareOfNonceIndex: "expired_care_of_nonce_index"
        case .expiredNonces: "expired_nonces"
        case .registrationTypeChangeDisallowed: "registration_type_change_disallowed"
        case .mobileRouterOperationNotPermitted: "mobile_router_operation_not_permitted"
        case .invalidPrefix: "invalid_prefix"
        case .notAuthorizedForPrefix: "not_authorized_for_prefix"
        case .forwardingSetupFailed: "forwarding_setup_failed"
        case .mobilityIdentifierMismatch: "mobility_identifier_mismatch"
        case .mobilityMessageIdentifierRequired: "mobility_message_identifier_required"
        case .authenticationFailed: "authentication_failed"
        case .multipleCareOfAddressMalformed: "multiple_care_of_address_malformed"
        case .multipleCareOfAddressNonMCoABindingExists: "multiple_care_of_address_non_mcoa_binding_exists"
        case .multipleCareOfAddressProhibited: "multiple_care_of_address_prohibited"
        case .multipleCareOfAddressUnknownCareOfAddress: "multiple_care_of_address_unknown_care_of_address"
        case .multipleCareOfAddressBulkRegistrationProhibited: "multiple_care_of_address_bulk_registration_prohibited"
        case .multipleCareOfAddressSimultaneousHomeAndForeignProhibited:
            "multiple_care_of_address_simultaneous_home_and_foreign_prohibited"
        case .invalidCareOfAddress: "invalid_care_of_address"
        case .unknown(let code): "status_\(code)"
        }
    }

    /// For people: `not home subnet (132)`.
    public var words: String { "\(String(name.map { $0 == "_" ? " " : $0 })) (\(rawValue))" }

    /// Every status that has a name.
    public static let named: [BindingStatus] = (0...UInt8.max).map(BindingStatus.init(rawValue:)).filter { status in
        if case .unknown = status { false } else { true }
    }
}
