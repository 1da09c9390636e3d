import MobilityCore
public import MobilityWire

/// What the mobile side of route optimisation counts.
public enum RouteOptimizationCounter: Hashable, Sendable {
    case homeTestInitSent
    case careOfTestInitSent
    case bindingUpdateSent
    /// Of those three, the ones that repeat an unanswered one.
    case messageRetransmitted
    /// Held back for less than a second (MAX_UPDATE_RATE, RFC 6275 §11.8).
    case messageDeferred
    /// A home keygen token was still good: no home test was needed.
    case homeTokenReused
    case homeTestReceived
    case careOfTestReceived
    /// A Home or Care-of Test that answers nothing that is open.
    case testUnmatched
    /// A Home Test that did not come through the tunnel from the home agent.
    case testOutsideTunnel
    /// An acknowledgement that was believed, by its status.
    case acknowledgementReceived(BindingStatus)
    /// Answers no Binding Update that is still open.
    case acknowledgementUnmatched
    /// Without the right authorization data: dropped.
    case acknowledgementUnauthenticated
    /// The correspondent's sequence number was taken over (status 135).
    case sequenceNumberAdopted
    case bindingErrorReceived
    /// For nothing that is optimised, or too soon after an acknowledgement.
    case bindingErrorIgnored
    case bindingRefreshRequestReceived
    /// From somebody without a binding, or too soon after an acknowledgement.
    case bindingRefreshRequestIgnored
    case messageMalformed
    /// A message that a mobile node has no use for here.
    case messageUnexpected

    // Hints

    case hintReceived
    /// The peer is never to be optimised, or the node is not away.
    case hintIgnored
    /// The peer rests after a failure.
    case hintResting
    /// As many peers are optimised as may be.
    case hintRefused
    /// Too many new peers at once.
    case hintSuppressed

    // Routes and peers

    case routeInstalled
    /// Taken over from an earlier program.
    case routeRestored
    case routeRemoved(RouteOptimizationMachine.RemovalReason)
    /// A peer was given up for a while.
    case peerRested(RestingPeer.Reason)
    /// A rest was forgotten for want of room.
    case restForgotten

    /// The stable lower_snake_case name.
    public var rawValue: String {
        switch self {
        case .homeTestInitSent: "home_test_init_sent"
        case .careOfTestInitSent: "care_of_test_init_sent"
        case .bindingUpdateSent: "correspondent_binding_update_sent"
        case .messageRetransmitted: "route_optimization_retransmitted"
        case .messageDeferred: "route_optimization_deferred"
        case .homeTokenReused: "home_token_reused"
        case .homeTestReceived: "home_test_received"
        case .careOfTestReceived: "care_of_test_received"
        case .testUnmatched: "test_unmatched"
        case .testOutsideTunnel: "test_outside_tunnel"
        case .acknowledgementReceived(let status): "correspondent_acknowledgement_received_" + status.name
        case .acknowledgementUnmatched: "correspondent_acknowledgement_unmatched"
        case .acknowledgementUnauthenticated: "correspondent_acknowledgement_unauthenticated"
        case .sequenceNumberAdopted: "correspondent_sequence_number_adopted"
        case .bindingErrorReceived: "correspondent_binding_error_received"
        case .bindingErrorIgnored: "correspondent_binding_error_ignored"
        case .bindingRefreshRequestReceived: "correspondent_refresh_request_received"
        case .bindingRefreshRequestIgnored: "correspondent_refresh_request_ignored"
        case .messageMalformed: "correspondent_message_malformed"
        case .messageUnexpected: "correspondent_message_unexpected"
        case .hintReceived: "route_optimization_hint_received"
        case .hintIgnored: "route_optimization_hint_ignored"
        case .hintResting: "route_optimization_hint_resting"
        case .hintRefused: "route_optimization_hint_refused"
        case .hintSuppressed: "route_optimization_hint_suppressed"
        case .routeInstalled: "route_installed"
        case .routeRestored: "route_restored"
        case .routeRemoved(let reason): "route_removed_" + reason.name
        case .peerRested(let reason): "peer_rested_" + reason.rawValue
        case .restForgotten: "peer_rest_forgotten"
        }
    }
}

extension RouteOptimizationCounter: CaseIterable {
    /// Every counter, with each status that has a name and each reason.
    public static let allCases: [RouteOptimizationCounter] =
        [
            .homeTestInitSent, .careOfTestInitSent, .bindingUpdateSent, .messageRetransmitted, .messageDeferred,
            .homeTokenReused, .homeTestReceived, .careOfTestReceived, .testUnmatched, .testOutsideTunnel,
            .acknowledgementUnmatched, .acknowledgementUnauthenticated, .sequenceNumberAdopted,
            .bindingErrorReceived, .bindingErrorIgnored, .bindingRefreshRequestReceived,
            .bindingRefreshRequestIgnored, .messageMalformed, .messageUnexpected, .hintReceived, .hintIgnored,
            .hintResting, .hintRefused, .hintSuppressed, .routeInstalled, .routeRestored,
            .restForgotten,
        ] + BindingStatus.named.map(RouteOptimizationCounter.acknowledgementReceived)
        + RouteOptimizationMachine.RemovalReason.allCases.map(RouteOptimizationCounter.routeRemoved)
        + RestingPeer.Reason.allCases.map(RouteOptimizationCounter.peerRested)
}
