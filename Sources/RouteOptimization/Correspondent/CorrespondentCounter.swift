import MobilityCore
public import MobilityWire

/// What a correspondent node counts.
public enum CorrespondentCounter: Hashable, Sendable {
    case homeTestInitReceived
    case careOfTestInitReceived
    case homeTestSent
    case careOfTestSent
    case bindingUpdateReceived
    /// A Binding Acknowledgement left, by its status.
    case acknowledgementSent(BindingStatus)
    case bindingRefreshRequestSent
    case bindingErrorSent

    // What is not answered

    /// An answer to somebody whom nothing authenticated was one too many.
    case answerSuppressed
    /// A home or care-of test was one too many.
    case testSuppressed
    case messageMalformed
    /// A message that a correspondent has no use for.
    case messageUnexpected
    /// Of a type that nobody here knows; answered with a Binding Error.
    case messageUnknown
    /// To an address that is not this node's.
    case destinationForeign
    /// From an address to which nothing can be sent.
    case sourceInvalid
    /// A test with a Home Address option, which it must not have (RFC 6275 §9.4.1).
    case homeAddressOptionUnexpected
    /// There was no randomness for a nonce.
    case secretMissing
    /// The home address cannot be one.
    case homeAddressInvalid
    /// The care-of address cannot be one: dropped (RFC 6275 §6.1.7).
    case careOfAddressInvalid
    /// A home registration, left to the home agent on this node.
    case homeRegistrationLeft
    case nonceIndicesMissing
    /// Without Binding Authorization Data, or with a wrong one.
    case authorizationWrong

    /// The home addresses of one prefix (a /64, a /48 or a /32) have their share of the bindings already: refused with
    /// status 130.
    case prefixLimitReached

    // Bindings

    case bindingCreated
    case bindingRefreshed
    /// The care-of address is another one than before.
    case bindingMoved
    case bindingDeregistered
    case bindingExpired
    /// Taken away by hand.
    case bindingRevoked
    /// The new settings do not allow it any more.
    case bindingUnconfigured
    /// Taken over from an earlier program.
    case bindingRestored
    /// The tunnel manager missed a binding that is in force: told again.
    case bindingRepeated

    /// The stable lower_snake_case name.
    public var rawValue: String {
        switch self {
        case .homeTestInitReceived: "home_test_init_received"
        case .careOfTestInitReceived: "care_of_test_init_received"
        case .homeTestSent: "home_test_sent"
        case .careOfTestSent: "care_of_test_sent"
        case .bindingUpdateReceived: "binding_update_received"
        case .acknowledgementSent(let status): "acknowledgement_sent_" + status.name
        case .bindingRefreshRequestSent: "binding_refresh_request_sent"
        case .bindingErrorSent: "binding_error_sent"
        case .answerSuppressed: "answer_suppressed"
        case .testSuppressed: "test_suppressed"
        case .messageMalformed: "message_malformed"
        case .messageUnexpected: "message_unexpected"
        case .messageUnknown: "message_unknown"
        case .destinationForeign: "destination_foreign"
        case .sourceInvalid: "source_invalid"
        case .homeAddressOptionUnexpected: "home_address_option_unexpected"
        case .secretMissing: "secret_missing"
        case .homeAddressInvalid: "home_address_invalid"
        case .careOfAddressInvalid: "care_of_address_invalid"
        case .homeRegistrationLeft: "home_registration_left"
        case .nonceIndicesMissing: "nonce_indices_missing"
        case .authorizationWrong: "authorization_wrong"
        case .prefixLimitReached: "prefix_limit_reached"
        case .bindingCreated: "binding_created"
        case .bindingRefreshed: "binding_refreshed"
        case .bindingMoved: "binding_moved"
        case .bindingDeregistered: "binding_deregistered"
        case .bindingExpired: "binding_expired"
        case .bindingRevoked: "binding_revoked"
        case .bindingUnconfigured: "binding_unconfigured"
        case .bindingRestored: "binding_restored"
        case .bindingRepeated: "binding_repeated"
        }
    }
}

extension CorrespondentCounter: CaseIterable {
    /// The statuses that this correspondent sends.
    static let statusesSent: [BindingStatus] = [
        .accepted, .administrativelyProhibited, .insufficientResources, .homeRegistrationNotSupported,
        .sequenceNumberOutOfWindow, .expiredHomeNonceIndex, .expiredCareOfNonceIndex, .expiredNonces,
        .invalidCareOfAddress,
    ]

    /// Every counter, with each status that is sent.
    public static let allCases: [CorrespondentCounter] =
        [
            .homeTestInitReceived, .careOfTestInitReceived, .homeTestSent, .careOfTestSent, .bindingUpdateReceived,
            .bindingRefreshRequestSent, .bindingErrorSent, .answerSuppressed, .testSuppressed, .messageMalformed,
            .messageUnexpected, .messageUnknown, .destinationForeign, .sourceInvalid, .homeAddressOptionUnexpected,
            .secretMissing, .homeAddressInvalid, .careOfAddressInvalid, .homeRegistrationLeft, .nonceIndicesMissing,
            .authorizationWrong, .prefixLimitReached, .bindingCreated, .bindingRefreshed, .bindingMoved,
            .bindingDeregistered, .bindingExpired, .bindingRevoked, .bindingUnconfigured, .bindingRestored,
            .bindingRepeated,
        ] + statusesSent.map(CorrespondentCounter.acknowledgementSent)
}
