/// The fragment header (RFC 8200 §4.5).
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |  Next Header  |   Reserved    |      Fragment Offset    |Res|M|
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                         Identification                        |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct FragmentHeader: Hashable, Sendable {
    /// Octets of the header.
    public static let length = 8

    public var nextHeader: IPProtocol
    /// Where the piece belongs, in octets: a multiple of 8.
    public var offset: Int
    /// M: more pieces follow behind this one.
    public var moreFragments: Bool
    public var identification: UInt32

    public init(nextHeader: IPProtocol, offset: Int, moreFragments: Bool, identification: UInt32) {
        self.nextHeader = nextHeader
        self.offset = offset
        self.moreFragments = moreFragments
        self.identification = identification
    }

    /// Whether the "piece" is the whole packet (RFC 6946).
    public var isAtomic: Bool { offset == 0 && !moreFragments }

    public func emit(into writer: inout ByteWriter) {
        writer.write(nextHeader.rawValue)
        writer.write(0 as UInt8)
        writer.write(UInt16(truncatingIfNeeded: offset) & 0xfff8 | (moreFragments ? 1 : 0))
        writer.write(identification)
    }

    /// The header at `start`.
    ///
    /// - Throws: `.truncated`.
    public init(parsing packet: RawSpan, at start: Int) throws(ParseError) {
        try packet.require(Self.length, at: start)
        let place = packet.uint16(checked: start + 2)
        self.init(
            nextHeader: IPProtocol(rawValue: packet.octet(checked: start)), offset: Int(place & 0xfff8),
            moreFragments: place & 1 != 0, identification: packet.uint32(checked: start + 4))
    }
}
