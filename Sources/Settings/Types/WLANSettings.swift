/// The name of a WLAN: 1 to 32 octets of any kind (IEEE 802.11 §9.4.2.2).
public struct SSID: Hashable, Sendable {
    public var octets: [UInt8]

    static let lengths = 1...32

    public init(_ octets: [UInt8]) { self.octets = octets }

    /// As it would stand in a file: the name, or `hex:` and its octets where that is not all printable text.
    public var text: String {
        let text = String(decoding: octets, as: UTF8.self)
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: scalar != "\u{FFFD}"
            }
        }
        if isPlain, !text.hasPrefix("hex:") { return text }
        return "hex:" + octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}

/// How a WLAN is protected.
public enum WLANSecurity: String, CaseIterable, Hashable, Sendable {
    /// Simultaneous Authentication of Equals, with protected management frames.
    case wpa3
    /// Either, so that older stations and access points can be at it as well.
    case wpa2AndWPA3 = "wpa2-wpa3"
    /// A key in common; whoever records a joining station can guess at the passphrase.
    case wpa2
    /// Not at all.
    case open

    public static let `default` = WLANSecurity.wpa3

    /// Whether the passphrase itself is needed, and not only the key that WPA2 makes of it.
    var needsPassphrase: Bool { self == .wpa3 || self == .wpa2AndWPA3 }
}

/// What the stations of a WLAN share.
public struct WLANSecret: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    public var content: Content

    public enum Content: Hashable, Sendable {
        /// 8 to 63 printable ASCII characters; none when it is in a file and `ShisaSettings.load` was told to leave keys
        /// alone.
        case passphrase([UInt8])
        /// The 32 octets that WPA2 makes of a passphrase and an SSID.
        case key([UInt8])
    }

    static let passphraseLengths = 8...63
    static let keyLength = 32

    public init(_ content: Content) { self.content = content }

    /// Takes what a person has written, if it can be one.
    init?(written octets: some Collection<UInt8>) {
        if octets.count == Self.keyLength * 2 {
            guard let key = HexadecimalText.octets(octets) else { return nil }
            content = .key(key)
        } else {
            guard Self.passphraseLengths.contains(octets.count), octets.allSatisfy({ (0x20...0x7e).contains($0) })
            else {
                return nil
            }
            content = .passphrase(Array(octets))
        }
    }

    /// Without the secret, so that no log shows it.
    public var description: String { "a WLAN's secret" }
    /// Without the secret, so that no dump shows it.
    public var customMirror: Mirror { Mirror(self, children: [:]) }
}
