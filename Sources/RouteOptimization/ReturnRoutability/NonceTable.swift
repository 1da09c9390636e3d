import MobilityCore
import MobilityWire

/// A correspondent node's nonces (RFC 6275 §5.2.2, §5.2.7): the one in use and those whose tokens still count.
///
/// A nonce lives from its first use. One `interval` later the next one takes its place, and
/// `SpecificationConstants.maximumNonceLifetime` after it the nonce is discarded: a token is good for at least the
/// difference. A node that nobody asks for tokens neither makes nonces nor wakes up.
struct NonceTable: Sendable {
    private struct Nonce: Sendable {
        var index: UInt16
        var secret: NodeSecret
        var firstUsedAt: Instant

        var expiresAt: Instant { firstUsedAt + SpecificationConstants.maximumNonceLifetime }
    }

    /// Oldest first; at most the lifetime over the interval, and one.
    private var nonces: [Nonce] = []
    /// The next one, so that a request need not wait for randomness.
    private var spare: NodeSecret?
    private var nextIndex: UInt16?

    /// How long a nonce makes tokens.
    var interval: Instant.Span

    init(interval: Instant.Span) { self.interval = interval }

    /// Whether a secret is wanted, now or for the next nonce.
    var wantsSecret: Bool { spare == nil }
    var count: Int { nonces.count }
    /// When the oldest nonce has to be discarded.
    var nextDeadline: Instant? { nonces.first?.expiresAt }

    /// Takes a secret for the next nonce; one too many replaces the one that waits.
    mutating func supply(_ secret: NodeSecret) { spare = secret }

    /// Discards what is too old.
    mutating func expire(at now: Instant) { nonces.removeAll { $0.expiresAt <= now } }

    /// Makes a token from the current nonce. Nil if there is none and no secret to make it from.
    mutating func issue(
        _ purpose: KeygenToken.Purpose, for address: IPv6Address, at now: Instant
    ) -> (index: UInt16, token: KeygenToken)? {
        expire(at: now)
        rollOver(at: now)
        guard let current = nonces.last else { return nil }
        return (current.index, KeygenToken(of: address, purpose, secret: current.secret))
    }

    /// The secret that an index names, and until when; nil if it is unknown or too old.
    func secret(of index: UInt16, at now: Instant) -> (secret: NodeSecret, expiresAt: Instant)? {
        guard let nonce = nonces.last(where: { $0.index == index }), nonce.expiresAt > now else { return nil }
        return (nonce.secret, nonce.expiresAt)
    }

    private mutating func rollOver(at now: Instant) {
        if let current = nonces.last, now < current.firstUsedAt + interval { return }
        // Without a spare the current one goes on: tokens that do not last are better than none.
        guard let secret = spare else { return }
        let index = nextIndex ?? secret.firstIndex
        nonces.append(Nonce(index: index, secret: secret, firstUsedAt: now))
        nextIndex = index &+ 1
        spare = nil
    }
}
