import Settings

extension Manual {
    /// shisa.conf(5): every name of the configuration file.
    static let configuration = Manual(name: "shisa.conf", section: 5, text: configurationText)

    private static var configurationText: String {
        var text = Roff.head("shisa.conf", section: 5, summary: "the configuration file of Shisa")
        text += ".Sh DESCRIPTION\n" + introduction.map(Roff.sentences).joined(separator: ".Pp\n")
        text += ".Sh SETTINGS\n.Bl -tag -width Ds\n"
        for row in SettingReference.all {
            text += ".It Ic \(Roff.argument(row.path))\n" + Roff.sentences(row.text)
            if row.kind != .group, row.kind != .groups { text += ".br\n" + Roff.sentences("Write \(row.kind.text).") }
            switch row.presence {
            case .required: text += Roff.sentences("Required.")
            case .optional: break
            case .defaultsTo(let value): text += Roff.sentences("The default is \(value).")
            }
        }
        text += ".El\n.Sh FILES\n"
        text += Roff.list([.init(ShisaSettings.defaultPath, "Where the programs look for it.")], macro: "Pa")
        text += ".Sh EXAMPLES\nA mobile router:\n" + display(SettingSample.mobileRouter)
        text += "A mobile host:\n" + display(SettingSample.mobileHost)
        text += "A home agent:\n" + display(SettingSample.homeAgent)
        text += "A correspondent:\n" + display(SettingSample.correspondent)
        text += ".Sh SEE ALSO\n" + Roff.references(["babymdd(8)", "had(8)", "mrd(8)", "nemonetd(8)", "shisactl(8)"])
        return text
    }

    private static let introduction = [
        "One file configures all programs of Shisa on a node; each reads the groups that concern it. It is written in the "
            + "syntax of libconfig: name = value; with groups { } and lists ( ). Text behind # is a comment. "
            + "@include \"path\" on a line of its own stands for the content of another file.",
        "Lengths of time are seconds, or a number with one of the units ms, s, min, h and d in quotes. Relative paths start "
            + "from the folder of the file that they are written in.",
        "A file with an error is refused whole, with the file and the line of everything that is wrong. A program that is "
            + "told to read it again keeps what it had then.",
    ]

    private static func display(_ sample: String) -> String {
        let lines = sample.split(separator: "\n", omittingEmptySubsequences: false).map { Roff.text(String($0)) }
        return ".Bd -literal\n" + lines.joined(separator: "\n") + "\n.Ed\n"
    }
}
