import MobilityWire
import Testing

@testable import Settings

@Suite("What a file says of the hosts behind a mobile router")
struct HostSettingsTests {
    private func settings(ingress: String, more: String = "") throws -> ShisaSettings {
        try load(["shisa.conf": Self.file(ingress: ingress, more: more)]).get()
    }

    /// A mobile router with one link, whose group holds `ingress` beside its name.
    static func file(ingress: String = "", more: String = "") -> String {
        Sample.home.replacing("prefix = \"2001:db8:10::/64\";", with: ingress) + more
    }

    @Test("Hosts make their own addresses where nothing else is said, and are told what fits the tunnel over Ethernet")
    func defaults() throws {
        let link = try #require(settings(ingress: "").ingress.first)
        #expect(link.autoconfiguration == .slaac)
        #expect(link.mtu == 1460)
        #expect(try settings(ingress: "").dns == nil)
    }

    @Test("What is said is read", arguments: IngressSettings.Autoconfiguration.allCases)
    func said(autoconfiguration: IngressSettings.Autoconfiguration) throws {
        let settings = try settings(
            ingress: "autoconfiguration = \"\(autoconfiguration.rawValue)\"; mtu = 1400;",
            more: "dns = { servers = [ \"2001:db8:c::53\", \"2001:db8:c::54\" ]; domain = \"Bus-17.Example\"; };")
        #expect(settings.ingress.first?.autoconfiguration == autoconfiguration)
        #expect(settings.ingress.first?.mtu == 1400)
        #expect(settings.dns?.servers.map { "\($0)" } == ["2001:db8:c::53", "2001:db8:c::54"])
        #expect(settings.dns?.domain == "bus-17.example")
    }

    @Test("A prefix that is not of 64 bits is left alone unless the file asks", arguments: ["62", "63", "65", "120"])
    func lengths(length: String) throws {
        let prefix = "prefix = \"2001:db8:10::/\(length)\";"
        #expect(try settings(ingress: prefix).ingress.first?.autoconfiguration == .off)
        #expect(try settings(ingress: prefix + "autoconfiguration = \"off\";").ingress.first?.autoconfiguration == .off)
        #expect(
            try complaints(Self.file(ingress: prefix + "autoconfiguration = \"slaac\";")) == [
                "shisa.conf:8: ingress.autoconfiguration is \"slaac\", which takes a prefix of 64 bits and lan0 has "
                    + "2001:db8:10::/\(length), write \"off\" or another prefix"
            ])
    }

    /// The text of `ingress` or behind it, and the complaint.
    static let rows: [(ingress: String, more: String, complaint: String)] = [
        (
            "autoconfiguration = \"ra\";", "",
            "shisa.conf:8: ingress.autoconfiguration is \"ra\", should be \"slaac\" or \"dhcpv6\" or \"off\""
        ),
        ("mtu = 1279;", "", "shisa.conf:8: ingress.mtu is 1279, should be a whole number from 1280 to 65535"),
        ("", "dns = { };", "shisa.conf:9: dns has no servers, add servers = [ \"2001:db8:c::53\" ];"),
        (
            "", "dns = { servers = [ ]; };",
            "shisa.conf:9: dns.servers is empty, should be a list of IPv6 addresses such as [ \"2001:db8:1::1\" ]"
        ),
        (
            "", "dns = { servers = [ \"fe80::1\" ]; };",
            "shisa.conf:9: dns.servers has fe80::1, should be a routable unicast address"
        ),
        (
            "", "dns = { servers = [ \"2001:db8::1\" ]; server = 1; };",
            "shisa.conf:9: unknown name server in dns, did you mean servers?"
        ),
    ]

    @Test("What is wrong is complained about with its line", arguments: rows)
    func wrong(row: (ingress: String, more: String, complaint: String)) throws {
        #expect(try complaints(Self.file(ingress: row.ingress, more: row.more)) == [row.complaint])
    }

    @Test(
        "What is no domain is refused",
        arguments: [
            "", ".", "bus..example", "-bus", "bus-", "bus example", "bus,example", "bus.example.", "bús", "a/b",
        ])
    func domains(text: String) throws {
        let dns = "dns = { servers = [ \"2001:db8::1\" ]; domain = \"\(text)\"; };"
        #expect(
            try complaints(Self.file(more: dns)) == [
                "shisa.conf:9: dns.domain is \"\(text)\", should be a domain such as \"bus-17.example\": letters, digits "
                    + "and hyphens, with dots between"
            ])
    }

    @Test("A domain and its labels have lengths that DNS can carry")
    func lengthOfDomains() {
        let label = String(repeating: "a", count: 63)
        #expect(DNSSettings.domain(label) == label)
        #expect(DNSSettings.domain(label + "a") == nil)
        let longest = [label, label, label, String(repeating: "a", count: 61)].joined(separator: ".")
        #expect(DNSSettings.domain(longest) == longest)
        #expect(DNSSettings.domain(longest + "a") == nil)
    }

    @Test("Where there is nobody to answer, dns is complained about")
    func nobody() throws {
        let dns = "dns = { servers = [ \"2001:db8::1\" ]; };"
        #expect(
            try complaints(Sample.homeAgent + dns) == [
                "shisa.conf:9: dns is of use only to a mobile node, leave it out or add home"
            ])
        let host = Sample.home.replacing("  prefixes = [ \"2001:db8:10::/60\" ];\n", with: "")
            .replacing("ingress = ( { interface = \"lan0\"; prefix = \"2001:db8:10::/64\"; } );\n", with: dns)
        #expect(
            try complaints(host) == [
                "shisa.conf:7: dns is of use only to hosts behind a mobile router, leave it out or add ingress"
            ])
    }
}
