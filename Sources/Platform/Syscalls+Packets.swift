import CLinux
import Glibc

/// The calls of the data path. They report an error as the negative of its number, because a path that drops a packet
/// must not build a text for it.
extension Syscalls {
    /// How many messages came; 0 when there is none.
    @inline(__always)
    static func receiveMessages(_ descriptor: Int32, _ messages: UnsafeMutableBufferPointer<linux_message>) -> Int {
        while true {
            let count = linux_recvmmsg(
                descriptor, messages.baseAddress, UInt32(truncatingIfNeeded: messages.count), Int32(MSG_DONTWAIT))
            if count >= 0 { return Int(count) }
            let error = errno
            if error == EAGAIN { return 0 }
            if error != EINTR { return -Int(error) }
        }
    }

    /// How many of the messages the kernel took.
    @inline(__always)
    static func sendMessages(_ descriptor: Int32, _ messages: UnsafeMutableBufferPointer<linux_message>) -> Int {
        while true {
            let count = linux_sendmmsg(
                descriptor, messages.baseAddress, UInt32(truncatingIfNeeded: messages.count),
                Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            if count >= 0 { return Int(count) }
            let error = errno
            if error != EINTR { return -Int(error) }
        }
    }

    /// Octets read.
    @inline(__always)
    static func readPacket(_ descriptor: Int32, _ buffer: UnsafeMutableRawBufferPointer) -> Int {
        while true {
            let count = read(descriptor, buffer.baseAddress, buffer.count)
            if count >= 0 { return count }
            let error = errno
            if error != EINTR { return -Int(error) }
        }
    }

    /// Octets written.
    @inline(__always)
    static func writePieces(_ descriptor: Int32, _ pieces: UnsafePointer<iovec>, _ count: Int) -> Int {
        while true {
            let done = writev(descriptor, pieces, Int32(truncatingIfNeeded: count))
            if done >= 0 { return done }
            let error = errno
            if error != EINTR { return -Int(error) }
        }
    }

    /// Waits up to `milliseconds` until the descriptor can be written.
    static func waitWritable(_ descriptor: Int32, milliseconds: Int32) -> Bool {
        var descriptors = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&descriptors, 1, milliseconds) > 0
    }
}
