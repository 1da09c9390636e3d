extension SettingReference {
    /// Every name that this version knows, groups before their members.
    public static let all: [SettingReference] =
        nodeSettings + furtherHomes + routeOptimizationSettings + homeAgentSettings + correspondentSettings

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
            "home.authentication.key", .key, .required, example: "\"file:/data/keys/home.key\"",
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
            "What kind of link it is, as it is shown."),
        .init(
            "uplinks.metric", .integer(0...4_294_967_295), .defaultsTo("\(UplinkSettings.defaultMetric)"),
            example: "10",
            "Of the uplinks that work, the one of the lowest metric carries the traffic; of equal ones the first."),

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

        .init("policy", .group, .optional, "Which uplink carries what."),
        .init(
            "policy.strategy", .oneOf(PolicySettings.Strategy.allCases.map(\.rawValue)),
            .defaultsTo("\"\(PolicySettings.Strategy.failover.rawValue)\""), example: "\"failover\"",
            "\"failover\": the best uplink that works carries everything."),
        .init(
            "policy.bindings", .oneOf(PolicySettings.Bindings.allCases.map(\.rawValue)),
            .defaultsTo("\"\(PolicySettings.Bindings.auto.rawValue)\""), example: "\"auto\"",
            "\"multiple\" registers the addresses of all uplinks that work (RFC 5648), so that the home agent knows the "
                + "next best way before it is needed; \"single\" only that of the best one; \"auto\" is \"multiple\" as soon "
                + "as two uplinks work. A home agent that serves one address only gets one."),
        .init(
            "policy.flows", .groups, .optional,
            "Packets that take another uplink than the best one, in both directions: the home agent is told (RFC 6089). Of "
                + "several flows that match the first counts. At most \(FlowSettings.limit)."),
        .init(
            "policy.flows.match", .group, .required, example: "{ protocol = \"udp\"; port = \"5060-5061\"; }",
            "Which packets belong to the flow: all that is named has to match. Fragments show no ports."),
        .init(
            "policy.flows.match.protocol", .nextHeader, .optional, example: "\"udp\"",
            "The protocol behind the extension headers."),
        .init(
            "policy.flows.match.port", .ports, .optional, example: "\"5060-5061\"",
            "The port, or first and last port, at the far end: the correspondent's."),
        .init(
            "policy.flows.match.local_port", .ports, .optional, example: "8080",
            "The same at this end: of a host behind the router, or of the mobile host."),
        .init(
            "policy.flows.match.address", .prefix, .optional, example: "\"2001:db8:c::/64\"",
            "Addresses of the far end."),
        .init(
            "policy.flows.match.local_address", .prefix, .optional, example: "\"2001:db8:10::10/128\"",
            "Addresses of this end."),
        .init(
            "policy.flows.match.dscp", .integer(0...63), .optional, example: "46",
            "The differentiated services code point."),
        .init(
            "policy.flows.via", .uplinks, .required, example: "[ \"eth0\" ]",
            "The uplinks that may carry the flow, best first. Where none of them works, the flow goes with the rest."),

        .init("engine", .group, .optional, "How nemonetd forwards packets."),
        .init(
            "engine.plane", .oneOf(EngineSettings.Plane.allCases.map(\.rawValue)),
            .defaultsTo("\"\(EngineSettings.Plane.auto.rawValue)\""), example: "\"auto\"",
            "\"engine\" forwards in user space; \"auto\" takes the best plane that this version and the kernel have."),
        .init(
            "engine.device", .interface, .defaultsTo("\"\(EngineSettings.defaultDevice)\""), example: "\"shisa0\"",
            "The name of the TUN device that nemonetd makes."),
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
