extension Decoder {
    /// The members of `uplinks` that a modem needs; nil where the uplink has none.
    func cellular(_ reader: GroupReader, type: UplinkSettings.Kind) -> CellularSettings? {
        let names = ["apn", "pin", "user", "password", "device"]
        guard let first = names.first(where: reader.mentions) else { return nil }
        let location = reader.peek(first)?.location ?? reader.location
        if type != .cellular {
            log.add(
                location, "\(reader.join(first)) is of use only to a modem, leave it out or add type = \"cellular\";")
        }
        let accessPoint = text(reader, "apn", "an access point name has letters, digits, - and .", isAccessPoint)
        let pin = secret(reader, "pin", "one has 4 to 8 digits") { text in
            CellularSettings.pinDigits.contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
        let wanted =
            "one has 1 to \(CellularSettings.credentialLimit) printable ASCII characters, and no quotation mark or \\"
        let user = text(reader, "user", wanted, isCredential)
        let password = secret(reader, "password", wanted, isCredential)
        let device = text(
            reader, "device",
            "write the path of a serial line such as \"/dev/ttyUSB2\", or its place such as \"1-1.3:1.2\"", isDevice)
        if !reader.mentions("apn") {
            log.add(
                location, "\(reader.join(first)) does nothing without apn, add apn = \"internet\";, or your operator's")
        }
        if reader.mentions("password"), !reader.mentions("user") {
            log.add(location, "\(reader.path) has a password but no user, add user, or leave the password out")
        }
        guard let accessPoint else { return nil }
        return CellularSettings(accessPoint: accessPoint, pin: pin, user: user, password: password, device: device)
    }

    private func isAccessPoint(_ text: String) -> Bool {
        (1...CellularSettings.accessPointLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (0x61...0x7a).contains($0 | 0x20) || (0x30...0x39).contains($0) || $0 == 0x2d || $0 == 0x2e
            }
    }

    /// What the command lines of all programs for modems take between quotation marks.
    private func isCredential(_ text: String) -> Bool {
        (1...CellularSettings.credentialLimit).contains(text.utf8.count)
            && text.utf8.allSatisfy { (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x27 && $0 != 0x5c }
    }

    /// A path, or the name of a USB interface: bus, ports, configuration, interface.
    private func isDevice(_ text: String) -> Bool {
        guard isCredential(text), !text.utf8.contains(0x20) else { return false }
        guard !text.hasPrefix("/dev/") else { return true }
        return text.utf8.contains(0x3a) && text.utf8.first.map { (0x30...0x39).contains($0) } == true
            && text.utf8.allSatisfy { (0x30...0x3a).contains($0) || $0 == 0x2d || $0 == 0x2e }
    }

    private func text(
        _ reader: GroupReader, _ name: String, _ wanted: String, _ isRight: (String) -> Bool
    ) -> String? {
        guard let text = reader.string(name), let location = reader.peek(name)?.location else { return nil }
        guard isRight(text) else {
            log.add(location, "\(reader.join(name)) is \"\(text)\", \(wanted)")
            return nil
        }
        return text
    }

    /// A secret, here or in a file of one line. It never gets into a complaint: it may be right but for one character.
    func secret(
        _ reader: GroupReader, _ name: String, _ wanted: String, _ isRight: (String) -> Bool
    ) -> String? {
        guard let value = reader.value(name) else { return nil }
        let location = value.location
        let full = reader.join(name)
        guard case .string(let text) = value.content else {
            log.add(location, "\(full) is not in quotes, write \(SettingReference.Kind.secret.text)")
            return nil
        }
        guard text.hasPrefix("file:") else {
            guard isRight(text) else {
                log.add(location, "\(full) is not right, \(wanted)")
                return nil
            }
            if keys == .read, holder.isExposed(location.file) {
                log.add(
                    location, "\(full) is in a file that everybody may read or write, run: chmod o= \(location.file)")
            }
            return text
        }
        guard keys == .read else { return "" }
        let path = Path.resolve(String(text.dropFirst(5)), besides: location.file)
        do {
            var octets = try File.read(path, limit: 4096, isSecret: true)[...]
            while let last = octets.last, last == 0x0a || last == 0x0d { octets = octets.dropLast() }
            let text = String(decoding: octets, as: UTF8.self)
            guard isRight(text) else {
                log.add(location, "\(full): what is in \(path) is not right, \(wanted)")
                return nil
            }
            return text
        } catch {
            log.add(location, "\(full): cannot read \(path): \(error.text)")
            return nil
        }
    }
}
