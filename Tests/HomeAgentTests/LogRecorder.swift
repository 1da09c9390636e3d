import Logging
import Synchronization

/// Keeps what is logged, as `level: text`.
struct LogRecorder: LogHandler {
    final class Lines: Sendable {
        private let content = Mutex<[String]>([])

        var all: [String] { content.withLock { $0 } }

        func append(_ line: String) { content.withLock { $0.append(line) } }
    }

    let lines = Lines()
    let level = LogLevel.debug

    func write(_ level: LogLevel, _ text: String) { lines.append("\(level.name): \(text)") }
}
