/// The group `authentication`: what a mobile router and its home agent share (RFC 4285).
public struct AuthenticationSettings: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The mobility security parameter index; 0 to 255 are reserved (RFC 4285 §5.1).
    public var spi: UInt32
    /// 16 octets; none when the key is in a file and `ShisaSettings.load` was told to leave keys alone.
    public var key: [UInt8]

    public static let keyLength = 16
    public static let firstSPI: UInt32 = 256

    public init(spi: UInt32, key: [UInt8]) {
        self.spi = spi
        self.key = key
    }

    /// Without the key, so that no log shows it.
    public var description: String { "spi \(spi)" }
    /// Without the key, so that no dump shows it.
    public var customMirror: Mirror { Mirror(self, children: ["spi": spi]) }
}
