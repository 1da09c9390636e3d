/// The IPv6 header (RFC 8200 §3).
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |Version| Traffic Class |           Flow Label                  |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |         Payload Length        |  Next Header  |   Hop Limit   |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |                         Source Address (16)                   |
///     |                       Destination Address (16)                |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
public struct IPv6Header: Hashable, Sendable {
    /// Octets of the header.
    public static let length = 40

    public var trafficClass: UInt8
    /// 20 bits; what is above them is not emitted.
    public var flowLabel: UInt32
    /// Octets behind this header, extension headers included.
    public var payloadLength: UInt16
    public var nextHeader: IPProtocol
    public var hopLimit: UInt8
    public var source: IPv6Address
    public var destination: IPv6Address

    @inlinable
    public init(
        trafficClass: UInt8 = 0, flowLabel: UInt32 = 0, payloadLength: UInt16 = 0, nextHeader: IPProtocol,
        hopLimit: UInt8 = 64, source: IPv6Address, destination: IPv6Address
    ) {
        self.trafficClass = trafficClass
        self.flowLabel = flowLabel
        self.payloadLength = payloadLength
        self.nextHeader = nextHeader
        self.hopLimit = hopLimit
        self.source = source
        self.destination = destination
    }

    /// The header at the start of `packet`. Whether the payload is there is not looked at.
    ///
    /// - Throws: `.truncated`, `.notVersion6`.
    @inlinable
    public init(parsing packet: RawSpan) throws(ParseError) {
        guard packet.byteCount >= Self.length else { throw ParseError(.truncated, octet: packet.byteCount) }
        let first = packet.uint32(checked: Offset.version)
        guard first >> 28 == 6 else { throw ParseError(.notVersion6, octet: Offset.version) }
        self.init(
            trafficClass: UInt8(truncatingIfNeeded: first >> 20),
            flowLabel: first & 0xf_ffff,
            payloadLength: packet.uint16(checked: Offset.payloadLength),
            nextHeader: IPProtocol(rawValue: packet.octet(checked: Offset.nextHeader)),
            hopLimit: packet.octet(checked: Offset.hopLimit),
            source: packet.address(checked: Offset.source),
            destination: packet.address(checked: Offset.destination))
    }

    /// Writes the header over the first 40 octets of `packet`, which the caller has made that long.
    @inlinable
    public func emit(into packet: inout MutableRawSpan) {
        let first = 6 << 28 | UInt32(trafficClass) << 20 | flowLabel & 0xf_ffff
        packet.storeBytes(of: first.bigEndian, toByteOffset: Offset.version, as: UInt32.self)
        packet.storeBytes(of: payloadLength.bigEndian, toByteOffset: Offset.payloadLength, as: UInt16.self)
        packet.storeBytes(of: nextHeader.rawValue, toByteOffset: Offset.nextHeader, as: UInt8.self)
        packet.storeBytes(of: hopLimit, toByteOffset: Offset.hopLimit, as: UInt8.self)
        packet.storeBytes(of: source.high.bigEndian, toByteOffset: Offset.source, as: UInt64.self)
        packet.storeBytes(of: source.low.bigEndian, toByteOffset: Offset.source + 8, as: UInt64.self)
        packet.storeBytes(of: destination.high.bigEndian, toByteOffset: Offset.destination, as: UInt64.self)
        packet.storeBytes(of: destination.low.bigEndian, toByteOffset: Offset.destination + 8, as: UInt64.self)
    }

    public func emit(into writer: inout ByteWriter) {
        writer.write(6 << 28 | UInt32(trafficClass) << 20 | flowLabel & 0xf_ffff)
        writer.write(payloadLength)
        writer.write(nextHeader.rawValue)
        writer.write(hopLimit)
        writer.write(source)
        writer.write(destination)
    }

    public func emit() -> [UInt8] {
        var writer = ByteWriter(capacity: Self.length)
        emit(into: &writer)
        return writer.octets
    }

    /// Where the fields stand, in octets from the header's start.
    public enum Offset {
        public static let version = 0
        public static let payloadLength = 4
        public static let nextHeader = 6
        public static let hopLimit = 7
        public static let source = 8
        public static let destination = 24
    }
}
