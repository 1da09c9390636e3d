import CLinux
import Glibc
import MobilityWire

/// A Unix socket of messages (SOCK_SEQPACKET) that other programs connect to.
public final class UnixSeqpacketListener {
    public let path: String
    private let number: Int32
    private var socket: Descriptor?
    private let device: dev_t
    private let inode: ino_t
    private var watch: EventLoop.Watch?
    private var isOpen = true

    /// Listens at `path`, for the owner, and with `group` for that group of `/etc/group` too.
    ///
    /// The socket never exists with wider rights than `mode`. A socket file that nobody answers at (a program died and
    /// left it) is replaced; where somebody answers, the error is `EADDRINUSE`.
    public init(path: String, mode: UInt32 = 0o600, group: String? = nil) throws(PlatformError) {
        self.path = path
        let socket = try Syscalls.socket(AF_UNIX, SOCK_SEQPACKET, 0, "cannot make a Unix socket")
        let number = socket.number
        self.number = number
        try Self.removeStale(path)
        // The file takes its mode from the socket, so that there is no moment with wider rights.
        try Syscalls.check("fchmod", "cannot set the mode of \(path)") { fchmod(number, 0o600) }
        try Syscalls.bindUnix(number, to: path)
        if let group {
            let gid = try Privileges.gid(ofGroup: group)
            try Syscalls.check("chown", "cannot give \(path) to the group \(group)") { chown(path, uid_t.max, gid) }
        }
        try Syscalls.check("chmod", "cannot set the mode of \(path)") { chmod(path, mode_t(mode)) }
        try Syscalls.check("listen", "cannot listen at \(path)") { listen(number, 64) }
        var status = stat()
        try Syscalls.check("stat", "cannot find \(path) again") { stat(path, &status) }
        device = status.st_dev
        inode = status.st_ino
        self.socket = consume socket
    }

    deinit { close() }

    /// Calls `body` in `loop` with each new connection. A connection that nobody keeps is closed.
    public func start(
        on loop: EventLoop, _ body: @escaping (UnixSeqpacketConnection) -> Void
    ) throws(PlatformError) {
        watch = try loop.watch(
            number,
            read: { [weak self, weak loop] in
                while let self, self.isOpen {
                    do throws(PlatformError) {
                        guard let connection = try self.accept() else { return }
                        body(connection)
                    } catch {
                        // Out of descriptors, or the peer has gone: let others finish before the next attempt, since the
                        // waiting connection would wake us for ever.
                        self.watch?.wantsRead = false
                        loop?.timer(after: .milliseconds(200)) { [weak self] in self?.watch?.wantsRead = true }
                        return
                    }
                }
            })
    }

    /// The next waiting connection, or nil.
    public func accept() throws(PlatformError) -> UnixSeqpacketConnection? {
        guard isOpen else { return nil }
        let number = self.number
        guard
            let accepted = try Syscalls.checkNonBlocking(
                "accept4", "cannot accept a connection at \(path)", { linux_accept(number) })
        else { return nil }
        return try UnixSeqpacketConnection(owning: accepted)
    }

    /// Stops listening and removes the socket's file, unless another program has put its own there.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        watch?.cancel()
        watch = nil
        socket = nil
        var status = stat()
        if stat(path, &status) == 0, status.st_dev == device, status.st_ino == inode { unlink(path) }
    }

    private static func removeStale(_ path: String) throws(PlatformError) {
        var status = stat()
        guard stat(path, &status) == 0 else { return }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw PlatformError(
                call: "bind", errno: EEXIST,
                detail: "\(path) is there and is not a socket; remove it or take another path")
        }
        let probe = try Syscalls.socket(AF_UNIX, SOCK_SEQPACKET, 0, "cannot make a Unix socket")
        do throws(PlatformError) {
            try Syscalls.connectUnix(probe.number, to: path)
        } catch {
            guard error.errno == ECONNREFUSED else {
                if error.errno == ENOENT { return }
                // EAGAIN: its queue is full, so somebody listens. EPROTOTYPE: a socket of another kind, somebody's.
                throw PlatformError(
                    call: "bind", errno: EADDRINUSE, detail: "another program listens at \(path)")
            }
            try Files.remove(path)
            return
        }
        throw PlatformError(call: "bind", errno: EADDRINUSE, detail: "another program listens at \(path)")
    }
}
