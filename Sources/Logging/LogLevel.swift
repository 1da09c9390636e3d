/// How important a line of a log is; the least important first. What stands behind a number is in Platform's `SystemLog`.
public enum LogLevel: UInt8, CaseIterable, Comparable, Sendable {
    /// Each step, for who looks for a fault in the program.
    case trace
    /// What helps who looks for a fault in the network.
    case debug
    /// What goes as it should.
    case info
    /// What goes as it should and happens seldom.
    case notice
    /// What somebody ought to look at.
    case warning
    /// What failed.
    case error
    /// What the program cannot go on without.
    case critical

    /// The level that a person means by `name`; nil for names that are of none.
    public init?(named name: String) {
        guard let level = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = level
    }

    /// What it is called in options and in lines of the log.
    public var name: String {
        switch self {
        case .trace: "trace"
        case .debug: "debug"
        case .info: "info"
        case .notice: "notice"
        case .warning: "warning"
        case .error: "error"
        case .critical: "critical"
        }
    }

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
