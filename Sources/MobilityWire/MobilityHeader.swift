/// The Mobility Header as it is received (RFC 6275 §6.1.1).
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     | Payload Proto |  Header Len   |   MH Type     |   Reserved    |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |           Checksum            |         Message Data          :
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///
/// Every call here takes the octets from the payload protocol field on. What stands behind the length that the header
/// gives itself is ignored, as behind any header whose next header is 59 (RFC 8200 §4.7).
public enum MobilityHeader {
    /// The most that the length field can say, in octets.
    public static let maximumLength = 256 * 8
    /// Where the checksum stands, which counts as zero in what is authenticated.
    public static let checksumField = Offset.checksum..<Offset.data

    /// The message in `bytes`. The checksum is not looked at: see `isChecksumValid`.
    ///
    /// A message of a type that nobody here knows is `.unknown`; what was wrong with a message that is refused is
    /// answered as RFC 6275 §9.2 says, which `ParseError.parameterProblemCode` knows.
    ///
    /// - Throws: `.truncated`, `.mobilityHeaderTruncated`, `.mobilityPayloadProtocol`, `.mobilityHeaderLength`,
    ///   `.mobilityOptionTruncated`, `.mobilityOptionLength`.
    public static func parse(_ bytes: RawSpan) throws(ParseError) -> MobilityMessage {
        let end = try length(of: bytes)
        let type = try bytes.octet(at: Offset.type)
        guard let fixed = try fixedLength(of: bytes) else {
            return .unknown(type: type, data: try bytes.octets(Offset.data..<end))
        }
        let options = try MobilityOption.parseAll(bytes, from: fixed, to: end)
        switch type {
        case Kind.bindingRefreshRequest: return .bindingRefreshRequest(options: options)
        case Kind.homeTestInit: return .homeTestInit(cookie: try bytes.uint64(at: 8), options: options)
        case Kind.careOfTestInit: return .careOfTestInit(cookie: try bytes.uint64(at: 8), options: options)
        case Kind.homeTest:
            return .homeTest(
                nonceIndex: try bytes.uint16(at: 6), cookie: try bytes.uint64(at: 8),
                keygenToken: try bytes.uint64(at: 16), options: options)
        case Kind.careOfTest:
            return .careOfTest(
                nonceIndex: try bytes.uint16(at: 6), cookie: try bytes.uint64(at: 8),
                keygenToken: try bytes.uint64(at: 16), options: options)
        case Kind.bindingUpdate: return .bindingUpdate(try BindingUpdate(bytes, options: options))
        case Kind.bindingAcknowledgement:
            return .bindingAcknowledgement(try BindingAcknowledgement(bytes, options: options))
        case Kind.homeAgentSwitch: return .homeAgentSwitch(try HomeAgentSwitch(bytes, options: options))
        case Kind.bindingRevocation: return try BindingRevocationType.parse(bytes, options: options)
        default:
            return .bindingError(
                status: try bytes.octet(at: 6), homeAddress: try bytes.address(at: 8), options: options)
        }
    }

    /// Octets of the Mobility Header, as it says itself.
    ///
    /// - Throws: `.truncated`, `.mobilityHeaderTruncated`.
    public static func length(of bytes: RawSpan) throws(ParseError) -> Int {
        // The smallest Mobility Header has 8 octets.
        try bytes.require(8, at: 0)
        let length = (Int(try bytes.octet(at: Offset.length)) + 1) * 8
        guard length <= bytes.byteCount else { throw ParseError(.mobilityHeaderTruncated, octet: Offset.length) }
        return length
    }

    /// Whether the checksum is right.
    ///
    /// - Parameters:
    ///   - source: the address in the Home Address option if there is one, else the packet's source.
    ///   - destination: the address in the type 2 routing header if there is one, else the packet's destination.
    public static func isChecksumValid(_ bytes: RawSpan, source: IPv6Address, destination: IPv6Address) -> Bool {
        guard let length = try? length(of: bytes) else { return false }
        var sum = Checksum(source: source, destination: destination, length: length, nextHeader: .mobilityHeader)
        sum.add(bytes.extracting(..<length))
        return sum.isValid
    }

