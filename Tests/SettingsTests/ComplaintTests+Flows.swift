import Testing

@testable import Settings

/// Which uplinks flows take, and how they share them.
extension ComplaintTests {
    private static let codePoints =
        "should be a code point from 0 to 63 or its name such as \"ef\", \"cs5\" or \"af41\", or first and last such as "
        + "\"af11-af13\""

    /// A list of flows, and every complaint that it draws.
    static let flowRows: [(flows: String, complaints: [String])] = [
        (
            "{ match = { }; via = [ \"eth0\" ]; }",
            [
                "shisa.conf:9: policy.flows.match matches every packet, name at least one of protocol, port, "
                    + "local_port, address, local_address, dscp, ingress; which uplink carries the rest is a matter "
                    + "of uplinks.metric"
            ]
        ),
        (
            "{ match = { protocol = \"icmpv6\"; port = 7; }; via = [ \"eth0\" ]; }",
            [
                "shisa.conf:9: policy.flows.match.port is there for a protocol without ports, leave one of them out"
            ]
        ),
        (
            "{ match = { protocol = \"quic\"; }; via = [ \"eth0\" ]; }",
            [
                "shisa.conf:9: policy.flows.match.protocol is \"quic\", should be \"tcp\", \"udp\", \"esp\", "
                    + "\"icmpv6\", \"sctp\", or the number of a protocol from 0 to 255"
            ]
        ),
        (
            "{ match = { port = \"9-8\"; }; via = [ \"eth0\" ]; }",
            [
                "shisa.conf:9: policy.flows.match.port is \"9-8\", should be a port such as 5060, or several such as "
                    + "\"5060-5061\""
            ]
        ),
        (
            "{ match = { port = 0; }; via = [ \"eth0\", \"eth0\", \"eth9\" ]; }",
            [
                "shisa.conf:9: policy.flows.match.port is 0, should be a port such as 5060, or several such as "
                    + "\"5060-5061\"",
                "shisa.conf:9: policy.flows.via names \"eth0\" twice, name it once",
                "shisa.conf:9: policy.flows.via has \"eth9\", which is no uplink; uplinks are eth0, wlan0",
            ]
        ),
        (
            "{ match = { dscp = \"af13-af11\"; }; via = [ \"eth0\" ]; otherwise = \"reject\"; }",
            [
                "shisa.conf:9: policy.flows.match.dscp is \"af13-af11\", \(codePoints)",
                "shisa.conf:9: policy.flows.otherwise is \"reject\", should be \"any\" or \"drop\" or \"wait\"",
            ]
        ),
        (
            "{ match = { dscp = 64; }; via = [ \"eth0\" ]; }",
            ["shisa.conf:9: policy.flows.match.dscp is 64, \(codePoints)"]
        ),
        (
            "{ match = { dscp = \"10-64\"; }; via = [ \"eth0\" ]; }",
            ["shisa.conf:9: policy.flows.match.dscp is \"10-64\", \(codePoints)"]
        ),
        (
            "{ match = { port = 80; }; via = [ ]; }",
            ["shisa.conf:9: policy.flows.via is empty, should be a list of uplinks such as [ \"wwan0\", \"eth0\" ]"]
        ),
        (
            "{ match = { port = 80; }; }",
            ["shisa.conf:9: policy.flows has no via, add via = [ \"eth0\" ];"]
        ),
        (
            Array(repeating: "{ match = { port = 80; }; via = [ \"eth0\" ]; }", count: FlowSettings.limit + 1)
                .joined(separator: ","), ["shisa.conf:9: policy.flows has 17 flows, there may be 16"]
        ),
    ]

    @Test("Flows that cannot be meant are complained about", arguments: flowRows.indices)
    func flows(index: Int) throws {
        let row = Self.flowRows[index]
        #expect(try complaints(Sample.home + "policy = { flows = ( \(row.flows) ); };") == row.complaints)
    }

    @Test("Flows need several bindings")
    func flowsWithSingleBinding() throws {
        let policy = """
            policy = { bindings = "single"; flows = ( { match = { port = 80; }; via = [ "eth0" ]; } ); };
            """
        #expect(
            try complaints(Sample.home + policy) == [
                "shisa.conf:9: policy.flows needs several bindings, write bindings = \"auto\"; or leave the flows out"
            ])
    }

    @Test("Sharing needs several bindings")
    func balanceWithSingleBinding() throws {
        #expect(
            try complaints(Sample.home + "policy = { strategy = \"balance\"; bindings = \"single\"; };") == [
                "shisa.conf:9: policy.strategy is \"balance\", which needs several bindings, write bindings = \"auto\"; or "
                    + "strategy = \"failover\""
            ])
    }

    @Test("Of uplinks that share one has a weight")
    func balanceWithoutWeights() throws {
        let policy = "policy = { strategy = \"balance\"; };"
        let one = Sample.home.replacing("metric = 20", with: "weight = 0")
        #expect(try complaints(one + policy) == [])
        let none = one.replacing("\"eth0\"", with: "\"eth0\"; weight = 0")
        #expect(try complaints(none) == [])
        #expect(
            try complaints(none + policy) == [
                "shisa.conf:9: policy.strategy is \"balance\", and every uplink has weight = 0, with which it stands by; give "
                    + "one another weight, or leave weight out"
            ])
    }

    @Test("A flow begins and ends where this end has addresses, unless these may change")
    func flowsOfOthers() throws {
        func found(_ address: String, _ home: String = Sample.home) throws -> [String] {
            try complaints(
                home + "policy = { flows = ( { match = { local_address = \"\(address)\"; }; via = [ \"eth0\" ]; } ); };"
            )
        }
        for own in ["2001:db8:1::100/128", "2001:db8:10:f::/64", "2001:db8::/32"] { #expect(try found(own) == []) }
        #expect(
            try found("2001:db8:20::/64") == [
                "shisa.conf:9: policy.flows.match.local_address has 2001:db8:20::/64, which no host of this end has; its "
                    + "addresses are 2001:db8:1::100/128, 2001:db8:10::/60"
            ])
        let changing = Sample.home.replacing("agent =", with: "prefix_discovery = true; agent =")
        #expect(try found("2001:db8:20::/64", changing) == [])
    }
}
