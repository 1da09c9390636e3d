import MobilityWire
import Testing

@testable import Settings

@Suite("Configuration files that are right")
struct ShisaSettingsTests {
    static let key = (0..<16).map { UInt8($0 * 0x11) }

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
                    localAddress: IPv6Prefix(host: try #require(IPv6Address("2001:db8:10::10"))), codePoint: 46))
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
        #expect(settings.policy == PolicySettings())
        #expect(settings.engine == EngineSettings(plane: .auto, device: "shisa0"))
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
            engine = { plane = "engine"; device = "mobile"; };
            """
        let settings = try load(["shisa.conf": text]).get()
        #expect(settings.home?.mode == .implicit)
        #expect(settings.home?.lifetime == 3600)
        #expect(settings.home?.prefixLength == 56)
        #expect(settings.home?.isInsecure == true)
        #expect(settings.uplinks == [UplinkSettings(interface: "br-lan.10", type: .cellular, metric: .max)])
        #expect(settings.ingress.isEmpty)
        #expect(settings.engine == EngineSettings(plane: .engine, device: "mobile"))
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
