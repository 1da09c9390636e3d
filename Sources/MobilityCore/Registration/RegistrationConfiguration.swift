public import MobilityWire

/// What one registration is about: one home address at one home agent.
public struct RegistrationConfiguration: Hashable, Sendable {
    public var homeAddress: IPv6Address
    public var homeAgent: IPv6Address
    public var mode: Mode
    /// The mobile network prefixes. Named in the Binding Update in explicit mode only.
    public var prefixes: [IPv6Prefix]
    /// The lifetime to ask for; the wire holds 4 s to 262,140 s.
    public var lifetime: Instant.Span
    /// Absent, nothing authenticates the exchange, and any acknowledgement is believed.
    public var securityAssociation: MobilitySecurityAssociation?
    /// Which flow takes which way; of use only with several care-of addresses.
    public var flows: [FlowPolicy]
    /// Binding identifiers of the ways that share what no flow takes: they are registered with one priority, so that the
    /// home agent may use any of them (RFC 6089 §4.1).
    public var sharing: Set<UInt16>

    public enum Mode: String, CaseIterable, Sendable {
        /// No network behind the node: the R flag stays clear.
        case host
        /// The home agent knows the prefixes (RFC 3963 §5.2).
        case implicit
        /// The Binding Update names the prefixes (RFC 3963 §5.2).
        case explicit
    }

    public init(
        homeAddress: IPv6Address, homeAgent: IPv6Address, mode: Mode = .explicit, prefixes: [IPv6Prefix] = [],
        lifetime: Instant.Span = .seconds(600), securityAssociation: MobilitySecurityAssociation? = nil,
        flows: [FlowPolicy] = [], sharing: Set<UInt16> = []
    ) {
        self.homeAddress = homeAddress
        self.homeAgent = homeAgent
        self.mode = mode
        self.prefixes = prefixes
        self.lifetime = lifetime
        self.securityAssociation = securityAssociation
        self.flows = flows
        self.sharing = sharing
    }

    /// The lifetime as the wire carries it; never zero, which would ask for the end of the binding.
    var wireLifetime: BindingLifetime {
        let units = BindingLifetime(seconds: lifetime.milliseconds / 1000).rawValue
        return BindingLifetime(rawValue: max(units, 1))
    }
}

extension RegistrationConfiguration {
    /// The same with what the other one has of that which changes as uplinks come and go.
    func following(_ other: RegistrationConfiguration) -> RegistrationConfiguration {
        var configuration = self
        configuration.flows = other.flows
        configuration.sharing = other.sharing
        return configuration
    }
}
