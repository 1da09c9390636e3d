import MobilityWire

extension SettingReference {
    static let policySettings: [SettingReference] = [
        .init("policy", .group, .optional, "Which uplink carries what."),
        .init(
            "policy.strategy", .oneOf(PolicySettings.Strategy.allCases.map(\.rawValue)),
            .defaultsTo("\"\(PolicySettings.Strategy.failover.rawValue)\""), example: "\"failover\"",
            "\"failover\": of the uplinks that work the one of the lowest metric carries everything; \"fastest\": the one of the "
                + "best measured round trip and loss; \"balance\": all of them, each flow by one, in proportion to uplinks.weight. That "
                + "needs a home agent that takes several care-of addresses; with any other it is \"failover\"."),
        .init(
            "policy.hold_down", .time(0...3_600_000), .defaultsTo("2"), example: "\"2 s\"",
            "How long a better uplink has to work without a break before traffic goes back to it."),
        .init(
            "policy.last_resort", .oneOf(PolicySettings.LastResort.allCases.map(\.rawValue)),
            .defaultsTo("\"\(PolicySettings.LastResort.use.rawValue)\""), example: "\"use\"",
            "What carries the traffic while the probes of every uplink are unanswered: \"use\" keeps the one in use, for it "
                + "may be the target that is down; \"none\" sends nothing."),
        .init(
            "policy.state", .string, .defaultsTo("\"\(PolicySettings.defaultState)\""),
            example: "\"\(PolicySettings.defaultState)\"",
            "The file in which what uplinks with a monthly_limit have used outlives a restart and a loss of power. mrd or mnd "
                + "has to be allowed to write in its folder. A relative path starts from the folder of the file that it is "
                + "written in; \"\" keeps nothing."),
        .init(
            "policy.probe", .group, .optional,
            "How the way to the home agent is watched over every uplink. Names and meanings are those of OpenWrt's mwan3."
        ),
        .init(
            "policy.probe.enabled", .flag, .defaultsTo("true"), example: "true",
            "False probes nothing: an uplink is judged by carrier, address and router alone."),
        .init(
            "policy.probe.targets", .addresses, .optional, example: "[ \"2001:db8:f::1\" ]",
            "Further addresses to be probed. With the home agents in use there may be \(ProbeSettings.targetLimit)."),
        .init(
            "policy.probe.interval", .time(100...3_600_000), .defaultsTo("1"), example: "1.0",
            "Between two probes of a target while all is well."),
        .init(
            "policy.probe.failure_interval", .time(50...60_000), .defaultsTo("0.2"), example: "0.2",
            "The same while something is wrong, or the uplink is not known yet."),
        .init(
            "policy.probe.timeout", .time(100...60_000), .defaultsTo("2"), example: "2.0",
            "How long a probe may take at most. Three round trips as they were measured are enough where that is less, but not "
                + "less than 0.2 s; before the first answer a second is."),
        .init(
            "policy.probe.down", .integer(1...100), .defaultsTo("3"), example: "3",
            "Probes in a row without an answer after which a target is lost. Traffic without an answer counts as the first."
        ),
        .init(
            "policy.probe.up", .integer(1...100), .defaultsTo("5"), example: "5",
            "Answers in a row after which it is reached."),
        .init(
            "policy.probe.reliability", .integer(1...8), .defaultsTo("1"), example: "1",
            "How many targets have to be reached for the uplink to be up."),
        .init(
            "policy.probe.failure_latency", .time(1...60_000), .defaultsTo("1"), example: "\"1 s\"",
            "The smoothed round trip from which on an uplink is bad: a good one is preferred whatever the metric."),
        .init(
            "policy.probe.recovery_latency", .time(1...60_000), .defaultsTo("0.5"), example: "\"500 ms\"",
            "And below which it is good again."),
        .init(
            "policy.probe.failure_loss", .integer(1...100), .defaultsTo("40"), example: "40",
            "Percent of the last 20 probes without an answer from which on an uplink is bad."),
        .init(
            "policy.probe.recovery_loss", .integer(0...99), .defaultsTo("10"), example: "10",
            "And below which it is good again."),
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
            "policy.flows.match.dscp", .codePoints, .optional, example: "\"af41-af43\"",
            "The differentiated services code point, or the first and the last of several. The names are df, le, cs0 to cs7, "
                + "af11 to af43, va and ef."),
        .init(
            "policy.flows.match.ingress", .interface, .optional, example: "\"lan0\"",
            "The interface, one of ingress, behind which the host is."),
        .init(
            "policy.flows.via", .uplinks, .required, example: "[ \"eth0\" ]",
            "The uplinks that may carry the flow, best first."),
        .init(
            "policy.flows.otherwise", .oneOf(FlowFallback.allCases.map(\.rawValue)),
            .defaultsTo("\"\(FlowFallback.any.rawValue)\""), example: "\"drop\"",
            "What becomes of the flow while none of them works: \"any\" sends it with the rest; \"drop\" drops what goes out, "
                + "and what the home agent sends by another uplink all the same; \"wait\" holds back what goes out, 256 KiB "
                + "and 5 s at most, and takes what comes in."),
    ]
}
