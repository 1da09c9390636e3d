import CLinux
import Glibc
public import MobilityWire

/// Makes the kernel listen for more addresses at an interface for as long as this object lives: multicast groups, and
/// anycast addresses, for which it then also answers Neighbor Solicitations.
public final class GroupMembership {
    private let socket: Descriptor

    public init() throws(PlatformError) {
        socket = try Syscalls.socket(AF_INET6, SOCK_DGRAM, 0, "cannot join a group")
    }

    /// Joins a multicast group. The corresponding socket option is `IPV6_JOIN_GROUP`.
    public func join(group: IPv6Address, interface: UInt32) throws(PlatformError) {
        try set(linux_ipv6_join_group, group, interface, "cannot join the group \(group) at interface \(interface)")
    }

    /// Takes an anycast address. The corresponding socket option is `IPV6_JOIN_ANYCAST`.
    public func join(anycast: IPv6Address, interface: UInt32) throws(PlatformError) {
        try set(
            linux_ipv6_join_anycast, anycast, interface,
            "cannot take the anycast address \(anycast) at interface \(interface)")
    }

    private func set(
        _ option: Int32, _ address: IPv6Address, _ interface: UInt32, _ detail: @autoclosure () -> String
    ) throws(PlatformError) {
        // struct ipv6_mreq
        var request = (address.high.bigEndian, address.low.bigEndian, interface)
        let number = socket.number
        try Syscalls.check("setsockopt", detail()) {
            setsockopt(number, Int32(IPPROTO_IPV6), option, &request, 20)
        }
    }
}
