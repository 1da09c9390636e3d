import CLinux
import Glibc
public import MobilityWire

/// The kernel's interfaces, addresses, routes and rules: asked and changed, one acknowledged request at a time.
///
/// When a call returns, the kernel has done it. Errors carry the kernel's own explanation where it gives one.
public final class RouteNetlink {
    /// Stands in every route, rule and address of ours as its origin, so that after a restart we find what we left
    /// (`rtm_protocol`, `FRA_PROTOCOL`, `IFA_PROTO`). Not in use by others in iproute2's rt_protos.
    public static let mark: UInt8 = 0x5a

    let socket: NetlinkSocket

    public init() throws(PlatformError) { socket = try NetlinkSocket() }

    // MARK: Links

    /// Every interface. The corresponding kernel message is `RTM_GETLINK`.
    public func links() throws(PlatformError) -> [Link] {
        try socket.dump(
            Int(RTM_GETLINK), "RTM_GETLINK", "cannot list the interfaces", build: { $0.fixed(ifinfomsg()) },
            parse: { type, contents in type == Int(RTM_NEWLINK) ? Link(message: contents) : nil })
    }

    /// The interface of that name, or nil when there is none.
    public func link(named name: String) throws(PlatformError) -> Link? {
        guard InterfaceName.isPossible(name) else { return nil }
        return try link("cannot look up the interface \(name)") {
            $0.fixed(ifinfomsg())
            $0.put(Int(IFLA_IFNAME), interface: name)
        }
    }

    /// The interface of that index, or nil when there is none.
    public func link(index: UInt32) throws(PlatformError) -> Link? {
        guard index != 0 else { return nil }
        return try link("cannot look up interface \(index)") { $0.fixed(Self.interfaceHeader(index)) }
    }

    private func link(
        _ detail: @autoclosure () -> String, _ build: (NetlinkMessage) -> Void
    ) throws(PlatformError) -> Link? {
        var found: Link?
        do throws(PlatformError) {
            try socket.transact(
                Int(RTM_GETLINK), "RTM_GETLINK", detail(), build: build,
                each: { type, contents in if type == Int(RTM_NEWLINK) { found = Link(message: contents) } })
        } catch {
            if error.isAbsent { return nil }
            throw error
        }
        return found
    }

    /// What every interface has carried since it exists, by index.
    public func traffic() throws(PlatformError) -> [UInt32: LinkTraffic] {
        let found = try socket.dump(
            Int(RTM_GETLINK), "RTM_GETLINK", "cannot look up what the interfaces carried",
            build: { $0.fixed(ifinfomsg()) },
            parse: { type, contents in
                type == Int(RTM_NEWLINK) ? LinkTraffic.entry(message: contents) : nil
            })
        return Dictionary(found) { _, last in last }
    }

    /// How many packets an interface was to send and had no room for, or nil when there is no such interface.
    public func transmitDrops(ofLink index: UInt32) throws(PlatformError) -> UInt64? {
        var drops: UInt64?
        do throws(PlatformError) {
            try socket.transact(
                Int(RTM_GETLINK), "RTM_GETLINK", "cannot look up what interface \(index) dropped",
                build: { $0.fixed(Self.interfaceHeader(index)) },
                each: { type, contents in
                    guard type == Int(RTM_NEWLINK) else { return }
                    let attributes = NetlinkAttributes(contents, from: MemoryLayout<ifinfomsg>.size)
                    // tx_dropped is the eighth number of `struct rtnl_link_stats64`.
                    drops = attributes[Int(IFLA_STATS64)]?.value(at: 7 * 8)
                })
        } catch {
            if error.isAbsent { return nil }
            throw error
        }
        return drops
    }

    /// Switches an interface on or off.
    public func setUp(_ index: UInt32, _ isUp: Bool = true) throws(PlatformError) {
        var header = Self.interfaceHeader(index)
        // IFF_UP
        header.ifi_flags = isUp ? 1 : 0
        header.ifi_change = 1
        try socket.transact(
            Int(RTM_NEWLINK), "RTM_NEWLINK", "cannot switch interface \(index) \(isUp ? "on" : "off")",
            build: { $0.fixed(header) })
    }

