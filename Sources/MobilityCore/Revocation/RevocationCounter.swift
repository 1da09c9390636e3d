/// What the machines count that end a home agent's service early (RFC 5142, RFC 5846).
public enum RevocationCounter: String, CaseIterable, Sendable {
    case messageMalformed = "revocation_message_malformed"
    case messageUnexpected = "revocation_message_unexpected"
    /// From or to somebody who has nothing to do with this binding.
    case messageForeign = "revocation_message_foreign"
    /// Without the right authenticator.
    case messageUnauthenticated = "revocation_message_unauthenticated"
    /// Authentic, but not new.
    case messageRepeated = "revocation_message_repeated"

    case revocationSent = "revocation_sent"
    case revocationRetransmitted = "revocation_retransmitted"
    case revocationReceived = "revocation_received"
    case revocationAcknowledgementSent = "revocation_acknowledgement_sent"
    case revocationAcknowledgementReceived = "revocation_acknowledgement_received"
    /// No indication that is open has its sequence number and timestamp.
    case revocationAcknowledgementUnmatched = "revocation_acknowledgement_unmatched"
    case revocationRefused = "revocation_refused"
    /// The node never answered.
    case revocationUnanswered = "revocation_unanswered"
    /// The node registered again meanwhile.
    case revocationSuperseded = "revocation_superseded"

    case switchSent = "home_agent_switch_sent"
    case switchRetransmitted = "home_agent_switch_retransmitted"
    case switchReceived = "home_agent_switch_received"
    /// The node de-registered.
    case switchFollowed = "home_agent_switch_followed"
    /// The node is still here when the repetitions end.
    case switchUnanswered = "home_agent_switch_unanswered"
}
