/// What stands between an IPv6 header and the upper-layer header, read as the packet's destination reads it
/// (RFC 8200 §4, RFC 6275 §6.3 and §6.4).
///
/// The Mobility Header, ESP and the authentication header count as upper layers: the walk ends there. It also ends at
/// a fragment header that does not hold the whole packet, with `fragment` set.
public struct ExtensionHeaderChain: Hashable, Sendable {
    /// More extension headers than this in one packet have no use that this system knows; the bound keeps a packet of
    /// 64 KiB from costing thousands of steps. RFC 8200 §4.1 recommends six at most.
    public static let maximumHeaders = 8

    /// What stands behind the last extension header.
    public var upperProtocol: IPProtocol
    /// Where that stands, from the start of the IPv6 header.
    public var upperOffset: Int
    /// Where the packet ends, from the start of the IPv6 header: what the payload length says.
    public var end: Int
    /// Where the octet stands that names `upperProtocol`: the pointer of "unrecognized Next Header" (RFC 4443 §3.4).
    public var nextHeaderOffset: Int
    public var homeAddressOption: HomeAddressOption?
    public var routingHeader: TypeTwoRoutingHeader?
    /// The packet is one piece of several.
    public var fragment: FragmentHeader?

    /// Where the Home Address stands, from the start of the IPv6 header.
    public private(set) var homeAddressOffset: Int?

    /// The source and destination of the upper layer's pseudo-header (RFC 8200 §8.1, RFC 6275 §6.1.1, §11.3.1).
    public func upperAddresses(of header: IPv6Header) -> (source: IPv6Address, destination: IPv6Address) {
        (homeAddressOption?.homeAddress ?? header.source, routingHeader?.homeAddress ?? header.destination)
    }

    /// Walks the chain of `packet`, which begins with `header`.
    ///
    /// - Parameter isCut: whether the packet may end before its payload length says so, as one within an ICMPv6 error.
    /// - Throws: faults counted from the start of the IPv6 header.
    public init(of packet: RawSpan, header: IPv6Header, isCut: Bool = false) throws(ParseError) {
        let declared = IPv6Header.length + Int(header.payloadLength)
        guard declared <= packet.byteCount || isCut else {
            throw ParseError(.payloadLength, octet: IPv6Header.Offset.payloadLength)
        }
        end = min(declared, packet.byteCount)
        upperProtocol = header.nextHeader
        upperOffset = IPv6Header.length
        nextHeaderOffset = IPv6Header.Offset.nextHeader
        var count = 0
        while try step(packet) {
            count += 1
            guard count <= Self.maximumHeaders else {
                throw ParseError(.tooManyExtensionHeaders, octet: nextHeaderOffset)
            }
        }
    }

    /// Reads the header at `upperOffset` and goes behind it; false if it is no extension header.
    private mutating func step(_ packet: RawSpan) throws(ParseError) -> Bool {
        let start = upperOffset
        switch upperProtocol {
        case .hopByHopOptions:
            guard start == IPv6Header.length else { throw ParseError(.hopByHopNotFirst, octet: nextHeaderOffset) }
            let next = try headerEnd(packet, at: start)
            try readOptions(packet, from: start + 2, to: next, isHopByHop: true)
            advance(packet, to: next)
        case .destinationOptions:
            let next = try headerEnd(packet, at: start)
            try readOptions(packet, from: start + 2, to: next, isHopByHop: false)
            advance(packet, to: next)
        case .routing:
            let next = try headerEnd(packet, at: start)
            try readRouting(packet, at: start)
            advance(packet, to: next)
        case .fragment:
            guard end - start >= FragmentHeader.length else { throw ParseError(.extensionHeaderLength, octet: start) }
            let fragment = try FragmentHeader(parsing: packet, at: start)
            passedFragment = true
            advance(packet, to: start + FragmentHeader.length)
            if !fragment.isAtomic {
                self.fragment = fragment
                return false
            }
        default:
            return false
        }
        return true
    }

    /// Where a header with a length field ends.
    private func headerEnd(_ packet: RawSpan, at start: Int) throws(ParseError) -> Int {
        guard end - start >= 8 else { throw ParseError(.extensionHeaderLength, octet: start) }
        let length = (Int(try packet.octet(at: start + 1)) + 1) * 8
        guard length <= end - start else { throw ParseError(.extensionHeaderLength, octet: start + 1) }
        return start + length
    }

    private mutating func advance(_ packet: RawSpan, to next: Int) {
        nextHeaderOffset = upperOffset
        upperProtocol = IPProtocol(rawValue: packet.octet(checked: upperOffset))
        upperOffset = next
    }

    private mutating func readOptions(
        _ packet: RawSpan, from start: Int, to end: Int, isHopByHop: Bool
    ) throws(ParseError) {
        var offset = start
        while offset < end {
            let type = try packet.octet(at: offset)
            if type == 0 {
                offset += 1
                continue
            }
            guard end - offset >= 2 else { throw ParseError(.optionLength, octet: offset) }
            let next = offset + 2 + Int(try packet.octet(at: offset + 1))
            guard next <= end else { throw ParseError(.optionLength, octet: offset + 1) }
            if type == HomeAddressOption.type, !isHopByHop {
                try readHomeAddress(packet, at: offset)
            } else if type != 1, OptionAction(type: type) != .skip {
                throw ParseError(.unrecognizedOption(type: type), octet: offset)
            }
            offset = next
        }
    }

    private mutating func readHomeAddress(_ packet: RawSpan, at offset: Int) throws(ParseError) {
        let option = try HomeAddressOption(packet, at: offset)
        guard homeAddressOption == nil else { throw ParseError(.homeAddressOptionRepeated, octet: offset) }
        guard !passedFragment else { throw ParseError(.homeAddressOptionMisplaced, octet: offset) }
        homeAddressOption = option
        homeAddressOffset = offset + 2
    }

    private mutating func readRouting(_ packet: RawSpan, at start: Int) throws(ParseError) {
        guard try packet.octet(at: start + 2) == TypeTwoRoutingHeader.routingType else {
            // RFC 8200 §4.4: with no segments left a routing header of any type is passed over.
            guard try packet.octet(at: start + 3) == 0 else {
                throw ParseError(.unrecognizedRoutingType, octet: start + 2)
            }
            return
        }
        guard routingHeader == nil else { throw ParseError(.routingHeaderRepeated, octet: start) }
        guard homeAddressOption == nil else { throw ParseError(.homeAddressOptionMisplaced, octet: start) }
        routingHeader = try TypeTwoRoutingHeader(packet, at: start)
    }

    private var passedFragment = false
}
