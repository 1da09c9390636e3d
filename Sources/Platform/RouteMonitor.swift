import CLinux
import Glibc
public import MobilityWire

/// Hears from the kernel what changes at interfaces, IPv6 addresses, IPv6 routes and, where asked, neighbours.
public final class RouteMonitor {
    /// A change.
    public enum Event: Hashable, Sendable {
        /// An interface is new or changed.
        case link(Link)
        case linkRemoved(index: UInt32, name: String)
        /// IPv6 at an interface changed: a Router Advertisement came, or its MTU. `name` and flags of the link may lack.
        case ipv6(interface: UInt32, state: Link.IPv6State, mtu: UInt32?)
        /// An address is new or changed, for example no longer tentative.
        case address(InterfaceAddress)
        case addressRemoved(InterfaceAddress)
        case route(Route)
        case routeRemoved(Route)
        /// A Router Advertisement told of a prefix, perhaps not for the first time.
        case prefix(AdvertisedPrefix)
        /// Another node of a link is new, or its state changed.
        case neighbor(Neighbor)
        /// The kernel has forgotten it.
        case neighborRemoved(Neighbor)
        /// The kernel dropped messages: ask for all tables anew.
        case overrun
    }

    /// A prefix information option that the kernel has taken from a Router Advertisement (RFC 4861 §4.6.2).
    public struct AdvertisedPrefix: Hashable, Sendable {
        public var interface: UInt32
        public var prefix: IPv6Prefix
        public var isOnLink: Bool
        public var isAutonomous: Bool
        /// Seconds; all ones for ever.
        public var preferredLifetime: UInt32
        public var validLifetime: UInt32
    }

    /// For tests and for who waits without a loop.
    public var descriptor: Int32 { socket.descriptor }
    private let socket: NetlinkSocket
    private let onlyDefaultRoutes: Bool
    private var watch: EventLoop.Watch?

    /// - Parameters:
    ///   - onlyDefaultRoutes: whether to leave out the routes that have a destination.
    ///   - neighbors: whether to hear of them: on a link with many, there is much to hear.
    ///   - receiveBuffer: octets of messages that may wait in the kernel.
    public init(
        onlyDefaultRoutes: Bool = true, neighbors: Bool = false, receiveBuffer: Int = 1 << 20
    ) throws(PlatformError) {
        self.onlyDefaultRoutes = onlyDefaultRoutes
        let groups =
            [
                RTNLGRP_LINK, RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV6_IFINFO, RTNLGRP_IPV6_PREFIX,
            ] + (neighbors ? [RTNLGRP_NEIGH] : [])
        socket = try NetlinkSocket(groups: groups.map(\.rawValue), receiveBuffer: receiveBuffer, isMonitor: true)
    }

    deinit { watch?.cancel() }

    /// Calls `body` in `loop` with every change. Start it before you dump the tables: what changes meanwhile then comes
    /// twice and not never.
    public func start(on loop: EventLoop, _ body: @escaping (Event) -> Void) throws(PlatformError) {
        watch = try loop.watch(
            socket.descriptor,
            read: { [weak self] in
                // A bounded number at a time, so that a storm of changes does not starve the rest.
                for _ in 0..<32 {
                    guard let self, let events = self.take() else { return }
                    for event in events { body(event) }
                }
            })
    }

    /// The next changes, without waiting; nil when there is nothing to read.
    public func take() -> [Event]? {
        var events: [Event] = []
        do throws(PlatformError) {
            let some = try socket.receive("recvfrom", "cannot hear of changes") { header, contents in
                events += Self.events(type: Int(header.nlmsg_type), contents)
            }
            guard some else { return nil }
        } catch {
            // ENOBUFS, the only error of a netlink socket that listens.
            return [.overrun]
        }
        return onlyDefaultRoutes ? events.filter { !$0.isSpecificRoute } : events
    }

    static func events(type: Int, _ contents: UnsafeRawBufferPointer) -> [Event] {
        switch type {
        case Int(RTM_NEWLINK):
            guard let link = Link(message: contents), let header: ifinfomsg = contents.value(at: 0) else { return [] }
            if Int32(header.ifi_family) == AF_INET6 {
                return link.ipv6State.map { [.ipv6(interface: link.index, state: $0, mtu: link.ipv6MTU)] } ?? []
            }
            return [.link(link)]
        case Int(RTM_DELLINK):
            // IPv6 going away at an interface has the same type with its own family.
            guard let link = Link(message: contents), let header: ifinfomsg = contents.value(at: 0),
                Int32(header.ifi_family) == AF_UNSPEC
            else { return [] }
            return [.linkRemoved(index: link.index, name: link.name)]
        case Int(RTM_NEWADDR): return InterfaceAddress(message: contents).map { [.address($0)] } ?? []
        case Int(RTM_DELADDR): return InterfaceAddress(message: contents).map { [.addressRemoved($0)] } ?? []
        case Int(RTM_NEWROUTE): return Route.routes(message: contents).map { .route($0) }
        case Int(RTM_DELROUTE): return Route.routes(message: contents).map { .routeRemoved($0) }
        case Int(RTM_NEWPREFIX): return AdvertisedPrefix(message: contents).map { [.prefix($0)] } ?? []
        case Int(RTM_NEWNEIGH): return Neighbor(message: contents).map { [.neighbor($0)] } ?? []
        case Int(RTM_DELNEIGH): return Neighbor(message: contents).map { [.neighborRemoved($0)] } ?? []
        default: return []
        }
    }
}

extension RouteMonitor.Event {
    fileprivate var isSpecificRoute: Bool {
        switch self {
        case .route(let route), .routeRemoved(let route): !route.isDefault
        default: false
        }
    }
}

extension RouteMonitor.AdvertisedPrefix {
    init?(message: UnsafeRawBufferPointer) {
        guard let header: prefixmsg = message.value(at: 0), Int32(header.prefix_family) == AF_INET6 else { return nil }
        let attributes = NetlinkAttributes(message, from: MemoryLayout<prefixmsg>.size)
        guard let address = attributes.address(Int(PREFIX_ADDRESS)) else { return nil }
        let times: prefix_cacheinfo? = attributes.load(Int(PREFIX_CACHEINFO))
        self.init(
            interface: UInt32(bitPattern: header.prefix_ifindex),
            prefix: IPv6Prefix(address, length: header.prefix_len),
            isOnLink: header.prefix_flags & 0x01 != 0, isAutonomous: header.prefix_flags & 0x02 != 0,
            preferredLifetime: times?.preferred_time ?? 0, validLifetime: times?.valid_time ?? 0)
    }
}
