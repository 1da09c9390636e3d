import Settings

extension ProgramDescription {
    /// The tunnel manager.
    public static let nemonetd = daemon(
        "nemonetd", summary: "the tunnel manager of Shisa",
        description: [
            "nemonetd owns the tunnels of a mobile router or of a home agent. It keeps the mobility socket, over which the "
                + "other programs tell it what is registered and bound, forwards packets by that, and sends and "
                + "receives Mobility Headers for them.",
            "It is the only program of Shisa that needs privileges: CAP_NET_ADMIN and CAP_NET_RAW. It makes a TUN "
                + "device, routes, rules, the addresses of the ingress interfaces and the nftables table \"ip6 shisa\", "
                + "and removes them when it ends.",
            "What was announced to it keeps forwarding until it expires, also when the program that announced it has "
                + "died.",
        ],
        signals: "SIGTERM removes what it made and ends it. SIGHUP reads the configuration file again.",
        seeAlso: ["babymdd(8)", "had(8)", "mrd(8)", "shisactl(8)"])

    /// The mobile router.
    public static let mrd = daemon(
        "mrd", summary: "the mobile router of Shisa",
        description: [
            "mrd registers the mobile network prefixes of this node with its home agent (RFC 6275, RFC 3963), over the "
                + "uplinks that babymdd reports. While several work, each has a binding (RFC 5648), where the home agent "
                + "takes that.",
            "It probes the home agent over each of them and chooses: the best carries everything, or all share it "
                + "(policy.strategy), and a flow may have uplinks of its own (policy.flows, RFC 6089). One that has used "
                + "up its monthly_limit, or rests by its schedule, comes last or not at all. \"shisactl why\" tells what "
                + "was chosen and why, and \"shisactl use\" names an uplink by hand.",
            "Registrations are authenticated with the key that the configuration file names (RFC 4285).",
        ],
        signals: "SIGTERM takes the registration back and ends it. SIGHUP reads the configuration file again.",
        seeAlso: ["babymdd(8)", "nemonetd(8)", "shisaconf(8)", "shisactl(8)", "shisahooks(8)", "shisamodem(8)"])

    /// The movement detector.
    public static let babymdd = daemon(
        "babymdd", summary: "the movement detector of Shisa",
        description: [
            "babymdd watches the uplinks that the configuration file names: carrier, addresses, routers. It tells "
                + "everybody on the mobility socket what changed."
        ],
        signals: "SIGTERM ends it. SIGHUP reads the configuration file again.",
        seeAlso: ["mrd(8)", "nemonetd(8)", "shisactl(8)"])

    static func daemon(
        _ name: String, summary: String, description: [String], signals: String, seeAlso: [String]
    ) -> ProgramDescription {
        ProgramDescription(
            name: name, summary: summary,
            description: description + [
                "The program stays in the foreground. It writes to standard error, and to the system's log where there is "
                    + "one. \(signals) A file with an error changes nothing: the program keeps what it had."
            ],
            options: [
                ProgramOption(
                    "config", letter: "c", argument: "FILE", fallback: ShisaSettings.defaultPath,
                    "The configuration file."),
                ProgramOption(
                    "socket", letter: "s", argument: "PATH", fallback: DaemonOptions.defaultSocket,
                    "The mobility socket."),
                ProgramOption(
                    "check", "Check the configuration file, tell what is wrong with it, and end with status 0 or 78."),
                ProgramOption(
                    "log-level", letter: "l", argument: "LEVEL", fallback: "info",
                    "How important a message must be to be written: "
                        + DaemonOptions.logLevels.joined(separator: ", ") + "."),
                ProgramOption(
                    "user", letter: "u", argument: "NAME",
                    "Run under this account, with no more privileges than needed, once everything is set up."),
                .help, .version,
            ],
            files: [
                Note(ShisaSettings.defaultPath, "The configuration file; see shisa.conf(5)."),
                Note(DaemonOptions.defaultSocket, "The mobility socket."),
            ],
            exitStatuses: [
                Note("0", "The program was told to end, or --check found nothing wrong."),
                Note("64", "The command line is wrong."),
                Note("69", "Something that it needs is not there."),
                Note("71", "The operating system refused something."),
                Note("77", "A privilege is missing."),
                Note("78", "The configuration file is wrong."),
            ],
            examples: [
                Note("\(name) --check", "Look the configuration file over."),
                Note("\(name) --config test.conf --log-level debug", "Run with another file, and say much."),
            ],
            seeAlso: seeAlso + ["shisa.conf(5)"])
    }
}
