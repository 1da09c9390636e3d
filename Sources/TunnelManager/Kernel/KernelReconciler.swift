import Logging
import MobilityWire
import Platform

/// Brings the kernel to a plan: what is missing is added, what is no longer wanted is removed, what is right is left
/// alone. Everything bears our mark, so that a restarted nemonetd finds and takes over what the one before left.
final class KernelReconciler {
    private let netlink: RouteNetlink
    private let log: Logger
    /// What the kernel holds, as far as it did what we asked; but for the routes.
    private var held = KernelPlan()
    private lazy var routes = KernelRoutes(netlink, log: log) { [unowned self] name throws(PlatformError) in
        try link(name)?.index
    }
    private var hasSwept = false
    /// The interfaces, by index, that were switched on once; whoever switches one off later means it.
    private var greeted: Set<UInt32> = []
    /// The interfaces that a run of `reconcile` has looked up: asking for each of its routes would double what it costs.
    private var links: [String: Link] = [:]

    init(log: Logger) throws(PlatformError) {
        netlink = try RouteNetlink()
        self.log = log
    }

    func bringUp(_ interface: String) throws(PlatformError) {
        guard let link = try netlink.link(named: interface) else { return }
        try netlink.setUp(link.index)
    }

    /// Switches on each of these interfaces that is there for the first time.
    func switchOn(_ interfaces: [String]) {
        for name in interfaces {
            attempt("switch on \(name)") { () throws(PlatformError) in
                guard let link = try netlink.link(named: name), greeted.insert(link.index).inserted, !link.isUp else {
                    return
                }
                try netlink.setUp(link.index)
                log.info("switched on \(name)")
            }
        }
    }

    func setMTU(_ mtu: Int, of interface: String) {
        attempt("set the MTU of \(interface)") { () throws(PlatformError) in
            guard let link = try netlink.link(named: interface), link.mtu != mtu else { return }
            try netlink.setMTU(link.index, UInt32(clamping: mtu))
        }
    }

    /// How many packets the kernel had for an interface that had no room for them.
    func transmitDrops(ofInterface index: UInt32) -> UInt64 {
        (attempt("look up what interface \(index) dropped") { () throws(PlatformError) in
            try netlink.transmitDrops(ofLink: index)
        } ?? nil) ?? 0
    }

    /// The MTU of an interface, in octets; nil when it has gone.
    func mtu(ofInterface index: UInt32) -> Int? {
        (try? netlink.link(index: index)).map { Int($0.ipv6MTU ?? $0.mtu) }
    }

    /// The MTU of the way to an address by the routes, in octets; nil when there is none.
    func mtu(ofWayTo address: IPv6Address) -> Int? { (try? netlink.way(to: address)).map { Int($0.mtu) } }

    /// The same of many.
    func mtus(ofWaysTo addresses: [IPv6Address]) -> [Int?] {
        let found = attempt("look up ways") { () throws(PlatformError) in try netlink.mtus(ofWaysTo: addresses) }
        return found?.map { $0.map { Int($0) } } ?? addresses.map { _ in nil }
    }

    /// The destinations of the main table's routes that are not ours, but for the default ones.
    func routesOfOthers() -> [IPv6Prefix] {
        (attempt("look at the routes") { () throws(PlatformError) in try netlink.routes(table: KernelPlan.mainTable) }
            ?? []).filter { $0.mark != RouteNetlink.mark && !$0.isDefault }.map(\.destination)
    }

    /// The address that the kernel would send from to another; nil where there is no way.
    func source(ofWayTo address: IPv6Address) -> IPv6Address? { (try? netlink.way(to: address))?.source }

    /// The interface, if it is there and up.
    func usableLink(_ name: String) -> Link? { (try? netlink.link(named: name)).flatMap { $0.isUp ? $0 : nil } }

