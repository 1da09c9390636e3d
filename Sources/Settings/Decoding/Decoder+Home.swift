import MobilityWire

extension Decoder {
    /// The group `home` and the list `homes`: all home addresses of the node, no two alike.
    func homes(_ file: GroupReader) -> [HomeSettings] {
        let readers = (file.group("home").map { [$0] } ?? []) + (file.groups("homes") ?? [])
        if file.mentions("homes"), readers.isEmpty, !file.mentions("home") {
            log.add(file.peek("homes")?.location ?? file.location, "homes is empty, describe at least one home address")
        }
        var homes: [HomeSettings] = []
        for reader in readers {
            guard let home = home(reader) else { continue }
            if homes.contains(where: { $0.address == home.address }) {
                log.add(reader.location, "\(reader.path) has the home address \(home.address) again, use each once")
            }
            for prefix in home.prefixes {
                if let other = homes.flatMap(\.prefixes).first(where: { $0.overlaps(prefix) }) {
                    log.add(
                        reader.location, "\(reader.path) has \(prefix), which overlaps \(other), name each prefix once")
                }
            }
            homes.append(home)
        }
        return homes
    }

    /// One home address.
    private func home(_ reader: GroupReader) -> HomeSettings? {
        let agents = agents(reader)
        let address = reader.addressWithLength("address")
        let prefixes = reader.mentions("prefixes") ? reader.somePrefixes("prefixes") : []
        let mode = reader.word("mode", NetworkMode.self) ?? .explicit
        let lifetime = reader.seconds("lifetime") ?? HomeSettings.defaultLifetime
        let authentication = authentication(reader)
        let prefixDiscovery = reader.flag("prefix_discovery") ?? false
        guard let agents, let address, let prefixes else { return nil }
        if agents.addresses.contains(address.address.content) {
            log.add(
                address.address.location,
                "\(reader.path).address is the address of the home agent, give the mobile node one of its own")
        }
        return HomeSettings(
            agents: agents.addresses, discovers: agents.discovers, address: address.address.content,
            prefixLength: address.length, prefixes: prefixes.map(\.content), mode: mode, lifetime: lifetime,
            authentication: authentication, prefixDiscovery: prefixDiscovery)
    }

    /// The members `agent` and `agents`.
    private func agents(_ reader: GroupReader) -> (addresses: [IPv6Address], discovers: Bool)? {
        let others = reader.addresses("agents").map { $0.map(\.content) } ?? []
        guard let value = reader.value("agent") else { return nil }
        if case .string("discover") = value.content { return (others, true) }
        guard let first = reader.address("agent") else { return nil }
        if others.contains(first.content) {
            log.add(first.location, "\(reader.path).agents names \(first.content) again, which agent has already")
        }
        return ([first.content] + others, false)
    }

    /// The members `authentication` and `insecure`, which `home` and the nodes of a home agent share: there is a key,
    /// or the file says that there is none.
    func authentication(_ reader: GroupReader) -> AuthenticationSettings? {
        let isInsecure = reader.flag("insecure") ?? false
        guard let group = reader.group("authentication") else {
            if !isInsecure, !reader.mentions("authentication"), !reader.hasRefused("insecure") {
                log.add(
                    reader.location,
                    "\(reader.path) has no authentication, add authentication = { spi = 256; key = \"file:…\"; }; or, "
                        + "where anybody may register, insecure = true;")
            }
            return nil
        }
        if isInsecure {
            log.add(group.location, "\(reader.path) has authentication and insecure = true, choose one of them")
        }
        let spi = group.integer("spi")
        let key = key(group)
        guard let spi, let key else { return nil }
        return AuthenticationSettings(spi: spi, key: key)
    }

    /// The octets of a key; none when it is in a file that is to be left alone.
    private func key(_ reader: GroupReader) -> [UInt8]? {
        guard let text = reader.string("key"), let location = reader.peek("key")?.location else { return nil }
        let name = reader.join("key")
        let wanted = "a key has \(AuthenticationSettings.keyLength * 2) hexadecimal digits"
        if text.hasPrefix("hex:") {
            // The key itself stays out of the complaint: it may be right but for one digit.
            guard let key = Self.octets(text.utf8.dropFirst(4)) else {
                log.add(location, "\(name) is not a key, \(wanted)")
                return nil
            }
            if keys == .read, holder.isExposed(location.file) {
                log.add(
                    location,
                    "\(name) is in a file that everybody may read or write, run: chmod o= \(location.file)")
            }
            return key
        }
        guard text.hasPrefix("file:"), text != "file:" else {
            log.add(
                location, "\(name) is neither a key nor the name of a file, write \(SettingReference.Kind.key.text)")
            return nil
        }
        guard keys == .read else { return [] }
        let path = Path.resolve(String(text.dropFirst(5)), besides: location.file)
        do {
            guard let key = Self.octets(Self.trimmed(try File.read(path, limit: 4096, isSecret: true))) else {
                log.add(location, "\(name): \(path) holds no key, \(wanted)")
                return nil
            }
            return key
        } catch {
            let advice =
                error.isMissing
                ? ", put the key there that both ends share; to make one: (umask 027; openssl rand -hex 16 >\(path))"
                : ""
            log.add(location, "\(name): cannot read \(path): \(error.text)\(advice)")
            return nil
        }
    }

    private static func trimmed(_ octets: [UInt8]) -> ArraySlice<UInt8> {
        func isBlank(_ octet: UInt8) -> Bool { octet == 0x20 || octet == 0x09 || octet == 0x0a || octet == 0x0d }
        let start = octets.drop(while: isBlank)
        return start.prefix(upTo: start.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start.startIndex)
    }

    /// The octets that exactly `AuthenticationSettings.keyLength` pairs of digits stand for.
    private static func octets(_ digits: some Collection<UInt8>) -> [UInt8]? {
        guard digits.count == AuthenticationSettings.keyLength * 2 else { return nil }
        return HexadecimalText.octets(digits)
    }
}
