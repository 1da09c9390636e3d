import MobilityWire

/// From configuration and state to the full list of what the kernel should hold: a pure function, so that a test is
/// state in, list out.
enum RouteCalculator {
    /// The table of everything that comes from a mobile network or a home address.
    static let table: UInt32 = 610
    /// Before the main table's rule (32766), behind the local table's (0).
    static let rulePriority: UInt32 = 610
    static let metric: UInt32 = 1024
    /// Stays behind every other route to the same destination.
    static let lastMetric: UInt32 = 0xffff_fffe
    static let everything = IPv6Prefix(.unspecified, length: 0)

    /// - Parameters:
    ///   - own: home addresses that are registered or about to be, with their prefixes.
    ///   - ownForwards: whether a tunnel can carry what comes from them.
    ///   - nodes: home addresses and prefixes that are bound at our home agent.
    static func plan(
        _ configuration: ManagerConfiguration, own: [(homeAddress: IPv6Address, prefixes: [IPv6Prefix])],
        ownForwards: Bool, nodes: [(homeAddress: IPv6Address, prefixes: [IPv6Prefix])]
    ) -> KernelPlan {
        var plan = KernelPlan()
        if configuration.isMobileRouter || !own.isEmpty {
            addMobileRouter(configuration, own: own, forwards: ownForwards, to: &plan)
        }
        for prefix in configuration.homeAgentPrefixes {
            plan.routes.insert(unreachable(prefix, table: KernelPlan.mainTable))
        }
        for node in nodes {
            for prefix in [IPv6Prefix(host: node.homeAddress)] + node.prefixes {
                plan.routes.insert(
                    KernelPlan.Route(
                        destination: prefix, table: KernelPlan.mainTable, metric: metric,
                        target: .interface(configuration.device)))
            }
        }
        return plan
    }

    private static func addMobileRouter(
        _ configuration: ManagerConfiguration, own: [(homeAddress: IPv6Address, prefixes: [IPv6Prefix])],
        forwards: Bool, to plan: inout KernelPlan
    ) {
        let homeAddresses = Set(configuration.homeAddresses + own.map(\.homeAddress))
        let prefixes = Set(configuration.mobilePrefixes + own.flatMap(\.prefixes))
        for address in homeAddresses {
            plan.addresses.insert(
                KernelPlan.Address(interface: configuration.device, address: address, prefixLength: 128))
        }
        for source in homeAddresses.map(IPv6Prefix.init(host:)) + prefixes {
            plan.rules.insert(KernelPlan.Rule(priority: rulePriority, source: source, table: table))
        }
        for prefix in prefixes {
            // What the prefix holds but no link has must not follow the default route out of an uplink and come back.
            plan.routes.insert(unreachable(prefix, table: KernelPlan.mainTable))
            plan.routes.insert(unreachable(prefix, table: table))
        }
        for link in configuration.ingress {
            plan.addresses.insert(
                KernelPlan.Address(
                    interface: link.interface, address: link.address, prefixLength: link.prefix.length))
            plan.routes.insert(
                KernelPlan.Route(
                    destination: link.prefix, table: table, metric: metric, target: .interface(link.interface)))
        }
        // A mobile network's packets never leave by an uplink as they are, also while no tunnel stands.
        plan.routes.insert(unreachable(everything, table: table))
        if forwards {
            plan.routes.insert(
                KernelPlan.Route(
                    destination: everything, table: table, metric: metric, target: .interface(configuration.device)))
        }
    }

    private static func unreachable(_ prefix: IPv6Prefix, table: UInt32) -> KernelPlan.Route {
        KernelPlan.Route(destination: prefix, table: table, metric: lastMetric, target: .unreachable)
    }
}
