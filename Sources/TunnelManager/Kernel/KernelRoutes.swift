import Logging
import MobilityWire
import Platform

/// Where routes are put: the kernel.
protocol RouteWriter {
    func setRoutes(_ routes: [Route]) throws(PlatformError) -> [RouteNetlink.Refusal]
    func deleteRoutes(_ routes: [Route]) throws(PlatformError) -> [RouteNetlink.Refusal]
}

extension RouteNetlink: RouteWriter {}

/// The kernel's routes that are ours: what it holds as far as it said so, and what it may hold besides.
struct KernelRoutes {
    private let writer: any RouteWriter
    private let log: Logger
    /// The index of an interface, if it is there and up.
    private let index: (String) throws(PlatformError) -> UInt32?
    /// What the kernel holds.
    private var held: Set<KernelPlan.Route> = []
    /// What it may hold or not: the answer to a request did not come, or it refused to remove it.
    private var doubtful: Set<KernelPlan.Route> = []

    init(
        _ writer: any RouteWriter, log: Logger, index: @escaping (String) throws(PlatformError) -> UInt32?
    ) {
        self.writer = writer
        self.log = log
        self.index = index
    }

    /// The kernel may have dropped the routes by this interface.
    mutating func forget(interface name: String) {
        held = held.filter { $0.target.interface != name }
        doubtful = doubtful.filter { $0.target.interface != name }
    }

    /// Adds what is missing of all the routes that are wanted.
    mutating func add(_ wanted: Set<KernelPlan.Route>) { _ = set(wanted.subtracting(held)) }

    /// Removes all routes but those that are wanted.
    mutating func removeAll(but wanted: Set<KernelPlan.Route>) { _ = remove(held.union(doubtful).subtracting(wanted)) }

    /// The kernel has let a route go for the one that took its place, and would take that one for it.
    private mutating func forgetReplaced(by routes: [KernelPlan.Route]) {
        let places = Dictionary(routes.map { ($0.place, $0) }) { first, _ in first }
        func isReplaced(_ route: KernelPlan.Route) -> Bool {
            guard let new = places[route.place], new != route else { return false }
            if case .tunnel = new.target { return route.target.interface == new.target.interface }
            return false
        }
        held = held.filter { !isReplaced($0) }
        doubtful = doubtful.filter { !isReplaced($0) }
    }

    /// Changes some routes and leaves all others as they are.
    ///
    /// - Returns: whether the kernel did what it was asked for.
    mutating func change(wanted: Set<KernelPlan.Route>, unwanted: Set<KernelPlan.Route>) -> Bool {
        let isSet = set(wanted.filter { !held.contains($0) })
        let isRemoved = remove(unwanted)
        return isSet && isRemoved
    }

    private mutating func set(_ routes: Set<KernelPlan.Route>) -> Bool {
        guard !routes.isEmpty else { return true }
        let found = entries(routes)
        guard !found.entries.isEmpty else { return found.isWhole }
        do throws(PlatformError) {
            let refusals = try writer.setRoutes(found.entries)
            tell(refusals)
            if refusals.isEmpty, found.routes.contains(where: \.isTunnel) { forgetReplaced(by: found.routes) }
            held.formUnion(found.routes)
            for refusal in refusals { held.remove(found.routes[refusal.number]) }
            doubtful.subtract(found.routes)
            return found.isWhole && refusals.isEmpty
        } catch {
            log.error("cannot set routes: \(error)")
            doubtful.formUnion(found.routes)
            return false
        }
    }

    private mutating func remove(_ routes: Set<KernelPlan.Route>) -> Bool {
        guard !routes.isEmpty else { return true }
        held.subtract(routes)
        // Those of an interface that is not there went with it.
        doubtful.subtract(routes)
        let found = entries(routes)
        guard !found.entries.isEmpty else { return found.isWhole }
        do throws(PlatformError) {
            let refusals = try writer.deleteRoutes(found.entries)
            tell(refusals)
            for refusal in refusals { doubtful.insert(found.routes[refusal.number]) }
            return found.isWhole && refusals.isEmpty
        } catch {
            log.error("cannot remove routes: \(error)")
            doubtful.formUnion(found.routes)
            return false
        }
    }

    private func tell(_ refusals: [RouteNetlink.Refusal]) {
        guard let first = refusals.first else { return }
        log.error("\(first.error)\(refusals.count > 1 ? "; \(refusals.count - 1) more were refused" : "")")
    }

    /// The routes whose interfaces are there, and how the kernel is told of them; and whether it could be said of all
    /// interfaces.
    private func entries(
        _ routes: Set<KernelPlan.Route>
    ) -> (routes: [KernelPlan.Route], entries: [Route], isWhole: Bool) {
        var (known, entries, isWhole): ([KernelPlan.Route], [Route], Bool) = ([], [], true)
        for route in routes {
            do throws(PlatformError) {
                guard let entry = try entry(route) else { continue }
                known.append(route)
                entries.append(entry)
            } catch {
                log.error("cannot route \(route.destination): \(error)")
                isWhole = false
            }
        }
        return (known, entries, isWhole)
    }

    private func entry(_ route: KernelPlan.Route) throws(PlatformError) -> Route? {
        switch route.target {
        case .interface(let name):
            guard let index = try index(name) else { return nil }
            return Route(
                route.destination, interface: index, table: route.table, priority: route.metric,
                preferredSource: route.preferredSource)
        case .gateway(let gateway, interface: let name):
            guard let index = try index(name) else { return nil }
            return Route(
                route.destination, interface: index, gateway: gateway, table: route.table, priority: route.metric)
        case .tunnel(let way, interface: let name):
            guard let index = try index(name) else { return nil }
            return Route(
                route.destination, interface: index, table: route.table, priority: route.metric,
                mtu: UInt32(clamping: way.mtu),
                encapsulation: .init(
                    local: way.pair.local, remote: way.pair.remote, hopLimit: KernelTunnels.hopLimit))
        case .unreachable:
            return Route(route.destination, kind: .unreachable, table: route.table, priority: route.metric)
        }
    }
}

extension KernelPlan.Route {
    /// What the kernel tells routes apart by: of two in one place the later one stays.
    fileprivate struct Place: Hashable {
        var destination: IPv6Prefix
        var table, metric: UInt32
    }

    fileprivate var place: Place { Place(destination: destination, table: table, metric: metric) }

    fileprivate var isTunnel: Bool { if case .tunnel = target { true } else { false } }
}
