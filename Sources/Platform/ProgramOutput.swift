import CLinux
import Glibc

/// What a program prints, as it comes out of a pipe: the beginning is kept, and what is beyond is read and thrown away, so that
/// nobody can fill the memory with it, and nobody waits because nobody reads.
struct ProgramOutput: ~Copyable {
    /// Octets that are kept.
    static let limit = 65_536
    /// Octets that a pipe holds (pipe(7)), and that are read at a time.
    private static let room = 65_536

    private let outlet: Descriptor
    /// Where the program writes; -1 once that is closed here.
    private(set) var inlet: Int32
    private var octets: [UInt8] = []

    init() throws(PlatformError) {
        var ends: [Int32] = [-1, -1]
        try Syscalls.check("pipe2", "no pipe for what a program says") { linux_pipe(&ends) }
        outlet = Descriptor(owning: ends[0])
        inlet = ends[1]
    }

    deinit { if inlet >= 0 { _ = close(inlet) } }

    /// Where it is read.
    var source: Int32 { outlet.number }

    /// To be called once the program has its own.
    mutating func closeInlet() {
        if inlet >= 0 { _ = close(inlet) }
        inlet = -1
    }

    /// Takes what is there, at most what a pipe holds; false at its end.
    ///
    /// - Parameter waiting: Whether to wait until there is something. Else it is known that there is.
    mutating func take(waiting: Bool = false) -> Bool {
        var poll = pollfd(fd: outlet.number, events: Int16(POLLIN), revents: 0)
        if !waiting, Glibc.poll(&poll, 1, 0) != 1 { return true }
        let descriptor = outlet.number
        let kept = octets.count
        var count = -1
        octets.append(
            contentsOf: [UInt8](unsafeUninitializedCapacity: Self.room) { buffer, length in
                repeat { count = read(descriptor, buffer.baseAddress, Self.room) } while count == -1 && errno == EINTR
                length = max(0, min(count, Self.limit - kept))
            })
        return count > 0
    }

    var text: String { String(decoding: octets, as: UTF8.self) }
}
