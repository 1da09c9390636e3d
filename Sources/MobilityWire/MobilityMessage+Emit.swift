extension MobilityMessage {
    /// The MH Type.
    public var type: UInt8 {
        switch self {
        case .bindingRefreshRequest: Kind.bindingRefreshRequest
        case .homeTestInit: Kind.homeTestInit
        case .careOfTestInit: Kind.careOfTestInit
        case .homeTest: Kind.homeTest
        case .careOfTest: Kind.careOfTest
        case .bindingUpdate: Kind.bindingUpdate
        case .bindingAcknowledgement: Kind.bindingAcknowledgement
        case .bindingError: Kind.bindingError
        case .homeAgentSwitch: Kind.homeAgentSwitch
        case .bindingRevocationIndication, .bindingRevocationAcknowledgement: Kind.bindingRevocation
        case .unknown(let type, _): type
        }
    }

    /// The Mobility Header with checksum zero: `MobilityPacket.emit` or `MobilityHeader.fillChecksum` fills it.
    ///
    /// Options stand in the order of the value, each aligned as its RFC asks, and the whole is a multiple of 8 octets.
    /// A Mobility Header holds at most 2048 octets; options that no longer fit are left out.
    public func emit() -> [UInt8] {
        var writer = ByteWriter()
        emitFixedPart(into: &writer)
        let options = self.options
        for (index, option) in options.enumerated() {
            let padding = option.padding(at: writer.count, isLast: index == options.count - 1)
            let end = writer.count + padding + 2 + option.dataLength
            guard end <= MobilityHeader.maximumLength else { break }
            writer.write(padding: padding)
            option.emit(into: &writer)
        }
        writer.write(padding: (8 - writer.count % 8) % 8)
        writer.overwrite(UInt8(writer.count / 8 - 1), at: MobilityHeader.Offset.length)
        return writer.octets
    }

    private func emitFixedPart(into writer: inout ByteWriter) {
        writer.write(IPProtocol.none.rawValue)
        writer.write(0 as UInt8)
        writer.write(type)
        writer.write(0 as UInt8)
        writer.write(0 as UInt16)
        switch self {
        case .bindingRefreshRequest:
            writer.write(0 as UInt16)
        case .homeTestInit(let cookie, _), .careOfTestInit(let cookie, _):
            writer.write(0 as UInt16)
            writer.write(cookie)
        case .homeTest(let nonceIndex, let cookie, let keygenToken, _),
            .careOfTest(let nonceIndex, let cookie, let keygenToken, _):
            writer.write(nonceIndex)
            writer.write(cookie)
            writer.write(keygenToken)
        case .bindingUpdate(let update):
            writer.write(update.sequenceNumber.rawValue)
            writer.write(update.flags.rawValue)
            writer.write(update.lifetime.rawValue)
        case .bindingAcknowledgement(let acknowledgement):
            writer.write(acknowledgement.status.rawValue)
            writer.write(
                UInt8(acknowledgement.keyManagementMobility ? 0x80 : 0) | (acknowledgement.mobileRouter ? 0x40 : 0))
            writer.write(acknowledgement.sequenceNumber.rawValue)
            writer.write(acknowledgement.lifetime.rawValue)
        case .bindingError(let status, let homeAddress, _):
            writer.write(status)
            writer.write(0 as UInt8)
            writer.write(homeAddress)
        case .homeAgentSwitch(let message):
            message.emitFixedPart(into: &writer)
        case .bindingRevocationIndication(let indication):
            BindingRevocationType.emit(
                BindingRevocationType.indication, indication.trigger.rawValue, indication.sequenceNumber,
                indication.flags, into: &writer)
        case .bindingRevocationAcknowledgement(let acknowledgement):
            BindingRevocationType.emit(
                BindingRevocationType.acknowledgement, acknowledgement.status.rawValue,
                acknowledgement.sequenceNumber, acknowledgement.flags, into: &writer)
        case .unknown(_, let data):
            precondition(data.count <= MobilityHeader.maximumLength - MobilityHeader.Offset.data)
            writer.write(data)
            writer.write(zeros: max(0, 8 - writer.count))
            // Not options, so that there is no PadN: whoever makes such a message has its length in order.
            writer.write(zeros: (8 - writer.count % 8) % 8)
        }
    }
}
