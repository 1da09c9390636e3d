public import MobilityWire

/// What a registration machine counts.
public enum RegistrationCounter: Hashable, Sendable {
    case bindingUpdateSent
    /// Of those, the ones that repeat an unanswered one.
    case bindingUpdateRetransmitted
    /// Held back for less than a second (MAX_UPDATE_RATE, RFC 6275 §11.8).
    case bindingUpdateDeferred
    /// Of the Binding Updates sent, those of lifetime zero.
    case deregistrationSent
    /// No answer came before the wait for it was over.
    case deregistrationUnanswered
    /// An acknowledgement that was believed, by its status.
    case acknowledgementReceived(BindingStatus)
    /// Not from the home agent, or not for this home address.
    case acknowledgementForeign
    /// Answers no Binding Update that is still open.
    case acknowledgementUnmatched
    /// Its Mesg-ID is not the one that was sent (RFC 4285 §6).
    case acknowledgementTimestampMismatch
    /// Without the right authenticator: dropped.
    case acknowledgementUnauthenticated
    case bindingErrorReceived
    /// Not from the home agent, not for this home address, or too soon after an acknowledgement.
    case bindingErrorIgnored
    case bindingRefreshRequestReceived
    /// Not a Mobility Header that can be read.
    case messageMalformed
    /// A message that a mobile router has no use for.
    case messageUnexpected
    /// The granted lifetime passed without a new acknowledgement.
    case registrationExpired
    /// The old care-of address stayed usable meanwhile.
    case handoverPlanned
    case handoverUnplanned
    /// The home agent's time of day was taken over (status 144).
    case clockAdopted
    /// The home agent's sequence number was taken over (status 135).
    case sequenceNumberAdopted
    /// The home agent accepted, but as a host's registration: it is no NEMO home agent (RFC 3963 §5.3).
    case homeAgentWithoutMobileRouters

    // Several care-of addresses (RFC 5648)

    /// One of several care-of addresses was refused, by a status of its own or for all.
    case careOfAddressRefused
    /// A care-of address did not answer and is left aside for a while.
    case careOfAddressUnanswered
    /// The home agent takes only one care-of address in a Binding Update (status 168).
    case bulkRegistrationProhibited
    /// The home agent does not know binding identifiers, or does not allow them (status 166).
    case fellBackToSingleBinding
    /// A flow binding was refused (RFC 6089 §4.2).
    case flowBindingRefused

    /// The stable lower_snake_case name.
    public var rawValue: String {
        switch self {
        case .bindingUpdateSent: "binding_update_sent"
        case .bindingUpdateRetransmitted: "binding_update_retransmitted"
        case .bindingUpdateDeferred: "binding_update_deferred"
        case .deregistrationSent: "deregistration_sent"
        case .deregistrationUnanswered: "deregistration_unanswered"
        case .acknowledgementReceived(let status): "acknowledgement_received_" + status.name
        case .acknowledgementForeign: "acknowledgement_foreign"
        case .acknowledgementUnmatched: "acknowledgement_unmatched"
        case .acknowledgementTimestampMismatch: "acknowledgement_timestamp_mismatch"
        case .acknowledgementUnauthenticated: "acknowledgement_unauthenticated"
        case .bindingErrorReceived: "binding_error_received"
        case .bindingErrorIgnored: "binding_error_ignored"
        case .bindingRefreshRequestReceived: "binding_refresh_request_received"
        case .messageMalformed: "message_malformed"
        case .messageUnexpected: "message_unexpected"
        case .registrationExpired: "registration_expired"
        case .handoverPlanned: "handover_planned"
        case .handoverUnplanned: "handover_unplanned"
        case .clockAdopted: "clock_adopted"
        case .sequenceNumberAdopted: "sequence_number_adopted"
        case .homeAgentWithoutMobileRouters: "home_agent_without_mobile_routers"
        case .careOfAddressRefused: "care_of_address_refused"
        case .careOfAddressUnanswered: "care_of_address_unanswered"
        case .bulkRegistrationProhibited: "bulk_registration_prohibited"
        case .fellBackToSingleBinding: "fell_back_to_single_binding"
        case .flowBindingRefused: "flow_binding_refused"
        }
    }
}

extension RegistrationCounter: CaseIterable {
    /// Every counter, with each status that has a name.
    public static let allCases: [RegistrationCounter] =
        [
            .bindingUpdateSent, .bindingUpdateRetransmitted, .bindingUpdateDeferred, .deregistrationSent,
            .deregistrationUnanswered, .acknowledgementForeign, .acknowledgementUnmatched,
            .acknowledgementTimestampMismatch, .acknowledgementUnauthenticated, .bindingErrorReceived,
            .bindingErrorIgnored, .bindingRefreshRequestReceived, .messageMalformed, .messageUnexpected,
            .registrationExpired, .handoverPlanned, .handoverUnplanned, .clockAdopted, .sequenceNumberAdopted,
            .homeAgentWithoutMobileRouters, .careOfAddressRefused, .careOfAddressUnanswered,
            .bulkRegistrationProhibited, .fellBackToSingleBinding, .flowBindingRefused,
        ] + BindingStatus.named.map(RegistrationCounter.acknowledgementReceived)
}
