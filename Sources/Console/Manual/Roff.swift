/// Text for manual pages in mdoc, the macro language of BSD's manuals.
enum Roff {
    /// A line of text: nothing in it is taken for a macro or an escape.
    static func text(_ text: String) -> String {
        var result = ""
        for character in text {
            switch character {
            case "\\": result += "\\e"
            case "-": result += "\\-"
            case "…": result += "..."
            default: result.append(character)
            }
        }
        return result.hasPrefix(".") || result.hasPrefix("'") ? "\\&" + result : result
    }

    /// A paragraph, one sentence a line as roff wants it, so that it can set the space between sentences.
    static func sentences(_ text: String) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            line += line.isEmpty ? String(word) : " " + word
            if word.hasSuffix(".") || word.hasSuffix("?") {
                lines.append(line)
                line = ""
            }
        }
        if !line.isEmpty { lines.append(line) }
        return lines.map { Self.text($0) + "\n" }.joined()
    }

    /// An argument of a macro: quoted, since it may hold blanks.
    static func argument(_ text: String) -> String {
        "\"" + self.text(text).replacing("\"", with: "\\(dq") + "\""
    }

    /// `mrd(8)` as a reference to a manual page.
    static func reference(_ page: String) -> String? {
        let parts = page.split(whereSeparator: { $0 == "(" || $0 == ")" })
        return parts.count == 2 ? ".Xr \(parts[0]) \(parts[1])" : nil
    }

    /// A list of terms, each with what it means.
    static func list(_ notes: [ProgramDescription.Note], macro: String) -> String {
        var text = ".Bl -tag -width Ds\n"
        for note in notes {
            text += ".It \(macro.isEmpty ? "" : macro + " ")\(argument(note.term))\n\(sentences(note.text))"
        }
        return text + ".El\n"
    }

    /// References to other pages, by section and then by name.
    static func references(_ pages: [String]) -> String {
        let sorted = pages.sorted { ($0.suffix(3), $0) < ($1.suffix(3), $1) }
        return sorted.compactMap(reference).joined(separator: " ,\n") + "\n"
    }

    /// The top of a page.
    static func head(_ name: String, section: Int, summary: String) -> String {
        """
        .Dd \(ShisaVersion.date)
        .Dt \(name.uppercased()) \(section)
        .Os Shisa
        .Sh NAME
        .Nm \(name)
        .Nd \(text(summary))

        """
    }
}
