/// Where a Home Address option may stand in a packet for the engine to take it, in octets from the packet's beginning.
///
/// A kernel without mobility answers each such option with a Parameter Problem, and only where it is known to do so can that be
/// kept back: everywhere that the option's alignment of 8n+6 allows (RFC 6275 §6.3), as far as a rule of nftables can look.
public enum HomeAddressPlaces {
    /// Behind the IPv6 header, and the beginning of a destination options header with four octets of padding.
    public static let first = 46
    /// Rules of nftables count to 255 octets, of which the error's own header has 8.
    public static let last = 246
    public static let all = stride(from: first, through: last, by: 8)

    static func contains(_ place: Int) -> Bool { (first...last).contains(place) && place % 8 == first % 8 }
}
