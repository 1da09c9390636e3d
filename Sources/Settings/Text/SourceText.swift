/// The text of a configuration file with its `@include` lines replaced by what they name, and for every line the place
/// that it came from.
///
/// We resolve the includes before libconfig sees the text because its versions disagree about them (which folder a
/// relative path starts from, whether a path may be absolute), and because it ends the process when an included path
/// is a folder. Numbers are looked at here for the same reason: libconfig 1.5 silently keeps the low 32 bits of an
/// integer that does not fit.
struct SourceText {
    /// What libconfig parses: no comment is left in it.
    private(set) var octets: [UInt8] = []
    /// The place of each line of `octets`.
    private var places: [Location] = []

    /// Files may include files to this depth, as in libconfig.
    static let includeDepth = 10
    private static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
    /// More than any file that a person or their tools would write; 100,000 nodes need 20 MB.
    static let sizeLimit = 64 << 20

    /// Reads `path` and what it includes. Complains into `log` about what cannot be read.
    init(path: String, log: ComplaintLog) {
        append(path: path, includedFrom: [], at: nil, log: log)
    }

    /// The place of a line, counted from 1 as libconfig counts.
    func location(ofLine line: Int) -> Location {
        guard let last = places.last else { return Location(file: "", line: 1) }
        return line >= 1 && line <= places.count ? places[line - 1] : last
    }

    /// The names that a line gives a value to and that stand in front of a value before that, too: the one that is
    /// given twice in a group is among them.
    func repeatedNames(inLine line: Int) -> [String] {
        let lines = octets.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard line >= 1, line <= lines.count else { return [] }
        let names = Self.names(in: lines[line - 1])
        let before = Set(lines[..<(line - 1)].flatMap(Self.names))
        var found: [String] = []
        for (index, name) in names.enumerated()
        where (before.contains(name) || names[..<index].contains(name)) && !found.contains(name) { found.append(name) }
        return found
    }

    /// What stands in front of `=` or `:` outside of strings.
    private static func names(in line: ArraySlice<UInt8>) -> [String] {
        var (names, word): ([String], [UInt8]) = ([], [])
        var (isInString, isEscaped) = (false, false)
        for octet in line {
            if isInString {
                isInString = isEscaped || octet != UInt8(ascii: "\"")
                isEscaped = !isEscaped && octet == UInt8(ascii: "\\")
                continue
            }
            switch octet {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: " "), UInt8(ascii: "\t"): continue
            case UInt8(ascii: "="), UInt8(ascii: ":"):
                if !word.isEmpty { names.append(String(decoding: word, as: UTF8.self)) }
                word = []
            case UInt8(ascii: "{"), UInt8(ascii: ";"), UInt8(ascii: ","), UInt8(ascii: "("): word = []
            default: word.append(octet)
            }
        }
        return names
    }

    /// The place that complaints about the file as a whole name.
    var start: Location { location(ofLine: 1) }

    private mutating func append(path: String, includedFrom chain: [String], at place: Location?, log: ComplaintLog) {
        let content: [UInt8]
        do {
            content = try File.read(path, limit: Self.sizeLimit)
        } catch {
            if let place {
                log.add(place, "cannot include \(path): \(error.text)")
            } else {
                log.add(file: path, error.text)
            }
            return
        }
        var scanner = LineScanner()
        var number = 0
        var commentStart = 0
        // Editors on other systems may put a byte order mark in front, which libconfig does not know.
        let text = content.starts(with: Self.byteOrderMark) ? content.dropFirst(Self.byteOrderMark.count) : content[...]
        for line in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
            number += 1
            let here = Location(file: path, line: number)
            if let problem = Self.forbiddenOctet(in: line) {
                log.add(here, problem)
                return
            }
            if scanner.isInCode, let name = Self.includedName(line) {
                let target = Path.resolve(name, besides: path)
                if chain.contains(target) || target == path {
                    log.add(here, "\(target) includes itself")
                } else if chain.count + 1 >= Self.includeDepth {
                    log.add(here, "files are included more than \(Self.includeDepth) deep")
                } else {
                    append(path: target, includedFrom: chain + [path], at: here, log: log)
                }
                continue
            }
            var rewritten: [UInt8] = []
            let wasInComment = scanner.isInComment
            if let problem = scanner.scan(line, into: &rewritten) { log.add(here, problem) }
            if scanner.isInComment, !wasInComment { commentStart = number }
            // libconfig would go on to the next quotation mark, and find fault with a line far from the mistake.
            if scanner.isInString {
                log.add(here, "a string does not end on its line, a \" is missing")
                return
            }
            octets += rewritten
            octets.append(UInt8(ascii: "\n"))
            places.append(here)
        }
        if scanner.isInComment {
            log.add(Location(file: path, line: commentStart), "a comment never ends, a */ is missing")
        }
    }

    /// libconfig takes the text as a C string, and says nothing useful about other octets.
    private static func forbiddenOctet(in line: ArraySlice<UInt8>) -> String? {
        for octet in line where octet < 0x20 && octet != UInt8(ascii: "\t") && octet != UInt8(ascii: "\r") {
            return "octet \(octet) is not text, a configuration file is UTF-8 text"
        }
        return String(validating: line, as: UTF8.self) == nil ? "not UTF-8 text, save the file as UTF-8" : nil
    }

    /// The path that `@include "path"` names; nil for any other line.
    private static func includedName(_ line: ArraySlice<UInt8>) -> String? {
        func isBlank(_ octet: UInt8) -> Bool {
            octet == UInt8(ascii: " ") || octet == UInt8(ascii: "\t") || octet == UInt8(ascii: "\r")
        }
        let text = line.drop(while: isBlank)
        let keyword = Array("@include".utf8)
        guard text.starts(with: keyword) else { return nil }
        let quoted = text.dropFirst(keyword.count).drop(while: isBlank)
        guard quoted.first == UInt8(ascii: "\""), let end = quoted.dropFirst().firstIndex(of: UInt8(ascii: "\"")) else {
            return nil
        }
        return String(validating: quoted[(quoted.startIndex + 1)..<end], as: UTF8.self)
    }
}
