/// Numbers of octets as people write them: decimal, as providers sell them.
package enum OctetText {
    /// The greatest first.
    package static let units: [(name: String, octets: UInt64)] = [
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000),
    ]

    /// In the largest unit, rounded down: `999 octets`, `1.5 kB`, `20 GB`. Below ten of a unit with its tenths.
    package static func text(_ octets: UInt64) -> String {
        guard let (name, size) = units.first(where: { octets >= $0.octets }) else { return "\(octets) octets" }
        let tenths = octets / (size / 10)
        return tenths < 100 && !tenths.isMultiple(of: 10)
            ? "\(tenths / 10).\(tenths % 10) \(name)" : "\(tenths / 10) \(name)"
    }
}
