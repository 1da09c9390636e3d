package import MobilityWire

/// Values that the RFCs fix. What may be chosen is in `Tunables`.
package enum SpecificationConstants {
    // RFC 6275 §12

    /// INITIAL_BINDACK_TIMEOUT
    package static let initialBindingAcknowledgementTimeout = Instant.Span.seconds(1)
    /// MAX_BINDACK_TIMEOUT
    package static let maximumBindingAcknowledgementTimeout = Instant.Span.seconds(32)
    /// MAX_UPDATE_RATE: Binding Updates to one destination within a second.
    static let maximumUpdateRate = 3

    // RFC 6275 §13

    /// InitialBindackTimeoutFirstReg: longer, for the home agent may have to look for duplicates of the address first.
    static let initialTimeoutOfFirstRegistration = Instant.Span.milliseconds(1500)

    // RFC 6275 §6.1.9

    /// Status of a Binding Error: unknown binding for Home Address destination option.
    package static let bindingErrorUnknownBinding: UInt8 = 1
    /// Status of a Binding Error: unrecognized MH type value.
    package static let bindingErrorUnrecognizedType: UInt8 = 2

    // RFC 4285 §5.1

    /// The length of the shared key, in octets.
    static let sharedKeyLength = 16
    /// HMAC-SHA1 truncated to 96 bits, in octets.
    package static let authenticatorLength = 12
    /// Mobility security parameter indices below this one are reserved.
    static let firstUsableSecurityParameterIndex: UInt32 = 256
    /// How far the timestamps of the two ends may differ.
    package static let timestampTolerance = Instant.Span.seconds(7)

    // RFC 6275 §12

    /// INITIAL_DHAAD_TIMEOUT
    static let initialDiscoveryTimeout = Instant.Span.seconds(3)
    /// DHAAD_RETRIES: retransmissions, so that a round has one request more.
    static let discoveryRetransmissions = 4
    /// INITIAL_SOLICIT_TIMER
    static let initialSolicitationTimeout = Instant.Span.seconds(3)
}
