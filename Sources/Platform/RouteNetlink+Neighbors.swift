import CLinux
import Glibc
public import MobilityWire

extension RouteNetlink {
    /// The neighbours that the kernel knows, of all interfaces.
    public func neighbors() throws(PlatformError) -> [Neighbor] {
        var header = ndmsg()
        header.ndm_family = UInt8(AF_INET6)
        return try socket.dump(
            Int(RTM_GETNEIGH), "RTM_GETNEIGH", "cannot list the neighbours", build: { $0.fixed(header) },
            parse: { type, contents in type == Int(RTM_NEWNEIGH) ? Neighbor(message: contents) : nil })
    }

    /// Has the kernel ask a neighbour now whether it is there; a `RouteMonitor` hears the outcome. On a link whose neighbours
    /// are not asked nothing happens.
    public func confirmNeighbor(_ address: IPv6Address, interface: UInt32) throws(PlatformError) {
        do throws(PlatformError) {
            // Who is known, also who answered a moment ago, is asked at the address that is known.
            try changeNeighbor(address, interface, state: UInt16(NUD_PROBE))
        } catch {
            // Nothing is known of it, or its address is no more: all are asked, as for a first packet.
            guard error.errno == EINVAL || error.isAbsent else { throw error }
            try changeNeighbor(address, interface, creates: true, flags: UInt8(NTF_USE))
        }
    }

    private func changeNeighbor(
        _ address: IPv6Address, _ interface: UInt32, state: UInt16 = 0, creates: Bool = false, flags: UInt8 = 0
    ) throws(PlatformError) {
        var header = ndmsg()
        header.ndm_family = UInt8(AF_INET6)
        header.ndm_ifindex = Int32(bitPattern: interface)
        header.ndm_state = state
        header.ndm_flags = flags
        try socket.transact(
            Int(RTM_NEWNEIGH), "RTM_NEWNEIGH", flags: creates ? Int32(NLM_F_CREATE) : 0,
            "cannot ask whether \(address) is there at interface \(interface)",
            build: {
                $0.fixed(header)
                $0.put(Int(NDA_DST), address)
            })
    }
}
