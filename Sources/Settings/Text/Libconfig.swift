import CConfig

/// The only file that touches libconfig: text in, our own tree of values out.
///
/// Reads libconfig's structures in place, since its accessors are macros that Swift cannot import; what is read is the
/// same from version 1.5 to 1.7.
enum Libconfig {
    /// A person never nests deeper; a file that does would exhaust the stack of whoever walks the tree.
    static let depthLimit = 16

    /// The members of the file's outermost group; nil after complaining.
    static func parse(_ source: SourceText, log: ComplaintLog) -> Value? {
        var config = config_t()
        config_init(&config)
        defer { config_destroy(&config) }

        // The text is an argument of C: it ends at the first zero octet, and SourceText let none through.
        let isRead = (source.octets + [0]).withUnsafeBufferPointer { octets in
            octets.withMemoryRebound(to: CChar.self) { characters in
                characters.baseAddress.map { config_read_string(&config, $0) == 1 } ?? false
            }
        }
        guard isRead, let root = config.root else {
            let text = config.error_text.map { String(cString: $0) } ?? "cannot be parsed"
            let line = Int(config.error_line)
            log.add(source.location(ofLine: line), advice(on: text, names: source.repeatedNames(inLine: line)))
            return nil
        }
        guard let value = convert(root, source: source, depth: 0, log: log) else { return nil }
        return Value(content: value.content, location: source.start)
    }

    /// - Parameter names: those of the line that may be the one that is given twice.
    private static func advice(on text: String, names: [String]) -> String {
        switch text {
        case "syntax error":
            "syntax error here or just before: is a ;, a closing bracket or a \" missing?"
        case "mismatched element type in array":
            "an array [ ] holds values of one kind, write ( ) for values of several"
        case "duplicate setting name":
            (names.isEmpty ? "this name" : names.joined(separator: " or "))
                + " was already given in this group, give it once"
        case "memory exhausted":
            "groups are nested more than \(depthLimit) deep"
        default: text
        }
    }

    private static func convert(
        _ setting: UnsafePointer<config_setting_t>, source: SourceText, depth: Int, log: ComplaintLog
    ) -> Value? {
        let location = source.location(ofLine: Int(setting.pointee.line))
        guard depth <= depthLimit else {
            log.add(location, "groups are nested more than \(depthLimit) deep")
            return nil
        }
        let content: Value.Content
        switch Int32(setting.pointee.type) {
        case CONFIG_TYPE_GROUP:
            var members: [Value.Member] = []
            for child in children(of: setting) {
                guard let value = convert(child, source: source, depth: depth + 1, log: log) else { return nil }
                members.append(.init(name: child.pointee.name.map { String(cString: $0) } ?? "", value: value))
            }
            content = .group(members)
        case CONFIG_TYPE_ARRAY, CONFIG_TYPE_LIST:
            var elements: [Value] = []
            for child in children(of: setting) {
                guard let value = convert(child, source: source, depth: depth + 1, log: log) else { return nil }
                elements.append(value)
            }
            content = .list(elements)
        case CONFIG_TYPE_INT: content = .integer(Int64(setting.pointee.value.ival))
        case CONFIG_TYPE_INT64: content = .integer(setting.pointee.value.llval)
        case CONFIG_TYPE_FLOAT: content = .real(setting.pointee.value.fval)
        case CONFIG_TYPE_BOOL: content = .flag(setting.pointee.value.ival != 0)
        case CONFIG_TYPE_STRING: content = .string(setting.pointee.value.sval.map { String(cString: $0) } ?? "")
        default:
            log.add(location, "a value is missing")
            return nil
        }
        return Value(content: content, location: location)
    }

    private static func children(of setting: UnsafePointer<config_setting_t>) -> [UnsafePointer<config_setting_t>] {
        guard let list = setting.pointee.value.list, let elements = list.pointee.elements else { return [] }
        return (0..<Int(list.pointee.length)).compactMap { index in elements[index].map { UnsafePointer($0) } }
    }
}
