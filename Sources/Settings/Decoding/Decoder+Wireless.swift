// WLANs: the list `uplinks.networks` and the group `ingress.access_point`.

extension Decoder {
    /// The members `networks` and `country` of an uplink, which only a WLAN has.
    func networks(_ reader: GroupReader, type: UplinkSettings.Kind) -> (networks: [NetworkSettings], country: String?) {
        if type != .wlan {
            for name in ["networks", "country"] {
                guard let location = reader.peek(name)?.location else { continue }
                log.add(
                    location,
                    "\(reader.join(name)) is there for type = \"\(type.rawValue)\", write type = \"wlan\" or leave it out"
                )
            }
        }
        let country = reader.country("country")
        guard let readers = reader.groups("networks"), let list = reader.peek("networks") else { return ([], country) }
        if case .list(let elements) = list.content, elements.isEmpty {
            log.add(list.location, "\(reader.join("networks")) is empty, name at least one or leave it out")
        }
        if readers.count > NetworkSettings.limit {
            log.add(
                list.location,
                "\(reader.join("networks")) has \(readers.count) networks, there may be \(NetworkSettings.limit)")
        }
        var networks: [NetworkSettings] = []
        for reader in readers {
            guard let network = network(reader) else { continue }
            if networks.contains(where: { $0.ssid == network.ssid && $0.bssid == network.bssid }) {
                log.add(reader.location, "\(reader.path) has the same network again, name it once")
            }
            networks.append(network)
        }
        return (networks, country)
    }

    private func network(_ reader: GroupReader) -> NetworkSettings? {
        let ssid = reader.ssid("ssid")
        let protection = protection(reader)
        let priority = reader.integer("priority").flatMap { UInt8(exactly: $0) } ?? NetworkSettings.defaultPriority
        let isHidden = reader.flag("hidden") ?? false
        let bssid = reader.bssid("bssid")
        guard let ssid, let protection else { return nil }
        return NetworkSettings(
            ssid: ssid, security: protection.security, secret: protection.secret, priority: priority,
            isHidden: isHidden, bssid: bssid)
    }

    /// The group `access_point` of a link behind the router; nil where it has none, or one that was complained about.
    func accessPoint(_ reader: GroupReader) -> AccessPointSettings? {
        guard let reader = reader.group("access_point") else { return nil }
        let ssid = reader.ssid("ssid")
        let protection = protection(reader)
        let isHidden = reader.flag("hidden") ?? false
        let maxStations = reader.integer("max_stations") ?? AccessPointSettings.defaultMaxStations
        let place = place(reader)
        guard let ssid, let protection, let place else { return nil }
        return AccessPointSettings(
            ssid: ssid, security: protection.security, secret: protection.secret, band: place.band,
            channel: place.channel, country: place.country, isHidden: isHidden, maxStations: maxStations)
    }

    /// Where in the spectrum, and by whose rules.
    private func place(_ reader: GroupReader) -> (band: AccessPointSettings.Band, channel: UInt8, country: String?)? {
        let country = reader.country("country")
        let named = reader.word("band", AccessPointSettings.Band.self)
        let wanted = reader.integer("channel").map { UInt8(truncatingIfNeeded: $0) }
        if reader.mentions("band"), named == nil { return nil }
        if reader.mentions("channel"), wanted == nil { return nil }
        let band =
            named
            ?? wanted.flatMap { wanted in
                AccessPointSettings.Band.allCases.first { $0.channels.contains(wanted) }
            }
        let channel = wanted ?? (band ?? .lower).defaultChannel
        let location = reader.peek("channel")?.location ?? reader.location
        guard let band = band ?? (wanted == nil ? .lower : nil), band.channels.contains(channel) else {
            let known = (band.map { [$0] } ?? AccessPointSettings.Band.allCases)
                .map { "\($0.rawValue) has " + $0.channels.map { "\($0)" }.joined(separator: ", ") }
            log.add(
                location, "\(reader.join("channel")) is \(channel), \(known.joined(separator: "; "))")
            return nil
        }
        if !band.isAllowedEverywhere(channel), !reader.mentions("country") {
            log.add(
                location,
                "\(reader.path) has no country, which has to allow channel \(channel), add country = \"DE\";, or yours")
        }
        return (band, channel, country)
    }

