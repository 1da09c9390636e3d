import Settings

extension Service {
    /// The hosts behind a mobile router: router advertisements, DHCPv6 and DNS.
    static let dnsmasq = Service(
        name: "dnsmasq",
        text: "Router advertisements, DHCPv6 and DNS for the hosts behind a mobile router.", keys: .leave,
        configuration: { (settings, _) throws(ServiceError) in
            guard let configuration = try DnsmasqConfiguration(settings) else {
                return .nothing("no interface of ingress has hosts to configure, and there is no dns")
            }
            return .text(configuration.text)
        })
}
