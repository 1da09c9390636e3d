import MobilityCore
import MobilityWire
import Settings

extension HomeAgentConfiguration {
    /// What the group `home_agent` serves.
    init(_ settings: HomeAgentSettings) throws(MobilitySecurityAssociationError) {
        var nodes: [HomeNode] = []
        for node in settings.nodes { nodes.append(try HomeNode(node)) }
        self.init(
            addresses: settings.addresses, prefixes: settings.prefixes, nodes: nodes,
            greatestLifetime: .seconds(Int64(settings.limits.lifetime)),
            greatestNumberOfBindings: Int(settings.limits.bindings))
    }
}

extension HomeNode {
    fileprivate init(_ node: HomeAgentNode) throws(MobilitySecurityAssociationError) {
        var authentication = Authentication.insecure
        if let settings = node.authentication {
            authentication = .association(
                try MobilitySecurityAssociation(
                    securityParameterIndex: settings.spi, key: try SharedKey(settings.key)))
        }
        self.init(
            homeAddress: node.address, prefixes: node.prefixes, name: node.name, authentication: authentication)
    }
}
