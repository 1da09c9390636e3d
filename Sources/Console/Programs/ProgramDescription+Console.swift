extension ProgramDescription {
    /// The console.
    public static let shisactl = ProgramDescription(
        name: "shisactl", summary: "shows and tells what Shisa does on this node",
        description: [
            "shisactl asks nemonetd what it and the other programs know, and shows it as a table, or as one JSON document "
                + "for programs. The names in JSON documents stay as they are from version to version; new ones may be "
                + "added. Tables are for people: where one is wider than the terminal, long cells are cut."
        ],
        options: [
            ProgramOption(
                "socket", letter: "s", argument: "PATH", fallback: DaemonOptions.defaultSocket,
                "The mobility socket of nemonetd."),
            ProgramOption("json", letter: "j", "Show a JSON document instead of a table."),
            ProgramOption(
                "follow", letter: "f",
                "With events: go on and show what happens; with --json one object a line."),
            ProgramOption("all", letter: "a", "With counters: show those as well that counted nothing yet."),
            .help, .version,
        ],
        commands: ShisactlCommand.allCases.map { Command($0.rawValue, $0.text) }
            + ShisactlAction.allCases.map { Command($0.rawValue, arguments: $0.arguments, $0.text) },
        files: [Note(DaemonOptions.defaultSocket, "The mobility socket.")],
        exitStatuses: [
            Note("0", "All was shown."),
            Note("64", "The command line is wrong."),
            Note("69", "nemonetd is not running, does not answer, or cannot do what was asked."),
            Note("77", "The mobility socket, or the command, is not for this account."),
        ],
        examples: [
            Note("shisactl status", "Everything at a glance."),
            Note("shisactl --json registrations", "Registrations for a program."),
            Note("shisactl events --follow", "Watch what happens."),
            Note("shisactl revoke bus-17", "End the binding of the node bus-17."),
            Note("shisactl routes never 2001:db8:66::/48", "Keep it from those who live there where this host is."),
        ],
        seeAlso: ["cnd(8)", "had(8)", "mnd(8)", "mrd(8)", "nemonetd(8)"])

    /// The executable that holds them all.
    public static let shisa = ProgramDescription(
        name: "shisa", summary: "all programs of Shisa in one file",
        description: [
            "shisa is the program whose name it is started under. Under its own name, the first argument names the "
                + "program: \"shisa mrd --check\" is \"mrd --check\".",
            "Shisa makes a network mobile: a mobile router keeps the prefixes of the network behind it while it moves "
                + "from one access network to another (Mobile IPv6, RFC 6275, and NEMO, RFC 3963).",
        ],
        options: [.help, .version],
        commands: programs.map { Command($0.name, $0.summary.prefix(1).uppercased() + $0.summary.dropFirst() + ".") },
        exitStatuses: [Note("64", "There is no such program.")],
        examples: [Note("ln -s shisa /usr/bin/mrd", "Give the mobile router its name.")],
        seeAlso: [
            "babymdd(8)", "cnd(8)", "had(8)", "mnd(8)", "mrd(8)", "nemonetd(8)", "shisaconf(8)", "shisactl(8)",
            "shisahooks(8)", "shisamodem(8)", "shisa.conf(5)",
        ])

    /// Every program of this executable, `shisa` last.
    public static let all = programs + [.shisa]

    /// Those that `shisa` is made of: on the board only what a mobile router runs.
    #if EveryProgram
        private static let programs = [
            nemonetd, babymdd, mrd, mnd, had, cnd, shisamodem, shisahooks, shisactl, shisaconf,
        ]
    #else
        private static let programs = [nemonetd, babymdd, mrd, shisamodem, shisahooks, shisactl, shisaconf]
    #endif
}
