public import MobilityWire

/// Where a home address is reached, as its registration says.
public enum HomeLocation: Hashable, Sendable {
    /// There is no binding at the home agent, or no care-of address.
    case unregistered
    /// At home, on the link of this interface; the home agent has no binding any more.
    case home(interfaceIndex: UInt32)
    case away(Away)

    public struct Away: Hashable, Sendable {
        public var homeAgent: IPv6Address
        /// The care-of address in use, or being registered.
        public var careOf: CareOf
        /// When the binding at the home agent ends: no correspondent's binding is to outlive it.
        public var expiresAt: Instant
        /// Whether the home agent has acknowledged this care-of address. Before that the care-of address is tested but
        /// no correspondent is told to use it.
        public var isConfirmed: Bool
        /// Whether the care-of address before this one still sends and receives: then routes by it serve until the
        /// correspondent has accepted the new one. Say the same again with false when it stops.
        public var previousUsable: Bool

        public init(
            homeAgent: IPv6Address, careOf: CareOf, expiresAt: Instant, isConfirmed: Bool = true,
            previousUsable: Bool = false
        ) {
            self.homeAgent = homeAgent
            self.careOf = careOf
            self.expiresAt = expiresAt
            self.isConfirmed = isConfirmed
            self.previousUsable = previousUsable
        }
    }

    /// What a report of `RegistrationMachine` says of a node that is away.
    ///
    /// - Parameter previousUsable: as it was said to the machine.
    public init(_ registration: Registration, previousUsable: Bool = false) {
        if registration.state == .home, let careOf = registration.careOf {
            self = .home(interfaceIndex: careOf.interfaceIndex)
            return
        }
        guard let careOf = registration.careOf, let expiresAt = registration.expiresAt,
            registration.state == .registered || registration.state == .registering
        else {
            self = .unregistered
            return
        }
        self = .away(
            Away(
                homeAgent: registration.homeAgent, careOf: careOf, expiresAt: expiresAt,
                isConfirmed: registration.state == .registered, previousUsable: previousUsable))
    }

    /// The same of `MultipleRegistrationMachine`: its best way stands for all.
    public init(_ registration: MultipleRegistration) {
        let forwarding = registration.paths.filter(\.forwards)
        guard let path = forwarding.min(by: { $0.priority < $1.priority }), let expiresAt = path.expiresAt else {
            self = .unregistered
            return
        }
        self = .away(
            Away(
                homeAgent: registration.homeAgent, careOf: path.careOf, expiresAt: expiresAt,
                isConfirmed: path.state == .registered))
    }

    package var away: Away? { if case .away(let away) = self { away } else { nil } }
}
