import Services
import Settings

extension ProgramDescription {
    /// What writes the configuration of other programs.
    public static let shisaconf = ProgramDescription(
        name: "shisaconf", summary: "writes what other programs need of Shisa's configuration",
        description: [
            "Some of what a node does, well-kept programs do that are not ours. shisaconf prints the configuration file of one "
                + "of them, as it follows from the configuration file of Shisa, so that there is one file to write. It starts "
                + "nothing and changes nothing.",
            "Where there is one of a program for each interface, the interface is named; without it those are printed for which "
                + "the program has something to do, one a line. What has a secret in it is for the owner of the keys.",
            "On the board, scripts run these programs with what shisaconf prints, and anew when it has changed after a SIGHUP.",
        ],
        options: [
            ProgramOption(
                "config", letter: "c", argument: "FILE", fallback: ShisaSettings.defaultPath, "The configuration file."),
            .help, .version,
        ],
        commands: Service.all.map { Command($0.name, arguments: $0.isPerInterface ? "[INTERFACE]" : "", $0.text) },
        files: [Note(ShisaSettings.defaultPath, "The configuration file; see shisa.conf(5).")],
        exitStatuses: [
            Note("0", "The configuration was printed."),
            Note("1", "By the configuration file, that program has nothing to do; standard error says why."),
            Note("64", "The command line is wrong."),
            Note("78", "The configuration file is wrong."),
        ],
        examples: [
            Note(
                "(umask 077; shisaconf wpa_supplicant wlan0 >/run/wlan0.conf)",
                "Have what \"wpa_supplicant -i wlan0 -c /run/wlan0.conf\" joins networks with."),
            Note(
                "text=$(shisaconf dnsmasq) && printf '%s\\n' \"$text\" >/etc/dnsmasq.d/shisa.conf",
                "Let dnsmasq serve the hosts of a mobile router; where there is an error its file stays as it is."),
        ],
        seeAlso: ["mrd(8)", "nemonetd(8)", "shisa.conf(5)"])
}
