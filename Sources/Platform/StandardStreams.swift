import CLinux
import Glibc

/// Standard output and standard error, for programs that talk to the person who called them.
public enum StandardStreams {
    /// Writes to standard output, all of it, now.
    ///
    /// - Returns: false when nobody reads it any more.
    @discardableResult
    public static func write(_ text: String) -> Bool { write(text, to: STDOUT_FILENO) }

    /// Writes to standard error.
    public static func complain(_ text: String) { write(text, to: STDERR_FILENO) }

    /// How many columns the terminal on standard output has; nil when it is none. A terminal that does not know, such
    /// as a serial line, has 80.
    public static var width: Int? {
        guard isatty(STDOUT_FILENO) == 1 else { return nil }
        var size = winsize()
        guard shisa_ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col >= 20 else { return 80 }
        return Int(size.ws_col)
    }

    @discardableResult
    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { octets in
            var done = 0
            while done < octets.count {
                let count = Glibc.write(descriptor, octets.baseAddress.map { $0 + done }, octets.count - done)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                done += count
            }
            return true
        }
    }
}
