public import MobilityCore
public import MobilityWire

/// What a home agent serves.
public struct HomeAgentConfiguration: Hashable, Sendable {
    /// The home agent's own addresses; messages to others are not for it.
    public var addresses: [IPv6Address]
    /// The home link's prefixes: home addresses are in one of them. Without any, this is no home agent (status 131).
    public var prefixes: [IPv6Prefix]
    /// The nodes by home address.
    package private(set) var nodes = CompactTable<IPv6Address, HomeNode>()
    /// Where the home addresses are.
    public var homeNetwork: HomeNetwork
    /// Whether the home agent is about to leave its service: no binding is made or prolonged (RFC 5142 §5.3).
    public var isLeaving: Bool
    /// The Refresh Interval to advise (RFC 6275 §6.2.4) where it is shorter than the lifetime that is granted. Nil for
    /// a home agent that keeps its bindings over a restart: it must not advise any (RFC 6275 §10.3.1).
    public var refreshAdvice: Instant.Span?
    /// The longest lifetime granted.
    public var greatestLifetime: Instant.Span
    /// How many bindings are held at once.
    public var greatestNumberOfBindings: Int
    /// What nodes with several care-of addresses may do.
    public var multiple = MultipleCareOfAddressesPolicy()

    /// Where home addresses would be if their nodes were at home.
    public enum HomeNetwork: Hashable, Sendable {
        /// On no link: nobody but the home agent can have a home address, so that there is nothing to detect and to
        /// defend.
        case virtual
        /// On a link of the home agent: duplicates are looked for before a first registration, and addresses
        /// of nodes that are away are defended (RFC 6275 §10.3.1, §10.4.1).
        case link
    }

    /// - Parameter nodes: with a home address each; of two with the same one the latter counts.
    public init(
        addresses: [IPv6Address], prefixes: [IPv6Prefix], nodes: [HomeNode],
        greatestLifetime: Instant.Span = Tunables.greatestLifetime,
        greatestNumberOfBindings: Int = Tunables.greatestNumberOfBindings, homeNetwork: HomeNetwork = .virtual,
        isLeaving: Bool = false, refreshAdvice: Instant.Span? = nil
    ) {
        self.addresses = addresses
        self.prefixes = prefixes
        self.nodes.reserveCapacity(nodes.count)
        for node in nodes { self.nodes[node.homeAddress] = node }
        self.greatestLifetime = greatestLifetime
        self.greatestNumberOfBindings = greatestNumberOfBindings
        self.homeNetwork = homeNetwork
        self.isLeaving = isLeaving
        self.refreshAdvice = refreshAdvice
    }

    /// Why a node has no place here at all; nil for one that may register.
    package func dismissal(of homeAddress: IPv6Address) -> HomeAgentMachine.RemovalReason? {
        guard let node = nodes[homeAddress] else { return .unlisted }
        return node.isProhibited ? .prohibited : nil
    }
}

/// A mobile node or mobile router that a home agent knows.
public struct HomeNode: Hashable, Sendable {
    public var homeAddress: IPv6Address
    /// The mobile network prefixes that it may register, and those of implicit mode (RFC 3963 §6.1.2).
    public var prefixes: [IPv6Prefix]
    /// For people; may be empty.
    public var name: String
    public var authentication: Authentication
    /// Whether it may be a mobile router at all; else the R flag is refused with status 140.
    public var mayBeMobileRouter: Bool
    /// Whether it is locked out: refused with status 129.
    public var isProhibited: Bool
    /// Shorter than the home agent's where given.
    public var greatestLifetime: Instant.Span?

    public enum Authentication: Hashable, Sendable {
        case association(MobilitySecurityAssociation)
        /// Anybody who can send a packet is believed. Logged at every start.
        case insecure
        /// No key yet: its Binding Updates are dropped.
        case none
    }

    public init(
        homeAddress: IPv6Address, prefixes: [IPv6Prefix] = [], name: String = "",
        authentication: Authentication = .none, mayBeMobileRouter: Bool = true, isProhibited: Bool = false,
        greatestLifetime: Instant.Span? = nil
    ) {
        self.homeAddress = homeAddress
        self.prefixes = prefixes
        self.name = name
        self.authentication = authentication
        self.mayBeMobileRouter = mayBeMobileRouter
        self.isProhibited = isProhibited
        self.greatestLifetime = greatestLifetime
    }

    /// The key that protects what is sent to it; nil if there is none.
    public var association: MobilitySecurityAssociation? {
        if case .association(let association) = authentication { association } else { nil }
    }

    /// How log lines call it. A home address is part of the configuration and tells nobody's place.
    package var title: String { name.isEmpty ? homeAddress.description : name }
}
