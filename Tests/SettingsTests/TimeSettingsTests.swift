import MobilityWire
import Testing

@testable import Settings

@Suite("What a file says of time servers, and of addresses by DHCPv6")
struct TimeSettingsTests {
    @Test("The clock is nobody's business unless the file names servers")
    func servers() throws {
        #expect(try load(["shisa.conf": Sample.home]).get().time == nil)
        let time = "time = { servers = [ \"2001:db8:c::123\", \"2001:db8:c::124\" ]; };"
        let settings = try load(["shisa.conf": Sample.home + time]).get()
        #expect(settings.time?.servers.map { "\($0)" } == ["2001:db8:c::123", "2001:db8:c::124"])
    }

    @Test("Addresses are asked for by DHCPv6 unless an uplink says otherwise")
    func addresses() throws {
        #expect(try load(["shisa.conf": Sample.home]).get().uplinks.map(\.asksForAddresses).contains(false) == false)
        let text = Sample.home.replacing("interface = \"eth0\";", with: "interface = \"eth0\"; dhcpv6 = false;")
        #expect(text != Sample.home)
        #expect(try load(["shisa.conf": text]).get().uplinks.first?.asksForAddresses == false)
    }

    /// What is added to a mobile router's file, and the complaint.
    static let rows: [(text: String, complaint: String)] = [
        ("time = { };", "shisa.conf:9: time has no servers, add servers = [ \"2001:db8:c::123\" ];"),
        (
            "time = { servers = [ \"pool.example\" ]; };",
            "shisa.conf:9: time.servers is \"pool.example\", should be a list of IPv6 addresses such as [ \"2001:db8:1::1\" ]"
        ),
        (
            "time = { server = [ \"2001:db8::1\" ]; servers = [ \"2001:db8::1\" ]; };",
            "shisa.conf:9: unknown name server in time, did you mean servers?"
        ),
    ]

    @Test("What is wrong is complained about with its line", arguments: rows)
    func wrong(row: (text: String, complaint: String)) throws {
        #expect(try complaints(Sample.home + row.text) == [row.complaint])
    }

    @Test("Where nobody moves, time is complained about")
    func nobody() throws {
        #expect(
            try complaints(Sample.homeAgent + "time = { servers = [ \"2001:db8::1\" ]; };") == [
                "shisa.conf:9: time is of use only to a mobile node, leave it out or add home"
            ])
    }
}
