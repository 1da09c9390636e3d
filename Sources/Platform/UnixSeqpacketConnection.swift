import CLinux
import Glibc

/// One end of a connection that carries whole messages (SOCK_SEQPACKET).
///
/// Sending never blocks: what the kernel does not take waits in a queue of limited length, and what finds the queue full
/// is refused, so that a peer that stops reading costs bounded memory.
public final class UnixSeqpacketConnection {
    /// The largest message, in octets.
    public static let messageLimit = 65_536
    /// How much may wait when the peer does not read: 4 MiB, enough for the dump of a big table.
    public static let defaultQueueLimit = 4 << 20

    /// Who was at the other end when the connection was made (`SO_PEERCRED`).
    public struct Peer: Hashable, Sendable {
        public let pid: Int32
        public let uid: UInt32
        public let gid: UInt32
    }

    /// What became of a message.
    public enum SendOutcome: Hashable, Sendable {
        /// The kernel has it.
        case sent
        /// It waits for the peer to read.
        case queued
        /// The queue is full; the message is lost.
        case full
        /// The connection is closed or broken; the message is lost.
        case closed
    }

    /// What `receive()` found.
    public enum Received: Hashable, Sendable {
        case message([UInt8])
        /// Nothing for now.
        case nothing
        /// The peer has closed the connection, or broke it by a message beyond the limit.
        case closed
    }

    public let peer: Peer
    public let descriptor: Int32
    public private(set) var isOpen = true
    /// Octets that wait for the peer to read.
    public private(set) var queuedOctets = 0
    /// Called when what waited has been sent, for who keeps more back until then.
    public var onDrained: (() -> Void)?
    /// Whether messages are to be received; false holds the peer back. Counts from `start` on.
    public var wantsMessages = true { didSet { if wantsMessages != oldValue { watch?.wantsRead = wantsMessages } } }
    private var socket: Descriptor?
    private let queueLimit: Int
    private var queue: [[UInt8]] = []
    private var queueHead = 0
    private var watch: EventLoop.Watch?
    private var onClose: (() -> Void)?

    init(owning number: Int32, queueLimit: Int = defaultQueueLimit) throws(PlatformError) {
        socket = Descriptor(owning: number)
        descriptor = number
        self.queueLimit = queueLimit
        let credentials = try Syscalls.peer(of: number)
        peer = Peer(pid: credentials.pid, uid: credentials.uid, gid: credentials.gid)
    }

    /// Connects to the listener at `path`. Throws `ENOENT` or `ECONNREFUSED` when nobody listens there, and `EAGAIN`
    /// when too many wait already.
    public static func connect(
        path: String, queueLimit: Int = defaultQueueLimit
    ) throws(PlatformError) -> UnixSeqpacketConnection {
        let socket = try Syscalls.socket(AF_UNIX, SOCK_SEQPACKET, 0, "cannot make a Unix socket")
        try Syscalls.connectUnix(socket.number, to: path)
        return try UnixSeqpacketConnection(owning: socket.release(), queueLimit: queueLimit)
    }

    /// Two ends that are connected with each other.
    public static func pair(
        queueLimit: Int = defaultQueueLimit
    ) throws(PlatformError) -> (UnixSeqpacketConnection, UnixSeqpacketConnection) {
        var ends: (Int32, Int32) = (-1, -1)
        let type = SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        try Syscalls.check("socketpair", "cannot make a pair of sockets") {
            withUnsafeMutableBytes(of: &ends) {
                socketpair(AF_UNIX, Int32(type), 0, $0.baseAddress?.assumingMemoryBound(to: Int32.self))
            }
        }
        let second = Descriptor(owning: ends.1)
        let first = try UnixSeqpacketConnection(owning: ends.0, queueLimit: queueLimit)
        return (first, try UnixSeqpacketConnection(owning: second.release(), queueLimit: queueLimit))
    }

    deinit { close() }

    /// Calls `onMessage` in `loop` with every message, and `onClose` once when the other side has closed or broken the
    /// connection; `close()` on this side calls neither.
    ///
    /// The loop keeps neither handler after the connection is closed. It does not keep the connection: hold on to it.
    public func start(
        on loop: EventLoop, onMessage: @escaping ([UInt8]) -> Void, onClose: @escaping () -> Void
    ) throws(PlatformError) {
        self.onClose = onClose
        watch = try loop.watch(
            descriptor,
            read: { [weak self] in
                // While nothing is wanted only the end of the connection is told.
                if let self, !self.wantsMessages { return self.lose() }
                // A bounded number at a time, so that a busy peer does not starve the others.
                for _ in 0..<16 {
                    guard let self, self.isOpen, self.wantsMessages else { return }
                    switch self.receive() {
                    case .message(let message): onMessage(message)
                    case .nothing: return
                    case .closed: return self.lose()
                    }
                }
            },
            write: { [weak self] in self?.drain() })
        watch?.wantsWrite = queuedOctets > 0
        watch?.wantsRead = wantsMessages
    }

    /// Sends one message of 1 to `messageLimit` octets.
    @discardableResult
    public func send(_ message: [UInt8]) -> SendOutcome {
        precondition((1...Self.messageLimit).contains(message.count), "a message of \(message.count) octets")
        guard isOpen else { return .closed }
        if queuedOctets == 0 {
            switch transmit(message) {
            case .sent: return .sent
            case .closed: return .closed
            default: break
            }
        }
        guard queuedOctets + message.count <= queueLimit else { return .full }
        queue.append(message)
        queuedOctets += message.count
        watch?.wantsWrite = true
        return .queued
    }

    /// The next message, without waiting. Not needed between `start` and `close`.
    public func receive() -> Received {
        guard isOpen else { return .closed }
        let limit = Self.messageLimit
        // The length first, so that a message takes no more memory than it has octets.
        var count = peek()
        if count < 0 { return errno == EAGAIN || errno == EINTR ? .nothing : .closed }
        if count == 0 || count > limit { return .closed }
        let message = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            count = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT))
            filled = max(0, count)
        }
        return message.isEmpty ? .closed : .message(message)
    }

    /// Closes the connection; what is still queued is lost.
    public func close() {
        guard isOpen else { return }
        isOpen = false
        watch?.cancel()
        watch = nil
        onClose = nil
        onDrained = nil
        queue = []
        queuedOctets = 0
        socket = nil
    }

    private func peek() -> Int {
        var octet: UInt8 = 0
        return recv(descriptor, &octet, 1, Int32(MSG_DONTWAIT | MSG_PEEK | MSG_TRUNC))
    }

    private func lose() {
        let onClose = self.onClose
        close()
        onClose?()
    }

    private func transmit(_ message: [UInt8]) -> SendOutcome {
        while true {
            let count = message.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
            if count >= 0 { return .sent }
            switch errno {
            case EINTR: continue
            case EAGAIN, ENOBUFS: return .queued
            default: return .closed
            }
        }
    }

    private func drain() {
        while queueHead < queue.count {
            switch transmit(queue[queueHead]) {
            case .queued: return
            case .closed: return lose()
            default:
                queuedOctets -= queue[queueHead].count
                queue[queueHead] = []
                queueHead += 1
                if queueHead > 256, queueHead > queue.count / 2 {
                    queue.removeFirst(queueHead)
                    queueHead = 0
                }
            }
        }
        queue.removeAll(keepingCapacity: false)
        queueHead = 0
        watch?.wantsWrite = false
        onDrained?()
    }
}
