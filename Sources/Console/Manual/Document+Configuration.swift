import Settings

extension Document {
    static let configuration = Document(name: "configuration", text: configurationText)

    private static var configurationText: String {
        var text = """
            # The configuration file

            One file configures all programs on a node: `\(ShisaSettings.defaultPath)`; on the board it is the `shisa.conf`
            of the boot partition. Each program reads the groups that concern it. `PROGRAM --check` tells whether the file
            is right.

            The syntax is libconfig's: `name = value;`, groups in `{ }`, lists in `( )` or `[ ]`, text in quotes, comments
            behind `#`. `@include "path"` on a line of its own stands for the content of another file. Lengths of time are
            seconds, or a number with a unit in quotes: `"500 ms"`, `"30 s"`, `"10 min"`, `"1.5 h"`, `"1 d"`. Relative paths
            start from the folder of the file that they are written in.

            A file with an error is refused whole, with every error as `file:line: what is wrong, what would be right`.
            A program that is told to reload (SIGHUP) keeps its old settings then.

            This page is made by `make man` from the table that the programs check the file with.

            ## A mobile router

            ```
            \(SettingSample.mobileRouter)
            ```

            ## A mobile host

            ```
            \(SettingSample.mobileHost)
            ```

            ## A home agent

            ```
            \(SettingSample.homeAgent)
            ```

            ## A correspondent

            ```
            \(SettingSample.correspondent)
            ```

            ## Every setting


            """
        var groups: [String] = []
        for row in SettingReference.all where !groups.contains(row.group) { groups.append(row.group) }
        for group in groups { text += section(group) }
        return text
    }

    /// The settings of one group.
    private static func section(_ group: String) -> String {
        var text = "### \(group.isEmpty ? "The groups of the file" : "`\(group)`")\n\n"
        if let about = SettingReference.all.first(where: { $0.path == group }) { text += about.text + "\n\n" }
        text += row("name", "value", "default", "meaning") + row("---", "---", "---", "---")
        for setting in SettingReference.all where setting.group == group {
            let presence =
                switch setting.presence {
                case .required: "required"
                case .optional: ""
                case .defaultsTo(let value): "`\(value)`"
                }
            text += row("`\(setting.name)`", setting.kind.text, presence, setting.text)
        }
        return text + "\n"
    }
}
