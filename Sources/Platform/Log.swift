import Glibc
public import Logging
import Synchronization

/// Where the programs' messages go: lines on standard error, `mrd: warning: text`, and the system's log
/// when there is one (`/dev/log`).
public enum Log {
    /// Prepares the log of this process and gives what writes to it. Call it once, first of all in the program.
    public static func bootstrap(program: String, level: LogLevel = .info, syslog: Bool = true) -> Logger {
        sink.withLock { sink in
            sink.program = program
            sink.system = syslog ? SystemLog(program: program) : nil
        }
        Self.level = level
        return Logger(LineLogHandler())
    }

    /// The least important level that is written. Any thread may change it at any time.
    public static var level: LogLevel {
        get { LogLevel(rawValue: threshold.load(ordering: .relaxed)) ?? .info }
        set { threshold.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Writes to standard error only, for what is said before `bootstrap` or to the person who typed the command.
    public static func complain(_ program: String, _ text: String) {
        writeLine("\(program): \(printable(text))")
    }

    // MARK: Below

    private static let threshold = Atomic<UInt8>(LogLevel.info.rawValue)
    private static let sink = Mutex(Sink())

    private struct Sink: ~Copyable {
        var program = "shisa"
        var system: SystemLog?
    }

    static func write(_ level: LogLevel, _ text: String) {
        let text = printable(text)
        sink.withLock { sink in
            writeLine("\(sink.program): \(level.name): \(text)")
            sink.system?.write(level, text)
        }
    }

    /// One call for one line, so that lines of several programs on one console do not mix.
    private static func writeLine(_ line: String) {
        var line = line + "\n"
        line.withUTF8 { buffer in
            var done = 0
            while done < buffer.count {
                let count = Glibc.write(STDERR_FILENO, buffer.baseAddress.map { $0 + done }, buffer.count - done)
                if count < 0 && errno != EINTR { return }
                done += max(0, count)
            }
        }
    }

    /// Control characters are spelled out: what a stranger sent must not move the cursor of who reads the log, nor
    /// pretend to be a line of its own.
    public static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                result += "\\u{" + String(scalar.value, radix: 16) + "}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value)
    }
}

/// Every logger of the process: the lines go through `Log`.
private struct LineLogHandler: LogHandler {
    var level: LogLevel { Log.level }

    func write(_ level: LogLevel, _ text: String) { Log.write(level, text) }
}
