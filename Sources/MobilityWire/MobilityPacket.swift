/// A whole IPv6 packet of mobility signalling: a Mobility Header, or an ICMPv6 message that travels like one, with
/// the headers that RFC 6275 puts before it.
///
///     IPv6 · type 2 routing header (to a mobile node away from home) · Home Address option (from one) · message
public struct MobilityPacket: Hashable, Sendable {
    /// The IPv6 header's source: the care-of address, if there is a Home Address option.
    public var source: IPv6Address
    /// The IPv6 header's destination: the care-of address, if there is a type 2 routing header.
    public var destination: IPv6Address
    /// The sender's home address.
    public var homeAddressOption: IPv6Address?
    /// The receiver's home address.
    public var routingHeader: IPv6Address?
    public var hopLimit: UInt8
    /// `.mobilityHeader`, `.icmpv6`, or on parsing anything else.
    public var upperProtocol: IPProtocol
    /// The message from its first octet on. On emitting its checksum field may hold anything.
    public var message: [UInt8]

    public init(
        source: IPv6Address, destination: IPv6Address, homeAddressOption: IPv6Address? = nil,
        routingHeader: IPv6Address? = nil, hopLimit: UInt8 = 64, upperProtocol: IPProtocol = .mobilityHeader,
        message: [UInt8]
    ) {
        self.source = source
        self.destination = destination
        self.homeAddressOption = homeAddressOption
        self.routingHeader = routingHeader
        self.hopLimit = hopLimit
        self.upperProtocol = upperProtocol
        self.message = message
    }

    /// The source of the pseudo-header: the home address if there is one (RFC 6275 §6.1.1, §11.3.1).
    public var upperSource: IPv6Address { homeAddressOption ?? source }
    /// The destination of the pseudo-header: the final one (RFC 8200 §8.1).
    public var upperDestination: IPv6Address { routingHeader ?? destination }

    /// The packet, with the message's checksum filled in where it is a Mobility Header or ICMPv6.
    ///
    /// The message is at most 65,535 octets less the headers.
    public func emit() -> [UInt8] {
        var length = message.count
        if routingHeader != nil { length += TypeTwoRoutingHeader.length }
        if homeAddressOption != nil { length += HomeAddressOption.headerLength }
        precondition(length <= Int(UInt16.max), "a message too long for a packet")
        let behindRouting: IPProtocol = homeAddressOption == nil ? upperProtocol : .destinationOptions
        var writer = ByteWriter(capacity: IPv6Header.length + length)
        IPv6Header(
            payloadLength: UInt16(length), nextHeader: routingHeader == nil ? behindRouting : .routing,
            hopLimit: hopLimit, source: source, destination: destination
        ).emit(into: &writer)
        if let routingHeader {
            TypeTwoRoutingHeader(homeAddress: routingHeader).emit(nextHeader: behindRouting, into: &writer)
        }
        if let homeAddressOption {
            HomeAddressOption(homeAddress: homeAddressOption).emitHeader(nextHeader: upperProtocol, into: &writer)
        }
        writer.write(messageWithChecksum)
        return writer.octets
    }

    /// The packet in `packet`, whose checksum has been found right if it is a Mobility Header or ICMPv6; and where its
    /// message begins, from the start of the IPv6 header. Of a Mobility Header what stands before the options is right
    /// too; the options are for whoever the message is for.
    ///
    /// - Throws: faults counted from the start of the IPv6 header, `.fragmented` for a piece of a packet.
    public static func parse(_ packet: RawSpan) throws(ParseError) -> (packet: MobilityPacket, messageOffset: Int) {
        let header = try IPv6Header(parsing: packet)
        let chain = try ExtensionHeaderChain(of: packet, header: header)
        let start = chain.upperOffset
        guard chain.fragment == nil else { throw ParseError(.fragmented, octet: start) }
        let payload = packet.extracting(start..<chain.end)
        let addresses = chain.upperAddresses(of: header)
        var end = chain.end
        switch chain.upperProtocol {
        case .mobilityHeader:
            do throws(ParseError) {
                end = start + (try MobilityHeader.length(of: payload))
                let isValid = MobilityHeader.isChecksumValid(
                    payload, source: addresses.source, destination: addresses.destination)
                guard isValid else { throw ParseError(.checksum, octet: MobilityHeader.Offset.checksum) }
                _ = try MobilityHeader.fixedLength(of: payload)
            } catch {
                throw error.shifted(by: start)
            }
        case .icmpv6:
            let isValid = ICMPv6Message.isChecksumValid(
                payload, source: addresses.source, destination: addresses.destination)
            guard isValid else { throw ParseError(.checksum, octet: start + ICMPv6Message.checksumOffset) }
        default:
            break
        }
        let value = MobilityPacket(
            source: header.source, destination: header.destination,
            homeAddressOption: chain.homeAddressOption?.homeAddress, routingHeader: chain.routingHeader?.homeAddress,
            hopLimit: header.hopLimit, upperProtocol: chain.upperProtocol,
            message: try packet.octets(start..<end))
        return (value, start)
    }

    /// The packet in `packet`: `parse` for those who need no offset.
    public init(parsing packet: RawSpan) throws(ParseError) { self = try Self.parse(packet).packet }

    /// The message of a packet with a Mobility Header, its faults counted from the start of the IPv6 header.
    public static func parseMessage(
        _ packet: RawSpan
    ) throws(ParseError) -> (packet: MobilityPacket, message: MobilityMessage) {
        let (value, offset) = try parse(packet)
        guard value.upperProtocol == .mobilityHeader else { throw ParseError(.unexpectedProtocol, octet: offset) }
        do throws(ParseError) {
            return (value, try MobilityHeader.parse(value.message.span.bytes))
        } catch {
            throw error.shifted(by: offset)
        }
    }

    private var messageWithChecksum: [UInt8] {
        var octets = message
        switch upperProtocol {
        case .mobilityHeader where octets.count >= 8:
            MobilityHeader.fillChecksum(&octets, source: upperSource, destination: upperDestination)
        case .icmpv6 where octets.count >= 4:
            ICMPv6Message.fillChecksum(&octets, source: upperSource, destination: upperDestination)
        default:
            break
        }
        return octets
    }
}
