extension SettingReference {
    /// What return routability authorizes at most (RFC 6275 §12).
    private static let correspondentLifetimes: ClosedRange<Int64> = 4...420

    /// The mobile side.
    static let routeOptimizationSettings: [SettingReference] = [
        .init(
            "policy.route_optimization", .group, .optional,
            "With whom a mobile host talks without the way over its home agent (RFC 6275, section 11.7.2). Networks of a "
                + "mobile router always take that way: mrd refuses this group."),
        .init(
            "policy.route_optimization.enabled", .flag, .defaultsTo("true"), example: "true",
            "False sends everything through the home agent."),
        .init(
            "policy.route_optimization.never", .prefixes, .optional, example: "[ \"2001:db8:66::/48\" ]",
            "Peers in these are never told where the node is. \"shisactl routes never\" adds to it until mnd ends."),
        .init(
            "policy.route_optimization.acknowledge", .flag, .defaultsTo("true"), example: "true",
            "Whether a peer is asked to acknowledge. False uses a direct route as soon as the peer was told of it."),
        .init(
            "policy.route_optimization.lifetime", .seconds(correspondentLifetimes),
            .defaultsTo("\(RouteOptimizationSettings.defaultLifetime)"), example: "420",
            "The lifetime that a peer is asked for."),
        .init(
            "policy.route_optimization.peers", .integer(1...4096),
            .defaultsTo("\(RouteOptimizationSettings.defaultPeers)"), example: "256",
            "With how many peers at once. Further ones are reached through the home agent."),
    ]

    /// The other side.
    static let correspondentSettings: [SettingReference] = [
        .init(
            "correspondent", .group, .optional,
            "Lets mobile nodes send to this one, and receive from it, without the way over their home agent. It goes beside "
                + "home or home_agent, or alone."),
        .init(
            "correspondent.addresses", .addresses, .optional, example: "[ \"2001:db8:c::c\" ]",
            "The addresses of this node for which this holds. Left out, it holds for all that the machine has. At a mobile "
                + "host, name its home address."),
        .init(
            "correspondent.prohibited", .prefixes, .optional, example: "[ \"2001:db8:66::/48\" ]",
            "No home or care-of address in these is accepted: such nodes are refused with status 129 and stay reachable "
                + "through their home agent."),
        .init(
            "correspondent.nonce_interval", .seconds(1...120),
            .defaultsTo("\(CorrespondentSettings.defaultNonceInterval)"), example: "30",
            "How long one nonce makes tokens (RFC 6275, section 5.2.7)."),
        .init("correspondent.limits", .group, .optional, "What is granted at most."),
        .init(
            "correspondent.limits.lifetime", .seconds(correspondentLifetimes),
            .defaultsTo("\(CorrespondentSettings.Limits.defaultLifetime)"), example: "420",
            "The longest lifetime of a binding."),
        .init(
            "correspondent.limits.bindings", .integer(1...Int64(CorrespondentSettings.Limits.greatestBindings)),
            .defaultsTo("\(CorrespondentSettings.Limits.defaultBindings)"), example: "10000",
            "How many bindings there may be at once, with those that ended and must not be repeated yet. More are refused "
                + "with status 130."),
    ]
}
