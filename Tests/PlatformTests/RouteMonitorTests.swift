import CLinux
import Glibc
import MobilityWire
import Testing

@testable import Platform

@Suite("Changes that the kernel tells", .needsNetwork)
struct RouteMonitorTests {
    @Test("links, addresses and default routes come and go, and carrier loss is told")
    func changes() throws {
        try NetworkNamespace.run {
            let loop = try EventLoop()
            let netlink = try RouteNetlink()
            let monitor = try RouteMonitor()
            var events: [RouteMonitor.Event] = []
            try monitor.start(on: loop) { events.append($0) }
            func hears(_ what: () -> Bool) throws -> Bool { try loop.run(until: what) }

            try NetworkNamespace.ip("link add left type veth peer name right")
            let index = if_nametoindex("left")
            try netlink.setUp(index)
            try netlink.setUp(if_nametoindex("right"))
            func carriers() -> [Bool] {
                events.compactMap { if case .link(let link) = $0, link.index == index { link.hasCarrier } else { nil } }
            }
            #expect(try hears { carriers().last == true })
            #expect(carriers().first == false)

            events = []
            let own = InterfaceAddress(
                address("2001:db8:a1::2"), prefixLength: 64, interface: index, flags: [.noDuplicateDetection])
            try netlink.setAddress(own)
            func has(_ change: (RouteMonitor.Event) -> Bool) -> Bool { events.contains(where: change) }
            #expect(try hears { has { if case .address(let it) = $0 { it.address == own.address } else { false } } })
            let route = Route(prefix("::/0"), interface: index, gateway: address("2001:db8:a1::1"), priority: 5)
            try netlink.setRoute(route)
            try netlink.setRoute(Route(prefix("2001:db8:5::/64"), interface: index))
            try netlink.deleteRoute(route)
            try netlink.deleteAddress(own)
            #expect(
                try hears { has { if case .addressRemoved(let it) = $0 { it.address == own.address } else { false } } })
            #expect(try hears { events.contains(.routeRemoved(route)) })
            #expect(events.contains(.route(route)))
            #expect(!events.contains { if case .route(let it) = $0 { !it.isDefault } else { false } })

            events = []
            try netlink.setUp(if_nametoindex("right"), false)
            #expect(try hears { carriers().last == false })

            events = []
            try netlink.deleteLink(index)
            #expect(try hears { events.contains(.linkRemoved(index: index, name: "left")) })
        }
    }

    @Test("a neighbour that is to be asked is asked, whether or not it is known, and is heard of")
    func neighbors() throws {
        try NetworkNamespace.run {
            let loop = try EventLoop()
            let netlink = try RouteNetlink()
            try NetworkNamespace.ip("link add left type veth peer name right")
            let left = if_nametoindex("left")
            try netlink.setUp(left)
            try netlink.setUp(if_nametoindex("right"))
            try netlink.setAddress(
                InterfaceAddress(
                    address("2001:db8:a1::2"), prefixLength: 64, interface: left, flags: [.noDuplicateDetection]))
            let there = address("2001:db8:a1::1")
            let monitor = try RouteMonitor(neighbors: true)
            var states: [IPv6Address: [Neighbor.State]] = [:]
            try monitor.start(on: loop) {
                if case .neighbor(let neighbor) = $0, neighbor.interface == left {
                    states[neighbor.address, default: []].append(neighbor.state)
                }
            }
            try NetworkNamespace.ip("-6 neigh replace 2001:db8:a1::1 lladdr 02:00:00:00:00:99 nud stale dev left")
            try netlink.confirmNeighbor(there, interface: left)
            #expect(try loop.run { states[there]?.contains(.probe) == true })
            // Nobody has the address, and nothing is known of it.
            let nobody = address("2001:db8:a1::99")
            try netlink.confirmNeighbor(nobody, interface: left)
            #expect(try loop.run { states[nobody]?.last == .failed })
            #expect(try netlink.neighbors().contains { $0.address == nobody && $0.state == .failed })
        }
    }

    @Test("when too much happens, the user is told to look anew")
    func overrun() throws {
        try NetworkNamespace.run {
            try NetworkNamespace.ip("link set lo up")
            let netlink = try RouteNetlink()
            let monitor = try RouteMonitor(onlyDefaultRoutes: false, receiveBuffer: 4096)
            for number in 0..<200 {
                try netlink.setRoute(
                    Route(IPv6Prefix(IPv6Address(high: UInt64(number), low: 0), length: 64), interface: 1))
            }
            var events: [RouteMonitor.Event] = []
            while let some = monitor.take() { events += some }
            #expect(events.contains(.overrun))
            #expect(events.contains { if case .route = $0 { true } else { false } })
        }
    }

    @Test("messages cut at every length and with odd attributes are read without harm")
    func hostileMessages() {
        // A route with a multipath attribute that claims more than there is, and nested lengths of 0.
        var message = [UInt8](repeating: 0, count: 12)
        message[0] = UInt8(AF_INET6)
        message += [8, 0, 9, 0, 0, 0, 0, 0] + [20, 0, 9, 0, 40, 0, 0, 0, 1, 0, 0, 0, 0, 0, 5, 0, 0, 0, 5, 0]
        message += [6, 0, 1, 0, 32, 1, 0, 0] + [3, 0, 5, 0] + [255, 255, 5, 0]
        let types = [RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE, RTM_NEWPREFIX]
        var generator = RandomNumbers(seed: 1)
        for type in types {
            for length in 0...message.count {
                message[..<length].withUnsafeBytes { _ = RouteMonitor.events(type: Int(type), $0) }
            }
            for _ in 0..<2000 {
                let length = Int.random(in: 0...96, using: &generator)
                var odd = (0..<length).map { _ in UInt8.random(in: 0...12, using: &generator) }
                if !odd.isEmpty { odd[0] = Bool.random(using: &generator) ? UInt8(AF_INET6) : 0 }
                odd.withUnsafeBytes { _ = RouteMonitor.events(type: Int(type), $0) }
                odd.withUnsafeBytes { _ = RoutingRule(message: $0) }
            }
        }
    }
}
