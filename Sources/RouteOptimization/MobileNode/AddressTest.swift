import MobilityCore
import MobilityWire

/// A home or care-of test that waits for its answer (RFC 6275 §11.6.1).
struct AddressTest: Hashable, Sendable {
    /// Oldest first, at most `Tunables.openCookies`.
    private(set) var cookies: [Cookie] = []
    /// Transmissions since the test, or its path, was new.
    private(set) var attempts = 0
    /// When to send the next one.
    var nextAt: Instant
    private var timeout = SpecificationConstants.initialBindingAcknowledgementTimeout

    struct Cookie: Hashable, Sendable {
        var value: UInt64
        var sentAt: Instant
    }

    init(at now: Instant) { nextAt = now }

    /// Notes a transmission, whose cookie is a new one (RFC 6275 §11.8), and waits longer for the next.
    mutating func sent(_ cookie: UInt64, at now: Instant) {
        cookies.append(Cookie(value: cookie, sentAt: now))
        if cookies.count > Tunables.openCookies { cookies.removeFirst() }
        attempts += 1
        nextAt = now + timeout
        timeout = min(timeout * 2, SpecificationConstants.maximumBindingAcknowledgementTimeout)
    }

    /// Begins the back-off anew: there is reason to think that the path works now.
    mutating func hurry(at now: Instant) {
        attempts = 0
        timeout = SpecificationConstants.initialBindingAcknowledgementTimeout
        nextAt = now
    }

    /// When the test that this cookie belongs to was sent; nil if it is none of ours.
    func sentAt(of cookie: UInt64) -> Instant? { cookies.first { $0.value == cookie }?.sentAt }
}
