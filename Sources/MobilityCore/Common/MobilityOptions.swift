package import MobilityWire

/// What the machines look for among the options of a message; of options that should stand once the first counts.
extension [MobilityOption] {
    package var messageIdentifier: NTPTimestamp? {
        for case .messageIdentifier(let timestamp) in self { return NTPTimestamp(rawValue: timestamp) }
        return nil
    }

    package var alternateCareOfAddress: IPv6Address? {
        for case .alternateCareOfAddress(let address) in self { return address }
        return nil
    }

    package var refreshAdvice: Instant.Span? {
        for case .bindingRefreshAdvice(let interval) in self { return interval.span }
        return nil
    }

    package var mobileNetworkPrefixes: [IPv6Prefix] {
        compactMap { if case .mobileNetworkPrefix(let prefix) = $0 { prefix } else { nil } }
    }

    package var hasAuthentication: Bool {
        contains { if case .messageAuthentication = $0 { true } else { false } }
    }

    package var hasNonceIndices: Bool {
        contains { if case .nonceIndices = $0 { true } else { false } }
    }
}
