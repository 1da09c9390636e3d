import MobilityCore
import MobilityWire

extension SpecificationConstants {
    // RFC 6275 §12

    /// MAX_NONCE_LIFETIME: how long after its first use a nonce is accepted.
    static let maximumNonceLifetime = Instant.Span.seconds(240)
    /// MAX_TOKEN_LIFETIME: how long a mobile node uses a keygen token.
    static let maximumTokenLifetime = Instant.Span.seconds(210)
    /// MAX_RR_BINDING_LIFETIME: the longest binding that return routability authorizes.
    static let maximumReturnRoutabilityBindingLifetime = Instant.Span.seconds(420)
    /// MAX_RO_FAILURE: after as many repetitions without answer packets go through the home agent again.
    static let maximumRouteOptimizationFailures = 3

    // RFC 6275 §5.2

    /// The length of a node key Kcn, in octets (§5.2.1).
    static let nodeKeyLength = 20
    /// The recommended length of a nonce, in octets (§5.2.2).
    static let nonceLength = 8
}
