/// Follows strings and comments of libconfig's syntax from line to line, leaves the comments out, and marks integers
/// that need 64 bits.
struct LineScanner {
    private var state = State.code

    private enum State { case code, string, comment }

    var isInCode: Bool { state == .code }
    var isInString: Bool { state == .string }
    var isInComment: Bool { state == .comment }

    /// Copies one line without its comments to `output`, with the `L` that libconfig wants behind an integer of more
    /// than 32 bits.
    ///
    /// - Returns: what is wrong with a number of the line, if anything is.
    mutating func scan(_ line: ArraySlice<UInt8>, into output: inout [UInt8]) -> String? {
        var problem: String?
        var index = line.startIndex
        func peek(_ offset: Int) -> UInt8 { index + offset < line.endIndex ? line[index + offset] : 0 }

        while index < line.endIndex {
            let octet = line[index]
            switch state {
            case .string:
                if octet == UInt8(ascii: "\\"), index + 1 < line.endIndex {
                    output.append(octet)
                    index += 1
                } else if octet == UInt8(ascii: "\"") {
                    state = .code
                }
            case .comment:
                let isEnd = octet == UInt8(ascii: "*") && peek(1) == UInt8(ascii: "/")
                if isEnd { state = .code }
                index += isEnd ? 2 : 1
                continue
            case .code:
                if octet == UInt8(ascii: "#") || (octet == UInt8(ascii: "/") && peek(1) == UInt8(ascii: "/")) {
                    return problem
                } else if octet == UInt8(ascii: "/"), peek(1) == UInt8(ascii: "*") {
                    // It keeps apart what it stands between.
                    output.append(UInt8(ascii: " "))
                    index += 2
                    state = .comment
                    continue
                } else if octet == UInt8(ascii: "\"") {
                    state = .string
                } else if Self.isWord(octet) {
                    let word = line[index...].prefix(while: Self.isWord)
                    output += word
                    switch Self.integer(word) {
                    case .tooLarge:
                        problem = problem ?? "the number \(String(decoding: word, as: UTF8.self)) is too large"
                    case .needsMark: output.append(UInt8(ascii: "L"))
                    case .fine: break
                    }
                    index = word.endIndex
                    continue
                }
            }
            output.append(line[index])
            index += 1
        }
        return problem
    }

    private enum Size { case fine, needsMark, tooLarge }

    private static func isWord(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"),
            UInt8(ascii: "+"), UInt8(ascii: "*"):
            true
        default: false
        }
    }

    /// How large the integer is that a word may be; a word that is none is fine.
    private static func integer(_ word: ArraySlice<UInt8>) -> Size {
        var digits = word
        if let sign = digits.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") {
            digits = digits.dropFirst()
        }
        let isMarked = digits.last == UInt8(ascii: "L")
        while digits.last == UInt8(ascii: "L") { digits = digits.dropLast() }
        var radix = 10
        if digits.count > 2, digits.first == UInt8(ascii: "0"), digits.dropFirst().first.map({ $0 | 0x20 }) == 0x78 {
            digits = digits.dropFirst(2)
            radix = 16
        }
        guard !digits.isEmpty, digits.allSatisfy({ Self.digit($0).map { $0 < radix } ?? false }) else { return .fine }
        var value: Int64 = 0
        for octet in digits {
            let (product, overflow) = value.multipliedReportingOverflow(by: Int64(radix))
            let (sum, more) = product.addingReportingOverflow(Int64(digit(octet) ?? 0))
            if overflow || more { return .tooLarge }
            value = sum
        }
        return isMarked || value <= Int64(Int32.max) ? .fine : .needsMark
    }

    private static func digit(_ octet: UInt8) -> Int? {
        switch octet {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(octet) - 0x30
        case UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: "A")...UInt8(ascii: "F"): Int(octet | 0x20) - 0x57
        default: nil
        }
    }
}
