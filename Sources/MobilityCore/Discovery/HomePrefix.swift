public import MobilityWire

/// A prefix of the home link with its lifetimes: one that the configuration gives, or one that a router advertises
/// (RFC 6275 §10.6.1).
public struct HomePrefix: Hashable, Sendable {
    /// The option as it was written or received.
    public var information: PrefixInformation
    /// When the lifetimes began to run down; nil where they stand still, as those of a configuration do
    /// (RFC 4861 §6.2.1, AdvValidLifetime).
    public var since: Instant?

    public init(_ information: PrefixInformation, since: Instant? = nil) {
        self.information = information
        self.since = since
    }

    public var prefix: IPv6Prefix { information.prefix }

    /// When the prefix becomes invalid; nil if it does not, or is it already (`isValid`).
    public var validUntil: Instant? { end(of: information.validLifetime) }
    /// When the prefix becomes deprecated; nil as for `validUntil`.
    public var preferredUntil: Instant? { end(of: information.preferredLifetime) }

    public func isValid(at now: Instant) -> Bool {
        information.validLifetime > 0 && validUntil.map { $0 > now } ?? true
    }

    public func isPreferred(at now: Instant) -> Bool {
        isValid(at: now) && information.preferredLifetime > 0 && preferredUntil.map { $0 > now } ?? true
    }

    /// The option with what is left of its lifetimes.
    public func remaining(at now: Instant) -> PrefixInformation {
        var information = information
        information.validLifetime = left(of: information.validLifetime, until: validUntil, at: now)
        information.preferredLifetime = left(of: information.preferredLifetime, until: preferredUntil, at: now)
        return information
    }

    /// Whether `other` says something else than the passing of time: another flag, or a lifetime that moved
    /// (RFC 6275 §10.6.2). Routers round to seconds, so ends that differ by little are the same.
    package func differs(from other: HomePrefix, at now: Instant) -> Bool {
        let (mine, theirs) = (remaining(at: now), other.remaining(at: now))
        var same = mine
        same.validLifetime = theirs.validLifetime
        same.preferredLifetime = theirs.preferredLifetime
        return same != theirs || Self.moved(mine.validLifetime, theirs.validLifetime)
            || Self.moved(mine.preferredLifetime, theirs.preferredLifetime)
    }

    private static func moved(_ one: UInt32, _ other: UInt32) -> Bool {
        let difference = one > other ? one - other : other - one
        return difference > Tunables.prefixLifetimeTolerance || (one == 0) != (other == 0)
    }

    private func end(of lifetime: UInt32) -> Instant? {
        guard let since, lifetime != PrefixInformation.infinity else { return nil }
        return since + .seconds(Int64(lifetime))
    }

    private func left(of lifetime: UInt32, until end: Instant?, at now: Instant) -> UInt32 {
        guard let end else { return lifetime }
        return UInt32(clamping: max(0, (end - now).milliseconds) / 1000)
    }
}
