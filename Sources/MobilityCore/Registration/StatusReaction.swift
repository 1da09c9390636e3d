import MobilityWire

/// What a mobile router does about each status that refuses a registration.
///
/// | status | reaction | what the home agent had bound before |
/// |---|---|---|
/// | 128 reason unspecified, unknown codes | again soon | kept until its lifetime ends |
/// | 129 administratively prohibited | again slowly | given up |
/// | 130 insufficient resources | again soon | kept |
/// | 131 home registration not supported | again slowly | given up |
/// | 132 not home subnet | again slowly | given up |
/// | 133 not home agent for this mobile node | again slowly | given up |
/// | 134 duplicate address detection failed | again at the slowest: somebody else has the address | given up |
/// | 135 sequence number out of window | take over the number, again at once | kept |
/// | 136 to 138 nonces | again slowly: they belong to correspondents, not here | kept |
/// | 139 registration type change disallowed | de-register, then register anew | given up |
/// | 140 mobile router operation not permitted | again slowly | given up |
/// | 141 invalid prefix, 142 not authorized for prefix | again slowly | given up |
/// | 143 forwarding setup failed | again slowly | given up |
/// | 144 mobility identifier mismatch | take over the clock, again at once | kept |
/// | 145 mobility message identifier required | send it from now on, again at once | kept |
/// | 146 authentication failed | again slowly (RFC 4285 §5.3) | kept |
/// | 164 to 169 multiple care-of addresses | again slowly: none were asked for | kept |
/// | 174 invalid care-of address | again slowly; another care-of address at once | kept |
///
/// Nothing is given up for good: whatever the operator repairs at the home agent heals without a visit to the vehicle.
/// A new care-of address or a new configuration always tries at once.
enum StatusReaction: Hashable, Sendable {
    /// RFC 6275 §11.7.3: the acknowledgement carries the last accepted number.
    case adoptSequenceNumber
    /// RFC 4285 §6: the acknowledgement carries the home agent's time.
    case adoptClock
    /// RFC 4285 §6: the home agent wants a Mesg-ID option.
    case sendTimestamps
    /// The home agent holds a binding of the other kind; one de-registration ends either kind (RFC 3963 §6.2).
    case deregisterFirst
    /// Wait, doubling from `first` to `Tunables.longestRetryInterval`.
    case retry(first: Instant.Span, bindingGone: Bool)

    init(_ status: BindingStatus) {
        let short = Tunables.shortRetryInterval
        let long = Tunables.longRetryInterval
        self =
            switch status {
            case .sequenceNumberOutOfWindow: .adoptSequenceNumber
            case .mobilityIdentifierMismatch: .adoptClock
            case .mobilityMessageIdentifierRequired: .sendTimestamps
            case .registrationTypeChangeDisallowed: .deregisterFirst
            case .administrativelyProhibited, .homeRegistrationNotSupported, .notHomeSubnet,
                .notHomeAgentForThisMobileNode, .mobileRouterOperationNotPermitted, .invalidPrefix,
                .notAuthorizedForPrefix, .forwardingSetupFailed:
                .retry(first: long, bindingGone: true)
            case .duplicateAddressDetectionFailed:
                .retry(first: Tunables.longestRetryInterval, bindingGone: true)
            case .expiredHomeNonceIndex, .expiredCareOfNonceIndex, .expiredNonces, .authenticationFailed,
                .invalidCareOfAddress, .multipleCareOfAddressMalformed, .multipleCareOfAddressNonMCoABindingExists,
                .multipleCareOfAddressProhibited, .multipleCareOfAddressUnknownCareOfAddress,
                .multipleCareOfAddressBulkRegistrationProhibited,
                .multipleCareOfAddressSimultaneousHomeAndForeignProhibited:
                .retry(first: long, bindingGone: false)
            case .accepted, .acceptedPrefixDiscoveryNecessary, .multipleCareOfAddressIncomplete,
                .multipleCareOfAddressReturnHomeWithoutNDP, .reasonUnspecified, .insufficientResources, .unknown:
                .retry(first: short, bindingGone: false)
            }
    }
}
