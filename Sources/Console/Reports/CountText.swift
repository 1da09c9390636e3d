/// Numbers for the cells of a table.
enum CountText {
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
}
