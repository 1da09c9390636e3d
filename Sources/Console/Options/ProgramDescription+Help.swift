extension ProgramDescription {
    /// How many columns help takes at most.
    static let helpWidth = 80

    /// How to call it, in one line or a few.
    public var usage: String {
        let words = options.map { option in
            "[--\(option.name)\(option.argument.map { " " + $0 } ?? "")]"
        }
        let start = "usage: \(name) "
        // Where they do not fit into a line, the list below has them.
        let joined = commands.map(\.name).joined(separator: "|")
        let command = commands.isEmpty ? [] : [start.count + joined.count > Self.helpWidth ? "COMMAND" : joined]
        // Brackets stay whole: their spaces are put back after wrapping.
        let glue: Character = "\u{a0}"
        let text = (command + words).map { $0.replacing(" ", with: String(glue)) }.joined(separator: " ")
        let lines = DisplayText.wrapped(text, to: Self.helpWidth - start.count)
        let indentation = String(repeating: " ", count: start.count)
        return start + lines.joined(separator: "\n" + indentation).replacing(glue, with: " ") + "\n"
    }

    /// What `--help` prints.
    public var help: String {
        var text = usage + "\n" + Self.paragraph("\(name): \(summary).", indentedBy: 0)
        if !commands.isEmpty {
            text += "\nCommands:\n" + Self.list(commands.map { Note($0.spelling, $0.text) })
        }
        text += "\nOptions:\n" + Self.list(options.map { Note(Self.spelling($0), Self.meaning($0)) })
        if !files.isEmpty { text += "\nFiles:\n" + Self.list(files) }
        if !exitStatuses.isEmpty { text += "\nExit status:\n" + Self.list(exitStatuses) }
        if !examples.isEmpty {
            text += "\nExamples:\n"
            for example in examples {
                text += "  \(example.term)\n" + Self.paragraph(example.text, indentedBy: 6)
            }
        }
        return text
    }

    /// What is printed after a wrong command line.
    public func complaint(_ error: UsageError) -> String {
        "\(name): \(error.text)\n\(usage)Try '\(name) --help' for more.\n"
    }

    static func spelling(_ option: ProgramOption) -> String {
        let letter = option.letter.map { "-\($0), " } ?? "    "
        return letter + "--\(option.name)" + (option.argument.map { " \($0)" } ?? "")
    }

    static func meaning(_ option: ProgramOption) -> String {
        option.text + (option.fallback.map { " Default: \($0)" } ?? "")
    }

    /// Terms on the left and their meanings beside them, or below where a term is too long.
    private static func list(_ notes: [Note]) -> String {
        let indentation = 2
        let left = min(26, (notes.map { $0.term.count }.max() ?? 0) + indentation * 2)
        var text = ""
        for note in notes {
            let term = String(repeating: " ", count: indentation) + note.term
            var lines = DisplayText.wrapped(note.text, to: helpWidth - left)
            if term.count + indentation <= left, !lines.isEmpty {
                text += term + String(repeating: " ", count: left - term.count) + lines.removeFirst() + "\n"
            } else {
                text += term + "\n"
            }
            for line in lines { text += String(repeating: " ", count: left) + line + "\n" }
        }
        return text
    }

    private static func paragraph(_ text: String, indentedBy indentation: Int) -> String {
        DisplayText.wrapped(text, to: helpWidth - indentation)
            .map { String(repeating: " ", count: indentation) + $0 + "\n" }.joined()
    }
}
