import Platform

/// Text as a terminal shows it.
enum DisplayText {
    /// Control characters are spelled out: a name that came from elsewhere must not move the cursor.
    static func printable(_ text: String) -> String { Log.printable(text) }

    /// How many columns the text takes.
    static func width(_ text: String) -> Int { text.reduce(0) { $0 + width($1) } }

    /// The text in at most `limit` columns, what is cut off replaced by an ellipsis.
    static func truncated(_ text: String, to limit: Int) -> String {
        guard width(text) > limit else { return text }
        guard limit > 0 else { return "" }
        var result = ""
        var used = 1
        for character in text {
            used += width(character)
            if used > limit { break }
            result.append(character)
        }
        return result + "…"
    }

    /// The text in lines of at most `limit` columns, broken between words; a longer word gets a line of its own.
    static func wrapped(_ text: String, to limit: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if line.isEmpty {
                line = String(word)
            } else if width(line) + 1 + width(String(word)) <= limit {
                line += " " + word
            } else {
                lines.append(line)
                line = String(word)
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// A line, or several, with a subject on the left and what is to say of it on the right.
    ///
    /// - Parameters:
    ///   - left: the columns of the subject, the space behind it included.
    ///   - width: the columns of the terminal; nil where nobody knows.
    static func entry(_ subject: String, _ text: String, left: Int, width limit: Int?) -> String {
        let subject = printable(subject)
        let lines = wrapped(printable(text), to: max(20, (limit ?? .max) - left))
        let indentation = String(repeating: " ", count: left)
        return subject + String(repeating: " ", count: max(left - width(subject), 1))
            + lines.joined(separator: "\n" + indentation) + "\n"
    }

    private static func width(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        if scalar.properties.generalCategory == .nonspacingMark { return 0 }
        return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }

    /// What terminals show two columns wide: the scripts of East Asia and pictures.
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115f, 0x2e80...0xa4cf, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f, 0xff00...0xff60,
        0xffe0...0xffe6, 0x1f300...0x1faff, 0x20000...0x3fffd,
    ]
}
