import MobilityWire
import Platform

/// Routes of others inside the networks that the engine has as a whole, as of a link with the same prefix: asked of the
/// kernel once, and anew after one of them came or went.
struct NetworkRoutes {
    /// Nothing else is of interest.
    var networks = IPv6PrefixSet() { didSet { if networks != oldValue { forget() } } }
    private var known: [IPv6Prefix]?

    /// Whether a route that came or went is of interest.
    func isTouched(by route: Route) -> Bool {
        route.mark != RouteNetlink.mark && route.table == KernelPlan.mainTable && networks.contains(route.destination)
    }

    mutating func forget() { known = nil }

    /// - Parameter ask: gives the destinations of all routes of others.
    mutating func ofOthers(ask: () -> [IPv6Prefix]) -> [IPv6Prefix] {
        guard !networks.isEmpty else { return [] }
        if let known { return known }
        let found = ask().filter(networks.contains)
        known = found
        return found
    }
}