    /// Sets the largest packet of an interface, in octets.
    public func setMTU(_ index: UInt32, _ mtu: UInt32) throws(PlatformError) {
        try socket.transact(
            Int(RTM_NEWLINK), "RTM_NEWLINK", "cannot set the MTU of interface \(index) to \(mtu)",
            build: {
                $0.fixed(Self.interfaceHeader(index))
                $0.put(Int(IFLA_MTU), mtu)
            })
    }

    /// Removes a virtual interface; one that is not there is no error.
    public func deleteLink(_ index: UInt32) throws(PlatformError) {
        try ignoringAbsence { () throws(PlatformError) in
            try socket.transact(
                Int(RTM_DELLINK), "RTM_DELLINK", "cannot remove interface \(index)",
                build: { $0.fixed(Self.interfaceHeader(index)) })
        }
    }

    private static func interfaceHeader(_ index: UInt32) -> ifinfomsg {
        var header = ifinfomsg()
        header.ifi_index = Int32(bitPattern: index)
        return header
    }

    // MARK: Addresses

    /// The IPv6 addresses of one interface or of all.
    public func addresses(interface: UInt32? = nil) throws(PlatformError) -> [InterfaceAddress] {
        var header = ifaddrmsg()
        header.ifa_family = UInt8(AF_INET6)
        header.ifa_index = interface ?? 0
        let found = try socket.dump(
            Int(RTM_GETADDR), "RTM_GETADDR", "cannot list the addresses", build: { $0.fixed(header) },
            parse: { type, contents in type == Int(RTM_NEWADDR) ? InterfaceAddress(message: contents) : nil })
        return found.filter { interface == nil || $0.interface == interface }
    }

    /// Adds an address, or changes flags and lifetimes of one that is there.
    ///
    /// Even without duplicate address detection the kernel finishes a new address in its own time, some milliseconds;
    /// a `RouteMonitor` hears of it then.
    public func setAddress(_ address: InterfaceAddress) throws(PlatformError) {
        try socket.transact(
            Int(RTM_NEWADDR), "RTM_NEWADDR", flags: Int32(NLM_F_CREATE | NLM_F_REPLACE),
            "cannot give interface \(address.interface) the address \(address.address)/\(address.prefixLength)",
            build: {
                address.put(into: $0)
                address.putDetails(into: $0)
            })
    }

    /// Removes an address; one that is not there is no error.
    public func deleteAddress(_ address: InterfaceAddress) throws(PlatformError) {
        try ignoringAbsence { () throws(PlatformError) in
            try socket.transact(
                Int(RTM_DELADDR), "RTM_DELADDR",
                "cannot remove the address \(address.address)/\(address.prefixLength) from interface \(address.interface)",
                build: { address.put(into: $0) })
        }
    }

    /// Lets the kernel answer neighbour solicitations for `address` at an interface (`NTF_PROXY`); the interface's
    /// sysctl `proxy_ndp` must be 1 too.
    ///
    /// - Parameter isRouter: whether the answers say so (`NTF_ROUTER`); an entry that is there takes it over.
    public func setProxyNeighbor(
        _ address: IPv6Address, interface: UInt32, isRouter: Bool = false, _ isOn: Bool = true
    ) throws(PlatformError) {
        var header = ndmsg()
        header.ndm_family = UInt8(AF_INET6)
        header.ndm_ifindex = Int32(bitPattern: interface)
        header.ndm_flags = UInt8(NTF_PROXY) | (isRouter ? UInt8(NTF_ROUTER) : 0)
        try ignoringAbsence { () throws(PlatformError) in
            try socket.transact(
                isOn ? Int(RTM_NEWNEIGH) : Int(RTM_DELNEIGH), isOn ? "RTM_NEWNEIGH" : "RTM_DELNEIGH",
                flags: isOn ? Int32(NLM_F_CREATE | NLM_F_REPLACE) : 0,
                "cannot \(isOn ? "start" : "stop") answering for \(address) at interface \(interface)",
                build: {
                    $0.fixed(header)
                    $0.put(Int(NDA_DST), address)
                })
        }
    }

