import CLinux
import Glibc

/// A network interface as the kernel describes it (`RTM_NEWLINK`).
public struct Link: Hashable, Sendable {
    public var index: UInt32
    public var name: String
    /// Whether the interface is switched on (`IFF_UP`).
    public var isUp: Bool
    /// Whether its other end is there: cable, access point, radio (`IFF_LOWER_UP`).
    public var hasCarrier: Bool
    /// Whether packets can pass (RFC 2863's operational state is up or not known).
    public var isOperational: Bool
    public var isLoopback: Bool
    /// The largest packet, in octets.
    public var mtu: UInt32
    /// The largest IPv6 packet, as a router may have advertised it; nil when IPv6 is off there.
    public var ipv6MTU: UInt32?
    /// What the kernel's IPv6 remembers of the link; nil where the kernel does not tell.
    public var ipv6State: IPv6State?
    /// `tun`, `veth`, `bridge`; nil for hardware.
    public var kind: String?
    /// The kind of link layer: 1 for Ethernet, 65534 for none (`ARPHRD_ETHER`, `ARPHRD_NONE`).
    public var linkLayer: UInt16
    public var hardwareAddress: [UInt8]

    /// The kernel's flags of IPv6 at an interface (`IFLA_INET6_FLAGS`).
    public struct IPv6State: OptionSet, Hashable, Sendable {
        public let rawValue: UInt32
        public init(rawValue: UInt32) { self.rawValue = rawValue }

        /// A Router Solicitation has been sent.
        public static let solicited = IPv6State(rawValue: 0x10)
        /// A Router Advertisement has been received.
        public static let advertised = IPv6State(rawValue: 0x20)
        /// The router says that addresses come by DHCPv6.
        public static let managed = IPv6State(rawValue: 0x40)
        /// The router says that other things come by DHCPv6.
        public static let otherConfiguration = IPv6State(rawValue: 0x80)
        /// IPv6 can be used.
        public static let ready = IPv6State(rawValue: 0x8000_0000)
    }

    /// The link of a message's contents, also of the short form that tells changes of IPv6 alone; nil when they are cut.
    init?(message: UnsafeRawBufferPointer) {
        guard let header: ifinfomsg = message.value(at: 0) else { return nil }
        // Bridges tell of their ports with messages of the same type.
        guard header.ifi_family == AF_UNSPEC || Int32(header.ifi_family) == AF_INET6 else { return nil }
        let attributes = NetlinkAttributes(message, from: MemoryLayout<ifinfomsg>.size)
        index = UInt32(bitPattern: header.ifi_index)
        name = attributes.string(Int(IFLA_IFNAME)) ?? ""
        isUp = header.ifi_flags & 0x1 != 0
        isLoopback = header.ifi_flags & 0x8 != 0
        hasCarrier = header.ifi_flags & 0x10000 != 0
        let state = attributes.uint8(Int(IFLA_OPERSTATE)) ?? 0
        // IF_OPER_UNKNOWN is what drivers say that do not tell; IF_OPER_UP is 6.
        isOperational = isUp && hasCarrier && (state == 0 || state == 6)
        mtu = attributes.uint32(Int(IFLA_MTU)) ?? 0
        kind = attributes.nested(Int(IFLA_LINKINFO))?.string(Int(IFLA_INFO_KIND))
        linkLayer = header.ifi_type
        hardwareAddress = attributes[Int(IFLA_ADDRESS)].map { Array($0) } ?? []
        let ipv6 =
            attributes.nested(Int(IFLA_PROTINFO))
            ?? attributes.nested(Int(IFLA_AF_SPEC))?.nested(Int(AF_INET6))
        if let ipv6 {
            ipv6State = ipv6.uint32(Int(IFLA_INET6_FLAGS)).map { IPv6State(rawValue: $0) }
            // DEVCONF_MTU6 is the third of an array of 32-bit numbers.
            ipv6MTU = ipv6[Int(IFLA_INET6_CONF)]?.value(at: 2 * 4, as: UInt32.self)
        }
    }
}
