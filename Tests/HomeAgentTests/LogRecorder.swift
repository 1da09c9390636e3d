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
    var logLevel = Logger.Level.debug
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.append("\(event.level): \(event.message)") }
}