    /// The addresses that this machine has and may send from.
    func addresses() -> Set<IPv6Address> {
        Set(
            (attempt("look at the addresses") { () throws(PlatformError) in try netlink.addresses() } ?? [])
                .filter { !$0.flags.contains(.tentative) || $0.flags.contains(.optimistic) }.map(\.address))
    }

    /// The name of an interface; nil when it has gone.
    func name(ofInterface index: UInt32) -> String? { (try? netlink.link(index: index))?.name }

    /// Interfaces that would stop to take router advertisements when the machine begins to forward.
    func interfacesListeningToAdvertisements() -> [String] {
        guard let links = try? netlink.links() else { return [] }
        return links.filter { !$0.isLoopback }.map(\.name).filter {
            (try? Sysctl.readIPv6("accept_ra", interface: $0)) == "1"
        }
    }

    /// An interface came, went or changed: the kernel may have dropped what we had put there.
    func forget(interface name: String) {
        held.addresses = held.addresses.filter { $0.interface != name }
        routes.forget(interface: name)
    }

    /// An interface is gone for good: what comes back under its name has another index.
    func forget(index: UInt32) { greeted.remove(index) }

    /// - Parameter sweeps: whether what an earlier run left goes; false where it is still to be announced.
    func reconcile(_ wanted: KernelPlan, sweeps: Bool = true) {
        if sweeps, !hasSwept {
            hasSwept = true
            sweepLeftovers(except: wanted)
        }
        links = [:]
        defer { links = [:] }
        // Rules go last and come last: a rule without its table would send packets astray.
        for address in wanted.addresses.subtracting(held.addresses) where set(address) {
            held.addresses.insert(address)
        }
        routes.add(wanted.routes)
        for rule in wanted.rules.subtracting(held.rules) where set(rule) { held.rules.insert(rule) }
        for rule in held.rules.subtracting(wanted.rules) { remove(rule) }
        routes.removeAll(but: wanted.routes)
        for address in held.addresses.subtracting(wanted.addresses) { remove(address) }
        held.rules.formIntersection(wanted.rules)
        held.addresses.formIntersection(wanted.addresses)
    }

    /// Changes some routes and leaves all others as they are.
    ///
    /// - Returns: whether the kernel did what it was asked for; else `reconcile` makes it good.
    func change(wanted: Set<KernelPlan.Route>, unwanted: Set<KernelPlan.Route>) -> Bool {
        links = [:]
        defer { links = [:] }
        return routes.change(wanted: wanted, unwanted: unwanted)
    }

    /// Whether the interface of the kernel's tunnels is there, as an earlier run may have left it.
    func hasTunnels(_ name: String) -> Bool { (try? netlink.link(named: name))?.kind == RouteNetlink.tunnelKind }

    /// Makes the interface of the kernel's tunnels, if it is not there yet.
    ///
    /// - Returns: nil, or why it cannot be had.
    func makeTunnels(_ name: String) -> PlatformError? {
        do throws(PlatformError) {
            if let link = try netlink.link(named: name), link.kind == RouteNetlink.tunnelKind, link.isUp { return nil }
            // No route's MTU is above it.
            do throws(PlatformError) {
                try netlink.addTunnelInterface(named: name, mtu: KernelTunnels.greatestMTU)
            } catch {
                guard error.isPresent, hasTunnels(name) else { throw error }
            }
            guard let link = try netlink.link(named: name) else { return nil }
            // It has no link, and so neither a link-local address nor neighbours.
            try? Sysctl.writeIPv6("addr_gen_mode", interface: name, "1")
            try? Sysctl.writeIPv6("accept_ra", interface: name, "0")
            try netlink.setUp(link.index)
            return nil
        } catch {
            return error
        }
    }

    func removeTunnels(_ name: String) {
        attempt("remove the tunnels \(name)") { () throws(PlatformError) in
            guard let link = try netlink.link(named: name), link.kind == RouteNetlink.tunnelKind else { return }
            try netlink.deleteLink(link.index)
        }
    }

