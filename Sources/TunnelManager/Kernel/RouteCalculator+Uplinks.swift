import MobilityWire

extension RouteCalculator {
    /// The table of the first uplink's way out; those of the others follow.
    static let uplinkTable: UInt32 = 620
    /// For what bears an address of an uplink: first the links of this machine, then that uplink's router.
    static let linkPriority: UInt32 = 615
    static let uplinkPriority: UInt32 = 616
    /// For what the kernel's tunnels send.
    static let tunnelPriority: UInt32 = 544

    /// What this machine sends from an address of an uplink leaves by that uplink, whichever part of it sends: the kernel's
    /// answers, echo replies and TCP resets among them, would take the best default route, where another network drops them as
    /// forged. What comes in with such an address is forged, and no rule leads it there.
    ///
    /// - Parameters:
    ///   - careOf: the addresses of each uplink that is up, by its name.
    ///   - routers: the default router of each uplink that has one.
    ///   - tunnels: the kernel's, whose packets leave by the uplink of their source even where another link has the
    ///     home agent's prefix, as a home link whose cable is pulled.
    static func addUplinks(
        _ configuration: ManagerConfiguration, careOf: [String: [IPv6Address]], routers: [String: IPv6Address],
        tunnels: KernelTunnels? = nil, to plan: inout KernelPlan
    ) {
        for (place, name) in configuration.uplinks.enumerated() {
            guard let router = routers[name], let addresses = careOf[name], !addresses.isEmpty else { continue }
            let table = uplinkTable + UInt32(place)
            plan.routes.insert(
                KernelPlan.Route(
                    destination: everything, table: table, metric: metric, target: .gateway(router, interface: name)))
            for address in addresses where !configuration.homeAddresses.contains(address) {
                let source = IPv6Prefix(host: address)
                for pair in tunnels?.pairs ?? [] where pair.local == address {
                    plan.rules.insert(
                        KernelPlan.Rule(
                            priority: tunnelPriority, source: source, table: table,
                            inputInterface: KernelPlan.ownOutput, destination: IPv6Prefix(host: pair.remote)))
                }
                plan.rules.insert(
                    KernelPlan.Rule(
                        priority: linkPriority, source: source, table: KernelPlan.mainTable,
                        inputInterface: KernelPlan.ownOutput, passesDefaultOver: true))
                plan.rules.insert(
                    KernelPlan.Rule(
                        priority: uplinkPriority, source: source, table: table, inputInterface: KernelPlan.ownOutput))
            }
        }
    }
}
