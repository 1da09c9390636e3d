import Logging
import Synchronization
import Testing

@Suite("Loggers")
struct LoggerTests {
    /// Keeps what is logged, from `level` up.
    private final class Recorder: LogHandler {
        private let lines = Mutex<[String]>([])
        private let threshold: Mutex<LogLevel>

        init(_ level: LogLevel) { threshold = Mutex(level) }

        var level: LogLevel {
            get { threshold.withLock { $0 } }
            set { threshold.withLock { $0 = newValue } }
        }

        var all: [String] { lines.withLock { $0 } }

        func write(_ level: LogLevel, _ text: String) { lines.withLock { $0.append("\(level.name): \(text)") } }
    }

    private static func say(_ log: Logger) {
        log.trace("1")
        log.debug("2")
        log.info("3")
        log.notice("4")
        log.warning("5")
        log.error("6")
        log.critical("7")
    }

    @Test(
        "what is less important than the handler wants is not written",
        arguments: [
            (
                LogLevel.trace,
                ["trace: 1", "debug: 2", "info: 3", "notice: 4", "warning: 5", "error: 6", "critical: 7"]
            ),
            (.notice, ["notice: 4", "warning: 5", "error: 6", "critical: 7"]),
            (.critical, ["critical: 7"]),
        ])
    func threshold(level: LogLevel, lines: [String]) {
        let recorder = Recorder(level)
        Self.say(Logger(recorder))
        #expect(recorder.all == lines)
    }

    @Test("a handler that changes its mind is asked before each line")
    func change() {
        let recorder = Recorder(.error)
        let log = Logger(recorder)
        log.info("not said")
        recorder.level = .info
        log.log(level: .info, "said")
        #expect(recorder.all == ["info: said"])
    }

    @Test("a text that is not written is not made")
    func lazy() {
        var made = 0
        func text() -> String {
            made += 1
            return "text"
        }
        let log = Logger(Recorder(.warning))
        log.info(text())
        Logger().critical(text())
        #expect(made == 0)
        log.warning("a \(text())")
        #expect(made == 1)
    }

    @Test("levels are ordered by what matters more, and known by their names")
    func levels() {
        #expect(LogLevel.allCases.sorted() == LogLevel.allCases)
        #expect(LogLevel.trace < .debug && LogLevel.error < .critical)
        for level in LogLevel.allCases { #expect(LogLevel(named: level.name) == level) }
        #expect(LogLevel(named: "loud") == nil)
        #expect(LogLevel(named: "Info") == nil)
    }
}
