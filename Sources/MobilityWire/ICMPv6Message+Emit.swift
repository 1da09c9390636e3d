extension ICMPv6Message {
    /// Every link takes packets of this size (RFC 8200 §5); ICMPv6 errors are never bigger (RFC 4443 §2.4 (c)).
    public static let minimumMTU = 1280

    /// The message with checksum zero: `MobilityPacket.emit` or `fillChecksum` fills it.
    ///
    /// Of an invoking packet as much is taken as fits into 1280 octets with the IPv6 header.
    public func emit() -> [UInt8] {
        var writer = ByteWriter()
        writer.write(type)
        writer.write(code)
        writer.write(0 as UInt16)
        switch self {
        case .destinationUnreachable(_, let invoking), .timeExceeded(_, let invoking):
            writer.write(0 as UInt32)
            Self.write(invoking, into: &writer)
        case .packetTooBig(let mtu, let invoking):
            writer.write(mtu)
            Self.write(invoking, into: &writer)
        case .parameterProblem(_, let pointer, let invoking):
            writer.write(pointer)
            Self.write(invoking, into: &writer)
        case .echoRequest(let identifier, let sequenceNumber, let data),
            .echoReply(let identifier, let sequenceNumber, let data):
            writer.write(identifier)
            writer.write(sequenceNumber)
            writer.write(data)
        case .routerSolicitation(let options):
            writer.write(0 as UInt32)
            NeighborOption.emit(options, into: &writer)
        case .routerAdvertisement(let advertisement):
            writer.write(advertisement.hopLimit)
            writer.write(advertisement.flags.rawValue)
            writer.write(advertisement.routerLifetime)
            writer.write(advertisement.reachableTime)
            writer.write(advertisement.retransmissionTimer)
            NeighborOption.emit(advertisement.options, into: &writer)
        case .neighborSolicitation(let target, let options):
            writer.write(0 as UInt32)
            writer.write(target)
            NeighborOption.emit(options, into: &writer)
        case .neighborAdvertisement(let advertisement):
            writer.write(
                (advertisement.isRouter ? 0x8000_0000 : 0) | (advertisement.isSolicited ? 0x4000_0000 : 0)
                    | (advertisement.overrides ? 0x2000_0000 : 0) as UInt32)
            writer.write(advertisement.target)
            NeighborOption.emit(advertisement.options, into: &writer)
        case .homeAgentAddressDiscoveryRequest(let identifier, let mobileRouter):
            writer.write(identifier)
            writer.write(mobileRouter ? 0x8000 : 0 as UInt16)
        case .homeAgentAddressDiscoveryReply(let identifier, let mobileRouter, let addresses):
            writer.write(identifier)
            writer.write(mobileRouter ? 0x8000 : 0 as UInt16)
            for address in addresses { writer.write(address) }
        case .mobilePrefixSolicitation(let identifier, let options):
            writer.write(identifier)
            writer.write(0 as UInt16)
            NeighborOption.emit(options, into: &writer)
        case .mobilePrefixAdvertisement(let advertisement):
            writer.write(advertisement.identifier)
            writer.write(
                (advertisement.managedAddresses ? 0x8000 : 0) | (advertisement.otherConfiguration ? 0x4000 : 0)
                    as UInt16)
            NeighborOption.emit(advertisement.options, into: &writer)
        case .unknown(_, _, let body):
            writer.write(body)
        }
        return writer.octets
    }

    public var code: UInt8 {
        switch self {
        case .destinationUnreachable(let code, _), .timeExceeded(let code, _), .parameterProblem(let code, _, _),
            .unknown(_, let code, _):
            code
        default: 0
        }
    }

    private static func write(_ invoking: [UInt8], into writer: inout ByteWriter) {
        writer.write(invoking.prefix(minimumMTU - IPv6Header.length - writer.count))
    }
}
