import CLinux
import Glibc
import Synchronization

/// Packet sockets that share the packets of this machine, each flow at one of them.
///
/// The kernel tells flows apart by addresses and ports, those inside a tunnel where there is one; fragments have no ports, so
/// that all between two addresses count as one flow, apart from the whole packets.
public final class PacketSocketGroup: Sendable {
    /// The number that the kernel gave the group for its first socket, so that it is nobody else's.
    private let number = Mutex<UInt16?>(nil)

    public init() {}

    /// Puts a socket that is bound already into the group.
    func join(_ socket: Int32) throws(PlatformError) {
        let detail = "cannot share packets among sockets"
        let byFlow = Int32(PACKET_FANOUT_HASH)
        try number.withLock { known throws(PlatformError) in
            if let known {
                return try Syscalls.setOption(socket, SOL_PACKET, PACKET_FANOUT, Int32(known) | byFlow << 16, detail)
            }
            let another = byFlow | Int32(PACKET_FANOUT_FLAG_UNIQUEID)
            try Syscalls.setOption(socket, SOL_PACKET, PACKET_FANOUT, another << 16, detail)
            var given: Int32 = 0
            var length = socklen_t(MemoryLayout<Int32>.size)
            try Syscalls.check("getsockopt", detail) {
                getsockopt(socket, SOL_PACKET, PACKET_FANOUT, &given, &length)
            }
            known = UInt16(truncatingIfNeeded: given)
        }
    }
}