    /// Takes away everything that was put there.
    func removeAll() { reconcile(KernelPlan()) }

    // MARK: One by one

    private func set(_ address: KernelPlan.Address) -> Bool {
        attempt("give \(address.interface) the address \(address.address)") { () throws(PlatformError) in
            guard let link = try link(address.interface) else { return false }
            try netlink.setAddress(entry(address, on: link))
            return true
        } ?? false
    }

    private func remove(_ address: KernelPlan.Address) {
        attempt("remove the address \(address.address)") { () throws(PlatformError) in
            guard let link = try netlink.link(named: address.interface) else { return }
            try netlink.deleteAddress(entry(address, on: link))
        }
    }

    /// Our own prefix and our own device: nobody else can have the address, and nobody should wait for it.
    private func entry(_ address: KernelPlan.Address, on link: Link) -> InterfaceAddress {
        InterfaceAddress(
            address.address, prefixLength: address.prefixLength, interface: link.index,
            flags: [.noDuplicateDetection], origin: RouteNetlink.mark)
    }

    private func set(_ rule: KernelPlan.Rule) -> Bool {
        attempt("add the rule of table \(rule.table)") { () throws(PlatformError) in
            try netlink.setRule(entry(rule))
            return true
        } ?? false
    }

    private func remove(_ rule: KernelPlan.Rule) {
        attempt("remove the rule of table \(rule.table)") { () throws(PlatformError) in
            try netlink.deleteRule(entry(rule))
        }
    }

    private func entry(_ rule: KernelPlan.Rule) -> RoutingRule {
        RoutingRule(
            priority: rule.priority, action: .table(rule.table), source: rule.source, destination: rule.destination,
            inputInterface: rule.unlessMarked == nil ? rule.inputInterface : KernelPlan.ownOutput,
            firewallMark: rule.unlessMarked == nil ? nil : 0, firewallMarkMask: rule.unlessMarked,
            suppressPrefixLength: rule.passesDefaultOver ? 0 : nil, choosesSource: rule.choosesSource,
            ipProtocol: rule.ipProtocol, sourcePorts: rule.sourcePorts, destinationPorts: rule.destinationPorts)
    }

    /// The interface, if it is there and up; what it lacks comes when it does.
    private func link(_ name: String) throws(PlatformError) -> Link? {
        if let link = links[name] { return link }
        guard let link = try netlink.link(named: name), link.isUp else {
            log.debug("\(name) is not there or not up yet")
            return nil
        }
        links[name] = link
        return link
    }

    /// Removes what an earlier run left and this one does not want.
    private func sweepLeftovers(except wanted: KernelPlan) {
        attempt("look for leftovers") { () throws(PlatformError) in
            for rule in try netlink.rules() where rule.mark == RouteNetlink.mark {
                let isWanted = wanted.rules.contains { entry($0) == rule }
                if !isWanted { try netlink.deleteRule(rule) }
            }
            for route in try netlink.routes() where route.mark == RouteNetlink.mark {
                let isWanted = wanted.routes.contains {
                    route.destination == $0.destination && route.table == $0.table && route.priority == $0.metric
                        && route.preferredSource == $0.preferredSource
                }
                if !isWanted { try netlink.deleteRoute(route) }
            }
            // Kernels before 5.18 do not keep whose an address is; there it stays.
            for address in try netlink.addresses() where address.origin == RouteNetlink.mark {
                let link = try netlink.link(index: address.interface)
                let isWanted = wanted.addresses.contains {
                    $0.interface == link?.name && $0.address == address.address
                        && $0.prefixLength == address.prefixLength
                }
                if !isWanted { try netlink.deleteAddress(address) }
            }
        }
    }

    @discardableResult
    private func attempt<Value>(
        _ what: String, _ body: () throws(PlatformError) -> Value
    ) -> Value? {
        do throws(PlatformError) {
            return try body()
        } catch {
            log.error("cannot \(what): \(error)")
            return nil
        }
    }
}
