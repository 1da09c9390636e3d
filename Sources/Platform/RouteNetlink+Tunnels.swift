import CLinux
import Glibc

extension RouteNetlink {
    /// Makes an interface for IPv6 in IPv6 (`ip6tnl`) whose routes say what is put around each packet
    /// (`Route.encapsulation`), and which takes in what is tunnelled to any address of this machine. The kernel has one such.
    ///
    /// Throws `EOPNOTSUPP` where the kernel has no such tunnels, and `EEXIST` where another program has made one.
    public func addTunnelInterface(named name: String, mtu: UInt32) throws(PlatformError) {
        guard InterfaceName.isPossible(name) else {
            throw PlatformError(call: "RTM_NEWLINK", errno: EINVAL, detail: "\(name) cannot be an interface's name")
        }
        try socket.transact(
            Int(RTM_NEWLINK), "RTM_NEWLINK", flags: Int32(NLM_F_CREATE | NLM_F_EXCL), "cannot make the tunnels \(name)",
            build: { message in
                message.fixed(ifinfomsg())
                message.put(Int(IFLA_IFNAME), interface: name)
                message.put(Int(IFLA_MTU), mtu)
                message.nest(Int(IFLA_LINKINFO)) {
                    message.put(Int(IFLA_INFO_KIND), name: "ip6tnl")
                    message.nest(Int(IFLA_INFO_DATA)) {
                        // IFLA_IPTUN_PROTO: IPv6 alone; and IFLA_IPTUN_COLLECT_METADATA, whose presence says it.
                        message.put(9, UInt8(41))
                        message.put(19)
                    }
                }
            })
    }

    /// The kind of such an interface (`Link.kind`).
    public static let tunnelKind = "ip6tnl"
}
