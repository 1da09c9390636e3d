/// The Home Address option of a destination options header (RFC 6275 §6.3).
///
///                                     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///                                     |  Option Type  | Option Length |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                       Home Address (16)                       |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct HomeAddressOption: Hashable, Sendable {
    public static let type: UInt8 = 0xc9
    /// Octets of a destination options header that holds this option and nothing else.
    public static let headerLength = 24

    public var homeAddress: IPv6Address

    public init(homeAddress: IPv6Address) { self.homeAddress = homeAddress }

    /// Writes a destination options header with this option, at 8n + 6 as it must be.
    public func emitHeader(nextHeader: IPProtocol, into writer: inout ByteWriter) {
        writer.write(nextHeader.rawValue)
        writer.write(UInt8(Self.headerLength / 8 - 1))
        writer.write(padding: 4)
        writer.write(Self.type)
        writer.write(16 as UInt8)
        writer.write(homeAddress)
    }

    /// The option whose type stands at `offset` and whose length has been compared with the header's end.
    init(_ packet: RawSpan, at offset: Int) throws(ParseError) {
        guard try packet.octet(at: offset + 1) == 16 else {
            throw ParseError(.homeAddressOptionLength, octet: offset + 1)
        }
        let address = try packet.address(at: offset + 2)
        guard address.isRoutableUnicast else { throw ParseError(.homeAddressNotUnicast, octet: offset + 2) }
        homeAddress = address
    }
}
