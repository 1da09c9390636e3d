///                                     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///                                     |  B.R. Type    | Trigger/Status|
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
///     |          Sequence #           |P|V|G|       Reserved          |
///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
enum BindingRevocationType {
    static let indication: UInt8 = 1
    static let acknowledgement: UInt8 = 2

    /// Where the options of a message of MH type 16 begin; nil for a type of it that nobody here knows.
    static func fixedLength(of bytes: RawSpan) throws(ParseError) -> Int? {
        let type = try bytes.octet(at: MobilityHeader.Offset.data)
        return type == indication || type == acknowledgement ? 12 : nil
    }

    /// The message of MH type 16 in `bytes`, whose type has a fixed length.
    static func parse(_ bytes: RawSpan, options: [MobilityOption]) throws(ParseError) -> MobilityMessage {
        let number = SequenceNumber(rawValue: try bytes.uint16(at: 8))
        let flags = BindingRevocationFlags(rawValue: try bytes.uint16(at: 10) & 0xe000)
        let value = try bytes.octet(at: 7)
        guard try bytes.octet(at: 6) == indication else {
            return .bindingRevocationAcknowledgement(
                BindingRevocationAcknowledgement(
                    status: RevocationStatus(rawValue: value), sequenceNumber: number, flags: flags,
                    options: options))
        }
        return .bindingRevocationIndication(
            BindingRevocationIndication(
                trigger: RevocationTrigger(rawValue: value), sequenceNumber: number, flags: flags, options: options))
    }

    static func emit(
        _ type: UInt8, _ value: UInt8, _ number: SequenceNumber, _ flags: BindingRevocationFlags,
        into writer: inout ByteWriter
    ) {
        writer.write(type)
        writer.write(value)
        writer.write(number.rawValue)
        writer.write(flags.rawValue)
    }
}
