/// A name or value that belongs to the configuration file but that this version does not act on.
///
/// Such a setting is refused: one that is accepted and ignored would leave its author believing that it holds. Whoever
/// implements one takes its row out of `all`.
public struct UnsupportedSetting: Hashable, Sendable {
    /// As in `SettingReference.path`.
    public var path: String
    /// Only this value is refused; nil refuses the name.
    public var value: String?
    /// What to do instead.
    public var advice: String

    public static let all: [UnsupportedSetting] = [
        .init(path: "engine.plane", value: "kernel", advice: "write \"engine\" or \"auto\"")
    ]

    init(path: String, value: String? = nil, advice: String) {
        self.path = path
        self.value = value
        self.advice = advice
    }

    /// The groups that have any.
    static let groups = Set(
        all.map { row in row.path.lastIndex(of: ".").map { String(row.path[..<$0]) } ?? "" })

    /// The name, for suggestions.
    static func names(in group: String) -> [String] {
        all.compactMap { row in
            guard row.value == nil, let dot = row.path.lastIndex(of: "."), row.path[..<dot] == group else { return nil }
            return String(row.path[row.path.index(after: dot)...])
        }
    }

    /// As it would stand in a file.
    public var setting: String { value.map { "\(path) = \"\($0)\"" } ?? path }

    /// What to do instead, as a sentence.
    public var sentence: String { advice.prefix(1).uppercased() + advice.dropFirst() + "." }

    var complaint: String { "\(setting) is not supported by this version, \(advice)" }
}
