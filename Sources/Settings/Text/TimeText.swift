/// Lengths of time as people write them.
enum TimeText {
    private static let units: [(names: [String], milliseconds: Double)] = [
        (["ms"], 1), (["s", "sec", "second", "seconds"], 1000), (["min", "minute", "minutes"], 60_000),
        (["h", "hour", "hours"], 3_600_000), (["d", "day", "days"], 86_400_000),
    ]

    /// The milliseconds in `10 min`, `1.5h` or `500 ms`; nil for anything else.
    static func milliseconds(_ text: String) -> Int64? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        guard let factor = units.first(where: { $0.names.contains(String(unit)) })?.milliseconds,
            let count = Double(number)
        else { return nil }
        return Int64(exactly: (count * factor).rounded())
    }

    /// The same in the largest unit that needs no fraction.
    static func text(_ milliseconds: Int64) -> String {
        for (names, factor) in units.reversed() where milliseconds > 0 {
            guard let name = names.first, milliseconds.isMultiple(of: Int64(factor)) else { continue }
            return "\(milliseconds / Int64(factor)) \(name)"
        }
        return "\(milliseconds) ms"
    }
}
