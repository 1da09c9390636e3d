/// Frames on their way to nemonetd that leave as one packet.
struct GatheredFrames {
    /// The length from which on nothing is waited for, in octets; longer frames may still come on top.
    private static let target = 8 << 10

    private var octets: [UInt8] = []
    /// Where the last frame begins whose refusal somebody wants to hear of.
    private var lastGuarded: Int?

    var isEmpty: Bool { octets.isEmpty }
    var isFull: Bool { octets.count >= Self.target }

    mutating func append(_ frame: [UInt8], isGuarded: Bool) {
        if isGuarded { lastGuarded = octets.count }
        octets += frame
    }

    /// All of them; nil if there are none. nemonetd answers guarded frames in order (only what is to be sent comes behind
    /// all else of its packet, and is never guarded), so that an acknowledgement of the last guarded one says of those
    /// before it that they were not refused.
    mutating func takePacket() -> [UInt8]? {
        guard !octets.isEmpty else { return nil }
        if let lastGuarded {
            // The flags of netlink's header: the seventh and eighth octet, in the machine's byte order.
            octets.withUnsafeMutableBytes {
                let flags = $0.loadUnaligned(fromByteOffset: lastGuarded + 6, as: UInt16.self)
                $0.storeBytes(
                    of: flags | MobilitySocketFrame.Flags.acknowledge.rawValue, toByteOffset: lastGuarded + 6,
                    as: UInt16.self)
            }
        }
        lastGuarded = nil
        defer { octets = [] }
        return octets
    }
}
