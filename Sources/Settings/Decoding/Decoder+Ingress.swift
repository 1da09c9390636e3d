import MobilityWire

// The links behind a mobile router, and which part of its prefixes each of them has.

extension Decoder {
    /// The length of the prefix that a link gets where the file gives it none: what hosts need to make addresses of their
    /// own (RFC 4291 §2.5.4).
    static let linkPrefixLength: UInt8 = 64

    /// The list `ingress`. What has no prefix in the file gets the next free one.
    func ingress(_ file: GroupReader, behind networks: [IPv6Prefix]) -> [Placed<IngressSettings>] {
        let readers = file.groups("ingress") ?? []
        if networks.isEmpty {
            // Prefixes that were complained about are no reason to complain of this as well.
            if let first = readers.first, log.complaints.isEmpty {
                log.add(
                    first.location,
                    "ingress is of use only behind mobile network prefixes, add prefixes to home or leave it out")
            }
        } else if !file.mentions("ingress"), let location = (file.peek("home") ?? file.peek("homes"))?.location {
            log.add(
                location,
                "home needs ingress, add ingress = ( { interface = \"lan0\"; prefix = \"2001:db8:10::/64\"; } );")
        }
        let links = readers.map { link($0, behind: networks) }
        var taken = links.compactMap { $0.prefix?.content }
        return links.compactMap { link in
            guard let interface = link.interface else { return nil }
            guard let prefix = link.prefix else {
                guard link.isAutomatic, !networks.isEmpty else { return nil }
                guard let free = Self.free(in: networks, besides: taken) else {
                    log.add(
                        link.location,
                        "ingress has no prefix left for \(interface), name a longer one for each link or add prefixes to "
                            + "home")
                    return nil
                }
                taken.append(free)
                return settings(of: link, interface, Placed(content: free, location: link.location))
            }
            return settings(of: link, interface, prefix)
        }
    }

    /// The settings of a link whose prefix is known.
    private func settings(of link: Link, _ interface: String, _ prefix: Placed<IPv6Prefix>) -> Placed<IngressSettings> {
        var ingress = IngressSettings(interface: interface, prefix: prefix.content, mtu: link.mtu)
        ingress.accessPoint = link.accessPoint
        let isFit = prefix.content.length == Self.linkPrefixLength
        ingress.autoconfiguration = link.autoconfiguration?.content ?? (isFit ? .slaac : .off)
        if let asked = link.autoconfiguration, asked.content != .off, !isFit {
            log.add(
                asked.location,
                "ingress.autoconfiguration is \"\(asked.content.rawValue)\", which takes a prefix of "
                    + "\(Self.linkPrefixLength) bits and \(interface) has \(prefix.content), write \"off\" or another prefix"
            )
        }
        return Placed(content: ingress, location: prefix.location)
    }

    /// The group `dns`.
    func dns(_ file: GroupReader, behind links: [Placed<IngressSettings>]) -> DNSSettings? {
        guard let reader = file.group("dns") else { return nil }
        // Links that were complained about are no reason to complain of this as well.
        if links.isEmpty, log.complaints.isEmpty {
            log.add(reader.location, "dns is of use only to hosts behind a mobile router, leave it out or add ingress")
        }
        let servers = reader.addresses("servers") ?? []
        var domain: String?
        if let text = reader.string("domain"), let value = reader.value("domain") {
            domain = DNSSettings.domain(text)
            if domain == nil {
                log.add(
                    value.location,
                    "dns.domain is \"\(text)\", should be a domain such as \"bus-17.example\": letters, digits and hyphens, "
                        + "with dots between")
            }
        }
        return DNSSettings(servers: servers.map(\.content), domain: domain)
    }

    private struct Link {
        var interface: String?
        var prefix: Placed<IPv6Prefix>?
        var isAutomatic: Bool
        var autoconfiguration: Placed<IngressSettings.Autoconfiguration>?
        var mtu: UInt32
        var accessPoint: AccessPointSettings?
        var location: Location
    }

    private func link(_ reader: GroupReader, behind networks: [IPv6Prefix]) -> Link {
        var link = Link(
            interface: reader.interface("interface"), isAutomatic: !reader.mentions("prefix"),
            mtu: reader.integer("mtu") ?? IngressSettings.defaultMTU, accessPoint: accessPoint(reader),
            location: reader.location)
        if let word = reader.word("autoconfiguration", IngressSettings.Autoconfiguration.self) {
            let location = reader.peek("autoconfiguration")?.location ?? reader.location
            link.autoconfiguration = Placed(content: word, location: location)
        }
        guard let prefix = reader.prefix("prefix") else { return link }
        guard prefix.content.length <= 127 else {
            log.add(prefix.location, "ingress.prefix has \(prefix.content), leave room for a host: at most /127")
            return link
        }
        if !networks.isEmpty, !networks.contains(where: { $0.contains(prefix.content) }) {
            let known = networks.map { "\($0)" }.joined(separator: ", ")
            log.add(
                prefix.location,
                "ingress.prefix has \(prefix.content), which is outside the mobile network prefixes \(known)")
            return link
        }
        link.prefix = prefix
        return link
    }

    /// The lowest prefix of `linkPrefixLength` bits in `networks` that overlaps none of `taken`; a network that is smaller
    /// than that goes to one link as it is.
    static func free(in networks: [IPv6Prefix], besides taken: [IPv6Prefix]) -> IPv6Prefix? {
        for network in networks {
            if network.length >= linkPrefixLength {
                if network.length <= 127, !taken.contains(where: { $0.overlaps(network) }) { return network }
                continue
            }
            // Each prefix that is taken spoils one at least, so that more than these need not be looked at.
            let places = UInt64(1) << min(UInt64(linkPrefixLength - network.length), 16)
            for place in 0..<places {
                let prefix = IPv6Prefix(
                    IPv6Address(high: network.address.high | place, low: 0), length: linkPrefixLength)
                if !taken.contains(where: { $0.overlaps(prefix) }) { return prefix }
            }
        }
        return nil
    }
}
