/// The type 2 routing header (RFC 6275 §6.4).
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  Next Header  | Hdr Ext Len=2 | Routing Type=2|Segments Left=1|
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                            Reserved                           |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                       Home Address (16)                       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct TypeTwoRoutingHeader: Hashable, Sendable {
    public static let routingType: UInt8 = 2
    /// Octets of the header.
    public static let length = 24

    /// The home address of the mobile node that the packet goes to.
    public var homeAddress: IPv6Address

    public init(homeAddress: IPv6Address) { self.homeAddress = homeAddress }

    public func emit(nextHeader: IPProtocol, into writer: inout ByteWriter) {
        writer.write(nextHeader.rawValue)
        writer.write(UInt8(Self.length / 8 - 1))
        writer.write(Self.routingType)
        writer.write(1 as UInt8)
        writer.write(0 as UInt32)
        writer.write(homeAddress)
    }

    /// The header at `offset`, with the checks of RFC 6275 §11.3.3 that need no knowledge of the own addresses.
    init(_ packet: RawSpan, at offset: Int) throws(ParseError) {
        guard try packet.octet(at: offset + 1) == 2 else { throw ParseError(.routingHeaderLength, octet: offset + 1) }
        guard try packet.octet(at: offset + 3) == 1 else {
            throw ParseError(.routingHeaderSegmentsLeft, octet: offset + 3)
        }
        let address = try packet.address(at: offset + 8)
        guard address.isRoutableUnicast else { throw ParseError(.routingHeaderAddressNotUnicast, octet: offset + 8) }
        homeAddress = address
    }
}
