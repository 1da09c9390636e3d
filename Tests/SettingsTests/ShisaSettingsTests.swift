import MobilityWire
import Testing

@testable import Settings

@Suite("Configuration files that are right")
struct ShisaSettingsTests {
    static let key = (0..<16).map { UInt8($0 * 0x11) }

    @Test("How uplinks are chosen and watched: every setting changes something")
    func watching() throws {
        let text =
            Sample.home.replacing(
                "metric = 20;",
                with: #"metric = 20; metered = true; probe_limit = "1.5 MB"; signal_weak = -81; signal_good = -70;"#)
                + """
                policy = {
                  strategy = "fastest"; hold_down = 5; last_resort = "none";
                  probe = { targets = [ "2001:db8:f::1", "2001:db8:f::2" ]; interval = "500 ms";
                    failure_interval = 0.1; timeout = 4; down = 4; up = 6; reliability = 2; failure_latency = 2;
                    recovery_latency = "700 ms"; failure_loss = 50; recovery_loss = 5; };
                };
                """
        let settings = try load(["shisa.conf": text]).get()
        #expect(settings.policy.strategy == .fastest)
        #expect(settings.policy.holdDown == 5000)
        #expect(settings.policy.lastResort == .none)
        #expect(
            settings.policy.probe
                == ProbeSettings(
                    targets: [IPv6Address("2001:db8:f::1")!, IPv6Address("2001:db8:f::2")!],
                    interval: 500, failureInterval: 100, timeout: 4000, down: 4, up: 6, reliability: 2,
                    failureLatency: 2000,
                    recoveryLatency: 700, failureLoss: 50, recoveryLoss: 5))
        let unwatched = try load(["shisa.conf": Sample.home + "policy = { probe = { enabled = false; }; };"]).get()
        #expect(unwatched.policy.probe == ProbeSettings(isEnabled: false))
        let metered = settings.uplinks.filter(\.isMetered)
        #expect(metered.map(\.probeLimit) == [1_500_000])
        #expect(metered.map(\.signalWeak) == [-81] && metered.map(\.signalGood) == [-70])
    }

    @Test("A mobile host has no prefixes and no links behind it; its home agents may be discovered, or several")
    func host() throws {
        let text = """
            home = { agent = "discover"; agents = [ "2001:db8:1::2", "2001:db8:1::3" ];
              address = "2001:db8:1::200/64"; insecure = true; prefix_discovery = true; };
            uplinks = ( { interface = "eth0"; } );
            """
        let settings = try load(["shisa.conf": text]).get()
        let home = try #require(settings.home)
        #expect(home.discovers)
        #expect(
            home.agents == [try #require(IPv6Address("2001:db8:1::2")), try #require(IPv6Address("2001:db8:1::3"))])
        #expect(home.prefixDiscovery)
        #expect(settings.isMobile && !settings.isMobileRouter && settings.ingress.isEmpty)
    }

    @Test("Several home addresses stand in a list, and links without a prefix get the next free one")
    func several() throws {
        let text = """
            homes = (
              { agent = "2001:db8:1::1"; address = "2001:db8:1::100/64"; insecure = true;
                prefixes = [ "2001:db8:10::/63" ]; },
              { agent = "2001:db8:2::1"; address = "2001:db8:2::100/64"; insecure = true;
                prefixes = [ "2001:db8:20::/64" ]; }
            );
            uplinks = ( { interface = "eth0"; } );
            ingress = (
              { interface = "lan0"; }, { interface = "lan1"; prefix = "2001:db8:10::/64"; }, { interface = "lan2"; } );
            """
        let settings = try load(["shisa.conf": text]).get()
        #expect(settings.homes.count == 2)
        #expect(settings.isMobileRouter)
        #expect(
            settings.ingress.map { "\($0.interface) \($0.prefix)" }
                == ["lan0 2001:db8:10:1::/64", "lan1 2001:db8:10::/64", "lan2 2001:db8:20::/64"])
    }

