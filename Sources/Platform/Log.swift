import Glibc
public import Logging
import Synchronization

/// Where the programs' messages go: lines on standard error, `mrd: warning: text key=value`, and the system's log
/// when there is one (`/dev/log`).
public enum Log {
    /// Directs every `Logger` of this process here. Call it once, first of all in the program.
    public static func bootstrap(program: String, level: Logger.Level = .info, syslog: Bool = true) {
        sink.withLock { sink in
            sink.program = program
            sink.system = syslog ? SystemLog(program: program) : nil
        }
        Self.level = level
        LoggingSystem.bootstrap { label in LineLogHandler(label: label) }
    }

    /// The least important level that is written, for all loggers that have no level of their own. Any thread may change
    /// it at any time.
    public static var level: Logger.Level {
        get { Logger.Level.allCases[threshold.load(ordering: .relaxed)] }
        set { threshold.store(Logger.Level.allCases.firstIndex(of: newValue) ?? 2, ordering: .relaxed) }
    }

    /// The level that a person means: `trace`, `debug`, `info`, `notice`, `warning`, `error`, `critical`; nil for others.
    public static func level(named name: String) -> Logger.Level? { Logger.Level(rawValue: name) }

    /// Writes to standard error only, for what is said before `bootstrap` or to the person who typed the command.
    public static func complain(_ program: String, _ text: String) {
        writeLine("\(program): \(printable(text))")
    }

    // MARK: Below

    private static let threshold = Atomic<Int>(2)
    private static let sink = Mutex(Sink())

    private struct Sink: ~Copyable {
        var program = "shisa"
        var system: SystemLog?
    }

    static func write(_ level: Logger.Level, _ text: String) {
        let text = printable(text)
        sink.withLock { sink in
            writeLine("\(sink.program): \(level.rawValue): \(text)")
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

/// A logger's own level and metadata; the lines go through `Log`.
private struct LineLogHandler: LogHandler {
    let label: String
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?
    private var ownLevel: Logger.Level?

    init(label: String) { self.label = label }

    var logLevel: Logger.Level {
        get { ownLevel ?? Log.level }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var text = event.message.description
        var all = metadata
        if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let own = event.metadata { all.merge(own) { _, new in new } }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            let value = value.description
            text += " \(key)=" + (value.isEmpty || value.contains(" ") ? value.debugDescription : value)
        }
        if let error = event.error { text += ": \(error)" }
        Log.write(event.level, text)
    }
}
