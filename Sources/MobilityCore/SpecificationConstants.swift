import MobilityWire

/// Values that the RFCs fix. What may be chosen is in `Tunables`.
enum SpecificationConstants {
    // RFC 6275 §12

    /// INITIAL_BINDACK_TIMEOUT
    static let initialBindingAcknowledgementTimeout = Instant.Span.seconds(1)
    /// MAX_BINDACK_TIMEOUT
    static let maximumBindingAcknowledgementTimeout = Instant.Span.seconds(32)
    /// MAX_UPDATE_RATE: Binding Updates to one destination within a second.
    static let maximumUpdateRate = 3
    /// MAX_DELETE_BCE_TIMEOUT: how long a home agent remembers the sequence number of a binding that was de-registered.
    static let deletedBindingMemory = Instant.Span.seconds(10)

    // RFC 6275 §13

    /// InitialBindackTimeoutFirstReg: longer, for the home agent may have to look for duplicates of the address first.
    static let initialTimeoutOfFirstRegistration = Instant.Span.milliseconds(1500)

    // RFC 6275 §6.1.9

    /// Status of a Binding Error: unknown binding for Home Address destination option.
    static let bindingErrorUnknownBinding: UInt8 = 1
    /// Status of a Binding Error: unrecognized MH type value.
    static let bindingErrorUnrecognizedType: UInt8 = 2

    // RFC 4285 §5.1

    /// The length of the shared key, in octets.
    static let sharedKeyLength = 16
    /// HMAC-SHA1 truncated to 96 bits, in octets.
    static let authenticatorLength = 12
    /// Mobility security parameter indices below this one are reserved.
    static let firstUsableSecurityParameterIndex: UInt32 = 256
    /// How far the timestamps of the two ends may differ.
    static let timestampTolerance = Instant.Span.seconds(7)

    // RFC 6275 §12

    /// INITIAL_DHAAD_TIMEOUT
    static let initialDiscoveryTimeout = Instant.Span.seconds(3)
    /// DHAAD_RETRIES: retransmissions, so that a round has one request more.
    static let discoveryRetransmissions = 4
    /// INITIAL_SOLICIT_TIMER
    static let initialSolicitationTimeout = Instant.Span.seconds(3)
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

    // RFC 5846 §11

    /// InitMINDelayBRIs
    static let initialRevocationTimeout = Instant.Span.seconds(1)
    /// MAX_BRACK_TIMEOUT
    static let maximumRevocationTimeout = Instant.Span.seconds(2)
    /// BRIMaxRetriesNumber
    static let revocationRetransmissions = 1
}
