import MobilitySocket
import MobilityWire
import Platform

extension LinkObservation {
    /// What a change means for movement detection; nil for what has no meaning for it.
    init?(_ event: RouteMonitor.Event) {
        switch event {
        case .link(let link): self = .link(Link(link))
        case .linkRemoved(let index, _): self = .linkGone(index: index)
        case .ipv6(let index, _, let mtu):
            guard let mtu else { return nil }
            self = .linkMTU(index: index, mtu: mtu)
        case .address(let address): self = .address(Address(address))
        case .addressRemoved(let address): self = .addressGone(index: address.interface, address: address.address)
        case .route(let route):
            guard let route = DefaultRoute(route) else { return nil }
            self = .defaultRoute(route)
        case .routeRemoved(let route):
            guard let route = DefaultRoute(route) else { return nil }
            self = .defaultRouteGone(route)
        case .neighbor(let neighbor):
            guard let neighbor = Neighbor(neighbor) else { return nil }
            self = .neighbor(neighbor)
        case .neighborRemoved(let neighbor):
            self = .neighborGone(index: neighbor.interface, address: neighbor.address)
        case .prefix(let advertised): self = .prefix(index: advertised.interface, prefix: advertised.prefix)
        case .overrun: return nil
        }
    }

    /// All tables of the kernel.
    init(_ kernel: RouteNetlink) throws(PlatformError) {
        self = .everything(
            links: try kernel.links().map(Link.init), addresses: try kernel.addresses().map(Address.init),
            defaultRoutes: try kernel.routes(table: Route.mainTable).compactMap(DefaultRoute.init),
            neighbors: try kernel.neighbors().compactMap(Neighbor.init))
    }
}

extension LinkObservation.Neighbor {
    /// Nil for one of which nothing is known.
    init?(_ neighbor: Platform.Neighbor) {
        let verdict: Verdict
        switch neighbor.state {
        case .none: return nil
        case .incomplete, .probe: verdict = .asked
        case .reachable: verdict = .answered
        // Who is needed just then is asked in five seconds (DELAY_FIRST_PROBE_TIME, RFC 4861 §10), which is long.
        case .stale, .delay: verdict = .resting
        case .failed: verdict = .silent
        }
        self.init(index: neighbor.interface, address: neighbor.address, verdict: verdict)
    }
}

extension LinkObservation.Link {
    init(_ link: Platform.Link) {
        self.init(
            index: link.index, name: link.name, isUp: link.isUp, hasCarrier: link.hasCarrier, mtu: link.mtu,
            ipv6MTU: link.ipv6MTU)
    }
}

extension LinkObservation.Address {
    init(_ address: InterfaceAddress) {
        var flags: UplinkReport.Candidate.Flags = []
        if address.flags.contains(.tentative) { flags.insert(.tentative) }
        if address.flags.contains(.optimistic) { flags.insert(.optimistic) }
        // With each advertisement of a prefix that is withdrawn the kernel takes the flag back, tells so, and sets it anew.
        if address.flags.contains(.deprecated) || address.preferredLifetime == 0 { flags.insert(.deprecated) }
        if address.flags.contains(.duplicate) { flags.insert(.duplicate) }
        if address.flags.contains(.temporary) { flags.insert(.temporary) }
        self.init(
            index: address.interface,
            candidate: .init(
                address: address.address, prefixLength: address.prefixLength, flags: flags,
                preferredLifetime: address.preferredLifetime ?? .max, validLifetime: address.validLifetime ?? .max))
    }
}

extension LinkObservation.DefaultRoute {
    /// Nil for a route that is no way to the Internet: of a table that only some packets see, or made by nemonetd.
    init?(_ route: Route) {
        guard route.isDefault, route.source == nil, route.table == Route.mainTable, route.kind == .unicast,
            route.mark != RouteNetlink.mark, let index = route.interface
        else { return nil }
        self.init(index: index, router: route.gateway ?? .unspecified, metric: route.priority)
    }
}
