extension NeighborOption {
    /// Every option of `bytes` from `start` on.
    ///
    /// A length of zero fails the message, as RFC 4861 §4.6 asks; read as "go on from here" it would never end. An
    /// option that is known but has another length than its RFC gives it is kept as `.unknown`, and so skipped.
    ///
    /// - Throws: `.neighborOptionZero`, `.neighborOptionTruncated`.
    static func parseAll(_ bytes: RawSpan, from start: Int) throws(ParseError) -> [NeighborOption] {
        var options: [NeighborOption] = []
        var offset = start
        let end = bytes.byteCount
        while offset < end {
            guard end - offset >= 2 else { throw ParseError(.neighborOptionTruncated, octet: offset) }
            let length = 8 * Int(bytes.octet(checked: offset + 1))
            guard length > 0 else { throw ParseError(.neighborOptionZero, octet: offset + 1) }
            guard length <= end - offset else { throw ParseError(.neighborOptionTruncated, octet: offset + 1) }
            options.append(NeighborOption(bytes.extracting(offset..<offset + length)))
            offset += length
        }
        return options
    }

    static func emit(_ options: [NeighborOption], into writer: inout ByteWriter) {
        for option in options { option.emit(into: &writer) }
    }

    /// The option that `bytes`, a positive multiple of 8, are the whole of.
    private init(_ bytes: RawSpan) {
        let type = bytes.octet(checked: 0)
        let data = bytes.octets(checked: 2..<bytes.byteCount)
        switch (type, bytes.byteCount / 8) {
        case (1, _): self = .sourceLinkLayerAddress(data)
        case (2, _): self = .targetLinkLayerAddress(data)
        case (3, 4) where bytes.octet(checked: 2) <= 128: self = .prefixInformation(PrefixInformation(bytes))
        case (5, 1): self = .mtu(bytes.uint32(checked: 4))
        case (7, 1): self = .advertisementInterval(bytes.uint32(checked: 4))
        case (8, 1):
            self = .homeAgentInformation(
                HomeAgentInformation(
                    preference: bytes.uint16(checked: 4), lifetime: bytes.uint16(checked: 6),
                    mobileRouters: bytes.octet(checked: 2) & 0x80 != 0))
        default: self = .unknown(type: type, data: data)
        }
    }

    private func emit(into writer: inout ByteWriter) {
        let data: ByteWriter = self.data
        let units = (data.count + 2 + 7) / 8
        precondition(units <= 255, "a neighbour-discovery option holds at most 2038 octets")
        writer.write(type)
        writer.write(UInt8(units))
        writer.write(data.octets)
        writer.write(zeros: units * 8 - 2 - data.count)
    }

    /// What stands behind the length.
    private var data: ByteWriter {
        var writer = ByteWriter(capacity: 32)
        switch self {
        case .sourceLinkLayerAddress(let octets), .targetLinkLayerAddress(let octets), .unknown(_, let octets):
            writer.write(octets)
        case .prefixInformation(let information):
            writer.write(information.prefixLength)
            writer.write(information.flags)
            writer.write(information.validLifetime)
            writer.write(information.preferredLifetime)
            writer.write(0 as UInt32)
            writer.write(information.address)
        case .mtu(let number), .advertisementInterval(let number):
            writer.write(0 as UInt16)
            writer.write(number)
        case .homeAgentInformation(let information):
            writer.write(information.mobileRouters ? 0x8000 : 0 as UInt16)
            writer.write(information.preference)
            writer.write(information.lifetime)
        }
        return writer
    }
}

extension PrefixInformation {
    fileprivate init(_ bytes: RawSpan) {
        let flags = bytes.octet(checked: 3)
        self.init(
            address: bytes.address(checked: 16), prefixLength: bytes.octet(checked: 2), isOnLink: flags & 0x80 != 0,
            isAutonomous: flags & 0x40 != 0, isRouterAddress: flags & 0x20 != 0,
            validLifetime: bytes.uint32(checked: 4), preferredLifetime: bytes.uint32(checked: 8))
    }

    fileprivate var flags: UInt8 {
        (isOnLink ? 0x80 : 0) | (isAutonomous ? 0x40 : 0) | (isRouterAddress ? 0x20 : 0)
    }
}
