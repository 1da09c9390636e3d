/// Lengths of time for people.
enum DurationText {
    /// The two largest units: `580 s` up to ten minutes, then `12 min 5 s`, `3 h 20 min`, `2 d 4 h`.
    static func text(seconds: UInt64) -> String {
        switch seconds {
        case ...600: "\(seconds) s"
        case ..<3600: "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: "\(seconds / 3600) h \(seconds % 3600 / 60) min"
        default: "\(seconds / 86_400) d \(seconds % 86_400 / 3600) h"
        }
    }
}

/// Numbers of octets for people.
enum OctetText {
    /// Up to four digits, with a decimal unit behind them: `873`, `1.2 k`, `45 M`.
    static func text(_ count: UInt64) -> String {
        var value = Double(count)
        var unit = ""
        for next in ["k", "M", "G", "T", "P", "E"] where value >= 1000 {
            value /= 1000
            unit = " " + next
        }
        guard !unit.isEmpty, value < 10 else { return "\(UInt64(value))\(unit)" }
        let tenths = UInt64(value * 10)
        return "\(tenths / 10).\(tenths % 10)\(unit)"
    }

    /// The same with `B`: `873 B`, `1.2 kB`.
    static func octets(_ count: UInt64) -> String { text(count) + (count < 1000 ? " B" : "B") }
}
