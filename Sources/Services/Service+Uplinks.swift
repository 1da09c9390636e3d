import Settings

extension Service {
    /// The clock.
    static let chronyd = Service(
        name: "chronyd", text: "Sets the clock of a mobile node by time servers.", keys: .leave,
        configuration: { (settings, _) throws(ServiceError) in
            guard let configuration = ChronyConfiguration(settings) else { return .nothing("there is no time") }
            return .text(configuration.text)
        })

    /// Addresses that an uplink's network gives by DHCPv6.
    static let dhcpcd = Service(
        name: "dhcpcd", text: "Asks for addresses on an uplink by DHCPv6.", keys: .leave,
        interfaces: { settings in settings.uplinks.filter(\.asksForAddresses).map(\.interface) },
        configuration: { (settings, interface) throws(ServiceError) in
            guard let uplink = settings.uplinks.first(where: { $0.interface == interface }) else {
                return .nothing("\(interface) is not in uplinks")
            }
            guard uplink.asksForAddresses else { return .nothing("\(interface) has dhcpv6 = false") }
            // A blank would end the name, and # the line.
            guard interface.utf8.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "#") }) else {
                throw ServiceError(
                    "uplinks has \"\(interface)\", which dhcpcd cannot be told, use another name or dhcpv6 = false")
            }
            return .text(DhcpcdConfiguration(interface: interface).text)
        })
}
