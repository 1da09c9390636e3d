public import MobilityWire

/// An address of an uplink that could be a care-of address.
public struct CareOfCandidate: Hashable, Sendable {
    public var address: IPv6Address
    public var state: State
    /// When it becomes deprecated, and when it ends (RFC 4862 §5.5.4); absent, never.
    public var preferredUntil: Instant?
    public var validUntil: Instant?

    /// How far the address has come (RFC 4862 §5.5.4, RFC 4429); the order is that of preference.
    public enum State: Int, CaseIterable, Comparable, Sendable {
        case preferred
        /// Tentative, but usable already (RFC 4429).
        case optimistic
        /// Still valid; no longer for new communication.
        case deprecated
        /// Duplicate address detection is not over, or failed.
        case tentative

        public static func < (left: State, right: State) -> Bool { left.rawValue < right.rawValue }
    }

    public init(
        address: IPv6Address, state: State = .preferred, preferredUntil: Instant? = nil, validUntil: Instant? = nil
    ) {
        self.address = address
        self.state = state
        self.preferredUntil = preferredUntil
        self.validUntil = validUntil
    }

    /// Whether packets may be sent from it.
    public var isUsable: Bool { state != .tentative && address.isRoutableUnicast }

    /// The address as its lifetimes have it, whether or not somebody has reported that they ran out; absent after its
    /// end.
    func aged(at now: Instant) -> CareOfCandidate? {
        if let validUntil, validUntil <= now { return nil }
        guard let preferredUntil, preferredUntil <= now, state < .deprecated else { return self }
        var aged = self
        aged.state = .deprecated
        return aged
    }

    /// When `aged` next gives another answer.
    func nextChange(after now: Instant) -> Instant? {
        [state < .deprecated ? preferredUntil : nil, validUntil].compactMap { $0 }.filter { $0 > now }.min()
    }
}
