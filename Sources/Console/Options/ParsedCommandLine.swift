/// What a command line says, after parsing.
public struct ParsedCommandLine: Hashable, Sendable {
    /// The options that were given, by name; those without an argument have an empty one.
    public var options: [String: String] = [:]
    /// What is no option, in order.
    public var words: [String] = []

    public func has(_ option: String) -> Bool { options[option] != nil }
}

/// A command line that is wrong, and what would be right.
public struct UsageError: Error, Hashable, Sendable, CustomStringConvertible {
    public var text: String
    public init(_ text: String) { self.text = text }
    public var description: String { text }
}
