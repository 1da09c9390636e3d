import Settings

extension ProgramDescription {
    /// What connects modems.
    public static let shisamodem: ProgramDescription = {
        var program = daemon(
            "shisamodem", summary: "connects the modems of Shisa's uplinks",
            description: [
                "shisamodem unlocks the SIM card, attaches to the network and connects, for each uplink of the type cellular that "
                    + "has an apn. It watches the connection, makes it anew when it is gone, and tells the signal.",
                "Where mrd's probes by this uplink have no answer for five minutes, it connects anew; five minutes later it has "
                    + "the modem start again; and from then on, more and more seldom, it takes the modem's power away for a "
                    + "moment as far as the USB port lets it. Where nobody probes, it does so when nothing comes in although "
                    + "something is sent.",
                "It runs qmicli, mbimcli, or chat and pppd, as the modem wants. It needs to be root for the sake of their files, and "
                    + "keeps no privilege but CAP_NET_ADMIN. When it ends, modems stay connected; where the apn, user or password of one "
                    + "changes while it runs, or goes, it is disconnected first.",
                "Only IPv6 is asked for. Addresses come by router advertisement, as the network sends it to every modem.",
            ],
            signals: "SIGTERM ends it. SIGHUP reads the configuration file again.",
            seeAlso: ["babymdd(8)", "mrd(8)", "nemonetd(8)"])
        program.options.removeAll { $0.name == "user" }
        program.options.insert(
            ProgramOption(
                "state", argument: "FOLDER", fallback: "/var/lib/shisamodem",
                "Where it remembers how often a PIN was entered, and which was wrong."), at: 1)
        program.files = [
            Note(ShisaSettings.defaultPath, "The configuration file; see shisa.conf(5)."),
            Note(
                "\(CellularSettings.reportFolder)/INTERFACE",
                "How the modem is, as lines of a key and a value: state, signal (dBm), technology, operator, detail. babymdd reads "
                    + "it, and shisactl uplinks shows it."),
            Note("/run/shisamodem/private", "What the programs that it runs need, with secrets, for root alone."),
        ]
        return program
    }()
}
