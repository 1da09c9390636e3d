import MobilityWire

/// What the machines look for among the options of a message; of options that should stand once the first counts.
extension [MobilityOption] {
    var messageIdentifier: NTPTimestamp? {
        for case .messageIdentifier(let timestamp) in self { return NTPTimestamp(rawValue: timestamp) }
        return nil
    }

    var alternateCareOfAddress: IPv6Address? {
        for case .alternateCareOfAddress(let address) in self { return address }
        return nil
    }

    var refreshAdvice: Instant.Span? {
        for case .bindingRefreshAdvice(let interval) in self { return interval.span }
        return nil
    }

    var mobileNetworkPrefixes: [IPv6Prefix] {
        compactMap { if case .mobileNetworkPrefix(let prefix) = $0 { prefix } else { nil } }
    }

    var hasAuthentication: Bool {
        contains { if case .messageAuthentication = $0 { true } else { false } }
    }

    var hasNonceIndices: Bool {
        contains { if case .nonceIndices = $0 { true } else { false } }
    }
}
