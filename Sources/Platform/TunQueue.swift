import CLinux
import Glibc

/// One queue of a TUN device. Reading and writing never wait; one thread may read while another writes.
public final class TunQueue: Sendable {
    /// What became of a packet that was written.
    public enum Written: Hashable, Sendable {
        case written
        /// The kernel has no room now; the packet is lost unless it is written again.
        case full
        /// The kernel did not take it: `EIO` (5) when the interface is down, `EINVAL` (22) when header or packet is wrong.
        case refused(errno: Int32)
    }

    /// Room for the header and the largest packet that is no jumbogram.
    public static let frameLimit = PacketSocketReceiver.packetLimit + TunDevice.virtioHeaderLength

    /// For the event loop: readable when a packet waits.
    public var descriptor: Int32 { owner.number }
    private let owner: Descriptor

    init(_ owner: consuming Descriptor) { self.owner = owner }

    /// Reads the header and the packet that waits.
    ///
    /// - Parameter buffer: at least `frameLimit` octets; the end of what does not fit is lost.
    /// - Returns: how many octets came with the header, or nil when there is no packet. Throws when the device has gone.
    public func read(into buffer: UnsafeMutableRawBufferPointer) throws(PlatformError) -> Int? {
        let count = Syscalls.readPacket(owner.number, buffer)
        if count > 0 { return count }
        if count == 0 || count == -Int(EAGAIN) { return nil }
        throw PlatformError(call: "read", errno: Int32(-count), detail: "cannot read from the TUN device")
    }

    /// Writes one frame that lies in several pieces: the header and then the packet.
    ///
    /// - Parameter pieces: descriptions of memory in the layout of `struct iovec` (base, count), at most 1024. The header
    ///   may share its piece with the beginning of the packet.
    public func write(pieces: UnsafeRawBufferPointer) -> Written {
        guard let base = pieces.baseAddress else { return .refused(errno: EINVAL) }
        let count = Syscalls.writePieces(
            owner.number, base.assumingMemoryBound(to: iovec.self), pieces.count / MemoryLayout<iovec>.stride)
        return Self.outcome(count)
    }

    /// Writes one frame: the header and then the packet.
    public func write(_ frame: UnsafeRawBufferPointer) -> Written {
        var piece = iovec(iov_base: UnsafeMutableRawPointer(mutating: frame.baseAddress), iov_len: frame.count)
        return Self.outcome(Syscalls.writePieces(owner.number, &piece, 1))
    }

    @inline(__always)
    private static func outcome(_ count: Int) -> Written {
        if count >= 0 { return .written }
        return count == -Int(EAGAIN) || count == -Int(ENOBUFS) ? .full : .refused(errno: Int32(-count))
    }
}
