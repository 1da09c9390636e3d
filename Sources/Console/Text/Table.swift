/// Rows under headings, for people.
public struct Table: Sendable {
    public struct Column: Hashable, Sendable {
        public var title: String
        /// Numbers stand on the right.
        public var isRight: Bool
        /// The least width that the column may be cut to when the table is too wide; nil is never cut.
        public var least: Int?
        /// Of the last column: what does not fit goes on below, instead of being cut.
        public var wraps: Bool

        public init(_ title: String, isRight: Bool = false, least: Int? = nil, wraps: Bool = false) {
            self.title = title
            self.isRight = isRight
            self.least = least
            self.wraps = wraps
        }
    }

    public var columns: [Column]
    /// As many cells as there are columns; those that are missing are empty.
    public var rows: [[String]]

    public init(columns: [Column], rows: [[String]] = []) {
        self.columns = columns
        self.rows = rows
    }

    private static let gap = 2
    /// How far to the right stands what has a line of its own.
    private static let indent = 4

    /// The lines of the table, the headings first, each ended by a line feed and without spaces before it.
    ///
    /// - Parameter width: How many columns there are; columns that may be cut are cut to fit, the widest first. Nil for
    ///   as many as it takes.
    public func text(width: Int? = nil) -> String {
        let cells = rows.map { row in
            columns.indices.map { $0 < row.count ? DisplayText.printable(row[$0]) : "" }
        }
        let widths = fitted(
            columns.indices.map { index in
                cells.reduce(DisplayText.width(columns[index].title)) { max($0, DisplayText.width($1[index])) }
            }, to: width)
        var text = ""
        for row in [columns.map(\.title)] + cells {
            var line = ""
            let last = wrapped(row, widths, to: width)
            for (index, cell) in row.enumerated() {
                let cell = DisplayText.truncated(index == row.count - 1 ? last.first : cell, to: widths[index])
                let padding = String(repeating: " ", count: widths[index] - DisplayText.width(cell))
                if index > 0 { line += String(repeating: " ", count: Self.gap) }
                line += columns[index].isRight ? padding + cell : cell + padding
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n" + last.below
        }
        return text
    }

    /// The last cell of a row in lines: below each other in its column or, where a word is too long for that, all of them
    /// below the row.
    private func wrapped(_ row: [String], _ widths: [Int], to limit: Int?) -> (first: String, below: String) {
        guard let cell = row.last, let width = widths.last, let limit, columns.last?.wraps == true,
            DisplayText.width(cell) > width
        else { return (row.last ?? "", "") }
        var lines = DisplayText.wrapped(cell, to: width)
        var first = ""
        var indent = Self.indent
        if !lines.isEmpty, lines.allSatisfy({ DisplayText.width($0) <= width }) {
            first = lines.removeFirst()
            indent = widths.dropLast().reduce(0) { $0 + $1 + Self.gap }
        } else {
            lines = DisplayText.wrapped(cell, to: max(1, limit - indent))
        }
        return (first, lines.map { String(repeating: " ", count: indent) + $0 + "\n" }.joined())
    }

    /// The widths of the columns after taking from the widest that may be cut until all fit.
    private func fitted(_ natural: [Int], to limit: Int?) -> [Int] {
        guard let limit else { return natural }
        var widths = natural
        while widths.reduce(0, +) + Self.gap * max(0, widths.count - 1) > limit {
            let candidates = widths.indices.filter { index in columns[index].least.map { widths[index] > $0 } ?? false }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return widths }
            widths[widest] -= 1
        }
        return widths
    }
}
