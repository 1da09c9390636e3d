import MobilityWire

/// From configuration and state to the full list of what the kernel should hold: a pure function, so that a test is
/// state in, list out.
enum RouteCalculator {
    /// The table of everything that comes from a mobile network or a home address.
    static let table: UInt32 = 610
    /// The same for what is at home, where it leaves without a tunnel.
    static let homeTable: UInt32 = 611
    /// Home addresses that are bound with this machine as a correspondent.
    static let correspondentTable: UInt32 = 612
    /// Before the main table's rule (32766), behind the local table's (0).
    static let rulePriority: UInt32 = 610
    /// For what has no source address yet. The kernel does not tell rules apart by that alone.
    static let choicePriority: UInt32 = 611
    /// What has a home address of ours is led to the device before.
    static let correspondentPriority: UInt32 = 612
    /// For what comes from a link behind the router and has no address of the mobile network: where the main table leads
    /// without its default route, and then nowhere but to the engine, which drops and counts it (RFC 3963 §9).
    static let ingressPriority: UInt32 = 613
    static let foreignPriority: UInt32 = 614
    static let metric: UInt32 = 1024
    /// Behind a binding's.
    static let metricAtHome: UInt32 = 2048
    /// Stays behind every route that is not ours to the same destination; before the one that says that nobody is there,
    /// which stays when the device has gone.
    static let metricOfNetworks: UInt32 = 0xffff_fffd
    /// Stays behind every other route to the same destination.
    static let lastMetric: UInt32 = 0xffff_fffe
    static let everything = IPv6Prefix(.unspecified, length: 0)

    /// - Parameters:
    ///   - own: home addresses that are registered or about to be.
    ///   - routers: the default router of each uplink that has one, by its name.
    ///   - careOf: the addresses of each uplink that is up.
    ///   - nodes: home addresses and prefixes that are bound at our home agent.
    ///   - direct: ways past home agents.
    ///   - routed: the destinations of the main table's routes that are not ours, but for the default ones.
    ///   - tunnels: the kernel's, where these forward and not the engine; then nodes have their routes there.
    static func plan(
        _ configuration: ManagerConfiguration, own: [TunnelLedger.OwnAddress] = [],
        routers: [String: IPv6Address] = [:], careOf: [String: [IPv6Address]] = [:],
        nodes: [(homeAddress: IPv6Address, prefixes: [IPv6Prefix])] = [],
        direct: [TunnelLedger.DirectRequest] = [], routed: [IPv6Prefix] = [], tunnels: KernelTunnels? = nil
    ) -> KernelPlan {
        var plan = KernelPlan()
        if configuration.isMobile || !own.isEmpty {
            addMobileNode(configuration, own: own, routers: routers, tunnels: tunnels, to: &plan)
            addUplinks(configuration, careOf: careOf, routers: routers, tunnels: tunnels, to: &plan)
        }
        for prefix in configuration.homeAgentPrefixes.prefixes {
            plan.routes.insert(unreachable(prefix, table: KernelPlan.mainTable))
        }
        addNetworksAtHome(configuration, to: &plan)
        if let tunnels {
            plan.routes.formUnion(tunnels.routes)
            plan.rules.formUnion(tunnels.rules)
            return plan
        }
        let nodeRoutes = NodeRoutes(configuration, own: own, routed: routed)
        plan.routes.formUnion(nodeRoutes.ofNetworks)
        for node in nodes {
            for prefix in [IPv6Prefix(host: node.homeAddress)] + node.prefixes {
                if let route = nodeRoutes.route(to: prefix) { plan.routes.insert(route) }
            }
        }
        addCorrespondent(configuration, direct, to: &plan)
        return plan
    }

    /// What goes to a bound home address is led to the device, from whatever address of ours: the kernel's rules cannot tell
    /// sources apart where there are none yet. The engine lets go on what is not between bound addresses; it comes back
    /// with a mark, past the rule.
    private static func addCorrespondent(
        _ configuration: ManagerConfiguration, _ direct: [TunnelLedger.DirectRequest], to plan: inout KernelPlan
    ) {
        // In the order of our addresses: a node bound with two of them is sent to from the first.
        var seen: Set<IPv6Address> = []
        for request in direct where request.remoteCareOf != nil && seen.insert(request.remote).inserted {
            plan.routes.insert(
                KernelPlan.Route(
                    destination: IPv6Prefix(host: request.remote), table: correspondentTable, metric: metric,
                    target: .interface(configuration.device), preferredSource: request.local))
        }
        guard !seen.isEmpty else { return }
        plan.rules.insert(
            KernelPlan.Rule(
                priority: correspondentPriority, source: nil, table: correspondentTable,
                unlessMarked: TunnelPlanner.passingMark))
    }

