import MobilityCore

/// What a home agent allows nodes with several care-of addresses (RFC 5648) and flow bindings (RFC 6089).
public struct MultipleCareOfAddressesPolicy: Hashable, Sendable {
    /// Else binding identifiers are refused with status 166.
    public var isAllowed = true
    /// Whether one Binding Update may register several addresses; else status 168. It cannot be told of such addresses
    /// whether the node is there (RFC 5648 §10), so that whoever does not trust the nodes turns it off.
    public var allowsBulkRegistration = true
    public var homeLink = HomeLink.prohibited
    /// Bindings of one node; more are refused with status 130.
    public var greatestNumberOfBindingsPerNode = Tunables.bindingsPerNode
    /// Flow bindings of one node; more are refused with flow status 128, as all are where this is 0.
    public var greatestNumberOfFlowsPerNode = Tunables.flowsPerNode

    /// Whether a node may use its home link and other links at once (RFC 5648 §5.6).
    public enum HomeLink: String, CaseIterable, Sendable {
        /// Status 169.
        case prohibited
        /// Status 0: the home agent is the only router of the link, and the node answers Neighbor Solicitations.
        case allowed
        /// Status 5: the home agent goes on intercepting by proxy Neighbor Discovery, and the node keeps silent.
        case allowedWithoutNeighborDiscovery
    }

    public init() {}
}
