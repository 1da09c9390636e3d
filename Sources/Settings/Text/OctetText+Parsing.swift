import MobilityWire

extension OctetText {
    /// The octets in `20 GB` or `1.5MB`; nil for anything else.
    static func octets(_ text: String) -> UInt64? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count).drop { $0 == " " }
        guard let factor = units.first(where: { $0.name == unit })?.octets, let count = Double(number) else {
            return nil
        }
        return UInt64(exactly: (count * Double(factor)).rounded())
    }
}
