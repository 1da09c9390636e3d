import MobilityWire

/// Whose an address is: home addresses, and the longest of the prefixes behind them.
///
/// A look-up costs one probe for the home address and one for each *length* of prefix in use. Versions share what is the same
/// in both, so that another owner costs the same however many there are.
struct OwnerTable: Sendable {
    typealias Route = ForwardingTable.Route

    struct Level: Sendable {
        var length: UInt8
        var routes = SharedTable<IPv6Address, Route>()
    }

    private(set) var homes = SharedTable<IPv6Address, Route>()
    /// Longest first.
    private(set) var levels: [Level] = []
    /// Who else claims a prefix: the owner of the lowest home address has it. Nobody should configure such.
    private(set) var rivals: [IPv6Prefix: [Route]] = [:]

    var isEmpty: Bool { homes.isEmpty }

    /// What leads to the owner of an address.
    func lookup(_ address: IPv6Address) -> Route? { reference(address)?.takeUnretainedValue() }

    /// The same for who does not mean to keep it: good for as long as somebody holds this version.
    @inline(__always)
    func reference(_ address: IPv6Address) -> Unmanaged<Route>? {
        if let route = homes.reference(address) { return route }
        for index in levels.indices {
            if let route = levels[index].routes.reference(address.masked(to: levels[index].length)) { return route }
        }
        return nil
    }

    /// Whether it is somebody's home address or prefix, exactly.
    func holds(_ prefix: IPv6Prefix) -> Bool {
        if prefix.length == 128, homes.find(prefix.address) != nil { return true }
        return holder(of: prefix) != nil
    }

    /// Adds an owner, or puts it in the place of the one with the same home address.
    mutating func set(_ route: Route) {
        if let former = homes.find(route.homeAddress) {
            for prefix in former.prefixes where !route.prefixes.contains(prefix) {
                remove(prefix, of: route.homeAddress)
            }
        }
        homes.set(route.homeAddress, route)
        for prefix in route.prefixes { add(prefix, route) }
    }

    mutating func remove(_ homeAddress: IPv6Address) {
        guard let former = homes.find(homeAddress) else { return }
        homes.set(homeAddress, nil)
        for prefix in former.prefixes { remove(prefix, of: homeAddress) }
    }

    private mutating func add(_ prefix: IPv6Prefix, _ route: Route) {
        guard let holder = holder(of: prefix), holder.homeAddress != route.homeAddress else {
            return put(route, at: prefix)
        }
        var others = rivals[prefix, default: []].filter { $0.homeAddress != route.homeAddress }
        if route.homeAddress < holder.homeAddress {
            others.append(holder)
            put(route, at: prefix)
        } else {
            others.append(route)
        }
        rivals[prefix] = others
    }

    private mutating func remove(_ prefix: IPv6Prefix, of homeAddress: IPv6Address) {
        guard let holder = holder(of: prefix) else { return }
        var others = rivals[prefix, default: []]
        if holder.homeAddress == homeAddress {
            let heir = others.min { $0.homeAddress < $1.homeAddress }
            put(heir, at: prefix)
            others.removeAll { $0 === heir }
        } else {
            others.removeAll { $0.homeAddress == homeAddress }
        }
        rivals[prefix] = others.isEmpty ? nil : others
    }

    private func holder(of prefix: IPv6Prefix) -> Route? {
        levels.first { $0.length == prefix.length }?.routes.find(prefix.address)
    }

    private mutating func put(_ route: Route?, at prefix: IPv6Prefix) {
        let place = levels.firstIndex { $0.length <= prefix.length } ?? levels.count
        if place == levels.count || levels[place].length != prefix.length {
            guard route != nil else { return }
            levels.insert(Level(length: prefix.length), at: place)
        }
        levels[place].routes.set(prefix.address, route)
        if levels[place].routes.isEmpty { levels.remove(at: place) }
    }
}

extension IPv6Address: SharedTableKey {
    /// Keys come from the configuration and from authenticated bindings, so mixing is enough; no secret is needed.
    @inline(__always)
    var mixed: UInt64 {
        FlowMemory.finish(high ^ (low &* 0x9e37_79b9_7f4a_7c15))
    }
}
