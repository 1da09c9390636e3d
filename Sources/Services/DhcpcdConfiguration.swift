import Settings

/// What dhcpcd (9.4 or later) has to know to get addresses for an uplink by DHCPv6, and nothing else.
struct DhcpcdConfiguration: Hashable, Sendable {
    let interface: String

    /// The file.
    var text: String {
        let lines = [
            "# Made from shisa.conf by shisaconf; what is changed here is lost.",
            // Prefixes and routes of advertisements are the kernel's business.
            "ipv6only", "noipv6rs", "nogateway", "nodev",
            // Whoever has the resolvers and the name of this machine to set, it is nobody that an uplink tells.
            "script /bin/true",
            // It is known by the hardware of the link, so that nothing has to be kept.
            "duid ll",
            // Two messages where the server can, instead of four.
            "option rapid_commit",
            // An address is given back where it is no longer wanted.
            "nodelay", "release",
            "interface \(interface)", "ia_na",
        ]
        return lines.map { $0 + "\n" }.joined()
    }
}
