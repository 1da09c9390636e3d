/// A page of `docs/` that is made from the tables which the programs themselves go by, so that it cannot drift.
public struct Document: Hashable, Sendable {
    /// The name of its file in `docs/`, without `.md`.
    public var name: String
    /// In Markdown.
    public var text: String

    public static let all: [Document] = [.configuration, .json]

    /// A row of a table in Markdown.
    static func row(_ cells: String...) -> String {
        "| " + cells.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ") + " |\n"
    }
}
