public import MobilityCore
public import MobilityWire

/// What a correspondent node knows beforehand.
public struct CorrespondentConfiguration: Hashable, Sendable {
    /// The node's own addresses; empty takes every address that a message came to as one of its own.
    public var addresses: Set<IPv6Address>
    /// No binding is made with a home or care-of address in these (status 129).
    public var prohibited: [IPv6Prefix]
    /// Whether a home agent runs on this node. If not, home registrations are refused with status 131; if so they are
    /// the home agent's to answer.
    public var hasHomeAgent: Bool
    /// The longest lifetime granted; RFC 6275 allows 420 s.
    public var greatestLifetime: Instant.Span
    /// How many bindings and memories of ended ones are held; more are refused with status 130.
    public var greatestNumberOfBindings: Int
    /// How long a nonce makes tokens; at most 120 s, so that a token is good for at least as long.
    public var nonceInterval: Instant.Span

    public init(
        addresses: Set<IPv6Address> = [], prohibited: [IPv6Prefix] = [], hasHomeAgent: Bool = false,
        greatestLifetime: Instant.Span = .seconds(420),
        greatestNumberOfBindings: Int = Tunables.greatestNumberOfCorrespondentBindings,
        nonceInterval: Instant.Span = Tunables.nonceInterval
    ) {
        self.addresses = addresses
        self.prohibited = prohibited
        self.hasHomeAgent = hasHomeAgent
        self.greatestLifetime = greatestLifetime
        self.greatestNumberOfBindings = greatestNumberOfBindings
        self.nonceInterval = nonceInterval
    }

    /// How many of these the home addresses of one prefix may have, in the order of `Tunables.correspondentShares`.
    var greatestNumbersOfBindingsPerPrefix: [Int] {
        Tunables.correspondentShares.map {
            max(greatestNumberOfBindings / $0.share, Tunables.leastCorrespondentBindingsPerPrefix)
        }
    }

    func isOwn(_ address: IPv6Address) -> Bool { addresses.isEmpty || addresses.contains(address) }

    func prohibits(_ address: IPv6Address) -> Bool { prohibited.contains { $0.contains(address) } }

    /// `nonceInterval` within what keeps tokens useful and nonces few.
    var effectiveNonceInterval: Instant.Span {
        let longest = SpecificationConstants.maximumNonceLifetime / 2
        return min(max(nonceInterval, .seconds(1)), longest)
    }
}
