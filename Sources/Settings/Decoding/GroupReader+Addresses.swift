import MobilityWire

/// A value and where it stands, for checks that compare it with others.
struct Placed<Content> {
    var content: Content
    var location: Location
}

extension GroupReader {
    /// An address that a node can register or be reached at.
    func address(_ name: String) -> Placed<IPv6Address>? {
        value(name).flatMap { address($0, name) }
    }

    /// A list of at least one address, all different.
    func addresses(_ name: String) -> [Placed<IPv6Address>]? {
        guard let list = value(name), let elements = elements(name) else { return nil }
        let addresses = elements.compactMap { address($0, name) }
        if elements.isEmpty { log.add(list.location, "\(join(name)) is empty, should be \(kindText(name))") }
        for (index, one) in addresses.enumerated()
        where addresses[..<index].contains(where: { $0.content == one.content }) {
            log.add(one.location, "\(join(name)) names \(one.content) twice, name it once")
        }
        return addresses
    }

    /// An address with the prefix length of its link.
    func addressWithLength(_ name: String) -> (address: Placed<IPv6Address>, length: UInt8)? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value.content else { return mismatch(name, value) }
        guard let (address, length) = Self.split(text) else { return mismatch(name, value) }
        guard let length else {
            log.add(value.location, "\(join(name)) is \"\(text)\", add the prefix length of its link: \"\(text)/64\"")
            return nil
        }
        guard length >= 1 else { return mismatch(name, value) }
        return isUsable(address, value, name) ? (Placed(content: address, location: value.location), length) : nil
    }

    func prefix(_ name: String) -> Placed<IPv6Prefix>? {
        value(name).flatMap { prefix($0, name) }
    }

    /// A list of prefixes, of which none overlaps another.
    func prefixes(_ name: String) -> [Placed<IPv6Prefix>]? {
        guard let elements = elements(name) else { return nil }
        let prefixes = elements.compactMap { prefix($0, name) }
        for (index, one) in prefixes.enumerated() {
            for other in prefixes[..<index] where one.content.overlaps(other.content) {
                log.add(
                    one.location,
                    "\(join(name)) names \(one.content), which overlaps \(other.content), name each prefix once")
                break
            }
        }
        return prefixes
    }

    /// Like `prefixes`, with at least one.
    func somePrefixes(_ name: String) -> [Placed<IPv6Prefix>]? {
        guard let list = value(name), let prefixes = prefixes(name) else { return nil }
        if case .list(let elements) = list.content, elements.isEmpty {
            log.add(list.location, "\(join(name)) is empty, should be \(kindText(name))")
        }
        return prefixes
    }

    private func address(_ value: Value, _ name: String) -> Placed<IPv6Address>? {
        guard case .string(let text) = value.content else { return mismatch(name, value) }
        guard let address = IPv6Address(text) else {
            guard let (address, _) = Self.split(text) else { return mismatch(name, value) }
            log.add(value.location, "\(join(name)) has \"\(text)\", leave the length out: \"\(address)\"")
            return nil
        }
        return isUsable(address, value, name) ? Placed(content: address, location: value.location) : nil
    }

    private func prefix(_ value: Value, _ name: String) -> Placed<IPv6Prefix>? {
        guard case .string(let text) = value.content, let (address, length) = Self.split(text) else {
            return mismatch(name, value)
        }
        guard let length else {
            log.add(value.location, "\(join(name)) has \"\(text)\" without a length, write \"\(address)/64\"")
            return nil
        }
        let prefix = IPv6Prefix(address, length: length)
        guard prefix.address == address else {
            log.add(
                value.location,
                "\(join(name)) has \"\(text)\", which has bits set behind its length, write \"\(prefix)\"")
            return nil
        }
        guard length > 0, address.isRoutableUnicast else {
            let advice =
                length == 0 && join(name) == "policy.route_optimization.never"
                ? "; to leave out everybody, write enabled = false" : ""
            log.add(
                value.location,
                "\(join(name)) has \"\(text)\", should be a prefix of routable unicast addresses\(advice)")
            return nil
        }
        return Placed(content: prefix, location: value.location)
    }

    private func isUsable(_ address: IPv6Address, _ value: Value, _ name: String) -> Bool {
        guard !address.isRoutableUnicast else { return true }
        log.add(value.location, "\(join(name)) has \(address), should be a routable unicast address")
        return false
    }

    private func kindText(_ name: String) -> String {
        SettingReference.all.first { $0.path == join(name) }?.kind.text ?? ""
    }

    /// `address/length`, or an address alone.
    private static func split(_ text: String) -> (address: IPv6Address, length: UInt8?)? {
        if let (address, length) = IPv6Prefix.split(text) { return (address, length) }
        return IPv6Address(text).map { ($0, nil) }
    }
}

extension IPv6Prefix {
    func overlaps(_ other: IPv6Prefix) -> Bool { contains(other) || other.contains(self) }
}
