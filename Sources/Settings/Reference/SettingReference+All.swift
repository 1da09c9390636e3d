extension SettingReference {
    /// Every name that this version knows, groups before their members.
    public static let all: [SettingReference] =
        nodeSettings + furtherHomes + wirelessSettings + policySettings + routeOptimizationSettings + engineSettings
        + homeAgentSettings
        + correspondentSettings

    /// The names that may stand in a group; the empty path is the outermost.
    static func names(in group: String) -> [String] { all.filter { $0.group == group }.map(\.name) }

    /// The same with their rows.
    static func rows(in group: String) -> [String: SettingReference] { rowsByGroup[group] ?? [:] }

    /// Made once: each of a million nodes asks for them.
    private static let rowsByGroup = Dictionary(grouping: all, by: \.group).mapValues { rows in
        Dictionary(rows.map { ($0.name, $0) }) { first, _ in first }
    }

    /// RFC 6275 §6.1.7 carries lifetimes as 16 bits of 4 seconds.
    static let lifetimes: ClosedRange<Int64> = 4...262_140

    private static let nodeSettings: [SettingReference] = [
        .init(
            "home", .group, .optional,
            "Makes the node a mobile router, or without prefixes a mobile host: where and how it registers."),
        .init(
            "home.agent", .homeAgent, .required, example: "\"2001:db8:1::1\"",
            "The address of the home agent. \"discover\" asks the home network for it (RFC 6275, section 11.4.1)."),
        .init(
            "home.agents", .addresses, .optional, example: "[ \"2001:db8:1::2\" ]",
            "Further home agents, best first, for when the first does not answer or refuses. As soon as the first is back "
                + "for good, it is returned to."),
        .init(
            "home.address", .addressWithLength, .required, example: "\"2001:db8:1::100/64\"",
            "The home address of the mobile node, with the prefix length of the home link. An uplink with an address of "
                + "the home link is at home: nothing is tunnelled then."),
        .init(
            "home.prefixes", .prefixes, .optional, example: "[ \"2001:db8:10::/60\" ]",
            "The mobile network prefixes, which stay with the router wherever it is. They may not overlap. Without any the "
                + "node is a mobile host, which mnd serves and not mrd."),
        .init(
            "home.mode", .oneOf(NetworkMode.allCases.map(\.rawValue)),
            .defaultsTo("\"\(NetworkMode.explicit.rawValue)\""), example: "\"explicit\"",
            "How the home agent learns the prefixes: \"explicit\" names them in every Binding Update, \"implicit\" "
                + "leaves them to the configuration of the home agent (RFC 3963)."),
        .init(
            "home.lifetime", .seconds(lifetimes), .defaultsTo("\(HomeSettings.defaultLifetime)"), example: "600",
            "The lifetime that a registration asks for. The home agent may grant less. The protocol carries multiples "
                + "of 4 seconds; what is between is rounded down."),
        .init(
            "home.prefix_discovery", .flag, .defaultsTo("false"), example: "false",
            "True asks the home agent for the prefixes of the home link (RFC 6275, section 11.4.2), and registers a "
                + "second home address when a new one comes up. The answers are not authenticated: they may announce "
                + "prefixes, and leave the present one two hours at least."),
        .init(
            "home.authentication", .group, .optional,
            "The secret that this node shares with its home agent (RFC 4285). Required unless insecure is true."),
        .init(
            "home.authentication.spi", .integer(Int64(AuthenticationSettings.firstSPI)...4_294_967_295), .required,
            example: "256",
            "The security parameter index; the same number at the home agent."),
        .init(
            "home.authentication.key", .key, .required, example: "\"file:keys/home.key\"",
            "The key, 16 octets. A relative path starts from the folder of the file that it is written in. A file with a "
                + "key in it, this one or the key's own, is refused where everybody may read it."),
        .init(
            "home.insecure", .flag, .defaultsTo("false"), example: "false",
            "True registers without authentication: anybody on the path can then take the prefixes over. For tests."),
        .init(
            "homes", .groups, .optional,
            "Several home addresses: a list of groups with the members of home, beside home or in place of it. Prefixes of "
                + "two may not overlap."),

        .init(
            "uplinks", .groups, .optional,
            "The interfaces towards the Internet. Required with home, at least one."),
        .init(
            "uplinks.interface", .interface, .required, example: "\"eth0\"",
            "The name of the interface. It need not exist yet."),
        .init(
            "uplinks.type", .oneOf(UplinkSettings.Kind.allCases.map(\.rawValue)),
            .defaultsTo("\"\(UplinkSettings.Kind.ethernet.rawValue)\""), example: "\"wlan\"",
            "What kind of link it is."),
        .init(
            "uplinks.metric", .integer(0...4_294_967_295), .defaultsTo("\(UplinkSettings.defaultMetric)"),
            example: "10",
            "Of the uplinks that work, the one of the lowest metric carries the traffic; of equal ones the first."
        ),
        .init(
            "uplinks.weight", .integer(0...1000), .defaultsTo("\(UplinkSettings.defaultWeight)"),
            example: "3",
            "With the strategy \"balance\": how many of the flows it carries in relation to the others. With 0 it stands by."
        ),
        .init(
            "uplinks.dhcpv6", .flag, .defaultsTo("true"), example: "false",
            "Whether addresses are asked for by DHCPv6 where the routers of the link say that they come that way (the flag M of "
                + "their advertisements). The board does it by dhcpcd, see shisaconf(8); everywhere else others do, and this "
                + "changes nothing."),
        .init(
            "uplinks.metered", .flag, .defaultsTo("false"), example: "true",
            "True where octets cost something: the link is probed no more than probe_limit allows, and answered traffic "
                + "takes the place of probes."),
        .init(
            "uplinks.probe_limit", .octets(1000...1_000_000_000_000), .optional, example: "\"1 MB\"",
            "What probes of this uplink may cost in a day. Where it is left out a metered uplink has 1 MB, and any other no "
                + "limit."),
        .init(
            "uplinks.monthly_limit", .octets(1000...1_000_000_000_000_000), .optional, example: "\"20 GB\"",
            "What a month includes, in and out together as the interface counts it. An uplink that has reached it is used "
                + "only when nothing else works; at 80 % an event warns. What was used outlives a restart, see policy.state."
        ),
        .init(
            "uplinks.billing_day", .integer(1...31), .defaultsTo("1"), example: "12",
            "With monthly_limit: the day on which the month begins, by the clock of the machine once the kernel knows that to be "
                + "right; in a shorter month its last day. Before that the old month goes on."),
        .init(
            "uplinks.signal_weak", .integer(-140 ... -20), .optional, example: "-80",
            "The received power in dBm, RSSI of WLAN and RSRP of LTE and 5G, below which the signal is a warning: the link is "
                + "probed faster, and another that works as well carries the traffic. Left out, 6 below signal_good, and without "
                + "that -78 for a WLAN and -112 for a modem."),
        .init(
            "uplinks.signal_good", .integer(-140 ... -20), .optional, example: "-74",
            "The received power in dBm from which on the signal is no warning any more. Left out, 6 above signal_weak."),
        .init(
            "uplinks.schedule", .schedule, .optional, example: "[ \"Mo-Fr 08:00-18:00\", \"Sa,Su 22:00-06:00\" ]",
            "When the uplink may be used, by the local time; at any other time it rests, unless it is named by hand. Days are Mo, "
                + "Tu, We, Th, Fr, Sa and Su, and are those on which a time begins; without them it is every day. A time whose "
                + "end is not behind its beginning ends on the next day. For as long as the kernel does not know the clock to be right, the uplink may be used."
        ),
        .init(
            "uplinks.apn", .string, .optional, example: "\"internet\"",
            "With type = \"cellular\": the access point name to connect with; shisamodem does it. Left out, others set the "
                + "modem up, or it does so itself, as many do that look like a network card."),
        .init(
            "uplinks.pin", .secret, .optional, example: "\"file:keys/modem.pin\"",
            "The PIN of the SIM card. It is entered only while the card has all its tries, or once where the modem tells none; "
                + "and no more after it was wrong, or was entered twice and nothing came of it. A file with it, this one or "
                + "its own, is refused where everybody may read it."),
        .init(
            "uplinks.user", .string, .optional, example: "\"web\"",
            "The name to connect under, if the operator wants one."),
        .init(
            "uplinks.password", .secret, .optional, example: "\"file:keys/modem.password\"",
            "The password that belongs to user."),
        .init(
            "uplinks.device", .string, .optional, example: "\"1-1.3:1.2\"",
            "The serial line of a modem that is dialled with AT commands and PPP; the interface is made when it has connected. "
                + "Either its file, such as \"/dev/ttyUSB2\", whose number depends on who was there first, or its place: the USB "
                + "interface, as the kernel's messages name it. Left out, the modem is the one behind the interface, and speaks "
                + "QMI or MBIM."),

        .init(
            "ingress", .groups, .optional,
            "The interfaces towards the mobile network. Required with home.prefixes; an empty list ( ) leaves them to you."
        ),
        .init(
            "ingress.interface", .interface, .required, example: "\"lan0\"",
            "The name of the interface. It may not be an uplink at the same time."),
        .init(
            "ingress.prefix", .prefix, .optional, example: "\"2001:db8:10::/64\"",
            "The prefix of this link, inside one of home.prefixes; left out, the first /64 of these that no other link has. "
                + "The router takes the first address of it."),
        .init(
            "ingress.autoconfiguration", .oneOf(IngressSettings.Autoconfiguration.allCases.map(\.rawValue)), .optional,
            example: "\"slaac\"",
            "How the hosts on this link get their addresses. \"slaac\": from the prefix, which the router advertises; \"dhcpv6\": "
                + "the router gives them out; \"off\": the router advertises nothing. Left out, \"slaac\" where the prefix has 64 "
                + "bits, which the first two take, otherwise \"off\". dnsmasq does it, see shisaconf(8)."),
        .init(
            "ingress.mtu", .integer(1280...65_535), .defaultsTo("\(IngressSettings.defaultMTU)"),
            example: "\(IngressSettings.defaultMTU)",
            "The MTU that the hosts on this link are told, so that what they send goes through the tunnel in one piece: 40 "
                + "octets less than the narrowest way to the home agent takes. 1280 fits any way."),

        .init(
            "dns", .group, .optional,
            "Makes the mobile router answer its hosts' questions for names, and tell them that it does. Without it hosts have "
                + "to be told otherwise whom to ask. dnsmasq does it, see shisaconf(8)."),
        .init(
            "dns.servers", .addresses, .required, example: "[ \"2001:db8:c::53\" ]",
            "The resolvers that the router asks, through the tunnel: whichever uplink works, they see the home address of the "
                + "router. There is no default, for whom a network tells what it looks for is not ours to choose: name those "
                + "of whoever runs the home agent, or public ones."),
        .init(
            "dns.domain", .string, .optional, example: "\"bus-17.example\"",
            "The domain that hosts complete short names with. Names in it are answered from what hosts said of themselves by "
                + "DHCPv6, and asked of nobody."),

        .init(
            "time", .group, .optional,
            "Sets the clock of the board by time servers (NTP). Without it the board does not know the time: a month of "
                + "monthly_limit goes on until it is known, and a schedule has no effect. chronyd does it, see shisaconf(8)."
        ),
        .init(
            "time.servers", .addresses, .required, example: "[ \"2001:db8:c::123\" ]",
            "The servers that are asked, through the tunnel: they see the home address, and hear the same client whichever uplink "
                + "works. There is no default, for where a network tells the time from is not ours to choose: name those of "
                + "whoever runs the home agent, or public ones, three or more where one may be wrong."),
    ]

    private static let engineSettings: [SettingReference] = [
        .init("engine", .group, .optional, "How nemonetd forwards packets."),
        .init(
            "engine.plane", .oneOf(EngineSettings.Plane.allCases.map(\.rawValue)),
            .defaultsTo("\"\(EngineSettings.Plane.auto.rawValue)\""), example: "\"auto\"",
            "\"engine\" forwards in user space, and carries everything. \"kernel\" has the kernel forward by tunnels of its own, "
                + "whose packets never reach user space; while anything is asked for that these cannot carry, the engine "
                + "forwards all, and shisactl status says why: design.md has which. \"auto\" takes the plane that carries "
                + "everything, the engine."),
        .init(
            "engine.device", .interface, .defaultsTo("\"\(EngineSettings.defaultDevice)\""), example: "\"shisa0\"",
            "The name of the TUN device that nemonetd makes."),
        .init(
            "engine.clamp_mss", .oneOf(EngineSettings.Clamp.allCases.map(\.rawValue)),
            .defaultsTo("\"\(EngineSettings.Clamp.auto.rawValue)\""), example: "\"on\"",
            "Whether the segment size (MSS) that TCP connections through the tunnel begin with is lowered, in both directions, to "
                + "what fits the tunnel's way: its MTU less 60. Hosts learn that from Packet Too Big; peers behind firewalls that "
                + "discard it do not, and stand still after their first long packet. \"auto\" lowers it for peers that speak "
                + "IPv4 behind a translator, whose addresses begin with 64:ff9b::/96, 64:ff9b:1::/48 or 2002::/16, \"on\" for "
                + "all. Either end's setting does for both. What the way takes later, when it becomes narrower, no connection hears."
        ),
        .init(
            "engine.workers", .integer(1...Int64(EngineSettings.greatestWorkers)), .optional, example: "4",
            "How many threads forward in each direction. Without it there are as many as processors, half of them for each "
                + "direction, at least one and at most \(EngineSettings.greatestWorkers). The packets of a flow go by one of them, so "
                + "more help only where there are several flows."
        ),
    ]

    /// The members of `homes`, which are those of `home`.
    private static let furtherHomes = nodeSettings.filter { $0.path.hasPrefix("home.") }.map { row in
        SettingReference(
            "homes." + row.path.dropFirst("home.".count), row.kind, row.presence,
            example: furtherExamples[row.path] ?? row.example, "As \(row.path).")
    }

    /// What cannot be the same twice in a file.
    private static let furtherExamples = [
        "home.address": "\"2001:db8:1::101/64\"", "home.prefixes": "[ \"2001:db8:20::/60\" ]",
    ]
}
