import CMnl

extension MobilitySocketFrame {
    /// The octets of the frame, a multiple of 4.
    ///
    /// Throws `tooLong` if they would be more than `maximumLength`.
    public func encoded() throws(MobilitySocketError) -> [UInt8] {
        // Hardly any frame needs the whole length, and clearing it would cost more than all else.
        if let octets = encoded(within: Self.usualLength) ?? encoded(within: Self.maximumLength) { return octets }
        throw MobilitySocketError(.tooLong, "a message of more than \(Self.maximumLength) octets")
    }

    private static let usualLength = 512

    private func encoded(within length: Int) -> [UInt8]? {
        withUnsafeTemporaryAllocation(
            byteCount: length, alignment: MemoryLayout<UInt64>.alignment
        ) { buffer -> [UInt8]? in
            // libmnl leaves the octets that align an attribute as they are.
            buffer.initializeMemory(as: UInt8.self, repeating: 0)
            guard let header = mnl_nlmsg_put_header(buffer.baseAddress) else { return nil }
            header.pointee.nlmsg_seq = sequence
            header.pointee.nlmsg_flags = flags.rawValue
            var writer = AttributeWriter(header: header, capacity: buffer.count)
            put(into: &writer)
            if writer.overflowed { return nil }
            return [UInt8](UnsafeRawBufferPointer(rebasing: buffer[..<Int(header.pointee.nlmsg_len)]))
        }
    }

    /// An acknowledgement holds the error number and the header that it answers, of which only the sequence is known to
    /// matter; a reason follows as an attribute.
    private struct ErrorHeader {
        var error: Int32
        var request: nlmsghdr
    }

    /// The longest reason of a refusal, in octets.
    private static let maximumReason = 1024

    private func put(into writer: inout AttributeWriter) {
        let header = writer.header
        switch content {
        case .message(let message):
            header.pointee.nlmsg_type = message.type.rawValue
            message.put(into: &writer)
        case .acknowledgement:
            putError(0, reason: "", into: &writer)
        case .refusal(let error), .malformed(let error):
            putError(-max(error.code.rawValue, 1), reason: error.reason, into: &writer)
        case .done:
            header.pointee.nlmsg_type = ControlType.done
            header.pointee.nlmsg_flags |= Flags.multipart.rawValue
            mnl_nlmsg_put_extra_header(header, MemoryLayout<Int32>.size)?.storeBytes(of: 0, as: Int32.self)
        case .overrun:
            header.pointee.nlmsg_type = ControlType.overrun
        }
    }

    private func putError(_ error: Int32, reason: String, into writer: inout AttributeWriter) {
        let header = writer.header
        header.pointee.nlmsg_type = ControlType.error
        header.pointee.nlmsg_flags |= Flags.capped.rawValue
        let request = nlmsghdr(
            nlmsg_len: UInt32(MemoryLayout<nlmsghdr>.size), nlmsg_type: 0, nlmsg_flags: Flags.request.rawValue,
            nlmsg_seq: sequence, nlmsg_pid: 0)
        mnl_nlmsg_put_extra_header(header, MemoryLayout<ErrorHeader>.size)?
            .storeBytes(of: ErrorHeader(error: error, request: request), as: ErrorHeader.self)
        if !reason.isEmpty {
            header.pointee.nlmsg_flags |= Flags.acknowledgementAttributes.rawValue
            writer.put(ErrorAttribute.message, String(decoding: reason.utf8.prefix(Self.maximumReason), as: UTF8.self))
        }
    }
}
