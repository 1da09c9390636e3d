import CLinux
import Glibc
public import MobilityWire

// Very many routes at once: a system call for each would cost more than what the kernel has to do.

extension RouteNetlink {
    /// A request of a batch that the kernel refused.
    public struct Refusal: Sendable {
        /// The number of the request, from 0.
        public var number: Int
        public var error: PlatformError

        public init(number: Int, error: PlatformError) {
            self.number = number
            self.error = error
        }
    }

    /// Adds routes, or takes the place of those with the same destination, table and priority. When it returns, the kernel
    /// has done all but what it refused.
    public func setRoutes(_ routes: [Route]) throws(PlatformError) -> [Refusal] {
        try change(routes, Int(RTM_NEWROUTE), "RTM_NEWROUTE", Int32(NLM_F_CREATE | NLM_F_REPLACE), "set")
    }

    /// Removes routes; one that is not there is no error.
    public func deleteRoutes(_ routes: [Route]) throws(PlatformError) -> [Refusal] {
        try change(routes, Int(RTM_DELROUTE), "RTM_DELROUTE", 0, "remove").filter { !$0.error.isAbsent }
    }

    private func change(
        _ routes: [Route], _ type: Int, _ name: String, _ flags: Int32, _ verb: String
    ) throws(PlatformError) -> [Refusal] {
        var refusals: [Refusal] = []
        try socket.transact(
            routes.count, of: type, name, flags: flags, "cannot \(verb) \(routes.count) routes",
            build: { routes[$0].put(into: $1) },
            failed: { number, error, words in
                let route = routes[number]
                let detail = "cannot \(verb) the route to \(route.destination) in table \(route.table)"
                refusals.append(
                    Refusal(
                        number: number,
                        error: PlatformError(
                            call: name, errno: error,
                            detail: words.map { "\(detail) (the kernel says: \($0))" } ?? detail)))
            })
        return refusals
    }

    /// The MTU of the way to each address, as `way(to:)` has it; nil where there is none.
    public func mtus(ofWaysTo destinations: [IPv6Address]) throws(PlatformError) -> [UInt32?] {
        var header = rtmsg()
        header.rtm_family = UInt8(AF_INET6)
        header.rtm_dst_len = 128
        var answers = [Route?](repeating: nil, count: destinations.count)
        try socket.transact(
            destinations.count, of: Int(RTM_GETROUTE), "RTM_GETROUTE", "cannot look up \(destinations.count) ways",
            build: {
                $1.fixed(header)
                $1.put(Int(RTA_DST.rawValue), destinations[$0])
            },
            each: { number, type, contents in
                guard type == Int(RTM_NEWROUTE), let header: rtmsg = contents.value(at: 0) else { return }
                answers[number] = Route.routes(header: header, contents).first
            },
            // No way.
            failed: { _, _, _ in })
        var ofInterfaces: [UInt32: UInt32] = [:]
        var mtus: [UInt32?] = []
        mtus.reserveCapacity(answers.count)
        for answer in answers {
            guard let answer, let interface = answer.interface, answer.kind == .unicast || answer.kind == .local else {
                mtus.append(nil)
                continue
            }
            if answer.mtu == nil, ofInterfaces[interface] == nil, let link = try link(index: interface) {
                ofInterfaces[interface] = link.ipv6MTU ?? link.mtu
            }
            mtus.append(answer.mtu ?? ofInterfaces[interface] ?? Self.leastMTU)
        }
        return mtus
    }

    /// What IPv6 asks of every link (RFC 8200 §5), in octets.
    static let leastMTU: UInt32 = 1280
}
