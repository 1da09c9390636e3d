import Glibc
import Logging
import MobilityWire
import Platform
import Testing

@testable import TunnelManager

/// A kernel that does only a part of what it is asked for when it is told to.
private final class Kernel: RouteWriter {
    enum Fate {
        case works
        /// It refuses the route to this destination.
        case refuses(IPv6Prefix)
        /// It does so many of the requests, and its answer gets lost.
        case loses(after: Int)
    }

    var fate = Fate.works
    private(set) var destinations: Set<IPv6Prefix> = []
    private(set) var requests = 0

    func setRoutes(_ routes: [Route]) throws(PlatformError) -> [RouteNetlink.Refusal] {
        try answer(routes) { destinations.insert($0.destination) }
    }

    func deleteRoutes(_ routes: [Route]) throws(PlatformError) -> [RouteNetlink.Refusal] {
        try answer(routes) { destinations.remove($0.destination) }
    }

    private func answer(
        _ routes: [Route], _ perform: (Route) -> Void
    ) throws(PlatformError) -> [RouteNetlink.Refusal] {
        requests += routes.count
        let error = PlatformError(call: "RTM_NEWROUTE", errno: ENOBUFS, detail: "no room")
        switch fate {
        case .works:
            routes.forEach(perform)
            return []
        case .refuses(let destination):
            for route in routes where route.destination != destination { perform(route) }
            return routes.indices.filter { routes[$0].destination == destination }.map {
                RouteNetlink.Refusal(number: $0, error: error)
            }
        case .loses(let count):
            routes.prefix(count).forEach(perform)
            throw error
        }
    }
}

@Suite("The kernel's routes")
struct KernelRoutesTests {
    private let kernel = Kernel()
    private let first = KernelRoutesTests.route(1)
    private let second = KernelRoutesTests.route(2)

    private static func route(_ number: UInt64, by interface: String = "shisa0") -> KernelPlan.Route {
        KernelPlan.Route(
            destination: IPv6Prefix(host: IPv6Address(high: 0x2001_0db8_0001_0000, low: number)),
            table: KernelPlan.mainTable, metric: RouteCalculator.metric, target: .interface(interface))
    }

    private var routes: KernelRoutes {
        KernelRoutes(kernel, log: Logger()) { $0 == "gone0" ? nil : 7 }
    }

    @Test("a change adds what is missing, removes what is unwanted, and asks for nothing that is so")
    func change() {
        var routes = routes
        #expect(routes.change(wanted: [first, second], unwanted: []) == true)
        #expect(kernel.destinations == [first.destination, second.destination] && kernel.requests == 2)
        #expect(routes.change(wanted: [first, second], unwanted: []) == true)
        #expect(kernel.requests == 2)
        #expect(routes.change(wanted: [first], unwanted: [second]) == true)
        #expect(kernel.destinations == [first.destination] && kernel.requests == 3)
        #expect(routes.change(wanted: [Self.route(3, by: "gone0")], unwanted: []) == true)
        #expect(kernel.requests == 3)
        routes.removeAll(but: [])
        #expect(kernel.destinations == [])
    }

    @Test("one that the kernel refuses is said to be missing, and set by what comes next")
    func refused() {
        var routes = routes
        kernel.fate = .refuses(first.destination)
        #expect(routes.change(wanted: [first, second], unwanted: []) == false)
        #expect(kernel.destinations == [second.destination])
        kernel.fate = .works
        routes.add([first, second])
        #expect(kernel.destinations == [first.destination, second.destination] && kernel.requests == 3)
        kernel.fate = .refuses(first.destination)
        #expect(routes.change(wanted: [], unwanted: [first, second]) == false)
        kernel.fate = .works
        routes.removeAll(but: [])
        #expect(kernel.destinations == [], "what it refused to remove is removed by what comes next")
    }

    @Test("whatever was done of a request whose answer got lost, no route stays that nobody wants", arguments: 0...2)
    func lost(done: Int) {
        for isWhole in [false, true] {
            var routes = routes
            kernel.fate = .loses(after: done)
            #expect(routes.change(wanted: [first, second], unwanted: []) == false)
            #expect(kernel.destinations.count == done)
            kernel.fate = .works
            if isWhole {
                routes.removeAll(but: [])
            } else {
                #expect(routes.change(wanted: [], unwanted: [first, second]) == true)
            }
            #expect(kernel.destinations == [])

            #expect(routes.change(wanted: [first, second], unwanted: []) == true)
            kernel.fate = .loses(after: done)
            #expect(routes.change(wanted: [], unwanted: [first, second]) == false)
            kernel.fate = .works
            routes.removeAll(but: [])
            #expect(kernel.destinations == [])
        }
    }

    @Test("routes went with their interface, and are set anew when it is back")
    func forgets() {
        var routes = routes
        #expect(routes.change(wanted: [first], unwanted: []) == true)
        routes.forget(interface: "eth0")
        routes.add([first])
        #expect(kernel.requests == 1)
        routes.forget(interface: "shisa0")
        routes.add([first])
        #expect(kernel.requests == 2)
        routes.forget(interface: "shisa0")
        routes.removeAll(but: [])
        #expect(kernel.requests == 2)
    }
}
