// Errors about received packets. Whoever sends them limits their rate (RFC 4443 §2.4 (f)).

extension ICMPv6Message {
    /// Whether an error of `type` and `code` may be sent about `packet`, which begins with its IPv6 header
    /// (RFC 4443 §2.4 (e)): not about another error or a redirect, nor to somebody whose address is none.
    ///
    /// That a packet came as a link-layer multicast cannot be seen here.
    public static func mayReport(type: UInt8, code: UInt8, about packet: RawSpan) -> Bool {
        guard let header = try? IPv6Header(parsing: packet) else { return false }
        guard !header.source.isUnspecified, !header.source.isMulticast, !header.source.isLoopback else { return false }
        let isReportedOfMulticast = type == Kind.packetTooBig || type == Kind.parameterProblem && code == 2
        guard !header.destination.isMulticast || isReportedOfMulticast else { return false }
        guard let (upper, offset) = upperLayer(of: packet, header: header), upper == .icmpv6 else { return true }
        guard offset < packet.byteCount else { return true }
        let invokingType = packet.octet(checked: offset)
        return invokingType >= 128 && invokingType != Kind.redirect
    }

    /// The packet that carries this error about `packet`, or nil if it may not be sent.
    ///
    /// - Parameter source: an address of this node.
    public func report(about packet: RawSpan, from source: IPv6Address) -> [UInt8]? {
        guard Self.mayReport(type: type, code: code, about: packet), let header = try? IPv6Header(parsing: packet)
        else { return nil }
        return MobilityPacket(source: source, destination: header.source, upperProtocol: .icmpv6, message: emit())
            .emit()
    }

    /// What a packet carries, found by lengths alone: its headers may be why it is reported.
    private static func upperLayer(of packet: RawSpan, header: IPv6Header) -> (IPProtocol, Int)? {
        var next = header.nextHeader
        var offset = IPv6Header.length
        for _ in 0...ExtensionHeaderChain.maximumHeaders {
            switch next {
            case .hopByHopOptions, .destinationOptions, .routing, .fragment:
                guard packet.byteCount - offset >= 8 else { return nil }
                let isFirstPiece = next != .fragment || packet.uint16(checked: offset + 2) & 0xfff8 == 0
                guard isFirstPiece else { return nil }
                let length = next == .fragment ? 8 : (Int(packet.octet(checked: offset + 1)) + 1) * 8
                next = IPProtocol(rawValue: packet.octet(checked: offset))
                offset += length
            default:
                return (next, offset)
            }
        }
        return nil
    }
}

extension ParseError {
    /// The Parameter Problem that this fault of `packet`, counted from its IPv6 header, is answered with, or nil.
    ///
    /// - Parameter source: an address of this node.
    public func report(about packet: RawSpan, from source: IPv6Address) -> [UInt8]? {
        guard let header = try? IPv6Header(parsing: packet),
            let code = parameterProblemCode(toMulticast: header.destination.isMulticast)
        else { return nil }
        let invoking = packet.octets(checked: 0..<min(packet.byteCount, ICMPv6Message.minimumMTU))
        return ICMPv6Message.parameterProblem(
            code: code, pointer: UInt32(clamping: octet), invoking: invoking
        ).report(about: packet, from: source)
    }
}
