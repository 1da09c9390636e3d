import Testing

@testable import Settings

/// How uplinks are watched.
extension ComplaintTests {
    static let probeRows: [Row] = [
        Row(
            "", "interval = 0.01;",
            "shisa.conf:9: policy.probe.interval is 0.01, should be a time from 100 ms to 1 h: seconds such as 1.5, or with "
                + "a unit such as \"500 ms\""),
        Row(
            "", "interval = \"2 weeks\";",
            "shisa.conf:9: policy.probe.interval is \"2 weeks\", should be a time from 100 ms to 1 h: seconds such as 1.5, or "
                + "with a unit such as \"500 ms\""),
        Row(
            "", "targets = [ \(targets(8)) ];",
            "shisa.conf:9: policy.probe.targets has 8 addresses, there may be 7 besides the home agent; leave some out"),
        Row(
            "", "interval = 0.2; failure_interval = 1;",
            "shisa.conf:9: policy.probe.failure_interval is longer than interval, make it the shorter one"),
        Row(
            "", "reliability = 2;",
            "shisa.conf:9: policy.probe.reliability is 2, and with the home agent there are 1 targets, lower it or add targets"
        ),
        Row(
            "", "recovery_latency = 2;",
            "shisa.conf:9: policy.probe.recovery_latency is above failure_latency, no uplink could be good or bad then; lower "
                + "it"),
        Row(
            "", "failure_loss = 10;",
            "shisa.conf:9: policy.probe.recovery_loss is not below failure_loss, no uplink could be good or bad then; lower it"
        ),
        Row(
            "", "enabled = false; }; strategy = \"fastest\"; flows = ( ); route_optimization = { enabled = false;",
            "shisa.conf:9: policy.strategy is \"fastest\", which goes by what probes measure, and probe.enabled is false; "
                + "write \"failover\", or leave enabled out"),
        Row("", "down = 0;", "shisa.conf:9: policy.probe.down is 0, should be a whole number from 1 to 100"),
        Row("", "intreval = 2;", "shisa.conf:9: unknown name intreval in policy.probe, did you mean interval?"),
    ]

    private static func targets(_ count: Int) -> String {
        (1...count).map { "\"2001:db8:f::\($0)\"" }.joined(separator: ", ")
    }

    @Test("Home agents of several homes are probed, too, and leave fewer places for others")
    func targets() throws {
        let other = "homes = ( { agent = \"2001:db8:2::1\"; address = \"2001:db8:2::100/64\"; insecure = true; } );\n"
        func found(_ count: Int) throws -> [String] {
            try complaints(Sample.home + other + "policy = { probe = { targets = [ \(Self.targets(count)) ]; }; };")
        }
        #expect(try found(6) == [])
        #expect(
            try found(7) == [
                "shisa.conf:10: policy.probe.targets has 7 addresses, there may be 6 besides 2 home agents; leave some out"
            ])
    }

    @Test("A mistake in how uplinks are watched is named with its line", arguments: probeRows)
    func probe(row: Row) throws {
        #expect(try complaints(Sample.home + "policy = { probe = { \(row.by) }; };") == row.complaints)
    }
}
