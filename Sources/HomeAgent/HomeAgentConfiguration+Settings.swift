import HomeAgentOperation
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
            greatestNumberOfBindings: Int(settings.limits.bindings),
            homeNetwork: settings.link == nil ? .virtual : .link,
            // RFC 6275 §10.3.1: not where bindings outlive a restart.
            refreshAdvice: settings.state == nil
                ? settings.limits.refreshAdvice.map { .seconds(Int64($0)) } : nil)
        multiple.isAllowed = settings.multiple.isAllowed
        multiple.allowsBulkRegistration = settings.multiple.allowsBulk
        multiple.greatestNumberOfBindingsPerNode = Int(settings.multiple.bindings)
        multiple.greatestNumberOfFlowsPerNode = Int(settings.multiple.flows)
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
            // Not the array of the settings: those of a million nodes lie scattered among what reading the file left
            // behind, and would keep all of its memory.
            homeAddress: node.address, prefixes: node.prefixes.map(\.self), name: node.name,
            authentication: authentication,
            isProhibited: node.isProhibited, greatestLifetime: node.lifetime.map { .seconds(Int64($0)) })
    }
}

extension HomeAgentDirectory.Configuration {
    /// - Parameter interfaceIndex: that of the home link, if there is one and it exists.
    init(_ settings: HomeAgentSettings, interfaceIndex: UInt32?) {
        let discovery = settings.prefixDiscovery
        self.init(
            addresses: settings.addresses,
            prefixes: settings.prefixes.map { prefix in
                HomePrefix(
                    PrefixInformation(
                        address: prefix.address, prefixLength: prefix.length, isOnLink: settings.link != nil,
                        validLifetime: discovery.validLifetime, preferredLifetime: discovery.preferredLifetime))
            },
            preference: settings.preference, mobileRouters: settings.nodes.contains { !$0.prefixes.isEmpty },
            interfaceIndex: interfaceIndex)
    }
}

extension PrefixAdvertiser.Configuration {
    init(_ settings: HomeAgentSettings.PrefixDiscovery) {
        self.init(
            isEnabled: settings.isEnabled, requiresProtection: !settings.isInsecure,
            leastInterval: .seconds(Int64(settings.leastInterval)),
            greatestInterval: .seconds(Int64(settings.greatestInterval)))
    }

    /// Whether anything is sent: IPsec is not ours.
    var isActive: Bool { isEnabled && !requiresProtection }
}
