/// What the machines of home agent and prefix discovery count.
public enum DiscoveryCounter: String, CaseIterable, Sendable {
    // What comes in

    case messageMalformed = "discovery_message_malformed"
    /// Of a type that this end has no use for.
    case messageUnexpected = "discovery_message_unexpected"
    /// Its addresses are not those that such a message has.
    case messageForeign = "discovery_message_foreign"
    /// A router advertisement whose hop limit or source shows that it is not from this link (RFC 4861 §6.1.2).
    case routerAdvertisementInvalid = "router_advertisement_invalid"
    case routerAdvertisementReceived = "router_advertisement_received"

    // The home agents list

    case homeAgentAdded = "home_agent_added"
    /// De-listed by itself, or expired.
    case homeAgentRemoved = "home_agent_removed"
    /// The list, or an entry's list of addresses, is full.
    case homeAgentRefused = "home_agent_refused"
    /// There are as many prefixes on the home link as are kept.
    case homePrefixRefused = "home_prefix_refused"

    // Dynamic Home Agent Address Discovery

    case discoveryRequestReceived = "discovery_request_received"
    case discoveryReplySent = "discovery_reply_sent"
    case discoveryReplySuppressed = "discovery_reply_suppressed"
    case discoveryRequestSent = "discovery_request_sent"
    case discoveryRequestRetransmitted = "discovery_request_retransmitted"
    case discoveryReplyReceived = "discovery_reply_received"
    /// No request of ours that is open has its identifier.
    case discoveryReplyUnmatched = "discovery_reply_unmatched"
    /// No answer to any of the requests of a round.
    case discoveryFailed = "discovery_failed"

    // Which home agent

    /// Moved on to another home agent because this one is silent, refuses, or says so.
    case homeAgentLeft = "home_agent_left"
    case preferredHomeAgentProbed = "preferred_home_agent_probed"
    case preferredHomeAgentReturned = "preferred_home_agent_returned"

    /// The home agent in use was asked for a sign of life.
    case homeAgentWatched = "home_agent_watched"
    /// It gave none several times in a row.
    case homeAgentSilent = "home_agent_silent"

    // Mobile prefix discovery

    case prefixSolicitationSent = "prefix_solicitation_sent"
    case prefixSolicitationReceived = "prefix_solicitation_received"
    /// Of a node that has no binding with this care-of address.
    case prefixSolicitationUnbound = "prefix_solicitation_unbound"
    case prefixAdvertisementSent = "prefix_advertisement_sent"
    case prefixAdvertisementRetransmitted = "prefix_advertisement_retransmitted"
    /// One was sent to the node within this second.
    case prefixAdvertisementDeferred = "prefix_advertisement_deferred"
    case prefixAdvertisementReceived = "prefix_advertisement_received"
    /// Answers no solicitation that is open; solicits one.
    case prefixAdvertisementUnsolicited = "prefix_advertisement_unsolicited"
    /// Nothing protects it, and the settings ask for protection.
    case prefixMessageUnprotected = "prefix_message_unprotected"
}