    /// The addresses for which the kernel answers neighbour solicitations at an interface.
    public func proxyNeighbors(interface: UInt32) throws(PlatformError) -> [IPv6Address] {
        var header = ndmsg()
        header.ndm_family = UInt8(AF_INET6)
        header.ndm_flags = UInt8(NTF_PROXY)
        // The kernel lists all or none.
        return try socket.dump(
            Int(RTM_GETNEIGH), "RTM_GETNEIGH", "cannot list the proxy entries", build: { $0.fixed(header) },
            parse: { type, contents in
                guard type == Int(RTM_NEWNEIGH), let entry: ndmsg = contents.value(at: 0),
                    entry.ndm_ifindex == Int32(bitPattern: interface)
                else { return nil }
                return NetlinkAttributes(contents, from: MemoryLayout<ndmsg>.size).address(Int(NDA_DST))
            })
    }

    // MARK: Routes

    /// The IPv6 routes of one table or of all.
    public func routes(table: UInt32? = nil) throws(PlatformError) -> [Route] {
        var header = rtmsg()
        header.rtm_family = UInt8(AF_INET6)
        header.rtm_table = UInt8(truncatingIfNeeded: (table ?? 0) < 256 ? table ?? 0 : 0)
        do throws(PlatformError) {
            let found = try socket.dump(
                Int(RTM_GETROUTE), "RTM_GETROUTE", "cannot list the routes",
                build: {
                    $0.fixed(header)
                    if let table { $0.put(Int(RTA_TABLE.rawValue), table) }
                }, parse: { type, contents in type == Int(RTM_NEWROUTE) ? Route.routes(message: contents) : nil })
            return found.joined().filter { table == nil || $0.table == table }
        } catch {
            // A table is made by its first route.
            if error.errno == ENOENT { return [] }
            throw error
        }
    }

    /// Adds a route, or takes the place of the one with the same destination, table and priority.
    public func setRoute(_ route: Route) throws(PlatformError) {
        try changeRoute(Int(RTM_NEWROUTE), "RTM_NEWROUTE", Int32(NLM_F_CREATE | NLM_F_REPLACE), "set", route)
    }

    /// Adds a route. Throws `EEXIST` when there is one with the same destination, table and priority.
    public func addRoute(_ route: Route) throws(PlatformError) {
        try changeRoute(Int(RTM_NEWROUTE), "RTM_NEWROUTE", Int32(NLM_F_CREATE | NLM_F_EXCL), "add", route)
    }

    /// Removes a route; one that is not there is no error.
    public func deleteRoute(_ route: Route) throws(PlatformError) {
        try ignoringAbsence { () throws(PlatformError) in
            try changeRoute(Int(RTM_DELROUTE), "RTM_DELROUTE", 0, "remove", route)
        }
    }

    private func changeRoute(
        _ type: Int, _ name: String, _ flags: Int32, _ verb: String, _ route: Route
    ) throws(PlatformError) {
        try socket.transact(
            type, name, flags: flags, "cannot \(verb) the route to \(route.destination) in table \(route.table)",
            build: { route.put(into: $0) })
    }

