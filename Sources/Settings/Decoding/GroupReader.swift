import MobilityWire

/// Reads the members of one group, complaining about what is unknown, missing or of the wrong kind.
///
/// Every accessor answers nil for a member that is absent or was complained about; which one it was shows in the log.
struct GroupReader {
    /// The path of the group in `SettingReference.all`; empty for the outermost.
    let path: String
    let location: Location
    let log: ComplaintLog
    private let rows: [String: SettingReference]
    private let members: [String: Value]
    /// Names that are there but were refused already, so that nobody complains that they are missing.
    private let refused: Set<String>

    /// Looks all names over; nil after complaining when `value` is no group.
    init?(_ value: Value, path: String, log: ComplaintLog) {
        guard case .group(let content) = value.content else {
            log.add(value.location, "\(path) is \(value.kind), should be \(SettingReference.Kind.group.text)")
            return nil
        }
        self.path = path
        self.location = value.location
        self.log = log
        rows = SettingReference.rows(in: path)
        var members: [String: Value] = [:]
        var refused: Set<String> = []
        for member in content {
            if rows[member.name] != nil {
                members[member.name] = member.value
            } else {
                let known = SettingReference.names(in: path)
                log.add(member.value.location, Self.unknown(member.name, in: path, known: known))
                // What was meant is there, if under another name.
                if let meant = NameSuggestion.nearest(to: member.name, among: known) { refused.insert(meant) }
            }
        }
        self.members = members
        self.refused = refused
    }

    /// Whether the member was written, however badly.
    func mentions(_ name: String) -> Bool { members[name] != nil || hasRefused(name) }

    /// Whether the member was written so badly that it was complained about already.
    func hasRefused(_ name: String) -> Bool { refused.contains(name) }

    /// The value of a member, if it is there.
    func peek(_ name: String) -> Value? { members[name] }

    /// The value of a member; complains when a required one is missing.
    func value(_ name: String) -> Value? {
        if let value = members[name] { return value }
        let row = reference(name)
        if row.presence == .required, !hasRefused(name) {
            let example = row.example.isEmpty ? "" : ", add \(name) = \(row.example);"
            log.add(location, "\(path) has no \(name)\(example)")
        }
        return nil
    }

    func group(_ name: String) -> GroupReader? {
        value(name).flatMap { GroupReader($0, path: join(name), log: log) }
    }

    /// The groups of a list; nil when the list is absent.
    func groups(_ name: String) -> [GroupReader]? {
        guard elements(name) != nil else { return nil }
        var groups: [GroupReader] = []
        forEachGroup(name) { groups.append($0) }
        return groups
    }

    /// The groups of a list, one at a time: a home agent has a million nodes.
    func forEachGroup(_ name: String, _ body: (GroupReader) -> Void) {
        let path = join(name)
        for element in elements(name) ?? [] {
            if let reader = GroupReader(element, path: path, log: log) { body(reader) }
        }
    }

    func string(_ name: String) -> String? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value.content else { return mismatch(name, value) }
        return text
    }

    func flag(_ name: String) -> Bool? {
        guard let value = value(name) else { return nil }
        guard case .flag(let flag) = value.content else { return mismatch(name, value) }
        return flag
    }

    /// An integer in the range of its row.
    func integer(_ name: String) -> UInt32? {
        guard let value = value(name), case .integer(let range) = reference(name).kind else { return nil }
        guard case .integer(let number) = value.content, range.contains(number) else { return mismatch(name, value) }
        return UInt32(exactly: number)
    }

    /// An integer, perhaps a negative one, in the range of its row.
    func signed(_ name: String) -> Int32? {
        guard let value = value(name), case .integer(let range) = reference(name).kind else { return nil }
        guard case .integer(let number) = value.content, range.contains(number) else { return mismatch(name, value) }
        return Int32(exactly: number)
    }

    /// Whole seconds in the range of its row.
    func seconds(_ name: String) -> UInt32? {
        guard let value = value(name), case .seconds(let range) = reference(name).kind else { return nil }
        guard let milliseconds = Self.milliseconds(value), milliseconds % 1000 == 0,
            range.contains(milliseconds / 1000)
        else { return mismatch(name, value) }
        return UInt32(exactly: milliseconds / 1000)
    }

    /// Milliseconds in the range of its row.
    func time(_ name: String) -> Int64? {
        guard let value = value(name), case .time(let range) = reference(name).kind else { return nil }
        guard let milliseconds = Self.milliseconds(value), range.contains(milliseconds) else {
            return mismatch(name, value)
        }
        return milliseconds
    }

    private static func milliseconds(_ value: Value) -> Int64? {
        switch value.content {
        case .integer(let number):
            let (milliseconds, overflow) = number.multipliedReportingOverflow(by: 1000)
            return overflow ? nil : milliseconds
        case .real(let number): return Int64(exactly: (number * 1000).rounded())
        case .string(let text): return TimeText.milliseconds(text)
        default: return nil
        }
    }

    /// Octets in the range of its row.
    func octets(_ name: String) -> UInt64? {
        guard let value = value(name), case .octets(let range) = reference(name).kind else { return nil }
        let octets: UInt64? =
            switch value.content {
            case .integer(let number): UInt64(exactly: number)
            case .string(let text): OctetText.octets(text)
            default: nil
            }
        guard let octets, range.contains(octets) else { return mismatch(name, value) }
        return octets
    }

    /// One of the words of its row.
    func word<Word: RawRepresentable<String>>(_ name: String, _ type: Word.Type) -> Word? {
        guard let value = value(name) else { return nil }
        guard case .string(let text) = value.content, let word = Word(rawValue: text) else {
            return mismatch(name, value)
        }
        return word
    }

    /// The name of a network interface: any that Linux allows, but for characters that mean something to a shell or to another
    /// program's configuration file, into which it goes. Nobody's interface has them.
    func interface(_ name: String) -> String? {
        guard let text = string(name), let value = value(name) else { return nil }
        guard !text.isEmpty, text.utf8.count <= 15 else {
            log.add(value.location, "\(join(name)) is \"\(text)\", an interface name has 1 to 15 octets")
            return nil
        }
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil
                || "._-+@".unicodeScalars.contains(scalar)
        }
        guard isPlain, text != ".", text != "..", !text.hasPrefix("-") else {
            log.add(
                value.location,
                "\(join(name)) is \"\(text)\", an interface name has letters, digits and . _ - + @ alone, begins with no -, "
                    + "and is not . or ..")
            return nil
        }
        return text
    }

    /// The elements of an array or list; nil when it is absent.
    func elements(_ name: String) -> [Value]? {
        guard let value = value(name) else { return nil }
        guard case .list(let elements) = value.content else { return mismatch(name, value) }
        return elements
    }

    /// The path of a member.
    func join(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    /// Complains that a value is not what its row asks for.
    func mismatch<Answer>(_ name: String, _ value: Value) -> Answer? {
        log.add(value.location, "\(join(name)) is \(value.kind), should be \(reference(name).kind.text)")
        return nil
    }

    private func reference(_ name: String) -> SettingReference {
        guard let row = rows[name] else {
            // A name in our own code, not in a file.
            preconditionFailure("\(join(name)) is not in SettingReference.all")
        }
        return row
    }

    private static func unknown(_ name: String, in path: String, known: [String]) -> String {
        let place = path.isEmpty ? "" : " in \(path)"
        if let nearest = NameSuggestion.nearest(to: name, among: known) {
            return "unknown name \(name)\(place), did you mean \(nearest)?"
        }
        return "unknown name \(name)\(place), known are \(known.joined(separator: ", "))"
    }
}
