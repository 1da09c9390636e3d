import MobilityWire
import Settings

/// What dnsmasq (2.86 or later) has to know to serve the hosts behind a mobile router.
///
/// Prefixes are not in it: dnsmasq takes them from the addresses that nemonetd gives the interfaces, and tells the hosts
/// itself that one is not to be used any longer when it goes (RFC 4862 §5.5.4). So a new prefix needs no new file, and no
/// new dnsmasq that knows nothing of the old one. Where it runs, under which account, and where it keeps its leases is for
/// the command line.
struct DnsmasqConfiguration: Hashable, Sendable {
    /// The interfaces that it answers on.
    let links: [IngressSettings]
    /// What it answers questions with; nil: with nothing.
    let dns: DNSSettings?
    /// Where its own questions come from, so that they go through the tunnel.
    let source: IPv6Address?

    /// Nil where there is nothing to do for it.
    init?(_ settings: ShisaSettings) throws(ServiceError) {
        dns = settings.dns
        source = settings.home?.address
        links = settings.ingress.filter { $0.autoconfiguration != .off || settings.dns != nil }
        if links.isEmpty { return nil }
        for link in links where !Self.isPlain(link.interface) {
            throw ServiceError(
                "ingress has \"\(link.interface)\", which dnsmasq cannot be told, use letters, digits, '-', '_' and "
                    + "'.'")
        }
    }

    /// Whether dnsmasq takes an interface's name for nothing but a name: no wildcard, separator or comment.
    private static func isPlain(_ name: String) -> Bool {
        name.utf8.allSatisfy { octet in
            switch octet {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: octet == UInt8(ascii: "-") || octet == UInt8(ascii: "_") || octet == UInt8(ascii: ".")
            }
        }
    }
}

extension DnsmasqConfiguration {
    // RFC 4861 §6.2.1, MaxRtrAdvInterval and AdvDefaultLifetime: hosts that come ask, those that sleep are not woken.
    private static let advertisementInterval = 600
    private static let routerLifetime = 1800
    /// How long an address or a prefix holds when nothing more is heard, in seconds: two hours are what a host keeps one
    /// for anyway, whatever an advertisement that nobody has signed says (RFC 4862 §5.5.3).
    private static let lifetime = 7200
    /// The addresses that are given out, in each prefix: away from those that people choose.
    private static let firstAddress = "::1:0:0"
    private static let lastAddress = "::1:0:ffff"
    /// How many answers are kept.
    private static let cacheSize = 1000

    /// The file.
    var text: String {
        let head = "# Made from shisa.conf by shisaconf; what is changed here is lost."
        return ([head] + listening + names + addresses).map { $0 + "\n" }.joined()
    }

    /// On the links of the mobile network alone: neither on uplinks, nor to what comes by the tunnel.
    private var listening: [String] {
        ["bind-dynamic", "except-interface=lo"] + links.map { "interface=\($0.interface)" }
    }

    private var names: [String] {
        guard let dns else { return ["port=0"] }
        var lines = ["no-hosts", "no-resolv", "domain-needed", "bogus-priv", "cache-size=\(Self.cacheSize)"]
        let source = source.map { "@\($0)" } ?? ""
        lines += dns.servers.map { "server=\($0)\(source)" }
        if let domain = dns.domain { lines += ["domain=\(domain)", "local=/\(domain)/"] }
        return lines
    }

    private var addresses: [String] {
        let served = links.filter { $0.autoconfiguration != .off }
        guard !served.isEmpty else { return [] }
        var lines = ["enable-ra", "quiet-ra", "quiet-dhcp6"]
        if served.contains(where: { $0.autoconfiguration == .dhcpv6 }) { lines.append("dhcp-authoritative") }
        for link in served {
            let name = link.interface
            lines.append(
                "ra-param=\(name),mtu:\(link.mtu),\(Self.advertisementInterval),\(Self.routerLifetime)")
            let range =
                link.autoconfiguration == .dhcpv6
                ? "\(Self.firstAddress),\(Self.lastAddress),constructor:\(name),64"
                : "::,constructor:\(name),ra-stateless,64"
            lines.append("dhcp-range=\(range),\(Self.lifetime)")
        }
        if let dns {
            // Stands for the router's own address on the link of the host.
            lines.append("dhcp-option=option6:dns-server,[::]")
            if let domain = dns.domain { lines.append("dhcp-option=option6:domain-search,\(domain)") }
        }
        return lines
    }
}
