import Settings

extension Service {
    /// What joins WLANs.
    static let wpaSupplicant = Service(
        name: "wpa_supplicant", text: "Joins the networks of a WLAN uplink.", keys: .read,
        interfaces: { settings in settings.uplinks.filter { !$0.networks.isEmpty }.map(\.interface) },
        configuration: { settings, interface in
            guard let uplink = settings.uplinks.first(where: { $0.interface == interface }) else {
                return .nothing("\(interface) is not in uplinks")
            }
            guard !uplink.networks.isEmpty else { return .nothing("\(interface) has no networks") }
            return .text(WPASupplicantConfiguration(uplink).text)
        })

    /// What is a WLAN's access point.
    static let hostapd = Service(
        name: "hostapd", text: "Is the access point on an interface of ingress.", keys: .read,
        interfaces: { settings in settings.ingress.filter { $0.accessPoint != nil }.map(\.interface) },
        configuration: { settings, interface in
            guard let link = settings.ingress.first(where: { $0.interface == interface }) else {
                return .nothing("\(interface) is not in ingress")
            }
            guard let accessPoint = link.accessPoint else { return .nothing("\(interface) has no access_point") }
            return .text(HostapdConfiguration(accessPoint, on: interface).text)
        })
}