    @Test("Flows are read in the order of the file, with everything that can match")
    func flows() throws {
        let policy = """
            policy = { flows = (
              { match = { protocol = "udp"; port = "5060-5061"; }; via = [ "wlan0", "eth0" ]; },
              { match = { protocol = 132; port = 80; local_port = "1-65535"; address = "2001:db8:c::/64";
                  local_address = "2001:db8:10::10/128"; dscp = 46; }; via = [ "eth0" ]; } ); };
            """
        let flows = try load(["shisa.conf": Sample.home + policy]).get().policy.flows
        try #require(flows.count == 2)
        #expect(
            flows[0] == FlowSettings(match: .init(nextHeader: 17, ports: 5060...5061), via: ["wlan0", "eth0"]))
        #expect(flows[1].via == ["eth0"])
        #expect(
            flows[1].match
                == .init(
                    nextHeader: 132, ports: 80...80, localPorts: 1...65535,
                    address: IPv6Prefix(try #require(IPv6Address("2001:db8:c::")), length: 64),
                    localAddress: IPv6Prefix(host: try #require(IPv6Address("2001:db8:10::10"))), codePoints: 46...46))
        #expect(flows[0].match.summary == "udp 5060-5061")
        #expect(
            flows[1].match.summary
                == "sctp 80, local port 1-65535, to 2001:db8:c::/64, from 2001:db8:10::10/128, dscp 46")
        #expect(FlowSettings.Match(ports: 22...22, ingress: "lan0").summary == "port 22, behind lan0")
        #expect(FlowSettings.Match(nextHeader: 47).summary == "protocol 47")
    }

    @Test(
        "Code points are numbers or IANA's names, alone or the first and the last",
        arguments: [
            ("46", 46...46), ("\"ef\"", 46...46), ("\"0\"", 0...0), ("\"df\"", 0...0), ("\"le\"", 1...1),
            ("\"va\"", 44...44),
            ("\"cs1\"", 8...8), ("\"cs7\"", 56...56), ("\"af11-af13\"", 10...14), ("\"af21\"", 18...18),
            ("\"af43\"", 38...38), ("\"cs5-ef\"", 40...46), ("\"10-af13\"", 10...14), ("\"0-63\"", 0...63),
        ] as [(String, ClosedRange<UInt8>)])
    func codePoints(text: String, range: ClosedRange<UInt8>) throws {
        let policy = "policy = { flows = ( { match = { dscp = \(text); }; via = [ \"eth0\" ]; } ); };"
        let flows = try load(["shisa.conf": Sample.home + policy]).get().policy.flows
        #expect(flows.map(\.match.codePoints) == [range])
        #expect(flows.map(\.otherwise) == [.any])
    }

    @Test("Uplinks share by weight, which is 1 where the file says nothing")
    func weights() throws {
        let text =
            Sample.home.replacing("metric = 20;", with: "metric = 20; weight = 3;")
            + "policy = { strategy = \"balance\"; };"
        let settings = try load(["shisa.conf": text]).get()
        #expect(settings.uplinks.map(\.weight) == [1, 3])
        #expect(settings.policy.strategy == .balance)
    }

    @Test("What becomes of a flow without an uplink", arguments: FlowFallback.allCases)
    func otherwise(fallback: FlowFallback) throws {
        let policy =
            "policy = { flows = ( { match = { port = 80; }; via = [ \"eth0\" ]; otherwise = \"\(fallback.rawValue)\"; } ); };"
        #expect(try load(["shisa.conf": Sample.home + policy]).get().policy.flows.map(\.otherwise) == [fallback])
    }

    @Test("A mobile router's file with nothing optional takes every default")
    func homeDefaults() throws {
        let settings = try load(["shisa.conf": Sample.home]).get()
        let home = try #require(settings.home)
        #expect(home.agents == [try #require(IPv6Address("2001:db8:1::1"))])
        #expect(home.address == IPv6Address("2001:db8:1::100"))
        #expect(home.prefixLength == 64)
        #expect(home.prefixes.map { "\($0)" } == ["2001:db8:10::/60"])
        #expect(home.mode == .explicit)
        #expect(home.lifetime == 600)
        #expect(home.authentication == AuthenticationSettings(spi: 256, key: Self.key))
        #expect(!home.isInsecure)
        #expect(
            settings.uplinks == [
                UplinkSettings(interface: "eth0"), UplinkSettings(interface: "wlan0", type: .wlan, metric: 20),
            ])
        #expect(settings.ingress.map(\.interface) == ["lan0"])
        #expect(settings.ingress.first?.address == IPv6Address("2001:db8:10::1"))
        #expect(settings.policy == PolicySettings(state: "/var/lib/shisa-mobile/uplinks.state"))
        #expect(settings.engine == EngineSettings(plane: .auto, device: "shisa0", clampMSS: .auto))
        #expect(settings.homeAgent == nil)
    }

