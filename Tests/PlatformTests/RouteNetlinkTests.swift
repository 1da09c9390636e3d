import CLinux
import Glibc
import MobilityWire
import Testing

@testable import Platform

func address(_ text: String) -> IPv6Address { IPv6Address(text) ?? .unspecified }
func prefix(_ text: String) -> IPv6Prefix { IPv6Prefix(text) ?? IPv6Prefix(.unspecified, length: 0) }

@Suite("The kernel's routing tables", .needsNetwork)
struct RouteNetlinkTests {
    /// A namespace with a pair of interfaces, of which the first is up.
    func withPair(_ body: (RouteNetlink, _ left: Link) throws -> Void) throws {
        try NetworkNamespace.run {
            try NetworkNamespace.ip("link add left type veth peer name right")
            try NetworkNamespace.ip("link set right up")
            let netlink = try RouteNetlink()
            let index = if_nametoindex("left")
            try netlink.setUp(index)
            let left = try #require(try netlink.link(named: "left"))
            try body(netlink, left)
        }
    }

    @Test("packets to a group count at both ends of a link, with their Ethernet headers")
    func traffic() throws {
        try withPair { netlink, left in
            let right = if_nametoindex("right")
            // Silent otherwise: the kernel's own neighbour discovery would count too.
            try NetworkNamespace.ip("link set left addrgenmode none")
            try NetworkNamespace.ip("link set right addrgenmode none")
            try NetworkNamespace.ip("-6 address flush dev left")
            try NetworkNamespace.ip("-6 address flush dev right")
            let before = try netlink.traffic()
            let packet = [UInt8](repeating: 0x60, count: 1000)
            for _ in 0..<50 { try LinkSender(interface: left.index).send(packet, to: .allRouters) }
            let after = try netlink.traffic()
            let out = try #require(after[left.index]).octetsOut - (try #require(before[left.index])).octetsOut
            let came = try #require(after[right]).octetsIn - (try #require(before[right])).octetsIn
            #expect(out >= 50 * 1014 && out < 50 * 1014 + 1014)
            #expect(came >= 50 * 1014 && came < 50 * 1014 + 1014)
            #expect(after[4711] == nil)
            #expect(throws: PlatformError.self) { try LinkSender(interface: 4711).send(packet, to: .allRouters) }
        }
    }

    @Test("interfaces are listed, found by name and index, switched and given an MTU")
    func links() throws {
        try withPair { netlink, left in
            #expect(left.isUp && left.hasCarrier && !left.isLoopback && left.kind == "veth")
            #expect(left.hardwareAddress.count == 6 && left.linkLayer == 1 && left.mtu == 1500)
            #expect(try Set(netlink.links().map(\.name)) == ["lo", "left", "right"])
            try netlink.setMTU(left.index, 1400)
            let changed = try netlink.link(index: left.index)
            #expect(changed?.mtu == 1400 && changed?.ipv6MTU == 1400)
            try netlink.setUp(left.index, false)
            #expect(try netlink.link(named: "left")?.isUp == false)
            #expect(try netlink.link(named: "absent") == nil)
            #expect(try netlink.link(named: "a/b") == nil)
            #expect(try netlink.link(index: 4711) == nil)
            try netlink.deleteLink(left.index)
            try netlink.deleteLink(left.index)
            #expect(try netlink.links().map(\.name) == ["lo"])
        }
    }

