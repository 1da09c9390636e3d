extension SettingReference {
    static let homeAgentSettings: [SettingReference] = [
        .init("home_agent", .group, .optional, "Makes the node a home agent."),
        .init(
            "home_agent.addresses", .addresses, .required, example: "[ \"2001:db8:1::1\" ]",
            "The addresses of the home agent; the first answers for all."),
        .init(
            "home_agent.prefixes", .prefixes, .required, example: "[ \"2001:db8:1::/64\" ]",
            "The home prefixes: home addresses are taken from these."),
        .init(
            "home_agent.link", .interface, .optional, example: "\"home0\"",
            "The interface of the home link. Duplicates of a home address are looked for there before its first "
                + "registration, packets for nodes that are away are drawn to the home agent by proxy neighbour discovery, "
                + "and other home agents are learned from their router advertisements. Left out, the home network is a "
                + "virtual one, on no link."),
        .init(
            "home_agent.state", .string, .defaultsTo("\"\(HomeAgentSettings.defaultState)\""),
            example: "\"/var/lib/shisa/had.state\"",
            "The file in which bindings outlive a restart and a loss of power. had has to be allowed to write in its folder. "
                + "A relative path starts from the folder of the file that it is written in; \"\" keeps nothing."),
        .init(
            "home_agent.preference", .integer(0...65_535), .defaultsTo("0"), example: "10",
            "How this home agent ranks among those of its link in the answers of Dynamic Home Agent Address Discovery; the "
                + "highest is named first."),
        .init("home_agent.nodes", .groups, .optional, "The nodes that may register."),
        .init(
            "home_agent.nodes.address", .address, .required, example: "\"2001:db8:1::100\"",
            "The home address of the node, in one of home_agent.prefixes."),
        .init(
            "home_agent.nodes.prefixes", .prefixes, .optional, example: "[ \"2001:db8:10::/60\" ]",
            "The mobile network prefixes that the node may register. None makes it a host. Prefixes of two nodes may "
                + "not overlap."),
        .init(
            "home_agent.nodes.name", .string, .optional, example: "\"bus-17\"",
            "What shisactl calls the node."),
        .init(
            "home_agent.nodes.authentication", .group, .optional,
            "The secret that is shared with the node (RFC 4285). Required unless insecure is true."),
        .init(
            "home_agent.nodes.authentication.spi", .integer(Int64(AuthenticationSettings.firstSPI)...4_294_967_295),
            .required, example: "256",
            "The security parameter index; the same number at the node."),
        .init(
            "home_agent.nodes.authentication.key", .key, .required, example: "\"file:keys/bus-17.key\"",
            "The key, as in home.authentication.key."),
        .init(
            "home_agent.nodes.insecure", .flag, .defaultsTo("false"), example: "false",
            "True accepts registrations of this home address from anybody. For tests; had logs a warning at every "
                + "start."),
        .init(
            "home_agent.nodes_dir", .folder, .optional, example: "\"nodes.d\"",
            "A folder of files whose names end in .conf. Each holds what stands between the braces of one of nodes, or "
                + "nodes = ( … ); with any number of them. A relative path starts from the folder of the file that it is written in."
        ),
        .init(
            "home_agent.nodes.lifetime", .seconds(lifetimes), .optional, example: "600",
            "The longest lifetime of this node's binding, where it is shorter than home_agent.limits.lifetime."),
        .init(
            "home_agent.nodes.prohibited", .flag, .defaultsTo("false"), example: "false",
            "True locks the node out: its registrations are refused with status 129."),
        .init(
            "home_agent.multiple", .group, .optional,
            "What nodes with several care-of addresses may do (RFC 5648, RFC 6089)."),
        .init(
            "home_agent.multiple.allowed", .flag, .defaultsTo("true"), example: "true",
            "Whether a node may have several bindings at all."),
        .init(
            "home_agent.multiple.bulk", .flag, .defaultsTo("true"), example: "true",
            "Whether one Binding Update may register several care-of addresses. The home agent cannot tell whether the node "
                + "is at all of them; turn it off where the nodes are not trusted with that."),
        .init(
            "home_agent.multiple.bindings", .integer(1...64),
            .defaultsTo("\(HomeAgentSettings.Multiple.defaultBindings)"), example: "8",
            "How many bindings one node may have."),
        .init(
            "home_agent.multiple.flows", .integer(0...255), .defaultsTo("\(HomeAgentSettings.Multiple.defaultFlows)"),
            example: "32",
            "How many flow bindings one node may have."),
        .init(
            "home_agent.prefix_discovery", .group, .optional,
            "Mobile Prefix Solicitations and Advertisements, which tell nodes the prefixes of their home (RFC 6275 §10.6)."
        ),
        .init(
            "home_agent.prefix_discovery.enabled", .flag, .defaultsTo("true"), example: "true",
            "Whether advertisements are sent at all."),
        .init(
            "home_agent.prefix_discovery.insecure", .flag, .defaultsTo("false"), example: "false",
            "True also answers what IPsec does not protect, and only at the registered care-of address. Without it, and "
                + "without IPsec, there is no prefix discovery (RFC 4285 §2)."),
        .init(
            "home_agent.prefix_discovery.least_interval", .seconds(1...86_400),
            .defaultsTo("\(HomeAgentSettings.PrefixDiscovery.defaultLeastInterval)"), example: "600",
            "The shortest time before an unsolicited advertisement (MinMobPfxAdvInterval)."),
        .init(
            "home_agent.prefix_discovery.greatest_interval", .seconds(1...604_800),
            .defaultsTo("\(HomeAgentSettings.PrefixDiscovery.defaultGreatestInterval)"), example: "86400",
            "The longest time before an unsolicited advertisement (MaxMobPfxAdvInterval)."),
        .init(
            "home_agent.prefix_discovery.valid_lifetime", .seconds(1...4_294_967_295),
            .defaultsTo("\(HomeAgentSettings.PrefixDiscovery.defaultValidLifetime)"), example: "2592000",
            "How long the home prefixes are valid, as they are advertised."),
        .init(
            "home_agent.prefix_discovery.preferred_lifetime", .seconds(1...4_294_967_295),
            .defaultsTo("\(HomeAgentSettings.PrefixDiscovery.defaultPreferredLifetime)"), example: "604800",
            "How long addresses of the home prefixes are preferred; not longer than valid_lifetime."),
        .init("home_agent.limits", .group, .optional, "What the home agent grants at most."),
        .init(
            "home_agent.limits.lifetime", .seconds(lifetimes),
            .defaultsTo("\(HomeAgentSettings.Limits.defaultLifetime)"), example: "3600",
            "The longest lifetime of a binding."),
        .init(
            "home_agent.limits.bindings", .integer(1...1_000_000),
            .defaultsTo("\(HomeAgentSettings.Limits.defaultBindings)"), example: "100000",
            "How many bindings there may be at once."),
        .init(
            "home_agent.limits.refresh_advice", .seconds(lifetimes), .optional, example: "300",
            "Advises nodes to refresh their bindings after this time, where it is shorter than the lifetime. Holds only "
                + "with state = \"\": bindings that outlive a restart need no advice (RFC 6275 §10.3.1)."),
    ]
}
