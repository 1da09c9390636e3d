extension IPv6Prefix: LosslessStringConvertible {
    /// `2001:db8::/32`
    public var description: String { "\(address)/\(length)" }

    /// The prefix that `text` says; nil also if bits behind the length are set, as in `2001:db8::1/32`.
    public init?(_ text: String) {
        guard let (address, length) = Self.split(text), address.masked(to: length) == address else { return nil }
        self.init(address, length: length)
    }

    /// The same, with bits behind the length cleared instead of refused.
    public init?(clearingHostBitsOf text: String) {
        guard let (address, length) = Self.split(text) else { return nil }
        self.init(address, length: length)
    }

    /// Address and length of `2001:db8:1::100/64`, bits behind the length kept: the way an interface's address is
    /// written.
    public static func split(_ text: String) -> (address: IPv6Address, length: UInt8)? {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")),
            let address = IPv6Address(String(text[..<slash]))
        else { return nil }
        let digits = text.utf8[text.utf8.index(after: slash)...]
        guard (1...3).contains(digits.count), digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        var length = 0
        for digit in digits {
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
            length = length * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return length <= 128 ? (address, UInt8(length)) : nil
    }
}
