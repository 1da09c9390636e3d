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
                + "best of the uplinks that babymdd reports, and moves the registration when that one fails.",
            "Registrations are authenticated with the key that the configuration file names (RFC 4285).",
        ],
        signals: "SIGTERM takes the registration back and ends it. SIGHUP reads the configuration file again.",
        seeAlso: ["babymdd(8)", "nemonetd(8)", "shisactl(8)"])

    /// The mobile host.
    public static let mnd = daemon(
        "mnd", summary: "the mobile host of Shisa",
        description: [
            "mnd gives this machine a home address that stays the same wherever it is (RFC 6275). It registers the best of "
                + "the uplinks that babymdd reports with the home agent. nemonetd holds the home address and carries its "
                + "packets to the home agent and back; programs that do not choose an address themselves use it.",
            "On the home link nothing is tunnelled. For a machine with a network behind it there is mrd.",
            "With peers that can, it talks directly, without the way over the home agent (route optimisation); such a peer "
                + "learns where this host is. policy.route_optimization tells with whom not, and \"shisactl routes\" shows it.",
            "Registrations are authenticated with the key that the configuration file names (RFC 4285).",
        ],
        signals:
            "SIGTERM tells the peers, takes the registration back and ends it. SIGHUP reads the configuration file again.",
        seeAlso: ["babymdd(8)", "cnd(8)", "mrd(8)", "nemonetd(8)", "shisactl(8)"])

    /// The movement detector.
    public static let babymdd = daemon(
        "babymdd", summary: "the movement detector of Shisa",
        description: [
            "babymdd watches the uplinks that the configuration file names: carrier, addresses, routers. It tells "
                + "everybody on the mobility socket what changed."
        ],
        signals: "SIGTERM ends it. SIGHUP reads the configuration file again.",
        seeAlso: ["mrd(8)", "nemonetd(8)", "shisactl(8)"])

    /// The home agent.
    public static let had = daemon(
        "had", summary: "the home agent of Shisa",
        description: [
            "had answers the registrations of mobile routers and hosts (RFC 6275, RFC 3963) and tells nemonetd where to "
                + "forward the packets for them. It accepts only nodes that the configuration file names, each for its "
                + "own home address and prefixes.",
            "Registrations are authenticated with the key of the node (RFC 4285), unless the file says insecure = true "
                + "for it.",
            "Bindings outlive the program and the machine in the file home_agent.state. On a home link (home_agent.link) "
                + "had looks for duplicates of home addresses, knows the other home agents, and answers those who look "
                + "for one. \"shisactl revoke\" and \"shisactl switch\" end bindings and send nodes elsewhere.",
        ],
        signals:
            "SIGTERM takes the bindings back from nemonetd and ends it; the state file keeps them. SIGHUP reads the configuration file again.",
        seeAlso: ["nemonetd(8)", "shisactl(8)"])

    /// The correspondent.
    public static let cnd = daemon(
        "cnd", summary: "the correspondent node of Shisa",
        description: [
            "cnd lets mobile nodes send to this machine, and receive from it, without the way over their home agent (RFC "
                + "6275, section 9). It answers their tests (return routability), keeps what they bind, and tells nemonetd, "
                + "which sends and receives by that. Applications see the home address of a mobile node only.",
            "A node shows that it is at its home address and at its present one; there are no keys to set up. cnd runs "
                + "beside had, or beside mnd, on one machine as well.",
        ],
        signals:
            "SIGTERM ends it and leaves the bindings to nemonetd until they end, within seven minutes, so that nobody sends to where no one answers. SIGHUP reads the configuration file again.",
        seeAlso: ["had(8)", "mnd(8)", "nemonetd(8)", "shisactl(8)"])

    private static func daemon(
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
