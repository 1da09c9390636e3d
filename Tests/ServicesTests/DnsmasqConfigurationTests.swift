import Foundation
import MobilityWire
import Settings
import Testing

@testable import Services

@Suite("dnsmasq's configuration for the hosts behind a mobile router")
struct DnsmasqConfigurationTests {
    static let home = HomeSettings(
        agents: [address("2001:db8:1::1")], address: address("2001:db8:1::100"), prefixLength: 64,
        prefixes: [prefix("2001:db8:10::/60")])

    static func address(_ text: String) -> IPv6Address { IPv6Address(text)! }
    static func prefix(_ text: String) -> IPv6Prefix { IPv6Prefix(text)! }

    static func settings(_ links: [IngressSettings], dns: DNSSettings? = nil) -> ShisaSettings {
        ShisaSettings(homes: [home], uplinks: [UplinkSettings(interface: "eth0")], ingress: links, dns: dns)
    }

    static let slaac = IngressSettings(interface: "lan0", prefix: prefix("2001:db8:10::/64"))
    static let dhcpv6 = IngressSettings(
        interface: "lan1", prefix: prefix("2001:db8:10:1::/64"), autoconfiguration: .dhcpv6, mtu: 1280)
    static let off = IngressSettings(
        interface: "lan2", prefix: prefix("2001:db8:10:2::/64"), autoconfiguration: .off)
    static let dns = DNSSettings(
        servers: [address("2001:db8:c::53"), address("2001:db8:c::54")], domain: "bus-17.example")

    static let links = """
        # Made from shisa.conf by shisaconf; what is changed here is lost.
        bind-dynamic
        except-interface=lo
        interface=lan0

        """
    static let alone = """
        enable-ra
        quiet-ra
        quiet-dhcp6
        ra-param=lan0,mtu:1460,600,1800
        dhcp-range=::,constructor:lan0,ra-stateless,64,7200

        """
    static let everything = """
        # Made from shisa.conf by shisaconf; what is changed here is lost.
        bind-dynamic
        except-interface=lo
        interface=lan0
        interface=lan1
        interface=lan2
        no-hosts
        no-resolv
        domain-needed
        bogus-priv
        cache-size=1000
        server=2001:db8:c::53@2001:db8:1::100
        server=2001:db8:c::54@2001:db8:1::100
        domain=bus-17.example
        local=/bus-17.example/
        enable-ra
        quiet-ra
        quiet-dhcp6
        dhcp-authoritative
        ra-param=lan0,mtu:1460,600,1800
        dhcp-range=::,constructor:lan0,ra-stateless,64,7200
        ra-param=lan1,mtu:1280,600,1800
        dhcp-range=::1:0:0,::1:0:ffff,constructor:lan1,64,7200
        dhcp-option=option6:dns-server,[::]
        dhcp-option=option6:domain-search,bus-17.example

        """

    /// Settings, and the file that follows from them.
    static let rows: [(settings: ShisaSettings, text: String)] = [
        (settings([slaac]), links + "port=0\n" + alone),
        (settings([slaac, dhcpv6, off], dns: dns), everything),
        // A link without autoconfiguration is none of its business unless it answers questions there.
        (settings([slaac, off]), links + "port=0\n" + alone),
        (
            settings([off], dns: DNSSettings(servers: [address("2001:db8:c::53")])),
            """
            # Made from shisa.conf by shisaconf; what is changed here is lost.
            bind-dynamic
            except-interface=lo
            interface=lan2
            no-hosts
            no-resolv
            domain-needed
            bogus-priv
            cache-size=1000
            server=2001:db8:c::53@2001:db8:1::100

            """
        ),
    ]

    @Test("It is made from the settings, line by line", arguments: rows)
    func golden(row: (settings: ShisaSettings, text: String)) throws {
        #expect(try Service.dnsmasq.configuration(row.settings, "") == .text(row.text))
    }

    @Test("dnsmasq itself takes it", .enabled(if: isInstalled), arguments: rows)
    func judged(row: (settings: ShisaSettings, text: String)) throws {
        #expect(try Self.judgement(row.text) == "dnsmasq: syntax check OK.\n")
    }

    @Test("dnsmasq itself would say what is wrong", .enabled(if: isInstalled))
    func judge() throws {
        #expect(try Self.judgement("ra-parm=lan0\n").contains("bad option at line 1"))
    }

    @Test("Where no host is to be configured or answered, there is nothing to do", arguments: [[], [off]])
    func nothing(links: [IngressSettings]) throws {
        let outcome = try Service.dnsmasq.configuration(Self.settings(links), "")
        #expect(outcome == .nothing("no interface of ingress has hosts to configure, and there is no dns"))
    }

    @Test(
        "A name that means more to dnsmasq than a name is refused",
        arguments: ["lan*", "lan,0", "lan#0", "\"lan", "lán"])
    func names(name: String) {
        var link = Self.slaac
        link.interface = name
        #expect(
            throws: ServiceError(
                "ingress has \"\(name)\", which dnsmasq cannot be told, use letters, digits, '-', '_' and '.'")
        ) { try Service.dnsmasq.configuration(Self.settings([link]), "") }
    }

    private static let program = "/usr/sbin/dnsmasq"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    /// What dnsmasq says of a file.
    private static func judgement(_ text: String) throws -> String {
        let file = URL(fileURLWithPath: NSTemporaryDirectory() + "shisa-dnsmasq-" + UUID().uuidString)
        try Data(text.utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["--test", "--conf-file=\(file.path)"]
        process.standardError = output
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return String(decoding: said, as: UTF8.self)
    }
}
