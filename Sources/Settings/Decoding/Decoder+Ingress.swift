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
            if let prefix = link.prefix {
                return Placed(
                    content: IngressSettings(interface: interface, prefix: prefix.content), location: prefix.location)
            }
            guard link.isAutomatic, !networks.isEmpty else { return nil }
            guard let free = Self.free(in: networks, besides: taken) else {
                log.add(
                    link.location,
                    "ingress has no prefix left for \(interface), name a longer one for each link or add prefixes to "
                        + "home")
                return nil
            }
            taken.append(free)
            return Placed(content: IngressSettings(interface: interface, prefix: free), location: link.location)
        }
    }

    private typealias Link = (
        interface: String?, prefix: Placed<IPv6Prefix>?, isAutomatic: Bool, location: Location
    )

    private func link(_ reader: GroupReader, behind networks: [IPv6Prefix]) -> Link {
        let interface = reader.interface("interface")
        let isAutomatic = !reader.mentions("prefix")
        guard let prefix = reader.prefix("prefix") else { return (interface, nil, isAutomatic, reader.location) }
        guard prefix.content.length <= 127 else {
            log.add(prefix.location, "ingress.prefix has \(prefix.content), leave room for a host: at most /127")
            return (interface, nil, false, reader.location)
        }
        if !networks.isEmpty, !networks.contains(where: { $0.contains(prefix.content) }) {
            let known = networks.map { "\($0)" }.joined(separator: ", ")
            log.add(
                prefix.location,
                "ingress.prefix has \(prefix.content), which is outside the mobile network prefixes \(known)")
            return (interface, nil, false, reader.location)
        }
        return (interface, prefix, false, reader.location)
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
