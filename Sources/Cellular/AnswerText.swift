/// The lines that qmicli and mbimcli write: `key: 'value'`, indented with blanks or tabs, or behind `[/dev/cdc-wdm0] `.
/// Complaints begin with `error:`.
///
/// What a network sent may be among the values, so nothing is taken but what is looked for, by its key at a line's start.
struct AnswerText {
    let lines: [Substring]

    init(_ text: String) {
        lines = text.split(whereSeparator: \.isNewline).map { line in
            let start = line.drop { $0 == " " || $0 == "\t" }
            guard start.first == "[", let end = start.firstIndex(of: "]") else { return start }
            return start[end...].dropFirst().drop { $0 == " " }
        }
    }

    /// The first value of `key`.
    func value(_ key: String) -> Substring? {
        for line in lines {
            if let value = Self.value(key, in: line) { return value }
        }
        return nil
    }

    /// The value of `key`, if it is the line's key: what is between the first quotation mark and the last.
    static func value(_ key: String, in line: Substring) -> Substring? {
        guard line.hasPrefix(key + ":") else { return nil }
        let rest = line.dropFirst(key.count + 1)
        guard let first = rest.firstIndex(of: "'"), let last = rest.lastIndex(of: "'"), first < last else { return nil }
        return rest[rest.index(after: first)..<last]
    }

    /// What is behind the first `word` in a line.
    static func behind(_ word: String, in line: Substring) -> Substring? {
        var rest = line
        while !rest.isEmpty {
            if rest.hasPrefix(word) { return rest.dropFirst(word.count) }
            rest = rest.dropFirst()
        }
        return nil
    }

    /// The whole number that `text` begins with.
    static func number(_ text: Substring?) -> Int? {
        guard let text else { return nil }
        return Int(text.prefix { $0 == "-" || $0.isASCII && $0.isNumber })
    }

    /// What went wrong, for people; short, because modems' words are not.
    var complaint: String {
        let line = lines.first { $0.hasPrefix("error:") }.map { $0.dropFirst(6).drop { $0 == " " } } ?? lines.last
        let reason = lines.first { $0.hasPrefix("verbose call end reason") || $0.hasPrefix("call end reason") }
        let words = [line, reason].compactMap { $0 }.map(String.init).joined(separator: ", ")
        return words.isEmpty ? "without a word" : String(words.prefix(200))
    }
}
