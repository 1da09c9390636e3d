extension ICMPv6Message {
    /// The message in `bytes`, which end where the packet's payload ends. The checksum is not looked at: see
    /// `isChecksumValid`. Neighbour discovery has more conditions that the message alone does not show: see
    /// `checkNeighborDiscovery`.
    ///
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |     Type      |     Code      |          Checksum             |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///
    /// - Throws: `.truncated`, `.messageLength`, `.messageCode`, `.neighborOptionZero`, `.neighborOptionTruncated`.
    public static func parse(_ bytes: RawSpan) throws(ParseError) -> ICMPv6Message {
        try bytes.require(4, at: 0)
        let type = bytes.octet(checked: 0)
        let code = bytes.octet(checked: 1)
        let end = bytes.byteCount
        guard let shape = Shape.of(type) else {
            return .unknown(type: type, code: code, body: bytes.octets(checked: 4..<end))
        }
        guard end >= shape.fixedLength else { throw ParseError(.messageLength, octet: end) }
        guard code == 0 || !shape.needsCodeZero else { throw ParseError(.messageCode, octet: 1) }
        let options = shape.hasOptions ? try NeighborOption.parseAll(bytes, from: shape.fixedLength) : []
        switch type {
        case Kind.destinationUnreachable:
            return .destinationUnreachable(code: code, invoking: bytes.octets(checked: 8..<end))
        case Kind.packetTooBig:
            return .packetTooBig(mtu: bytes.uint32(checked: 4), invoking: bytes.octets(checked: 8..<end))
        case Kind.timeExceeded:
            return .timeExceeded(code: code, invoking: bytes.octets(checked: 8..<end))
        case Kind.parameterProblem:
            return .parameterProblem(
                code: code, pointer: bytes.uint32(checked: 4), invoking: bytes.octets(checked: 8..<end))
        case Kind.echoRequest:
            return .echoRequest(
                identifier: bytes.uint16(checked: 4), sequenceNumber: bytes.uint16(checked: 6),
                data: bytes.octets(checked: 8..<end))
        case Kind.echoReply:
            return .echoReply(
                identifier: bytes.uint16(checked: 4), sequenceNumber: bytes.uint16(checked: 6),
                data: bytes.octets(checked: 8..<end))
        case Kind.routerSolicitation:
            return .routerSolicitation(options: options)
        case Kind.routerAdvertisement:
            return .routerAdvertisement(RouterAdvertisement(bytes, options: options))
        case Kind.neighborSolicitation:
            return .neighborSolicitation(target: bytes.address(checked: 8), options: options)
        case Kind.neighborAdvertisement:
            return .neighborAdvertisement(NeighborAdvertisement(bytes, options: options))
        case Kind.homeAgentAddressDiscoveryRequest:
            return .homeAgentAddressDiscoveryRequest(
                identifier: bytes.uint16(checked: 4), mobileRouter: bytes.octet(checked: 6) & 0x80 != 0)
        case Kind.homeAgentAddressDiscoveryReply:
            return try homeAgentAddressDiscoveryReply(bytes)
        case Kind.mobilePrefixSolicitation:
            return .mobilePrefixSolicitation(identifier: bytes.uint16(checked: 4), options: options)
        default:
            let flags = bytes.octet(checked: 6)
            return .mobilePrefixAdvertisement(
                MobilePrefixAdvertisement(
                    identifier: bytes.uint16(checked: 4), managedAddresses: flags & 0x80 != 0,
                    otherConfiguration: flags & 0x40 != 0, options: options))
        }
    }

    /// The addresses fill the rest of the message (RFC 6275 §6.6).
    private static func homeAgentAddressDiscoveryReply(_ bytes: RawSpan) throws(ParseError) -> ICMPv6Message {
        let end = bytes.byteCount
        guard (end - 8).isMultiple(of: 16) else { throw ParseError(.messageLength, octet: end) }
        var addresses: [IPv6Address] = []
        for offset in stride(from: 8, to: end, by: 16) { addresses.append(bytes.address(checked: offset)) }
        return .homeAgentAddressDiscoveryReply(
            identifier: bytes.uint16(checked: 4), mobileRouter: bytes.octet(checked: 6) & 0x80 != 0,
            addresses: addresses)
    }

    /// What the RFCs say about the shape of a message; the one place where least lengths stand.
    private struct Shape {
        /// Octets before the options, the data or the invoking packet, ICMPv6's own four included.
        var fixedLength: Int
        var hasOptions = false
        /// RFC 4861 §6.1, §7.1.
        var needsCodeZero = false

        static func of(_ type: UInt8) -> Shape? {
            switch type {
            case Kind.destinationUnreachable...Kind.parameterProblem, Kind.echoRequest, Kind.echoReply:
                Shape(fixedLength: 8)
            case Kind.routerSolicitation: Shape(fixedLength: 8, hasOptions: true, needsCodeZero: true)
            case Kind.routerAdvertisement: Shape(fixedLength: 16, hasOptions: true, needsCodeZero: true)
            case Kind.neighborSolicitation, Kind.neighborAdvertisement:
                Shape(fixedLength: 24, hasOptions: true, needsCodeZero: true)
            case Kind.homeAgentAddressDiscoveryRequest, Kind.homeAgentAddressDiscoveryReply: Shape(fixedLength: 8)
            case Kind.mobilePrefixSolicitation, Kind.mobilePrefixAdvertisement:
                Shape(fixedLength: 8, hasOptions: true)
            default: nil
            }
        }
    }
}

extension RouterAdvertisement {
    ///     | Cur Hop Limit |M|O|H|Prf|Resvd|       Router Lifetime         |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |                         Reachable Time                        |
    ///     |                          Retrans Timer                        |
    fileprivate init(_ bytes: RawSpan, options: [NeighborOption]) {
        self.init(
            hopLimit: bytes.octet(checked: 4), flags: Flags(rawValue: bytes.octet(checked: 5)),
            routerLifetime: bytes.uint16(checked: 6), reachableTime: bytes.uint32(checked: 8),
            retransmissionTimer: bytes.uint32(checked: 12), options: options)
    }
}

extension NeighborAdvertisement {
    ///     |R|S|O|                     Reserved                            |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |                       Target Address (16)                     |
    fileprivate init(_ bytes: RawSpan, options: [NeighborOption]) {
        let flags = bytes.octet(checked: 4)
        self.init(
            isRouter: flags & 0x80 != 0, isSolicited: flags & 0x40 != 0, overrides: flags & 0x20 != 0,
            target: bytes.address(checked: 8), options: options)
    }
}
