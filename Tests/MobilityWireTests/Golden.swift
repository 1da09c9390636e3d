import Foundation
import MobilityWire

/// Packets that other implementations made, `NAME HEX` a line, in the folder Golden.
enum Golden {
    /// Built by scapy: see Golden/make_golden.py.
    static let scapy = read("scapy")

    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    static func read(_ name: String) -> [(name: String, octets: [UInt8])] {
        guard let text = try? String(contentsOf: folder.appending(path: name + ".txt"), encoding: .utf8) else {
            return []
        }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.compactMap { line in
            let words = line.split(separator: " ")
            guard words.count == 2, let octets = octets(hex: words[1]) else { return nil }
            return (String(words[0]), octets)
        }
    }

    static func packet(_ name: String) -> [UInt8] { scapy.first { $0.name == name }?.octets ?? [] }

    static func octets(hex: some StringProtocol) -> [UInt8]? {
        let digits = hex.compactMap(\.hexDigitValue)
        guard digits.count == hex.count, digits.count.isMultiple(of: 2) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}

/// An address that the test knows to be right.
func address(_ text: String) -> IPv6Address { IPv6Address(text) ?? .unspecified }

func prefix(_ text: String) -> IPv6Prefix { IPv6Prefix(text) ?? IPv6Prefix(.unspecified, length: 0) }

extension [UInt8] {
    var hex: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}

/// Every octet of `octets` changed to some other values, one at a time.
func mutations(of octets: [UInt8]) -> [[UInt8]] {
    octets.indices.flatMap { index in
        [0x00, 0xff, octets[index] &+ 1, octets[index] &- 1, octets[index] ^ 0x80].map { value in
            var mutated = octets
            mutated[index] = value
            return mutated
        }
    }
}
