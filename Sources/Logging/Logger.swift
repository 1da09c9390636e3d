/// What a program writes its log through.
///
/// A text is made only where it is written: at a level that nobody asked for, a line costs a comparison.
public struct Logger: Sendable {
    private let handler: (any LogHandler)?

    /// - Parameter handler: Where the lines go; nowhere without one.
    public init(_ handler: (any LogHandler)? = nil) { self.handler = handler }

    /// Writes `text`, if lines as important as `level` are wanted.
    public func log(level: LogLevel, _ text: @autoclosure () -> String) {
        guard let handler, level >= handler.level else { return }
        handler.write(level, text())
    }

    public func trace(_ text: @autoclosure () -> String) { log(level: .trace, text()) }
    public func debug(_ text: @autoclosure () -> String) { log(level: .debug, text()) }
    public func info(_ text: @autoclosure () -> String) { log(level: .info, text()) }
    public func notice(_ text: @autoclosure () -> String) { log(level: .notice, text()) }
    public func warning(_ text: @autoclosure () -> String) { log(level: .warning, text()) }
    public func error(_ text: @autoclosure () -> String) { log(level: .error, text()) }
    public func critical(_ text: @autoclosure () -> String) { log(level: .critical, text()) }
}
