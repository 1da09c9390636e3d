import CLinux
import Glibc

/// A request that the operating system refused.
public struct PlatformError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The function of the C library or the kernel's message that failed: `bind`, `RTM_NEWROUTE`.
    public let call: String
    /// The kernel's error number, or 0 when we gave up before the kernel did.
    public let errno: Int32
    /// What was being done, to what: `cannot open /run/shisa/mobility.sock`.
    public let detail: String

    public init(call: String, errno: Int32, detail: String) {
        self.call = call
        self.errno = errno
        self.detail = detail
    }

    /// What failed, why, and what to do: one line for a log.
    public var description: String {
        guard errno != 0 else { return detail }
        let reason = linux_error_text(errno).map { String(cString: $0) } ?? "error \(errno)"
        let line = "\(detail): \(reason) (\(call), \(name))"
        return advice.map { "\(line); \($0)" } ?? line
    }

    /// The kernel's name for the error, `EPERM`.
    public var name: String { linux_error_name(errno).map { String(cString: $0) } ?? "errno \(errno)" }

    /// Whether the caller lacks the right to do this.
    public var isPermission: Bool { errno == EPERM || errno == EACCES }

    /// Whether what was to be removed or read is not there.
    public var isAbsent: Bool {
        errno == ENOENT || errno == ESRCH || errno == ENODEV || errno == ENXIO || errno == EADDRNOTAVAIL
    }

    /// Whether what was to be made exists already.
    public var isPresent: Bool { errno == EEXIST }

    private var advice: String? {
        switch errno {
        case EPERM: "run as root, or give the program the capabilities CAP_NET_ADMIN and CAP_NET_RAW"
        case EACCES: "check the owner and the mode of the file and of its directories"
        case EMFILE: "raise the limit of open files (ulimit -n)"
        case EADDRINUSE, EBUSY: "stop the other program that uses it"
        case EAFNOSUPPORT: "this kernel has no support for it; load the module or take another kernel"
        default: nil
        }
    }
}