    @Test("Every optional setting of a mobile router changes the settings")
    func homeOptions() throws {
        let text = """
            home = {
              agent = "2001:db8:1::1"; address = "2001:db8:1::100/56"; prefixes = ( "2001:db8:10::/60" );
              mode = "implicit"; lifetime = "1 h"; insecure = true;
            };
            uplinks = ( { interface = "br-lan.10"; type = "cellular"; metric = 4294967295; } );
            ingress = ( );
            policy = { strategy = "failover"; };
            engine = { plane = "engine"; device = "mobile"; clamp_mss = "on"; workers = 3; };
            """
        let settings = try load(["shisa.conf": text]).get()
        #expect(settings.home?.mode == .implicit)
        #expect(settings.home?.lifetime == 3600)
        #expect(settings.home?.prefixLength == 56)
        #expect(settings.home?.isInsecure == true)
        #expect(settings.uplinks == [UplinkSettings(interface: "br-lan.10", type: .cellular, metric: .max)])
        #expect(settings.ingress.isEmpty)
        #expect(settings.engine == EngineSettings(plane: .engine, device: "mobile", clampMSS: .on, workers: 3))
    }

    @Test("An uplink reads its monthly limit and the day on which the month begins; accounts are kept in a file or not")
    func monthlyLimit() throws {
        let limited = Sample.home.replacing("metric = 20", with: "monthly_limit = \"20 GB\"; billing_day = 12")
        let text = limited + "policy = { state = \"state/uplinks\"; };"
        let settings = try load(["shisa.conf": text]).get()
        let uplink = try #require(settings.uplinks.first { $0.monthlyLimit != nil })
        #expect(uplink.monthlyLimit == 20_000_000_000 && uplink.billingDay == 12)
        #expect(settings.policy.state?.hasSuffix("/state/uplinks") == true)
        let without = text.replacing("state/uplinks", with: "").replacing("billing_day = 12", with: "metric = 20")
        #expect(try load(["shisa.conf": without]).get().policy.state == nil)
        #expect(try load(["shisa.conf": without]).get().uplinks.allSatisfy { $0.billingDay == 1 })
    }

    @Test("A home agent's file with nothing optional takes every default")
    func homeAgentDefaults() throws {
        let settings = try load(["shisa.conf": Sample.homeAgent]).get()
        let agent = try #require(settings.homeAgent)
        #expect(agent.addresses.map { "\($0)" } == ["2001:db8:1::1"])
        #expect(agent.prefixes.map { "\($0)" } == ["2001:db8:1::/64"])
        #expect(agent.limits == HomeAgentSettings.Limits(lifetime: 3600, bindings: 100_000))
        #expect(agent.link == nil)
        #expect(agent.state == "/var/lib/shisa/had.state")
        #expect(agent.multiple == HomeAgentSettings.Multiple())
        #expect(agent.prefixDiscovery == HomeAgentSettings.PrefixDiscovery())
        #expect(agent.nodes.map(\.name) == ["bus-17"])
        #expect(agent.nodes.first?.authentication?.key == Self.key)
        #expect(settings.home == nil)
    }

    @Test("A home agent reads its link, its state file, its rank and what it allows")
    func homeAgentPolicy() throws {
        let text = """
            home_agent = {
              addresses = [ "2001:db8:1::1" ]; prefixes = [ "2001:db8:1::/64" ];
              link = "home0"; state = "state/had"; preference = 7;
              multiple = { allowed = false; bulk = false; bindings = 3; flows = 0; };
              prefix_discovery = {
                enabled = false; insecure = true; least_interval = 10; greatest_interval = "1 h";
                valid_lifetime = 7200; preferred_lifetime = 3600;
              };
              limits = { refresh_advice = 120; };
              nodes = ( { address = "2001:db8:1::100"; insecure = true; lifetime = 60; prohibited = true; } );
            };
            """
        let agent = try #require(try load(["shisa.conf": text]).get().homeAgent)
        #expect(agent.link == "home0" && agent.preference == 7)
        #expect(agent.state?.hasSuffix("/state/had") == true)
        #expect(!agent.multiple.isAllowed && !agent.multiple.allowsBulk)
        #expect(agent.multiple.bindings == 3 && agent.multiple.flows == 0)
        let discovery = agent.prefixDiscovery
        #expect(!discovery.isEnabled && discovery.isInsecure)
        #expect(discovery.leastInterval == 10 && discovery.greatestInterval == 3600)
        #expect(discovery.validLifetime == 7200 && discovery.preferredLifetime == 3600)
        #expect(agent.limits.refreshAdvice == 120)
        #expect(agent.nodes.first?.lifetime == 60 && agent.nodes.first?.isProhibited == true)
        let without = text.replacing("state/had", with: "")
        #expect(try load(["shisa.conf": without]).get().homeAgent?.state == nil)
    }

