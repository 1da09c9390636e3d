extension IPv6Address: LosslessStringConvertible {
    /// The canonical text (RFC 5952): lower case, no leading zeros, the first longest run of two or more zero groups
    /// as `::`, and the last 32 bits of an IPv4-mapped address with dots.
    public var description: String {
        if let ipv4 {
            let parts = [24, 16, 8, 0].map { String(ipv4 >> $0 & 0xff) }
            return "::ffff:" + parts.joined(separator: ".")
        }
        let groups = self.groups
        let zeros = Self.longestZeros(groups)
        var text = ""
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound, !zeros.isEmpty {
                text += "::"
                index = zeros.upperBound
                continue
            }
            if index > 0, index != zeros.upperBound || zeros.isEmpty { text += ":" }
            text += String(groups[index], radix: 16)
            index += 1
        }
        return text
    }

    /// The address that `text` says, in any of the forms of RFC 4291 §2.2. No zone, no spaces, no prefix length.
    public init?(_ text: String) {
        var parser = AddressText(Array(text.utf8))
        guard let address = parser.parse() else { return nil }
        self = address
    }

    private var groups: [UInt16] {
        [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: high >> $0) }
            + [48, 32, 16, 0].map { UInt16(truncatingIfNeeded: low >> $0) }
    }

    /// The first longest run of at least two zeros, or an empty range.
    private static func longestZeros(_ groups: [UInt16]) -> Range<Int> {
        var best = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8, groups[end] == 0 { end += 1 }
            if end - start > max(best.count, 1) { best = start..<end }
            start = end + 1
        }
        return best
    }
}

/// The grammar of RFC 4291 §2.2.
private struct AddressText {
    private let text: [UInt8]
    private var position = 0

    init(_ text: [UInt8]) { self.text = text }

    mutating func parse() -> IPv6Address? {
        // The longest form is 45 characters: six groups and four numbers with dots.
        guard text.count <= 45 else { return nil }
        var groups: [UInt16] = []
        /// How many groups stand before the `::`.
        var gap: Int?
        if take("::") {
            gap = 0
            if position == text.count { return .unspecified }
        }
        while true {
            if let ipv4 = takeIPv4() {
                groups += [UInt16(ipv4 >> 16), UInt16(truncatingIfNeeded: ipv4)]
                guard position == text.count else { return nil }
                break
            }
            guard let group = takeGroup() else { return nil }
            groups.append(group)
            if position == text.count { break }
            if take("::") {
                guard gap == nil else { return nil }
                gap = groups.count
                if position == text.count { break }
            } else if !take(":") {
                return nil
            }
        }
        if let gap {
            guard groups.count < 8 else { return nil }
            groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap)
        }
        guard groups.count == 8 else { return nil }
        let halves = [groups[..<4], groups[4...]].map { $0.reduce(UInt64(0)) { $0 << 16 | UInt64($1) } }
        return IPv6Address(high: halves[0], low: halves[1])
    }

    private mutating func take(_ expected: StaticString) -> Bool {
        expected.withUTF8Buffer { expected in
            guard text[position...].starts(with: expected) else { return false }
            position += expected.count
            return true
        }
    }

    /// One to four hexadecimal digits.
    private mutating func takeGroup() -> UInt16? {
        let digits = text[position...].prefix(5).prefix { Self.digit($0) != nil }
        guard (1...4).contains(digits.count) else { return nil }
        position += digits.count
        return digits.reduce(0) { $0 << 4 | UInt16(Self.digit($1) ?? 0) }
    }

    /// Four decimal numbers up to 255, without leading zeros, up to the end of the text; takes nothing if it is not so.
    private mutating func takeIPv4() -> UInt32? {
        let parts = text[position...].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var value: UInt32 = 0
            for character in part {
                guard let digit = Self.digit(character), digit < 10 else { return nil }
                value = value * 10 + UInt32(digit)
            }
            guard value <= 255 else { return nil }
            number = number << 8 | value
        }
        position = text.count
        return number
    }

    private static func digit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
