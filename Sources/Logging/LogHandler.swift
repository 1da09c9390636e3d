/// Where the lines of a `Logger` go.
public protocol LogHandler: Sendable {
    /// The least important level that is wanted. Asked before every line.
    var level: LogLevel { get }

    /// Writes one line, which is wanted.
    func write(_ level: LogLevel, _ text: String)
}
