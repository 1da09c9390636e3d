import CLinux
import Glibc
public import MobilityWire

/// An IPv6 route (`RTM_NEWROUTE`).
public struct Route: Hashable, Sendable {
    public var destination: IPv6Prefix
    /// Only packets from this prefix; nil for all. Needs CONFIG_IPV6_SUBTREES.
    public var source: IPv6Prefix?
    public var kind: Kind
    /// The routing table; 254 is the main one.
    public var table: UInt32
    /// The metric: the route with the smallest number wins. The kernel takes 1024 for 0.
    public var priority: UInt32
    public var interface: UInt32?
    public var gateway: IPv6Address?
    /// The source address for packets of this machine.
    public var preferredSource: IPv6Address?
    /// The MTU of the route when it has one of its own.
    public var mtu: UInt32?
    /// What is put around each packet (`LWTUNNEL_ENCAP_IP6`), for an interface of `RouteNetlink.addTunnelInterface`. Not read
    /// back from the kernel.
    public var encapsulation: Encapsulation?
    /// Who made the route: 2 the kernel, 9 Router Advertisements, `RouteNetlink.mark` us.
    public var mark: UInt8
    /// Seconds after which the kernel takes the route away; nil for never.
    public var expires: UInt32?

    /// The addresses of the outer header.
    public struct Encapsulation: Hashable, Sendable {
        public var local: IPv6Address
        public var remote: IPv6Address
        public var hopLimit: UInt8

        public init(local: IPv6Address, remote: IPv6Address, hopLimit: UInt8) {
            self.local = local
            self.remote = remote
            self.hopLimit = hopLimit
        }

        fileprivate func put(into message: NetlinkMessage) {
            // LWTUNNEL_ENCAP_IP6, and LWTUNNEL_IP6_DST, _SRC and _HOPLIMIT.
            message.put(Int(RTA_ENCAP_TYPE.rawValue), structure: UInt16(4))
            message.nest(Int(RTA_ENCAP.rawValue)) {
                message.put(2, remote)
                message.put(3, local)
                message.put(4, hopLimit)
            }
        }
    }

    /// What happens to a packet that the route matches.
    public enum Kind: Hashable, Sendable {
        /// Sent to the gateway or, without one, to the destination at the interface.
        case unicast
        /// Received by this machine.
        case local
        /// Dropped with an ICMPv6 error "no route" for the sender.
        case unreachable
        /// Dropped without a word.
        case blackhole
        /// Dropped with an ICMPv6 error "administratively prohibited".
        case prohibit
        /// Not decided here: the next rule is asked.
        case `throw`
        /// Another of the kernel's kinds.
        case other(UInt8)
    }

    /// The main table.
    public static let mainTable: UInt32 = 254

    public init(
        _ destination: IPv6Prefix, kind: Kind = .unicast, interface: UInt32? = nil, gateway: IPv6Address? = nil,
        table: UInt32 = Route.mainTable, priority: UInt32 = 0, source: IPv6Prefix? = nil,
        preferredSource: IPv6Address? = nil, mtu: UInt32? = nil, encapsulation: Encapsulation? = nil,
        mark: UInt8 = RouteNetlink.mark
    ) {
        self.destination = destination
        self.source = source
        self.kind = kind
        self.table = table
        self.priority = priority
        self.interface = interface
        self.gateway = gateway
        self.preferredSource = preferredSource
        self.mtu = mtu
        self.encapsulation = encapsulation
        self.mark = mark
    }

    public var isDefault: Bool { destination.length == 0 }

    /// The routes of a message's contents, one for each next hop; none for IPv4, for clones of the route cache and for
    /// what is cut.
    static func routes(message: UnsafeRawBufferPointer) -> [Route] {
        guard let header: rtmsg = message.value(at: 0), Int32(header.rtm_family) == AF_INET6,
            header.rtm_flags & UInt32(RTM_F_CLONED) == 0
        else { return [] }
        return routes(header: header, message)
    }

