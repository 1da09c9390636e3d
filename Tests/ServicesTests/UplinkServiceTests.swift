import MobilityWire
import Settings
import Testing

@testable import Services

@Suite("The configuration of chronyd and dhcpcd")
struct UplinkServiceTests {
    private static func address(_ text: String) -> IPv6Address { IPv6Address(text)! }
    private static let home = HomeSettings(
        agents: [address("2001:db8:1::1")], address: address("2001:db8:1::100"), prefixLength: 64,
        prefixes: [IPv6Prefix("2001:db8:10::/60")!])

    private func settings(_ uplinks: [UplinkSettings] = [], time: TimeSettings? = nil) -> ShisaSettings {
        ShisaSettings(homes: [Self.home], uplinks: uplinks, time: time)
    }

    @Test("chronyd asks the servers from the home address, and tells the kernel that it keeps the clock")
    func clock() throws {
        let time = TimeSettings(servers: [Self.address("2001:db8:c::123"), Self.address("2001:db8:c::124")])
        #expect(
            try Service.chronyd.configuration(settings(time: time), "")
                == .text(
                    """
                    # Made from shisa.conf by shisaconf; what is changed here is lost.
                    server 2001:db8:c::123 iburst minpoll 4 maxpoll 10
                    server 2001:db8:c::124 iburst minpoll 4 maxpoll 10
                    bindacqaddress 2001:db8:1::100
                    makestep 1 3
                    rtcsync
                    driftfile /var/lib/chrony/drift
                    port 0
                    cmdport 0

                    """))
    }

    @Test("Without time the clock is nobody's business")
    func noClock() throws {
        #expect(try Service.chronyd.configuration(settings(), "") == .nothing("there is no time"))
    }

    @Test("dhcpcd asks for an address on one uplink, and leaves routes, resolvers and names alone")
    func addresses() throws {
        #expect(
            try Service.dhcpcd.configuration(settings([UplinkSettings(interface: "usb0")]), "usb0")
                == .text(
                    """
                    # Made from shisa.conf by shisaconf; what is changed here is lost.
                    ipv6only
                    noipv6rs
                    nogateway
                    nodev
                    script /bin/true
                    duid ll
                    option rapid_commit
                    nodelay
                    release
                    interface usb0
                    ia_na

                    """))
    }

    @Test("It is for every uplink that the file does not exclude")
    func excluded() throws {
        var excluded = UplinkSettings(interface: "eth1")
        excluded.asksForAddresses = false
        let settings = settings([UplinkSettings(interface: "eth0"), excluded, UplinkSettings(interface: "usb0")])
        #expect(Service.dhcpcd.interfaces?(settings) == ["eth0", "usb0"])
        #expect(try Service.dhcpcd.configuration(settings, "eth1") == .nothing("eth1 has dhcpv6 = false"))
        #expect(try Service.dhcpcd.configuration(settings, "lan0") == .nothing("lan0 is not in uplinks"))
    }

    @Test("A name that means more to dhcpcd than a name is refused", arguments: ["eth#0", "eth 0", "ëth0"])
    func names(name: String) {
        #expect(
            throws: ServiceError(
                "uplinks has \"\(name)\", which dhcpcd cannot be told, use another name or dhcpv6 = false")
        ) { try Service.dhcpcd.configuration(settings([UplinkSettings(interface: name)]), name) }
    }
}
