import MobilityWire

/// The kernel's routes to nodes that are bound at our home agent.
///
/// A virtual home network is the engine's as a whole, and so are the networks behind its nodes: it has a route for each,
/// however many nodes are bound, and the engine knows who is and answers for who is not. Bindings have routes of their own
/// where somebody else has a route that would come first, as that of a link with the same prefix; and with a home link, where
/// everybody is who is not away.
struct NodeRoutes: Sendable {
    private let device: String
    private let networks: IPv6PrefixSet
    private let others: IPv6PrefixSet

    /// - Parameters:
    ///   - own: home addresses that are registered or about to be.
    ///   - routed: the destinations of the main table's routes that are not ours, but for the default ones.
    init(_ configuration: ManagerConfiguration, own: [TunnelLedger.OwnAddress] = [], routed: [IPv6Prefix] = []) {
        device = configuration.device
        networks = configuration.engineNetworks
        others = IPv6PrefixSet(routed + configuration.mobilePrefixes + own.flatMap(\.prefixes))
    }

    /// The routes of the networks that are the engine's as a whole.
    var ofNetworks: Set<KernelPlan.Route> {
        Set(networks.prefixes.map { route(to: $0, metric: RouteCalculator.metricOfNetworks) })
    }

    /// The route to a home address or prefix that is bound; nil where it needs none of its own.
    func route(to prefix: IPv6Prefix) -> KernelPlan.Route? {
        guard !networks.contains(prefix) || others.contains(prefix) else { return nil }
        return route(to: prefix, metric: RouteCalculator.metric)
    }

    /// What is to become of the routes to home addresses and prefixes whose bindings changed.
    ///
    /// - Parameter isBound: whether it is bound now, by whichever node.
    func change(
        of prefixes: Set<IPv6Prefix>, isBound: (IPv6Prefix) -> Bool
    ) -> (wanted: Set<KernelPlan.Route>, unwanted: Set<KernelPlan.Route>) {
        var (wanted, unwanted): (Set<KernelPlan.Route>, Set<KernelPlan.Route>) = ([], [])
        for prefix in prefixes {
            guard let route = route(to: prefix) else { continue }
            if isBound(prefix) { wanted.insert(route) } else { unwanted.insert(route) }
        }
        return (wanted, unwanted)
    }

    private func route(to prefix: IPv6Prefix, metric: UInt32) -> KernelPlan.Route {
        KernelPlan.Route(
            destination: prefix, table: KernelPlan.mainTable, metric: metric, target: .interface(device))
    }
}
