import CMnl

extension MobilitySocketFrame {
    /// The frames of a packet.
    ///
    /// A frame that was framed well but carries nonsense comes out as `.malformed`, so that its sender can be answered.
    /// Throws `invalid` if the packet cannot be cut into frames, after which nothing in it can be trusted.
    public static func decode(_ packet: [UInt8]) throws(MobilitySocketError) -> [MobilitySocketFrame] {
        // Array's own method does not pass on the type of an error.
        try packet.withUnsafeBytes { bytes in
            Result { () throws(MobilitySocketError) in try decode(bytes) }
        }.get()
    }

    static func decode(_ packet: UnsafeRawBufferPointer) throws(MobilitySocketError) -> [MobilitySocketFrame] {
        guard packet.count <= maximumLength else {
            throw MobilitySocketError(.tooLong, "a packet of \(packet.count) octets")
        }
        var frames: [MobilitySocketFrame] = []
        var offset = 0
        while offset < packet.count {
            let rest = UnsafeRawBufferPointer(rebasing: packet[offset...])
            guard let header = rest.baseAddress?.assumingMemoryBound(to: nlmsghdr.self),
                mnl_nlmsg_ok(header, Int32(clamping: rest.count)),
                // libmnl compares as signed numbers, so that a length of 2^31 or more looks negative and passes.
                case let length = Int(rest.loadUnaligned(as: nlmsghdr.self).nlmsg_len), length <= rest.count
            else { throw MobilitySocketError(.invalid, "a frame reaches past the end of its packet") }
            frames.append(decodeFrame(UnsafeRawBufferPointer(rebasing: rest[..<length])))
            offset += (length + 3) & ~3
        }
        return frames
    }

    private static func decodeFrame(_ frame: UnsafeRawBufferPointer) -> MobilitySocketFrame {
        let header = frame.loadUnaligned(as: nlmsghdr.self)
        let payload = UnsafeRawBufferPointer(rebasing: frame[MemoryLayout<nlmsghdr>.size...])
        let flags = Flags(rawValue: header.nlmsg_flags)
        let content: Content
        do throws(MobilitySocketError) {
            content = try decodeContent(type: header.nlmsg_type, flags: flags, payload: payload)
        } catch {
            content = .malformed(error)
        }
        return MobilitySocketFrame(sequence: header.nlmsg_seq, flags: flags, content: content)
    }

    private static func decodeContent(
        type: UInt16, flags: Flags, payload: UnsafeRawBufferPointer
    ) throws(MobilitySocketError) -> Content {
        switch type {
        case ControlType.done: return .done
        case ControlType.overrun: return .overrun
        case ControlType.error: return try decodeError(flags: flags, payload: payload)
        default:
            guard let type = MessageType(rawValue: type) else {
                throw MobilitySocketError(.notSupported, "unknown message type \(type)")
            }
            if type == .dump, !flags.contains(.dump) {
                throw MobilitySocketError(.invalid, "a dump without NLM_F_DUMP")
            }
            return .message(try MobilitySocketMessage(type: type, attributes: try AttributeReader(payload)))
        }
    }

    private static func decodeError(
        flags: Flags, payload: UnsafeRawBufferPointer
    ) throws(MobilitySocketError) -> Content {
        let fixed = MemoryLayout<Int32>.size + MemoryLayout<nlmsghdr>.size
        guard payload.count >= fixed else { throw MobilitySocketError(.invalid, "an acknowledgement cut short") }
        let number = payload.loadUnaligned(as: Int32.self)
        if number == 0 { return .acknowledgement }
        guard number < 0 else { throw MobilitySocketError(.invalid, "an error number above zero") }
        var reason = ""
        if flags.contains(.acknowledgementAttributes) {
            let attributes = try AttributeReader(UnsafeRawBufferPointer(rebasing: payload[fixed...]))
            if attributes.has(ErrorAttribute.message) { reason = try attributes.text(ErrorAttribute.message) }
        }
        // The greatest negative number has no positive counterpart.
        return .refusal(MobilitySocketError(.init(rawValue: Int32(clamping: -Int64(number))), reason))
    }
}