    @Test("A correspondent reads its addresses, whom it refuses and what it grants, or takes the defaults")
    func correspondent() throws {
        let settings = try load(["shisa.conf": Sample.correspondent]).get()
        let correspondent = try #require(settings.correspondent)
        #expect(!settings.isMobile && settings.homeAgent == nil)
        #expect(correspondent.addresses.map { "\($0)" } == ["2001:db8:c::c", "2001:db8:c::d"])
        #expect(correspondent.prohibited.map { "\($0)" } == ["2001:db8:66::/48"])
        #expect(correspondent.nonceInterval == 20)
        #expect(correspondent.limits == CorrespondentSettings.Limits(lifetime: 400, bindings: 7))
        let short = try load(["shisa.conf": "correspondent = { };"]).get()
        #expect(short.correspondent == CorrespondentSettings(addresses: []))
        #expect(short.correspondent?.limits == CorrespondentSettings.Limits(lifetime: 420, bindings: 10_000))
        #expect(short.correspondent?.nonceInterval == 30)
    }

    @Test("What a file says of route optimisation is read; where it says nothing, that is known too")
    func routeOptimization() throws {
        #expect(try load(["shisa.conf": Sample.home]).get().policy.routeOptimization == nil)
        let empty = Sample.home + "policy = { route_optimization = { }; };"
        #expect(try load(["shisa.conf": empty]).get().policy.routeOptimization == RouteOptimizationSettings())
        let text =
            Sample.home + """
                policy = { route_optimization = {
                  enabled = false; never = [ "2001:db8:66::/48" ]; acknowledge = false; lifetime = "1 min"; peers = 3; }; };
                """
        let settings = try #require(try load(["shisa.conf": text]).get().policy.routeOptimization)
        #expect(!settings.isEnabled && !settings.acknowledge)
        #expect(settings.never.map { "\($0)" } == ["2001:db8:66::/48"])
        #expect(settings.lifetime == 60 && settings.peers == 3)
    }

    @Test("A home agent reads its limits, insecure nodes and one file a node")
    func homeAgentOptions() throws {
        let folder = try Folder([
            "shisa.conf": """
            home_agent = {
              addresses = [ "2001:db8:1::1", "2001:db8:1::2" ]; prefixes = [ "2001:db8:1::/64" ];
              nodes = ( { address = "2001:db8:1::100"; insecure = true; } );
              nodes_dir = "nodes.d"; limits = { lifetime = "30 min"; bindings = 5; };
            };
            """,
            "nodes.d/b.conf": """
            address = "2001:db8:1::102"; name = "tram"; authentication = { spi = 257; key = "file:keys/tram"; };
            """,
            "nodes.d/a.conf": "address = \"2001:db8:1::101\"; insecure = true;",
            "nodes.d/a.conf~": "not a configuration file",
            "nodes.d/.c.conf": "nor this",
            "nodes.d/keys/tram": "00112233445566778899AABBCCDDEEFF\n",
        ])
        let agent = try #require(try load(folder).get().homeAgent)
        #expect(agent.addresses.count == 2)
        #expect(agent.limits == HomeAgentSettings.Limits(lifetime: 1800, bindings: 5))
        #expect(agent.nodes.map { "\($0.address)" } == ["2001:db8:1::100", "2001:db8:1::101", "2001:db8:1::102"])
        #expect(agent.nodes.map(\.isInsecure) == [true, true, false])
        #expect(agent.nodes.last?.authentication == AuthenticationSettings(spi: 257, key: Self.key))
    }

