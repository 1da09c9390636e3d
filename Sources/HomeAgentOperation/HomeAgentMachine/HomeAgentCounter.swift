import MobilityCore
public import MobilityWire

/// What a home agent counts.
public enum HomeAgentCounter: Hashable, Sendable {
    case bindingUpdateReceived
    /// A Binding Acknowledgement left, by its status.
    case acknowledgementSent(BindingStatus)
    case bindingErrorSent
    /// An answer to somebody whom nothing authenticated was one too many.
    case answerSuppressed

    // Binding Updates that are not answered

    case messageMalformed
    /// A message that a home agent has no use for.
    case messageUnexpected
    /// Of a type that nobody here knows; answered with a Binding Error.
    case messageUnknown
    /// To an address that is not the home agent's.
    case destinationForeign
    /// From an address to which nothing can be sent.
    case sourceInvalid
    /// The home address cannot be one, or is missing in a registration.
    case homeAddressInvalid
    /// Without the H flag: for correspondents.
    case homeRegistrationMissing
    /// With nonce indices, which a home registration must not have.
    case nonceIndicesUnexpected
    /// The node has no key and is not marked insecure (RFC 4285 §5.1.1).
    case securityAssociationMissing

    // Why authentication failed; each is also counted by its status

    case authenticatorMissing
    case authenticatorWrong
    case securityParameterIndexUnknown
    case timestampMissing
    /// Too far from the home agent's clock.
    case timestampDistant
    /// Not after the last one that was accepted.
    case timestampRepeated

    // Bindings

    case bindingCreated
    case bindingRefreshed
    /// The care-of address is another one than before.
    case bindingMoved
    case bindingDeregistered
    case bindingExpired
    case bindingRestored
    /// In force, but the engine did not have it: told again.
    case bindingRepeated
    /// The new settings do not allow it any more.
    case bindingUnconfigured
    /// Taken away by hand.
    case bindingRevoked
    /// Somebody on the home link has the home address.
    case bindingDuplicate
    /// Its home prefix became invalid.
    case bindingPrefixInvalid

    // Duplicate Address Detection

    /// A registration, or a binding that is in force already, waits for it.
    case detectionStarted
    case detectionFoundDuplicate
    /// No answer in time; the registration is refused.
    case detectionTimedOut
    /// A registration of the node without its identifier, or with the O flag, has taken its place (RFC 5648 §6.2).
    case bindingReplaced
    /// A care-of address of several was refused by a status of its own.
    case careOfAddressRefused

    // Flow bindings (RFC 6089)

    /// Added or changed.
    case flowBindingAccepted
    case flowBindingRefused
    /// Not named again by a Binding Update.
    case flowBindingRemoved

    /// The stable lower_snake_case name.
    public var rawValue: String {
        switch self {
        case .bindingUpdateReceived: "binding_update_received"
        case .acknowledgementSent(let status): "acknowledgement_sent_" + status.name
        case .bindingErrorSent: "binding_error_sent"
        case .answerSuppressed: "answer_suppressed"
        case .messageMalformed: "message_malformed"
        case .messageUnexpected: "message_unexpected"
        case .messageUnknown: "message_unknown"
        case .destinationForeign: "destination_foreign"
        case .sourceInvalid: "source_invalid"
        case .homeAddressInvalid: "home_address_invalid"
        case .homeRegistrationMissing: "home_registration_missing"
        case .nonceIndicesUnexpected: "nonce_indices_unexpected"
        case .securityAssociationMissing: "security_association_missing"
        case .authenticatorMissing: "authenticator_missing"
        case .authenticatorWrong: "authenticator_wrong"
        case .securityParameterIndexUnknown: "security_parameter_index_unknown"
        case .timestampMissing: "timestamp_missing"
        case .timestampDistant: "timestamp_distant"
        case .timestampRepeated: "timestamp_repeated"
        case .bindingCreated: "binding_created"
        case .bindingRefreshed: "binding_refreshed"
        case .bindingMoved: "binding_moved"
        case .bindingDeregistered: "binding_deregistered"
        case .bindingExpired: "binding_expired"
        case .bindingRestored: "binding_restored"
        case .bindingRepeated: "binding_repeated"
        case .bindingUnconfigured: "binding_unconfigured"
        case .bindingRevoked: "binding_revoked"
        case .bindingDuplicate: "binding_duplicate"
        case .bindingPrefixInvalid: "binding_prefix_invalid"
        case .detectionStarted: "detection_started"
        case .detectionFoundDuplicate: "detection_found_duplicate"
        case .detectionTimedOut: "detection_timed_out"
        case .bindingReplaced: "binding_replaced"
        case .careOfAddressRefused: "care_of_address_refused"
        case .flowBindingAccepted: "flow_binding_accepted"
        case .flowBindingRefused: "flow_binding_refused"
        case .flowBindingRemoved: "flow_binding_removed"
        }
    }
}

extension HomeAgentCounter: CaseIterable {
    /// The statuses that this home agent sends.
    static let statusesSent: [BindingStatus] = [
        .accepted, .acceptedPrefixDiscoveryNecessary, .reasonUnspecified, .duplicateAddressDetectionFailed,
        .administrativelyProhibited, .insufficientResources, .homeRegistrationNotSupported,
        .notHomeSubnet, .notHomeAgentForThisMobileNode,
        .sequenceNumberOutOfWindow, .registrationTypeChangeDisallowed, .mobileRouterOperationNotPermitted,
        .invalidPrefix, .notAuthorizedForPrefix, .forwardingSetupFailed, .mobilityIdentifierMismatch,
        .mobilityMessageIdentifierRequired, .authenticationFailed, .invalidCareOfAddress,
        .multipleCareOfAddressIncomplete, .multipleCareOfAddressReturnHomeWithoutNDP,
        .multipleCareOfAddressMalformed, .multipleCareOfAddressNonMCoABindingExists, .multipleCareOfAddressProhibited,
        .multipleCareOfAddressUnknownCareOfAddress, .multipleCareOfAddressBulkRegistrationProhibited,
        .multipleCareOfAddressSimultaneousHomeAndForeignProhibited,
    ]

    /// Every counter, with each status that is sent.
    public static let allCases: [HomeAgentCounter] =
        [
            .bindingUpdateReceived, .bindingErrorSent, .answerSuppressed, .messageMalformed, .messageUnexpected,
            .messageUnknown, .destinationForeign, .sourceInvalid, .homeAddressInvalid, .homeRegistrationMissing,
            .nonceIndicesUnexpected, .securityAssociationMissing, .authenticatorMissing, .authenticatorWrong,
            .securityParameterIndexUnknown, .timestampMissing, .timestampDistant, .timestampRepeated,
            .bindingCreated, .bindingRefreshed, .bindingMoved, .bindingDeregistered, .bindingExpired,
            .bindingRestored, .bindingRepeated, .bindingUnconfigured, .bindingRevoked, .bindingDuplicate,
            .bindingPrefixInvalid,
            .detectionStarted, .detectionFoundDuplicate, .detectionTimedOut,
            .bindingReplaced, .careOfAddressRefused,
            .flowBindingAccepted, .flowBindingRefused, .flowBindingRemoved,
        ] + statusesSent.map(HomeAgentCounter.acknowledgementSent)
}