    /// The way that a packet would take now.
    ///
    /// - Parameters:
    ///   - from: the packet's source; nil to let the kernel choose one.
    ///   - interface: the index of the interface that it must go out through; nil for any.
    /// - Returns: interface, gateway, the source address that the kernel would choose, and the MTU of the path as far as
    ///   it is known, else that of the interface. Throws `ENETUNREACH` when there is no way.
    public func way(
        to destination: IPv6Address, from source: IPv6Address? = nil, interface: UInt32? = nil, mark: UInt32? = nil
    ) throws(PlatformError) -> Way {
        var header = rtmsg()
        header.rtm_family = UInt8(AF_INET6)
        header.rtm_dst_len = 128
        header.rtm_src_len = source == nil ? 0 : 128
        var answer: Route?
        try socket.transact(
            Int(RTM_GETROUTE), "RTM_GETROUTE", "there is no way to \(destination)",
            build: {
                $0.fixed(header)
                $0.put(Int(RTA_DST.rawValue), destination)
                if let source { $0.put(Int(RTA_SRC.rawValue), source) }
                if let interface { $0.put(Int(RTA_OIF.rawValue), interface) }
                if let mark { $0.put(Int(RTA_MARK.rawValue), mark) }
            },
            each: { type, contents in
                guard type == Int(RTM_NEWROUTE), let header: rtmsg = contents.value(at: 0) else { return }
                answer = Route.routes(header: header, contents).first
            })
        guard let answer, let interface = answer.interface, answer.kind == .unicast || answer.kind == .local else {
            throw PlatformError(
                call: "RTM_GETROUTE", errno: ENETUNREACH, detail: "there is no way to \(destination)")
        }
        var mtu = answer.mtu
        if mtu == nil, let link = try link(index: interface) { mtu = link.ipv6MTU ?? link.mtu }
        return Way(
            interface: interface, gateway: answer.gateway, source: source ?? answer.preferredSource,
            mtu: mtu ?? Self.leastMTU, isLocal: answer.kind == .local)
    }

    /// How a packet leaves this machine.
    public struct Way: Hashable, Sendable {
        public var interface: UInt32
        /// The next router; nil when the destination is on the link.
        public var gateway: IPv6Address?
        public var source: IPv6Address?
        public var mtu: UInt32
        /// Whether the destination is this machine.
        public var isLocal: Bool
    }

    // MARK: Rules

    /// The IPv6 rules, in the order in which the kernel asks them.
    public func rules() throws(PlatformError) -> [RoutingRule] {
        var header = fib_rule_hdr()
        header.family = UInt8(AF_INET6)
        return try socket.dump(
            Int(RTM_GETRULE), "RTM_GETRULE", "cannot list the rules", build: { $0.fixed(header) },
            parse: { type, contents in type == Int(RTM_NEWRULE) ? RoutingRule(message: contents) : nil })
    }

    /// Adds a rule. Throws `EEXIST` when there is the same rule.
    public func addRule(_ rule: RoutingRule) throws(PlatformError) {
        try changeRule(Int(RTM_NEWRULE), "RTM_NEWRULE", Int32(NLM_F_CREATE | NLM_F_EXCL), "add", rule)
    }

    /// Adds a rule; the same rule that is there already is no error.
    public func setRule(_ rule: RoutingRule) throws(PlatformError) {
        do throws(PlatformError) { try addRule(rule) } catch { if !error.isPresent { throw error } }
    }

    /// Removes a rule; one that is not there is no error.
    public func deleteRule(_ rule: RoutingRule) throws(PlatformError) {
        try ignoringAbsence { () throws(PlatformError) in
            try changeRule(Int(RTM_DELRULE), "RTM_DELRULE", 0, "remove", rule)
        }
    }

    private func changeRule(
        _ type: Int, _ name: String, _ flags: Int32, _ verb: String, _ rule: RoutingRule
    ) throws(PlatformError) {
        if let impossible = rule.impossibleName {
            throw PlatformError(
                call: name, errno: 0, detail: "\(impossible.debugDescription) in a rule cannot be an interface")
        }
        try socket.transact(
            type, name, flags: flags, "cannot \(verb) the rule of priority \(rule.priority)",
            build: { rule.put(into: $0) })
    }

    private func ignoringAbsence(_ body: () throws(PlatformError) -> Void) throws(PlatformError) {
        do throws(PlatformError) { try body() } catch { if !error.isAbsent { throw error } }
    }
}
