extension MobilityOption {
    /// Octets of the option without type and length.
    var dataLength: Int {
        switch self {
        case .bindingRefreshAdvice: 2
        case .alternateCareOfAddress: 16
        case .nonceIndices: 4
        case .bindingAuthorizationData(let authenticator): authenticator.count
        case .mobileNetworkPrefix: 18
        case .mobileNodeIdentifier(_, let identifier): 1 + identifier.count
        case .messageAuthentication(let authentication): 5 + authentication.authenticator.count
        case .messageIdentifier: 8
        case .bindingIdentifier(let option):
            switch option.careOfAddress {
            case nil: 4
            case let address? where address.isIPv4Mapped: 8
            default: 20
            }
        case .flowSummary(let identifiers): 2 * identifiers.count
        case .flowIdentification(let option): option.dataLength
        case .unknown(_, let data): data.count
        }
    }

    /// How much padding has to stand before the option if `offset` octets of the Mobility Header are written.
    ///
    /// - Parameter isLast: an authentication option that ends the message takes the one of its aligned places that
    ///   lets the message end with it, so that no padding follows what is authenticated. For Binding Authorization
    ///   Data that is what RFC 6275 §6.2.7 asks; for RFC 4285's 4n + 1 and 12 octets it makes 8n + 5.
    func padding(at offset: Int, isLast: Bool) -> Int {
        var multiple = 1
        var remainder = 0
        if let rule = MobilityOptionRule.of(type) {
            multiple = rule.multiple
            remainder = rule.remainder
        }
        if case .bindingIdentifier(let option) = self, option.careOfAddress != nil {
            // RFC 5648 §4.3: 8n + 2 where there is an address.
            multiple = 8
            remainder = 2
        }
        let least = (remainder - offset % multiple + multiple) % multiple
        guard isLast, type == Code.messageAuthentication else { return least }
        let better = stride(from: least, to: 8, by: multiple).first { (offset + $0 + 2 + dataLength) % 8 == 0 }
        return better ?? least
    }

    /// Writes type, length and data.
    func emit(into writer: inout ByteWriter) {
        precondition(dataLength <= 255, "a mobility option holds at most 255 octets")
        writer.write(type)
        writer.write(UInt8(dataLength))
        switch self {
        case .bindingRefreshAdvice(let interval):
            writer.write(interval.rawValue)
        case .alternateCareOfAddress(let address):
            writer.write(address)
        case .nonceIndices(let home, let careOf):
            writer.write(home)
            writer.write(careOf)
        case .bindingAuthorizationData(let authenticator):
            writer.write(authenticator)
        case .mobileNetworkPrefix(let prefix):
            writer.write(0 as UInt8)
            writer.write(prefix.length)
            writer.write(prefix.address)
        case .mobileNodeIdentifier(let subtype, let identifier):
            writer.write(subtype)
            writer.write(identifier)
        case .messageAuthentication(let authentication):
            writer.write(authentication.subtype)
            writer.write(authentication.securityParameterIndex)
            writer.write(authentication.authenticator)
        case .messageIdentifier(let timestamp):
            writer.write(timestamp)
        case .bindingIdentifier(let option):
            writer.write(option.identifier)
            writer.write(option.status)
            writer.write(UInt8(option.simultaneousHomeAndForeignBinding ? 0x80 : 0) | option.priority & 0x7f)
            if let ipv4 = option.careOfAddress?.ipv4 {
                writer.write(ipv4)
            } else if let address = option.careOfAddress {
                writer.write(address)
            }
        case .flowSummary(let identifiers):
            for identifier in identifiers { writer.write(identifier) }
        case .flowIdentification(let option):
            option.emit(into: &writer)
        case .unknown(_, let data):
            writer.write(data)
        }
    }
}
