/// Numbers of octets as people write them: decimal, as providers sell them.
enum OctetText {
    private static let units: [(name: String, octets: Double)] = [
        ("kB", 1e3), ("MB", 1e6), ("GB", 1e9), ("TB", 1e12),
    ]

    /// The octets in `20 GB` or `1.5MB`; nil for anything else.
    static func octets(_ text: String) -> UInt64? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        guard let factor = units.first(where: { $0.name == unit })?.octets, let count = Double(number) else {
            return nil
        }
        return UInt64(exactly: (count * factor).rounded())
    }

    /// The same in the largest unit that needs no fraction.
    static func text(_ octets: UInt64) -> String {
        for (name, factor) in units.reversed() where octets > 0 && octets.isMultiple(of: UInt64(factor)) {
            return "\(octets / UInt64(factor)) \(name)"
        }
        return "\(octets) octets"
    }
}
