import MobilityCore
import MobilityWire

extension SpecificationConstants {
    // RFC 6275 §12

    /// MAX_DELETE_BCE_TIMEOUT: how long a home agent remembers the sequence number of a binding that was de-registered.
    static let deletedBindingMemory = Instant.Span.seconds(10)
    /// PREFIX_ADV_TIMEOUT
    static let prefixAdvertisementTimeout = Instant.Span.seconds(3)
    /// PREFIX_ADV_RETRIES
    static let prefixAdvertisementRetransmissions = 3
    /// RFC 6275 §6.8: Mobile Prefix Advertisements to one node.
    static let leastPrefixAdvertisementInterval = Instant.Span.seconds(1)

    // RFC 6275 §13

    /// MaxMobPfxAdvInterval
    static let maximumPrefixAdvertisementInterval = Instant.Span.seconds(86_400)
    /// MinMobPfxAdvInterval
    static let minimumPrefixAdvertisementInterval = Instant.Span.seconds(600)

    // RFC 5142 §8

    /// INITIAL-HA-SWITCH-TIMEOUT
    static let initialSwitchTimeout = Instant.Span.seconds(5)
    /// MAX-HA-SWITCH-TIMEOUT
    static let maximumSwitchTimeout = Instant.Span.seconds(20)
    /// MAX-HA-SWITCH-TRANSMIT-RATE: one mobile node a second.
    static let switchInterval = Instant.Span.seconds(1)
}
