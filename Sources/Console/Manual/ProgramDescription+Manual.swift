extension ProgramDescription {
    /// The manual page in mdoc, section 8.
    public var manual: String {
        var text = Roff.head(name, section: 8, summary: summary)
        text += ".Sh SYNOPSIS\n.Nm\n"
        for option in options { text += ".Op \(Self.roff(option))\n" }
        if !commands.isEmpty { text += ".Ar command\n" }
        text += ".Sh DESCRIPTION\n" + description.map(Roff.sentences).joined(separator: ".Pp\n")
        if !commands.isEmpty {
            text += ".Pp\nThe commands are:\n" + Roff.list(commands.map { Note($0.spelling, $0.text) }, macro: "Cm")
        }
        text += ".Pp\nThe options are:\n.Bl -tag -width Ds\n"
        for option in options {
            let letter = option.letter.map { "Fl \($0) , " } ?? ""
            text += ".It \(letter)\(Self.roff(option))\n" + Roff.sentences(Self.meaning(option))
        }
        text += ".El\n"
        if !files.isEmpty { text += ".Sh FILES\n" + Roff.list(files, macro: "Pa") }
        if !exitStatuses.isEmpty { text += ".Sh EXIT STATUS\n" + Roff.list(exitStatuses, macro: "") }
        if !examples.isEmpty {
            text += ".Sh EXAMPLES\n"
            for (index, example) in examples.enumerated() {
                text += (index > 0 ? ".Pp\n" : "") + Roff.sentences(example.text)
                // In one line, however long: it is there to be copied.
                text += ".Bd -literal -offset indent\n\(Roff.text(example.term))\n.Ed\n"
            }
        }
        // On the board some of them are absent, and their pages with them.
        let pages = Self.all.map { "\($0.name)(8)" } + ["shisa.conf(5)"]
        let present = seeAlso.filter(pages.contains)
        if !present.isEmpty { text += ".Sh SEE ALSO\n" + Roff.references(present) }
        return text
    }

    private static func roff(_ option: ProgramOption) -> String {
        "Fl \\-\(Roff.text(option.name))" + (option.argument.map { " Ar \($0)" } ?? "")
    }
}
