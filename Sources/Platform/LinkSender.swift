import CLinux
import Glibc
public import MobilityWire

/// Sends whole IPv6 packets to a group of a link, also before the link has an address (`AF_PACKET`).
public struct LinkSender: ~Copyable {
    private let socket: Descriptor
    private let interface: UInt32

    /// - Parameter interface: The index of the interface.
    public init(interface: UInt32) throws(PlatformError) {
        self.interface = interface
        socket = try Syscalls.socket(AF_PACKET, SOCK_DGRAM, 0, "cannot send to a link")
    }

    /// Sends a packet whose headers are complete.
    public func send(_ packet: [UInt8], to group: IPv6Address) throws(PlatformError) {
        var address = sockaddr_ll()
        address.sll_family = UInt16(AF_PACKET)
        address.sll_protocol = UInt16(linux_eth_p_ipv6).bigEndian
        address.sll_ifindex = Int32(bitPattern: interface)
        // The group's address of Ethernet, RFC 2464 §7. Links without such addresses do not look at it.
        address.sll_halen = 6
        let last = UInt32(truncatingIfNeeded: group.low).bigEndian
        withUnsafeMutableBytes(of: &address.sll_addr) { octets in
            octets[0] = 0x33
            octets[1] = 0x33
            octets.storeBytes(of: last, toByteOffset: 2, as: UInt32.self)
        }
        try Syscalls.check("sendto", "cannot send to the link of interface \(interface)") {
            withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    sendto(
                        socket.number, packet, packet.count, Int32(MSG_DONTWAIT), $0,
                        socklen_t(MemoryLayout<sockaddr_ll>.size))
                }
            }
        }
    }
}
