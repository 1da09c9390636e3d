import Testing

@testable import Settings

@Suite("Configuration files that are wrong")
struct ComplaintTests {
    /// A change to `Sample.home`, and every complaint that it draws.
    struct Row: Sendable, CustomTestStringConvertible {
        var replace: String
        var by: String
        var complaints: [String]

        init(_ replace: String, _ by: String, _ complaints: String...) {
            self.replace = replace
            self.by = by
            self.complaints = complaints
        }

        var testDescription: String { by.isEmpty ? "no \(replace)" : by }
    }

    @Test("The samples that the rows change are right")
    func samples() throws {
        #expect(try complaints(Sample.home) == [])
        #expect(try complaints(Sample.homeAgent) == [])
        #expect(try complaints(Sample.home + Sample.homeAgent) == [])
        #expect(try complaints(Sample.correspondent) == [])
        #expect(try complaints(Sample.home + Sample.homeAgent + Sample.correspondent) == [])
    }

    @Test(
        "An interface is named as none is called that a shell or another program's file would take for more than a name",
        arguments: [
            "a;b", "a$b", "a`b", "a'b", "a|b", "a&b", "a<b", "a>b", "a(b", "a{b", "a*", "a?", "a~", "a#", "a!", "a,b",
            "a=b",
            "a^b", "a/b", "a:b", "a%d", "a\\\\b", "a\\\"b", "-a", "..", "a\u{85}b", "a\u{202e}b", "a\u{2028}b",
        ])
    func interfaceNames(name: String) throws {
        for (path, text) in [
            ("uplinks.interface", Sample.home.replacing("\"wlan0\"", with: "\"\(name)\"")),
            ("ingress.interface", Sample.home.replacing("\"lan0\"", with: "\"\(name)\"")),
            ("engine.device", Sample.home + "engine = { device = \"\(name)\"; };"),
        ] {
            let found = try complaints(text)
            #expect(
                found.contains { $0.contains(": \(path) is ") && $0.contains("an interface name has letters") },
                "\(found)")
        }
    }

    @Test(
        "An interface may be called what people call them",
        arguments: ["eth0.100", "br-lan", "wlan0_ap", "größe0", "a+b@c"])
    func usualNames(name: String) throws {
        #expect(try complaints(Sample.home.replacing("\"wlan0\"", with: "\"\(name)\"")) == [])
    }

    static let homeRows: [Row] = [
        // Names
        Row("agent =", "agnet =", "shisa.conf:2: unknown name agnet in home, did you mean agent?"),
        Row("home = {", "hoem = {", "shisa.conf:1: unknown name hoem, did you mean home?"),
        Row("metric = 20", "metrics = 20", "shisa.conf:7: unknown name metrics in uplinks, did you mean metric?"),
        Row(
            "metric = 20", "colour = 20",
            "shisa.conf:7: unknown name colour in uplinks, known are interface, type, metric, weight, dhcpv6, metered, "
                + "probe_limit, monthly_limit, billing_day, signal_weak, signal_good, schedule, apn, pin, user, password, "
                + "device, country, networks"),
        Row("spi = 256; ", "", "shisa.conf:5: home.authentication has no spi, add spi = 256;"),
        Row("agent = \"2001:db8:1::1\";", "", "shisa.conf:1: home has no agent, add agent = \"2001:db8:1::1\";"),
        Row(
            "address = \"2001:db8:1::100/64\";", "",
            "shisa.conf:1: home has no address, add address = \"2001:db8:1::100/64\";"),
        Row(
            "metric = 20", "billing_day = 3",
            "shisa.conf:7: uplinks.billing_day does nothing without monthly_limit, add monthly_limit = \"20 GB\";, or leave "
                + "it out"),
        Row(
            "metric = 20", "monthly_limit = \"20 GB\"; billing_day = 32",
            "shisa.conf:7: uplinks.billing_day is 32, should be a whole number from 1 to 31"),
        Row(
            "metric = 20", "monthly_limit = \"much\"",
            "shisa.conf:7: uplinks.monthly_limit is \"much\", should be octets from 1 kB to 1000 TB such as \"20 MB\""),
        Row(
            "metric = 20", "probe_limit = \"30 GB\"; monthly_limit = \"20 GB\"",
            "shisa.conf:7: uplinks.probe_limit is above monthly_limit, probes of one day could use up the month; lower it"
        ),
        Row(
            "metric = 20", "schedule = [ ]",
            "shisa.conf:7: uplinks.schedule is empty, should be a list of times of the week such as "
                + "[ \"Mo-Fr 08:00-18:00\" ]; for always leave it out"),
        Row(
            "metric = 20", "signal_weak = -200",
            "shisa.conf:7: uplinks.signal_weak is -200, should be a whole number from -140 to -20"),
        Row(
            "metric = 20", "signal_weak = -60; signal_good = -70",
            "shisa.conf:7: uplinks.signal_weak is -60, above signal_good, -70: the signal could be both; lower it"),
        Row(
            "type = \"wlan\"; metric = 20", "signal_good = -70",
            "shisa.conf:7: uplinks.signal_good is of use only to a radio, leave it out or add type = \"wlan\"; or "
                + "\"cellular\";"),
        Row(
            "metric = 20", "schedule = [ \"Mon 8-18\" ]",
            "shisa.conf:7: uplinks.schedule has \"Mon 8-18\", should be a time of the week such as \"Mo-Fr 08:00-18:00\", "
                + "or \"22:00-06:00\" for every day"),
        Row(
            "metric = 20", "schedule = \"Mo-Fr 08:00-18:00\"",
            "shisa.conf:7: uplinks.schedule is \"Mo-Fr 08:00-18:00\", should be a list of times of the week such as "
                + "[ \"Mo-Fr 08:00-18:00\" ]"),
        // Kinds
        Row(
            "agent = \"2001:db8:1::1\"", "agent = 5",
            "shisa.conf:2: home.agent is 5, should be an IPv6 address such as \"2001:db8:1::1\", or \"discover\""),
        Row(
            "\"2001:db8:1::1\"", "\"192.0.2.1\"",
            "shisa.conf:2: home.agent is \"192.0.2.1\", should be an IPv6 address such as \"2001:db8:1::1\", or "
                + "\"discover\""),
        Row(
            "\"2001:db8:1::1\"", "\"2001:db8:1::1/64\"",
            "shisa.conf:2: home.agent has \"2001:db8:1::1/64\", leave the length out: \"2001:db8:1::1\""),
        Row(
            "\"2001:db8:1::1\"", "\"fe80::1\"",
            "shisa.conf:2: home.agent has fe80::1, should be a routable unicast address"),
        Row(
            "\"2001:db8:1::100/64\"", "\"2001:db8:1::100\"",
            "shisa.conf:3: home.address is \"2001:db8:1::100\", add the prefix length of its link: "
                + "\"2001:db8:1::100/64\""),
        Row(
            "\"2001:db8:1::100/64\"", "\"2001:db8:1::100/129\"",
            "shisa.conf:3: home.address is \"2001:db8:1::100/129\", should be an IPv6 address with the prefix length "
                + "of its link such as \"2001:db8:1::100/64\""),
        Row(
            "\"2001:db8:1::100/64\"", "\"2001:db8:1::1/64\"",
            "shisa.conf:3: home.address is the address of the home agent, give the mobile node one of its own"),
        Row(
            "[ \"2001:db8:10::/60\" ]", "\"2001:db8:10::/60\"",
            "shisa.conf:4: home.prefixes is \"2001:db8:10::/60\", should be a list of IPv6 prefixes such as "
                + "[ \"2001:db8:10::/60\" ]"),
        Row(
            "[ \"2001:db8:10::/60\" ]", "[ ]",
            "shisa.conf:4: home.prefixes is empty, should be a list of IPv6 prefixes such as [ \"2001:db8:10::/60\" ]"),
        Row(
            "\"2001:db8:10::/60\"", "\"2001:db8:10::1/60\"",
            "shisa.conf:4: home.prefixes has \"2001:db8:10::1/60\", which has bits set behind its length, write "
                + "\"2001:db8:10::/60\""),
        Row(
            "\"2001:db8:10::/60\"", "\"2001:db8:10::\"",
            "shisa.conf:4: home.prefixes has \"2001:db8:10::\" without a length, write \"2001:db8:10::/64\""),
        Row(
            "\"2001:db8:10::/60\"", "\"ff02::/60\"",
            "shisa.conf:4: home.prefixes has \"ff02::/60\", should be a prefix of routable unicast addresses"),
        Row(
            "\"2001:db8:10::/60\" ]", "\"2001:db8:10::/60\", \"2001:db8:10::/64\" ]",
            "shisa.conf:4: home.prefixes names 2001:db8:10::/64, which overlaps 2001:db8:10::/60, name each prefix once"
        ),
        Row(
            "agent =", "mode = \"both\"; agent =",
            "shisa.conf:2: home.mode is \"both\", should be \"implicit\" or \"explicit\""),
        Row(
            "agent =", "insecure = 1; agent =", "shisa.conf:2: home.insecure is 1, should be true or false"),
        // Ranges
        Row(
            "agent =", "lifetime = 3; agent =",
            "shisa.conf:2: home.lifetime is 3, should be seconds from 4 to 262140, or a time with a unit such as "
                + "\"10 min\""),
        Row(
            "agent =", "lifetime = \"4 d\"; agent =",
            "shisa.conf:2: home.lifetime is \"4 d\", should be seconds from 4 to 262140, or a time with a unit such as "
                + "\"10 min\""),
        Row(
            "agent =", "lifetime = 600000000000; agent =",
            "shisa.conf:2: home.lifetime is 600000000000, should be seconds from 4 to 262140, or a time with a unit "
                + "such as \"10 min\""),
        Row(
            "agent =", "lifetime = 9223372036854775807; agent =",
            "shisa.conf:2: home.lifetime is 9223372036854775807, should be seconds from 4 to 262140, or a time with a "
                + "unit such as \"10 min\""),
        Row(
            "agent =", "lifetime = 99999999999999999999; agent =",
            "shisa.conf:2: the number 99999999999999999999 is too large"),
        Row(
            "agent =", "lifetime = 1e400; agent =",
            "shisa.conf:2: home.lifetime is inf, should be seconds from 4 to 262140, or a time with a unit such as "
                + "\"10 min\""),
        Row(
            "agent =", "lifetime = \"ten minutes\"; agent =",
            "shisa.conf:2: home.lifetime is \"ten minutes\", should be seconds from 4 to 262140, or a time with a unit "
                + "such as \"10 min\""),
        Row(
            "metric = 20", "metric = -1",
            "shisa.conf:7: uplinks.metric is -1, should be a whole number from 0 to 4294967295"),
        Row(
            "spi = 256", "spi = 255",
            "shisa.conf:5: home.authentication.spi is 255, should be a whole number from 256 to 4294967295"),
        // Keys
        Row(
            "hex:00112233445566778899aabbccddeeff", "hex:0011",
            "shisa.conf:5: home.authentication.key is not a key, a key has 32 hexadecimal digits"),
        Row(
            "hex:00112233445566778899aabbccddeeff", "hex:00112233445566778899aabbccddeefg",
            "shisa.conf:5: home.authentication.key is not a key, a key has 32 hexadecimal digits"),
        Row(
            "hex:00112233445566778899aabbccddeeff", "secret",
            "shisa.conf:5: home.authentication.key is neither a key nor the name of a file, write \"hex:\" and 32 "
                + "hexadecimal digits, or \"file:\" and the path of a file that holds them"),
        Row(
            "hex:00112233445566778899aabbccddeeff", "file:no.key",
            "shisa.conf:5: home.authentication.key: cannot read no.key: no such file, "
                + "put the key there that both ends share; to make one: (umask 027; openssl rand -hex 16 >no.key)"),
        Row(
            "authentication = { spi = 256; key = \"hex:00112233445566778899aabbccddeeff\"; };", "",
            "shisa.conf:1: home has no authentication, add authentication = { spi = 256; key = \"file:…\"; }; or, "
                + "where anybody may register, insecure = true;"),
        Row(
            "agent =", "insecure = true; agent =",
            "shisa.conf:5: home has authentication and insecure = true, choose one of them"),
        // Interfaces and ingress
        Row(
            "\"wlan0\"", "\"wireless-network0\"",
            "shisa.conf:7: uplinks.interface is \"wireless-network0\", an interface name has 1 to 15 octets"),
        Row(
            "\"wlan0\"", "\"wlan 0\"",
            "shisa.conf:7: uplinks.interface is \"wlan 0\", an interface name has letters, digits and . _ - + @ alone, begins "
                + "with no -, and is not . or .."),
        Row("\"wlan0\"", "\"eth0\"", "shisa.conf:7: \"eth0\" is twice in uplinks, name it once (first in line 7)"),
        Row(
            "\"lan0\"", "\"eth0\"",
            "shisa.conf:8: ingress has \"eth0\", which uplinks has already, use it once (first in line 7)"),
        Row(
            "\"lan0\"", "\"shisa0\"",
            "shisa.conf:8: ingress has \"shisa0\", which engine.device has already, use it once"
        ),
        Row(
            "prefix = \"2001:db8:10::/64\"", "prefix = \"2001:db8:20::/64\"",
            "shisa.conf:8: ingress.prefix has 2001:db8:20::/64, which is outside the mobile network prefixes "
                + "2001:db8:10::/60"),
        Row(
            "prefix = \"2001:db8:10::/64\"", "prefix = \"2001:db8:10::5/128\"",
            "shisa.conf:8: ingress.prefix has 2001:db8:10::5/128, leave room for a host: at most /127"),
        Row(
            "ingress = (", "ingress = ( { interface = \"lan1\"; prefix = \"2001:db8:10::/60\"; },",
            "shisa.conf:8: ingress has 2001:db8:10::/64, which overlaps 2001:db8:10::/60, use each prefix once"),
        Row(
            "ingress = ( { interface = \"lan0\"; prefix = \"2001:db8:10::/64\"; } );", "",
            "shisa.conf:1: home needs ingress, add ingress = ( { interface = \"lan0\"; prefix = \"2001:db8:10::/64\"; } );"
        ),
        Row(
            "uplinks = ( { interface = \"eth0\"; }, { interface = \"wlan0\"; type = \"wlan\"; metric = 20; } );",
            "uplinks = ( );",
            "shisa.conf:7: uplinks is empty, name at least one: ( { interface = \"eth0\"; } )"),
        Row(
            "uplinks = ( { interface = \"eth0\"; }, { interface = \"wlan0\"; type = \"wlan\"; metric = 20; } );", "",
            "shisa.conf:1: home needs uplinks, add uplinks = ( { interface = \"eth0\"; } );"),
        Row(
            "{ interface = \"eth0\"; }", "\"eth0\"", "shisa.conf:7: uplinks is \"eth0\", should be a group { … }"),
        // Several home addresses, several links
        Row(
            "ingress = (",
            "homes = ( { agent = \"discover\"; address = \"2001:db8:1::100/64\"; insecure = true; } );\ningress = (",
            "shisa.conf:8: homes has the home address 2001:db8:1::100 again, use each once"),
        Row(
            "ingress = (",
            "homes = ( { agent = \"discover\"; address = \"2001:db8:2::100/64\"; insecure = true;\n"
                + "prefixes = [ \"2001:db8:10:8::/64\" ]; } );\ningress = (",
            "shisa.conf:8: homes has 2001:db8:10:8::/64, which overlaps 2001:db8:10::/60, name each prefix once"),
        Row(
            "agent = \"2001:db8:1::1\"", "agent = \"2001:db8:1::1\"; agents = [ \"2001:db8:1::1\" ]",
            "shisa.conf:2: home.agents names 2001:db8:1::1 again, which agent has already"),
        Row(
            "prefix = \"2001:db8:10::/64\"; } );", "prefix = \"2001:db8:10::/60\"; }, { interface = \"lan1\"; } );",
            "shisa.conf:8: ingress has no prefix left for lan1, name a longer one for each link or add prefixes to "
                + "home"),
        // Several at once
        Row(
            "agent = \"2001:db8:1::1\"", "agent = true; lifetime = 0",
            "shisa.conf:2: home.agent is true, should be an IPv6 address such as \"2001:db8:1::1\", or \"discover\"",
            "shisa.conf:2: home.lifetime is 0, should be seconds from 4 to 262140, or a time with a unit such as "
                + "\"10 min\""),
    ]

    @Test("A mistake in a mobile router's file is named with its line", arguments: homeRows)
    func home(row: Row) throws {
        let text = Sample.home.replacing(row.replace, with: row.by, maxReplacements: 1)
        #expect(text != Sample.home)
        #expect(try complaints(text) == row.complaints)
    }

    static let homeAgentRows: [Row] = [
        Row(
            "addresses = [ \"2001:db8:1::1\" ];", "",
            "shisa.conf:1: home_agent has no addresses, add addresses = [ \"2001:db8:1::1\" ];"),
        Row(
            "[ \"2001:db8:1::1\" ]", "[ ]",
            "shisa.conf:2: home_agent.addresses is empty, should be a list of IPv6 addresses such as "
                + "[ \"2001:db8:1::1\" ]"),
        Row(
            "[ \"2001:db8:1::1\" ]", "[ \"2001:db8:1::1\", \"2001:db8:1:0::1\" ]",
            "shisa.conf:2: home_agent.addresses names 2001:db8:1::1 twice, name it once"),
        Row(
            "prefixes = [ \"2001:db8:1::/64\" ];", "",
            "shisa.conf:1: home_agent has no prefixes, add prefixes = [ \"2001:db8:1::/64\" ];"),
        Row(
            "\"2001:db8:1::100\"", "\"2001:db8:2::100\"",
            "shisa.conf:5: home_agent.nodes.address has 2001:db8:2::100, which is outside home_agent.prefixes "
                + "2001:db8:1::/64"),
        Row(
            "\"2001:db8:1::100\"", "\"2001:db8:1::1\"",
            "shisa.conf:5: home_agent.nodes.address has 2001:db8:1::1, which is the home agent's, give the node its own"
        ),
        Row(
            "nodes = (", "nodes = ( { address = \"2001:db8:1::100\"; insecure = true; },",
            "shisa.conf:5: home_agent.nodes.address has 2001:db8:1::100, as the node of line 4, give each its own"),
        Row(
            "nodes = (",
            "nodes = ( { address = \"2001:db8:1::101\"; insecure = true; prefixes = [ \"2001:db8:10::/64\" ]; },",
            "shisa.conf:4: home_agent.nodes.prefixes has 2001:db8:10::/64, which overlaps 2001:db8:10::/60 of line 5, "
                + "give each prefix to one node"),
        Row(
            "nodes = (", "nodes = ( { address = \"2001:db8:1::101\"; insecure = true; name = \"bus-17\"; },",
            "shisa.conf:5: home_agent.nodes.name has \"bus-17\", as the node of line 4, give each its own"),
        Row(
            "\"bus-17\"", "\"bus\\x0717\"",
            "shisa.conf:5: home_agent.nodes.name should be at most 64 octets without control characters"),
        Row(
            "\"bus-17\"", "\"all\"",
            "shisa.conf:5: home_agent.nodes.name has \"all\", should not be \"all\", nor an address, nor begin with \"-\", "
                + "give the node another one"),
        Row(
            "\"bus-17\"", "\"-17\"",
            "shisa.conf:5: home_agent.nodes.name has \"-17\", should not be \"all\", nor an address, nor begin with \"-\", "
                + "give the node another one"),
        Row(
            "\"bus-17\"", "\"2001:db8:1::101\"",
            "shisa.conf:5: home_agent.nodes.name has \"2001:db8:1::101\", should not be \"all\", nor an address, nor begin "
                + "with \"-\", give the node another one"),
        Row(
            "\"2001:db8:1::100\"", "\"2001:db8:1::\"",
            "shisa.conf:5: home_agent.nodes.address has 2001:db8:1::, which is the subnet-router anycast address of "
                + "2001:db8:1::/64, give the node another one"),
        Row(
            "\"2001:db8:10::/60\"", "\"2001:db8::/40\"",
            "shisa.conf:5: home_agent.nodes.prefixes has 2001:db8::/40, in which the home agent's address 2001:db8:1::1 "
                + "is, give the node another one"),
        Row(
            "prefixes = [ \"2001:db8:1::/64\" ];", "prefixes = [ \"2001:db8:1::/64\", \"2001:db8:10:8::/64\" ];",
            "shisa.conf:5: home_agent.nodes.prefixes has 2001:db8:10::/60, which overlaps 2001:db8:10:8::/64 of "
                + "home_agent.prefixes, give the node another one"),
        Row(
            "prefixes = [ \"2001:db8:1::/64\" ];",
            "link = \"lan0\"; prefixes = [ \"2001:db8:1::/64\", \"2001:db8:10::/48\" ];",
            "shisa.conf:5: home_agent.nodes.prefixes has 2001:db8:10::/60, which overlaps 2001:db8:10::/48 of "
                + "home_agent.prefixes, give the node another one"),
        // One mistake is one complaint, however many nodes go by it.
        Row(
            "prefixes = [ \"2001:db8:1::/64\" ]", "prefixes = [ ]",
            "shisa.conf:3: home_agent.prefixes is empty, should be a list of IPv6 prefixes such as "
                + "[ \"2001:db8:10::/60\" ]"),
        Row(
            "[ \"2001:db8:1::/64\" ]", "[ \"2001:db8:1::1/64\" ]",
            "shisa.conf:3: home_agent.prefixes has \"2001:db8:1::1/64\", which has bits set behind its length, write "
                + "\"2001:db8:1::/64\""),
        Row(
            "authentication = { spi = 256; key = \"hex:00112233445566778899aabbccddeeff\"; };", "",
            "shisa.conf:5: home_agent.nodes has no authentication, add authentication = { spi = 256; key = \"file:…\"; "
                + "}; or, where anybody may register, insecure = true;"),
        Row(
            "nodes = (", "limits = { lifetime = 300000; }; nodes = (",
            "shisa.conf:4: home_agent.limits.lifetime is 300000, should be seconds from 4 to 262140, or a time with a "
                + "unit such as \"10 min\""),
        Row(
            "nodes = (", "limits = { bindings = 0; }; nodes = (",
            "shisa.conf:4: home_agent.limits.bindings is 0, should be a whole number from 1 to 1000000"),
        Row(
            "nodes = (", "prefix_discovery = { least_interval = 700; greatest_interval = 600; }; nodes = (",
            "shisa.conf:4: home_agent.prefix_discovery.greatest_interval of 600 s is less than least_interval of 700 s, "
                + "make it longer"),
        Row(
            "nodes = (", "prefix_discovery = { valid_lifetime = 60; }; nodes = (",
            "shisa.conf:4: home_agent.prefix_discovery.preferred_lifetime of 604800 s is more than valid_lifetime of 60 s, "
                + "make it shorter"),
        Row(
            "nodes = (", "nodes_dir = \"nowhere\"; nodes = (",
            "shisa.conf:4: home_agent.nodes_dir: cannot read nowhere: no such file"),
        Row(
            "home_agent = {", "uplinks = ( );\nhome_agent = {",
            "shisa.conf:1: uplinks is of use only to a mobile node, leave it out or add home"),
        Row(
            "home_agent = {", "home_agent : 5; foo = {",
            "shisa.conf:1: unknown name foo, known are home, homes, uplinks, "
                + "ingress, dns, time, policy, engine, home_agent, correspondent",
            "shisa.conf:1: home_agent is 5, should be a group { … }"),
    ]

    @Test("A mistake in a home agent's file is named with its line", arguments: homeAgentRows)
    func homeAgent(row: Row) throws {
        let text = Sample.homeAgent.replacing(row.replace, with: row.by, maxReplacements: 1)
        #expect(text != Sample.homeAgent)
        #expect(try complaints(text) == row.complaints)
    }

    static let routeOptimizationRows: [Row] = [
        Row(
            "[ \"2001:db8:c::c\", \"2001:db8:c::d\" ]", "[ ]",
            "shisa.conf:2: correspondent.addresses is empty, should be a list of IPv6 addresses such as "
                + "[ \"2001:db8:1::1\" ]"),
        Row(
            "lifetime = 400", "lifetime = 421",
            "shisa.conf:4: correspondent.limits.lifetime is 421, should be seconds from 4 to 420, or a time with a unit "
                + "such as \"30 s\""),
        Row(
            "bindings = 7", "bindings = 0",
            "shisa.conf:4: correspondent.limits.bindings is 0, should be a whole number from 1 to 65536"),
        Row(
            "nonce_interval = 20", "nonce_interval = 121",
            "shisa.conf:3: correspondent.nonce_interval is 121, should be seconds from 1 to 120, or a time with a unit "
                + "such as \"30 s\""),
        Row(
            "correspondent = {", "policy = { }; correspondent = {",
            "shisa.conf:1: policy is of use only to a mobile node, leave it out or add home"),
    ]

    @Test("A mistake in a correspondent's file is named with its line", arguments: routeOptimizationRows)
    func correspondent(row: Row) throws {
        let text = Sample.correspondent.replacing(row.replace, with: row.by, maxReplacements: 1)
        #expect(text != Sample.correspondent)
        #expect(try complaints(text) == row.complaints)
    }

    static let policyRows: [Row] = [
        Row(
            "", "lifetime = 421;",
            "shisa.conf:8: policy.route_optimization.lifetime is 421, should be seconds from 4 to 420, or a time with a "
                + "unit such as \"30 s\""),
        Row(
            "", "peers = 0;",
            "shisa.conf:8: policy.route_optimization.peers is 0, should be a whole number from 1 to 4096"),
        Row(
            "", "never = [ \"2001:db8::\" ];",
            "shisa.conf:8: policy.route_optimization.never has \"2001:db8::\" without a length, write \"2001:db8::/64\""
        ),
        Row(
            "", "never = [ \"::/0\" ];",
            "shisa.conf:8: policy.route_optimization.never has \"::/0\", should be a prefix of routable unicast addresses; "
                + "to leave out everybody, write enabled = false"),
    ]

    @Test("A mistake in what a mobile host says of route optimisation is named with its line", arguments: policyRows)
    func routeOptimization(row: Row) throws {
        let policy = "policy = { route_optimization = { \(row.by) }; };\ningress = ("
        #expect(try complaints(Sample.home.replacing("ingress = (", with: policy)) == row.complaints)
    }
}
