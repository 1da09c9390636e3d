/// What is known of entering the PIN into its card, from one start to the next.
public struct PINEntries: Hashable, Sendable {
    /// How often it was entered without anybody saying whether it was right.
    public var open: Int
    /// The card found it wrong.
    public var isRefused: Bool

    public init(open: Int = 0, isRefused: Bool = false) {
        self.open = open
        self.isRefused = isRefused
    }

    /// From what `text` gives. What an earlier version noted, or somebody wrote, is taken for an entry: anything that is no
    /// number of entries.
    public init(text: some StringProtocol) {
        let number = Int(text).flatMap { $0 >= 0 ? $0 : nil }
        self.init(open: text == "refused" ? 0 : number ?? 1, isRefused: text == "refused")
    }

    /// For a file, in a word.
    public var text: String { isRefused ? "refused" : "\(open)" }
}