    @Test("A file of nodes_dir may hold many nodes, and nothing else besides")
    func filesOfManyNodes() throws {
        let many = """
            nodes = ( { address = "2001:db8:1::102"; insecure = true; }, { address = "2001:db8:1::103"; insecure = true; } );
            """
        func settings(with file: String) throws -> Result<ShisaSettings, SettingsError> {
            try load([
                "shisa.conf": """
                home_agent = { addresses = [ "2001:db8:1::1" ]; prefixes = [ "2001:db8:1::/64" ]; nodes_dir = "nodes.d"; };
                """,
                "nodes.d/a.conf": "address = \"2001:db8:1::101\"; insecure = true;",
                "nodes.d/b.conf": file,
            ])
        }
        let agent = try #require(try settings(with: many).get().homeAgent)
        #expect(
            agent.nodes.map { "\($0.address)" } == ["2001:db8:1::101", "2001:db8:1::102", "2001:db8:1::103"])
        let mixed = try settings(with: many + " name = \"x\";")
        #expect(throws: SettingsError.self) { try mixed.get() }
        let twice = try settings(with: many.replacing("::102", with: "::101"))
        #expect(throws: SettingsError.self) { try twice.get() }
    }

    @Test(
        "Lifetimes are seconds, or a number with a unit",
        arguments: [
            ("4", 4), ("262140", 262_140), ("600.0", 600), ("\"600\\x20s\"", 600), ("\"90 s\"", 90),
            ("\"10 min\"", 600), ("\"1.5 h\"", 5400), ("\"5000 ms\"", 5), ("\"2days\"", 172_800), ("600L", 600),
        ] as [(String, UInt32)])
    func lifetimes(text: String, seconds: UInt32) throws {
        let file = Sample.home.replacing("agent =", with: "lifetime = \(text);\n  agent =")
        #expect(try load(["shisa.conf": file]).get().home?.lifetime == seconds)
    }

    @Test("Key files are left alone when a program needs no keys")
    func keysLeftAlone() throws {
        let text = Sample.home.replacing("hex:00112233445566778899aabbccddeeff", with: "file:nowhere.key")
        #expect(try load(["shisa.conf": text], keys: .leave).get().home?.authentication?.key == [])
    }

    @Test("Neither descriptions nor dumps show a key")
    func keysStaySecret() throws {
        let settings = try load(["shisa.conf": Sample.home]).get()
        var text = "\(settings)"
        dump(settings, to: &text)
        #expect(text.contains("spi 256"))
        #expect(!text.contains("17, 34"))
        #expect(!text.contains("34\n"))
    }

    @Test("Includes are taken from the folder of the file that includes them, or from anywhere")
    func includes() throws {
        let folder = try Folder([
            "parts/links.conf": "@include \"ingress.conf\"\nuplinks = ( { interface = \"eth0\"; } );"
        ])
        try folder.write("parts/ingress.conf", "ingress = ( );")
        try folder.write(
            "shisa.conf",
            """
            /*
            @include "nowhere"
            */
            # @include "nowhere"
            @include "parts/links.conf"
            @include "\(folder["home.conf"])"
            """)
        try folder.write(
            "home.conf",
            """
            home = { agent = "2001:db8:1::1"; address = "2001:db8:1::100/64"; prefixes = [ "2001:db8:10::/60" ];
              insecure = true; };
            """)
        let settings = try load(folder).get()
        #expect(settings.uplinks.count == 1)
        #expect(settings.home != nil)
    }

    @Test("Twenty thousand nodes are read, each looked at against all others")
    func manyNodes() throws {
        var text = "home_agent = { addresses = [ \"2001:db8:1::1\" ]; prefixes = [ \"2001:db8:1::/64\" ]; nodes = (\n"
        for number in 0..<20_000 {
            let high = String(number >> 16, radix: 16)
            let low = String(number & 0xffff, radix: 16)
            text += "{ address = \"2001:db8:1::1:\(high):\(low)\"; prefixes = [ \"2001:db8:\(high)0:\(low)::/64\" ]; "
            text += "insecure = true; }\(number == 19_999 ? "" : ",")\n"
        }
        text += "); };"
        #expect(try load(["shisa.conf": text]).get().homeAgent?.nodes.count == 20_000)
    }
}