    static func routes(header: rtmsg, _ message: UnsafeRawBufferPointer) -> [Route] {
        let attributes = NetlinkAttributes(message, from: MemoryLayout<rtmsg>.size)
        var route = Route(
            IPv6Prefix(attributes.address(Int(RTA_DST.rawValue)) ?? .unspecified, length: header.rtm_dst_len),
            kind: Kind(rawValue: header.rtm_type),
            interface: attributes.uint32(Int(RTA_OIF.rawValue)),
            gateway: attributes.address(Int(RTA_GATEWAY.rawValue)),
            table: attributes.uint32(Int(RTA_TABLE.rawValue)) ?? UInt32(header.rtm_table),
            priority: attributes.uint32(Int(RTA_PRIORITY.rawValue)) ?? 0,
            preferredSource: attributes.address(Int(RTA_PREFSRC.rawValue)),
            mtu: attributes.nested(Int(RTA_METRICS.rawValue))?.uint32(Int(RTAX_MTU)),
            mark: header.rtm_protocol)
        if header.rtm_src_len > 0, let source = attributes.address(Int(RTA_SRC.rawValue)) {
            route.source = IPv6Prefix(source, length: header.rtm_src_len)
        }
        let times: rta_cacheinfo? = attributes.load(Int(RTA_CACHEINFO.rawValue))
        // Hundredths of a second, and 0 when the route stays.
        if let times, times.rta_expires > 0 { route.expires = UInt32(times.rta_expires) / 100 }
        guard let hops = attributes[Int(RTA_MULTIPATH.rawValue)] else { return [route] }
        return nextHops(hops).map { hop in
            var single = route
            single.interface = hop.interface
            single.gateway = hop.gateway
            return single
        }
    }

    private static func nextHops(_ bytes: UnsafeRawBufferPointer) -> [(interface: UInt32, gateway: IPv6Address?)] {
        var hops: [(UInt32, IPv6Address?)] = []
        var offset = 0
        while let hop: rtnexthop = bytes.value(at: offset) {
            let length = Int(hop.rtnh_len)
            guard length >= MemoryLayout<rtnexthop>.size, length <= bytes.count - offset else { break }
            let attributes = NetlinkAttributes(
                UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + length]), from: MemoryLayout<rtnexthop>.size)
            hops.append((UInt32(bitPattern: hop.rtnh_ifindex), attributes.address(Int(RTA_GATEWAY.rawValue))))
            offset += (length + 3) & ~3
        }
        return hops
    }

    func put(into message: NetlinkMessage) {
        var header = rtmsg()
        header.rtm_family = UInt8(AF_INET6)
        header.rtm_dst_len = destination.length
        header.rtm_src_len = source?.length ?? 0
        header.rtm_table = table < 256 ? UInt8(table) : UInt8(RT_TABLE_UNSPEC.rawValue)
        header.rtm_protocol = mark
        header.rtm_scope = UInt8(RT_SCOPE_UNIVERSE.rawValue)
        header.rtm_type = kind.rawValue
        message.fixed(header)
        message.put(Int(RTA_DST.rawValue), destination.address)
        if let source { message.put(Int(RTA_SRC.rawValue), source.address) }
        message.put(Int(RTA_TABLE.rawValue), table)
        if priority != 0 { message.put(Int(RTA_PRIORITY.rawValue), priority) }
        if let interface { message.put(Int(RTA_OIF.rawValue), interface) }
        if let gateway { message.put(Int(RTA_GATEWAY.rawValue), gateway) }
        if let preferredSource { message.put(Int(RTA_PREFSRC.rawValue), preferredSource) }
        encapsulation?.put(into: message)
        guard let mtu else { return }
        message.nest(Int(RTA_METRICS.rawValue)) {
            message.put(Int(RTAX_MTU), mtu)
            // Else it would hold for packets of this machine, and not for those that it passes on.
            if encapsulation != nil { message.put(Int(RTAX_LOCK), UInt32(1) << UInt32(RTAX_MTU)) }
        }
    }
}

extension Route.Kind {
    init(rawValue: UInt8) {
        switch Int(rawValue) {
        case Int(RTN_UNICAST): self = .unicast
        case Int(RTN_LOCAL): self = .local
        case Int(RTN_UNREACHABLE): self = .unreachable
        case Int(RTN_BLACKHOLE): self = .blackhole
        case Int(RTN_PROHIBIT): self = .prohibit
        case Int(RTN_THROW): self = .throw
        default: self = .other(rawValue)
        }
    }

    var rawValue: UInt8 {
        switch self {
        case .unicast: UInt8(RTN_UNICAST)
        case .local: UInt8(RTN_LOCAL)
        case .unreachable: UInt8(RTN_UNREACHABLE)
        case .blackhole: UInt8(RTN_BLACKHOLE)
        case .prohibit: UInt8(RTN_PROHIBIT)
        case .throw: UInt8(RTN_THROW)
        case .other(let value): value
        }
    }
}
