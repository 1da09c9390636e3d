import MobilityCore
import MobilityWire

/// A home or care-of keygen token (RFC 6275 §5.2.3): who shows it has received a packet at the address that it was made
/// for. It prints as dots, so that no log shows it.
public struct KeygenToken: RawRepresentable, Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    /// The 64 bits as they stand in a Home Test or Care-of Test message.
    public var rawValue: UInt64

    public init(rawValue: UInt64) { self.rawValue = rawValue }

    public var description: String { "…" }
    public var debugDescription: String { "…" }
    public var customMirror: Mirror { Mirror(self, children: []) }

    var octets: [UInt8] {
        var writer = ByteWriter(capacity: 8)
        writer.write(rawValue)
        return writer.octets
    }

    /// What a token shows.
    enum Purpose: UInt8 {
        case home = 0
        case careOf = 1
    }

    /// First (64, HMAC_SHA1 (Kcn, (address | nonce | 0 or 1))) (RFC 6275 §5.2.5).
    init(of address: IPv6Address, _ purpose: Purpose, secret: NodeSecret) {
        rawValue = HMACSHA1.number(address.octets + secret.nonce + [purpose.rawValue], key: secret.nodeKey)
    }
}
