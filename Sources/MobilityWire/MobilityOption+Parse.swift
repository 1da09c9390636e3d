/// An option as it stands in a Mobility Header, before anybody knows what it means.
///
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-
///     |  Option Type  | Option Length |   Option Data...
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-
struct RawMobilityOption {
    let type: UInt8
    /// Where the type stands, from the start of the Mobility Header.
    let offset: Int
    let data: Range<Int>

    var isPadding: Bool { type == MobilityOption.Code.pad1 || type == MobilityOption.Code.padN }

    /// The option at `offset` of a Mobility Header that ends at `end`.
    init(_ bytes: RawSpan, at offset: Int, end: Int) throws(ParseError) {
        self.offset = offset
        type = try bytes.octet(at: offset)
        if type == MobilityOption.Code.pad1 {
            data = offset + 1..<offset + 1
            return
        }
        guard offset + 2 <= end else { throw ParseError(.mobilityOptionTruncated, octet: offset) }
        let start = offset + 2
        let length = Int(try bytes.octet(at: offset + 1))
        guard length <= end - start else { throw ParseError(.mobilityOptionTruncated, octet: offset + 1) }
        data = start..<start + length
    }
}

extension MobilityOption {
    /// Every option of `bytes` from `start` on that is not padding.
    ///
    /// - Throws: `.mobilityOptionTruncated`, `.mobilityOptionLength`.
    static func parseAll(_ bytes: RawSpan, from start: Int, to end: Int) throws(ParseError) -> [MobilityOption] {
        var options: [MobilityOption] = []
        var offset = start
        while offset < end {
            let raw = try RawMobilityOption(bytes, at: offset, end: end)
            offset = raw.data.upperBound
            if !raw.isPadding { options.append(try MobilityOption(raw, in: bytes)) }
        }
        return options
    }

    init(_ raw: RawMobilityOption, in bytes: RawSpan) throws(ParseError) {
        func kept() throws(ParseError) -> MobilityOption { .unknown(type: raw.type, data: try bytes.octets(raw.data)) }
        guard let rule = MobilityOptionRule.of(raw.type) else {
            self = try kept()
            return
        }
        guard rule.allows(length: raw.data.count) else {
            guard rule.isKeptWhenMalformed else { throw ParseError(.mobilityOptionLength, octet: raw.offset + 1) }
            self = try kept()
            return
        }
        let data = raw.data.lowerBound
        switch raw.type {
        case Code.bindingRefreshAdvice:
            self = .bindingRefreshAdvice(interval: BindingLifetime(rawValue: try bytes.uint16(at: data)))
        case Code.alternateCareOfAddress:
            self = .alternateCareOfAddress(try bytes.address(at: data))
        case Code.nonceIndices:
            self = .nonceIndices(home: try bytes.uint16(at: data), careOf: try bytes.uint16(at: data + 2))
        case Code.bindingAuthorizationData:
            self = .bindingAuthorizationData(try bytes.octets(raw.data))
        case Code.mobileNetworkPrefix:
            let length = try bytes.octet(at: data + 1)
            let address = try bytes.address(at: data + 2)
            self = length <= 128 ? .mobileNetworkPrefix(IPv6Prefix(address, length: length)) : try kept()
        case Code.mobileNodeIdentifier:
            self = .mobileNodeIdentifier(
                subtype: try bytes.octet(at: data), identifier: try bytes.octets(data + 1..<raw.data.upperBound))
        case Code.messageAuthentication:
            self = .messageAuthentication(
                MessageAuthentication(
                    subtype: try bytes.octet(at: data), securityParameterIndex: try bytes.uint32(at: data + 1),
                    authenticator: try bytes.octets(data + 5..<raw.data.upperBound)))
        case Code.messageIdentifier:
            self = .messageIdentifier(timestamp: try bytes.uint64(at: data))
        case Code.bindingIdentifier:
            let option = try BindingIdentifierOption(bytes, data: raw.data)
            if let option { self = .bindingIdentifier(option) } else { self = try kept() }
        case Code.flowSummary:
            self = .flowSummary(
                try stride(from: data, to: raw.data.upperBound, by: 2).map { offset throws(ParseError) in
                    try bytes.uint16(at: offset)
                })
        case Code.flowIdentification:
            if let option = FlowIdentificationOption(bytes, data: raw.data) {
                self = .flowIdentification(option)
            } else {
                self = try kept()
            }
        default:
            self = try kept()
        }
    }
}

extension BindingIdentifierOption {
    /// Nil for a length that the option does not have.
    ///
    ///                                 +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///                                 |   Type = 35   |     Length    |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |       Binding ID (BID)        |     Status    |H|   BID-PRI   |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     :            IPv4 or IPv6 care-of address, or none              :
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    init?(_ bytes: RawSpan, data: Range<Int>) throws(ParseError) {
        let start = data.lowerBound
        let careOfAddress: IPv6Address?
        switch data.count {
        case 4: careOfAddress = nil
        case 8: careOfAddress = IPv6Address(ipv4: try bytes.uint32(at: start + 4))
        case 20: careOfAddress = try bytes.address(at: start + 4)
        default: return nil
        }
        let flags = try bytes.octet(at: start + 3)
        self.init(
            identifier: try bytes.uint16(at: start), status: try bytes.octet(at: start + 2),
            simultaneousHomeAndForeignBinding: flags & 0x80 != 0, priority: flags & 0x7f,
            careOfAddress: careOfAddress)
    }
}