    /// Writes the checksum into an emitted message, whose checksum field may hold anything.
    public static func fillChecksum(_ octets: inout [UInt8], source: IPv6Address, destination: IPv6Address) {
        octets[Offset.checksum] = 0
        octets[Offset.checksum + 1] = 0
        var sum = Checksum(source: source, destination: destination, length: octets.count, nextHeader: .mobilityHeader)
        sum.add(octets.span.bytes)
        octets[Offset.checksum] = UInt8(truncatingIfNeeded: sum.value >> 8)
        octets[Offset.checksum + 1] = UInt8(truncatingIfNeeded: sum.value)
    }

    /// Where the options of a message begin; nil for a type that nobody here knows. What is wrong before them is
    /// answered with a Parameter Problem (RFC 6275 §9.2).
    ///
    /// - Throws: `.truncated`, `.mobilityHeaderTruncated`, `.mobilityPayloadProtocol`, `.mobilityHeaderLength`.
    static func fixedLength(of bytes: RawSpan) throws(ParseError) -> Int? {
        let end = try length(of: bytes)
        guard let fixed = try optionsOffset(of: bytes) else { return nil }
        guard try bytes.octet(at: Offset.payloadProtocol) == IPProtocol.none.rawValue else {
            throw ParseError(.mobilityPayloadProtocol, octet: Offset.payloadProtocol)
        }
        guard end >= fixed else { throw ParseError(.mobilityHeaderLength, octet: Offset.length) }
        return fixed
    }

    /// Where the options of a message of a known type begin; that may be behind its end.
    private static func optionsOffset(of bytes: RawSpan) throws(ParseError) -> Int? {
        switch try bytes.octet(at: Offset.type) {
        case Kind.bindingRefreshRequest: 8
        case Kind.homeTestInit, Kind.careOfTestInit: 16
        case Kind.homeTest, Kind.careOfTest: 24
        case Kind.bindingUpdate, Kind.bindingAcknowledgement: 12
        case Kind.bindingError: 24
        case Kind.homeAgentSwitch: try HomeAgentSwitch.fixedLength(of: bytes)
        case Kind.bindingRevocation: try BindingRevocationType.fixedLength(of: bytes)
        default: nil
        }
    }

    private typealias Kind = MobilityMessage.Kind

    /// Where the fields stand, in octets from the header's start.
    enum Offset {
        static let payloadProtocol = 0
        static let length = 1
        static let type = 2
        static let checksum = 4
        static let data = 6
    }
}

extension BindingUpdate {
    ///                                     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///                                     |          Sequence #           |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |A|H|L|K|M|R|P|F|T|O| Reserved  |           Lifetime            |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    fileprivate init(_ bytes: RawSpan, options: [MobilityOption]) throws(ParseError) {
        self.init(
            sequenceNumber: SequenceNumber(rawValue: try bytes.uint16(at: 6)),
            flags: Flags(rawValue: try bytes.uint16(at: 8)),
            lifetime: BindingLifetime(rawValue: try bytes.uint16(at: 10)),
            options: options)
    }
}

extension BindingAcknowledgement {
    ///                                     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///                                     |    Status     |K|R|  Reserved |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |           Sequence #          |           Lifetime            |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    fileprivate init(_ bytes: RawSpan, options: [MobilityOption]) throws(ParseError) {
        let flags = try bytes.octet(at: 7)
        self.init(
            status: BindingStatus(rawValue: try bytes.octet(at: 6)),
            keyManagementMobility: flags & 0x80 != 0,
            mobileRouter: flags & 0x40 != 0,
            sequenceNumber: SequenceNumber(rawValue: try bytes.uint16(at: 8)),
            lifetime: BindingLifetime(rawValue: try bytes.uint16(at: 10)),
            options: options)
    }
}
