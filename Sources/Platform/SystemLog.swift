import CLinux
import Glibc
import Logging

/// The system's log behind `/dev/log`: datagrams in the form of syslog(3), without ever waiting for the reader.
///
/// A log that is not there, or has gone, is looked for again after `retryInterval`, and messages are not kept for it.
struct SystemLog: ~Copyable {
    static let retryInterval: Int64 = 5000

    private let program: String
    private let path: String
    private var socket: Descriptor?
    private var number: Int32 = -1
    private var retryAt: Int64 = .min

    init(program: String, path: String = "/dev/log") {
        self.program = program
        self.path = path
    }

    mutating func write(_ level: LogLevel, _ text: String) {
        // Facility daemon is 3; the receiver adds the time (RFC 3164 §4.3.2).
        let line = Array("<\(3 << 3 | Self.severity(level))>\(program)[\(getpid())]: \(text)".utf8.prefix(8192))
        if send(line) { return }
        // Once more at once: the reader may have been restarted since our last line.
        socket = nil
        number = -1
        if connect() { _ = send(line) }
    }

    /// The severities of RFC 5424 §6.2.1.
    static func severity(_ level: LogLevel) -> Int {
        switch level {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }

    /// Whether the line needs no second attempt: it has gone, or the reader is slow and the line is given up.
    private func send(_ line: [UInt8]) -> Bool {
        guard number >= 0 else { return false }
        let count = line.withUnsafeBytes {
            Glibc.send(number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
        }
        return count >= 0 || errno == EAGAIN || errno == ENOBUFS || errno == EMSGSIZE
    }

    private mutating func connect() -> Bool {
        let now = Syscalls.monotonicMilliseconds()
        guard now >= retryAt else { return false }
        retryAt = now + Self.retryInterval
        do throws(PlatformError) {
            let fresh = try Syscalls.socket(AF_UNIX, SOCK_DGRAM, 0, "cannot make a Unix socket")
            try Syscalls.connectUnix(fresh.number, to: path)
            number = fresh.number
            socket = consume fresh
            retryAt = .min
            return true
        } catch { return false }
    }
}