    @Test("an address is added without duplicate detection, listed with its lifetimes, changed and removed")
    func addresses() throws {
        try withPair { netlink, left in
            var home = InterfaceAddress(
                address("2001:db8:1::100"), prefixLength: 64, interface: left.index,
                flags: [.noDuplicateDetection, .noPrefixRoute], preferredLifetime: 300, validLifetime: 600,
                origin: RouteNetlink.mark)
            try netlink.setAddress(home)
            func found() throws -> InterfaceAddress? {
                try netlink.addresses(interface: left.index).first { $0.address == home.address }
            }
            let first = try #require(try found())
            #expect(first.prefixLength == 64 && first.isUsable)
            #expect(!first.flags.contains(.tentative) && first.flags.contains(.noPrefixRoute))
            #expect(
                (290...300).contains(first.preferredLifetime ?? 0) && (590...600).contains(first.validLifetime ?? 0))
            #expect(first.origin == RouteNetlink.mark || first.origin == 0)
            #expect(try !netlink.routes().contains { $0.destination == prefix("2001:db8:1::/64") })

            home.preferredLifetime = 0
            try netlink.setAddress(home)
            #expect(try found()?.flags.contains(.deprecated) == true && found()?.isUsable == false)
            home.preferredLifetime = nil
            home.validLifetime = nil
            try netlink.setAddress(home)
            #expect(try found()?.validLifetime == nil && found()?.preferredLifetime == nil)

            // The interface's own link-local address is being checked, or was.
            #expect(try netlink.addresses().contains { $0.address.isLinkLocal && $0.interface == left.index })
            try netlink.deleteAddress(home)
            #expect(try found() == nil)
            try netlink.deleteAddress(home)

            let error = #expect(throws: PlatformError.self) {
                try netlink.setAddress(InterfaceAddress(home.address, prefixLength: 64, interface: 4711))
            }
            #expect(error?.isAbsent == true)
            #expect(error?.description.contains("interface 4711 the address 2001:db8:1::100/64") == true)
        }
    }

    @Test("routes of every kind are set in a table of their own, listed as they were set, and removed")
    func routes() throws {
        try withPair { netlink, left in
            try netlink.setAddress(
                InterfaceAddress(
                    address("2001:db8:a1::2"), prefixLength: 64, interface: left.index, flags: [.noDuplicateDetection]))
            let routes = [
                Route(
                    prefix("::/0"), interface: left.index, gateway: address("2001:db8:a1::1"), table: 1000,
                    priority: 10, mtu: 1300),
                Route(prefix("2001:db8:10::/60"), interface: left.index, table: 1000, priority: 20),
                Route(prefix("2001:db8:20::/60"), kind: .unreachable, interface: 1, table: 1000, priority: 30),
                Route(prefix("2001:db8:30::/60"), kind: .blackhole, interface: 1, table: 1000, priority: 40),
                Route(prefix("2001:db8:40::/60"), kind: .throw, interface: 1, table: 1000, priority: 50),
                Route(prefix("2001:db8:50::/60"), kind: .prohibit, interface: 1, table: 1000, priority: 60),
            ]
            for route in routes { try netlink.setRoute(route) }
            #expect(try netlink.routes(table: 1000).sorted { $0.priority < $1.priority } == routes)
            // The same again changes nothing, and adding says that it is there.
            for route in routes { try netlink.setRoute(route) }
            #expect(try netlink.routes(table: 1000).count == routes.count)
            #expect(#expect(throws: PlatformError.self) { try netlink.addRoute(routes[1]) }?.isPresent == true)
            #expect(try netlink.routes().filter { $0.mark == RouteNetlink.mark }.count == routes.count)
            #expect(try netlink.routes(table: 1001).isEmpty)
            // The main table has the prefix of the address, made by the kernel (2).
            #expect(
                try netlink.routes(table: Route.mainTable).contains {
                    $0.destination == prefix("2001:db8:a1::/64") && $0.mark == 2
                })
            for route in routes { try netlink.deleteRoute(route) }
            for route in routes { try netlink.deleteRoute(route) }
            #expect(try netlink.routes(table: 1000).isEmpty)

            let error = #expect(throws: PlatformError.self) {
                try netlink.setRoute(
                    Route(prefix("2001:db8::/32"), interface: left.index, gateway: address("ff02::1")))
            }
            #expect(error?.description.contains("the kernel says") == true, "\(String(describing: error))")
        }
    }

    @Test("many routes are set, looked up and removed together, and one that is refused keeps no other from it")
    func batches() throws {
        try withPair { netlink, left in
            func host(_ number: UInt64) -> IPv6Address { IPv6Address(high: 0x2001_0db8_0099_0000, low: number) }
            // More than two datagrams have room for.
            let numbers = 1...300 as ClosedRange<UInt64>
            var routes = numbers.map {
                Route(IPv6Prefix(host: host($0)), interface: left.index, table: 1000, priority: 1024)
            }
            let wrong = Route(prefix("2001:db8::/32"), interface: left.index, gateway: address("ff02::1"), table: 1000)
            routes.insert(wrong, at: 7)
            routes.append(wrong)
            let refusals = try netlink.setRoutes(routes)
            #expect(refusals.map(\.number) == [7, 301])
            #expect(refusals.allSatisfy { $0.error.description.contains("the kernel says") }, "\(refusals)")
            #expect(try Set(netlink.routes(table: 1000)) == Set(routes.filter { $0 != wrong }))
            #expect(try netlink.setRoutes(routes).count == 2)
            #expect(try netlink.routes(table: 1000).count == 300)
            // Those that are not there are no error.
            #expect(try netlink.deleteRoutes(Array(routes[200...])).isEmpty)
            #expect(try netlink.routes(table: 1000).count == 199)
            #expect(try netlink.deleteRoutes(routes).isEmpty)
            #expect(try netlink.routes(table: 1000).isEmpty)
            #expect(try netlink.setRoutes([]).isEmpty)

            try netlink.setAddress(
                InterfaceAddress(
                    address("2001:db8:a1::2"), prefixLength: 64, interface: left.index, flags: [.noDuplicateDetection]))
            try netlink.setRoute(Route(prefix("2001:db8:99::/64"), interface: left.index, mtu: 1290))
            #expect(try netlink.mtus(ofWaysTo: numbers.map(host)) == numbers.map { _ in 1290 })
            let some = ["2001:db8:a1::9", "2001:db8:d::1", "2001:db8:99::1"].map { address($0) }
            #expect(try netlink.mtus(ofWaysTo: some) == [1500, nil, 1290])
            #expect(try netlink.mtus(ofWaysTo: some.reversed()) == [1290, nil, 1500])
            // The socket is as good as before.
            #expect(try netlink.way(to: host(1)).mtu == 1290)
        }
    }

    @Test("the way to a destination has interface, gateway, source and MTU, and its absence is an error")
    func way() throws {
        try withPair { netlink, left in
            try netlink.setAddress(
                InterfaceAddress(
                    address("2001:db8:a1::2"), prefixLength: 64, interface: left.index, flags: [.noDuplicateDetection]))
            let gateway = address("2001:db8:a1::1")
            try netlink.setRoute(Route(prefix("::/0"), interface: left.index, gateway: gateway))
            try netlink.setRoute(Route(prefix("2001:db8:c::/64"), interface: left.index, gateway: gateway, mtu: 1290))
            try netlink.setRoute(Route(prefix("2001:db8:d::/64"), kind: .unreachable, interface: 1))
            let far = try netlink.way(to: address("2001:db8:99::1"))
            #expect(
                far
                    == .init(
                        interface: left.index, gateway: gateway, source: address("2001:db8:a1::2"), mtu: 1500,
                        isLocal: false))
            #expect(try netlink.way(to: address("2001:db8:c::c")).mtu == 1290)
            #expect(try netlink.way(to: address("2001:db8:a1::9"), interface: left.index).gateway == nil)
            #expect(
                try netlink.way(to: address("2001:db8:99::1"), from: address("2001:db8:a1::2")).source
                    == address("2001:db8:a1::2"))
            try netlink.setUp(1)
            // The kernel makes the route to a new address of its own a little later.
            var isLocal = false
            for _ in 0..<100 where !isLocal {
                isLocal = try netlink.way(to: address("2001:db8:a1::2")).isLocal
                if !isLocal { usleep(5000) }
            }
            #expect(isLocal)
            #expect(throws: PlatformError.self) { try netlink.way(to: address("2001:db8:d::1")) }
        }
    }

    @Test("rules are added, listed as they were added, found by their mark and removed")
    func rules() throws {
        try withPair { netlink, _ in
            let rules = [
                RoutingRule(priority: 100, action: .table(Route.mainTable), suppressPrefixLength: 0),
                RoutingRule(
                    priority: 110, action: .table(1000), source: prefix("2001:db8:10::/60"),
                    inputInterface: "eth0.10"),
                RoutingRule(
                    priority: 120, action: .table(70000), destination: prefix("2001:db8:c::/64"),
                    outputInterface: "left",
                    firewallMark: 7, firewallMarkMask: 0xff),
                RoutingRule(priority: 130, action: .unreachable, source: prefix("2001:db8:10::/60")),
                RoutingRule(priority: 140, action: .blackhole, source: prefix("2001:db8:11::1/128")),
            ]
            for rule in rules { try netlink.addRule(rule) }
            for rule in rules { try netlink.setRule(rule) }
            #expect(try netlink.rules().filter { $0.mark == RouteNetlink.mark } == rules)
            #expect(try netlink.rules().contains { $0.action == .table(255) && $0.priority == 0 })
            #expect(#expect(throws: PlatformError.self) { try netlink.addRule(rules[0]) }?.isPresent == true)
            for rule in rules { try netlink.deleteRule(rule) }
            for rule in rules { try netlink.deleteRule(rule) }
            #expect(try netlink.rules().allSatisfy { $0.mark != RouteNetlink.mark })
            #expect(throws: PlatformError.self) {
                try netlink.addRule(RoutingRule(priority: 1, action: .table(1), inputInterface: "far-too-long-a-name"))
            }
        }
    }

    @Test("the kernel answers for a proxy neighbour, and no longer")
    func proxyNeighbor() throws {
        try withPair { netlink, left in
            try netlink.setProxyNeighbor(address("2001:db8:1::100"), interface: left.index)
            try netlink.setProxyNeighbor(address("2001:db8:1::100"), interface: left.index)
            try netlink.setProxyNeighbor(address("2001:db8:1::100"), interface: left.index, false)
            try netlink.setProxyNeighbor(address("2001:db8:1::100"), interface: left.index, false)
        }
    }
}