    /// The members `security` and `psk`: there is a secret, or the file says that there is none.
    private func protection(_ reader: GroupReader) -> (security: WLANSecurity, secret: WLANSecret?)? {
        let word = reader.word("security", WLANSecurity.self)
        if reader.mentions("security"), word == nil { return nil }
        let security = word ?? .default
        guard let value = reader.peek("psk") else {
            if reader.hasRefused("psk") { return nil }
            if security == .open { return (.open, nil) }
            log.add(
                reader.location,
                "\(reader.path) has no psk, add psk = \"file:keys/…\"; or, where everybody may join and listen, "
                    + "security = \"open\";")
            return nil
        }
        let wanted = "one has 8 to 63 printable ASCII characters or 64 hexadecimal digits"
        guard let text = secret(reader, "psk", wanted, { WLANSecret(written: Array($0.utf8)) != nil }) else {
            return nil
        }
        // Without the right to read keys there is none to look at.
        let secret = WLANSecret(written: Array(text.utf8)) ?? WLANSecret(.passphrase([]))
        if security == .open {
            log.add(value.location, "\(reader.path) has psk and security = \"open\", choose one of them")
        }
        if security.needsPassphrase, case .key = secret.content {
            log.add(
                value.location,
                "\(reader.join("psk")) is a key, with which only security = \"wpa2\" does, write the passphrase")
        }
        return (security, secret)
    }

    /// A machine is in one country.
    func checkCountries(_ uplinks: [Placed<UplinkSettings>], _ ingress: [Placed<IngressSettings>]) {
        let named =
            uplinks.compactMap { uplink in
                uplink.content.country.map { (country: $0, path: "uplinks.country", location: uplink.location) }
            }
            + ingress.compactMap { link in
                link.content.accessPoint?.country.map {
                    (country: $0, path: "ingress.access_point.country", location: link.location)
                }
            }
        guard let first = named.first else { return }
        for other in named.dropFirst() where other.country != first.country {
            log.add(
                other.location,
                "\(other.path) is \"\(other.country)\", and \(first.path) is \"\(first.country)\" "
                    + "(\(first.location.text(from: other.location))), name the one country that the radios are in")
        }
    }
}

extension GroupReader {
    fileprivate func ssid(_ name: String) -> SSID? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value.content else { return mismatch(name, value) }
        let octets = text.hasPrefix("hex:") ? HexadecimalText.octets(text.utf8.dropFirst(4)) : Array(text.utf8)
        guard let octets else {
            log.add(value.location, "\(join(name)) is \"\(text)\", behind \"hex:\" come pairs of hexadecimal digits")
            return nil
        }
        // What was no UTF-8 in the file came here as this character.
        if !text.hasPrefix("hex:"), text.unicodeScalars.contains("\u{FFFD}") {
            log.add(
                value.location, "\(join(name)) is \"\(text)\", which is not all text, write \"hex:\" and its octets")
            return nil
        }
        guard SSID.lengths.contains(octets.count) else {
            log.add(
                value.location,
                "\(join(name)) has \(octets.count) octets, should be \(SettingReference.Kind.ssid.text)")
            return nil
        }
        return SSID(octets)
    }

    fileprivate func country(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value.content, text.utf8.count == 2,
            text.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
        else { return mismatch(name, value) }
        return text
    }

    /// The address of one station, not of a group.
    fileprivate func bssid(_ name: String) -> [UInt8]? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value.content else { return mismatch(name, value) }
        let parts = text.utf8.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        let octets = parts.compactMap { $0.count == 2 ? HexadecimalText.octets($0)?.first : nil }
        guard parts.count == 6, octets.count == 6, octets[0] & 1 == 0, octets != [0, 0, 0, 0, 0, 0] else {
            return mismatch(name, value)
        }
        return octets
    }
}