    /// Where a mobile network is when its router is at home: behind the home address, on the home link. A binding leads
    /// elsewhere by its better metric.
    private static func addNetworksAtHome(_ configuration: ManagerConfiguration, to plan: inout KernelPlan) {
        guard let link = configuration.homeLink else { return }
        for node in configuration.nodes
        where configuration.homePrefixes.contains(where: { $0.contains(node.homeAddress) }) {
            for prefix in node.prefixes {
                plan.routes.insert(
                    KernelPlan.Route(
                        destination: prefix, table: KernelPlan.mainTable, metric: metricAtHome,
                        target: .gateway(node.homeAddress, interface: link)))
            }
        }
    }

    private static func addMobileNode(
        _ configuration: ManagerConfiguration, own: [TunnelLedger.OwnAddress], routers: [String: IPv6Address],
        tunnels: KernelTunnels?, to plan: inout KernelPlan
    ) {
        let device = tunnels?.interface ?? configuration.device
        let known = Set(own.map(\.homeAddress))
        let all =
            own
            + configuration.homeAddresses.filter { !known.contains($0) }.map {
                TunnelLedger.OwnAddress(homeAddress: $0, prefixes: [])
            }
        // While a tunnel still carries, it goes on to: the home agent sends there until it has answered.
        let here = all.filter { $0.homeLink != nil && !$0.forwards }
        let away = all.filter { $0.homeLink == nil || $0.forwards }
        for address in away {
            plan.addresses.insert(
                KernelPlan.Address(interface: device, address: address.homeAddress, prefixLength: 128))
        }
        for address in all {
            guard let link = address.homeLink else { continue }
            // Before the answer as well, which comes to the home address.
            plan.addresses.insert(
                KernelPlan.Address(
                    interface: link, address: address.homeAddress, prefixLength: address.homePrefixLength))
        }
        let prefixesHere = Set(here.flatMap(\.prefixes))
        let prefixes = Set(configuration.mobilePrefixes + own.flatMap(\.prefixes))
        for address in all {
            let isHere = address.homeLink != nil && !address.forwards
            let source = IPv6Prefix(host: address.homeAddress)
            let table = isHere ? homeTable : table
            plan.rules.insert(KernelPlan.Rule(priority: rulePriority, source: source, table: table))
            if configuration.prefersHomeAddress, isHere || address.forwards {
                plan.rules.insert(
                    KernelPlan.Rule(priority: choicePriority, source: source, table: table, choosesSource: true))
            }
        }
        for prefix in prefixes {
            let table = prefixesHere.contains(prefix) ? homeTable : table
            plan.rules.insert(KernelPlan.Rule(priority: rulePriority, source: prefix, table: table))
            // What the prefix holds but no link has must not follow the default route out of an uplink and come back.
            plan.routes.insert(unreachable(prefix, table: KernelPlan.mainTable))
            plan.routes.insert(unreachable(prefix, table: table))
        }
        let tables = here.isEmpty ? [table] : away.isEmpty ? [homeTable] : [table, homeTable]
        for link in configuration.ingress {
            plan.addresses.insert(
                KernelPlan.Address(
                    interface: link.interface, address: link.address, prefixLength: link.prefix.length))
            for table in tables {
                plan.routes.insert(
                    KernelPlan.Route(
                        destination: link.prefix, table: table, metric: metric, target: .interface(link.interface)))
            }
            plan.rules.insert(
                KernelPlan.Rule(
                    priority: ingressPriority, source: nil, table: KernelPlan.mainTable,
                    inputInterface: link.interface, passesDefaultOver: true))
            plan.rules.insert(
                KernelPlan.Rule(
                    priority: foreignPriority, source: nil, table: table, inputInterface: link.interface))
        }
        // A mobile network's packets never leave by an uplink as they are, also while no tunnel stands; nor do a stranger's.
        for table in Set(tables + (configuration.ingress.isEmpty ? [] : [table])) {
            plan.routes.insert(unreachable(everything, table: table))
        }
        if away.contains(where: \.forwards) {
            let target: KernelPlan.Route.Target? =
                if let tunnels {
                    tunnels.ownWay.map { .tunnel($0, interface: tunnels.interface) }
                } else {
                    .interface(device)
                }
            if let target {
                plan.routes.insert(
                    KernelPlan.Route(destination: everything, table: table, metric: metric, target: target))
            }
        }
        for address in here { addHomeLink(of: address, routers: routers, to: &plan) }
    }

    /// At home the home link's router takes what comes from the home address and its networks.
    private static func addHomeLink(
        of address: TunnelLedger.OwnAddress, routers: [String: IPv6Address], to plan: inout KernelPlan
    ) {
        guard let link = address.homeLink else { return }
        plan.routes.insert(
            KernelPlan.Route(
                destination: IPv6Prefix(address.homeAddress, length: address.homePrefixLength), table: homeTable,
                metric: metric, target: .interface(link)))
        guard let router = routers[link] else { return }
        plan.routes.insert(
            KernelPlan.Route(
                destination: everything, table: homeTable, metric: metric, target: .gateway(router, interface: link)))
    }

    private static func unreachable(_ prefix: IPv6Prefix, table: UInt32) -> KernelPlan.Route {
        KernelPlan.Route(destination: prefix, table: table, metric: lastMetric, target: .unreachable)
    }
}
