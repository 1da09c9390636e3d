import MobilityWire

/// The fragment header (RFC 8200 §4.5) right behind the outer header, where the entry of a tunnel puts it:
///
///     +-------------+----------+------------------+-----+----------------+
///     | next header | reserved | offset in octets | M   | identification |
///     | 1 octet     | 1 octet  | 13 bits, and 2   | bit | 4 octets       |
///     +-------------+----------+------------------+-----+----------------+
enum Fragment {
    static let headerLength = 8
    /// From the start of the packet.
    static let nextHeaderOffset = OuterHeader.length
    /// The same, of the 16 bits with the offset: read as one number, without the last three bits, that counts octets.
    static let placeOffset = OuterHeader.length + 2
    static let identificationOffset = OuterHeader.length + 4
    static let moreFollow: UInt16 = 1

    /// Puts the header into a packet in which there is room for it.
    static func store(to block: UnsafeMutableRawBufferPointer, place: UInt16, identification: UInt32) {
        block[nextHeaderOffset] = block[6]
        block[nextHeaderOffset + 1] = 0
        block.store(place, at: placeOffset)
        block.store(identification, at: identificationOffset)
        block[6] = IPProtocol.fragment.rawValue
    }
}
