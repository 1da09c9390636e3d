extension FlowIdentificationOption {
    private enum SubOption {
        static let pad1: UInt8 = 0
        static let padN: UInt8 = 1
        static let bindingReference: UInt8 = 2
        static let trafficSelector: UInt8 = 3
    }

    /// What stands before the sub-options, without type and length: FID, FID-PRI, Reserved and Status.
    static let fixedLength = 6

    /// Nil for what is malformed: a sub-option that reaches past the end, that stands twice or has another length than
    /// its RFC gives it. Sub-options of other types are skipped (RFC 6089 §4.2.1).
    ///
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |   Type = 45   |  Option Len   |              FID              |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |              FID-PRI          |   Reserved    |     Status    |
    ///     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
    ///     |   Sub-options ...
    init?(_ bytes: RawSpan, data: Range<Int>) {
        guard data.count >= Self.fixedLength, data.upperBound <= bytes.byteCount else { return nil }
        let start = data.lowerBound
        self.init(
            identifier: bytes.uint16(checked: start), priority: bytes.uint16(checked: start + 2),
            status: FlowBindingStatus(rawValue: bytes.octet(checked: start + 5)))
        var offset = start + Self.fixedLength
        while offset < data.upperBound {
            let type = bytes.octet(checked: offset)
            guard type != SubOption.pad1 else {
                offset += 1
                continue
            }
            guard offset + 2 <= data.upperBound else { return nil }
            let body = offset + 2..<offset + 2 + Int(bytes.octet(checked: offset + 1))
            guard body.upperBound <= data.upperBound else { return nil }
            offset = body.upperBound
            switch type {
            case SubOption.bindingReference:
                guard bindings == nil, !body.isEmpty, body.count.isMultiple(of: 2) else { return nil }
                bindings = stride(from: body.lowerBound, to: body.upperBound, by: 2).map { bytes.uint16(checked: $0) }
            case SubOption.trafficSelector:
                guard selector == nil, let value = Self.selector(bytes, body) else { return nil }
                selector = value
            default: break
            }
        }
    }

    private static func selector(_ bytes: RawSpan, _ body: Range<Int>) -> Selector? {
        guard body.count >= 2 else { return nil }
        let rest = body.lowerBound + 2..<body.upperBound
        switch bytes.octet(checked: body.lowerBound) {
        case 0: return nil
        case TrafficSelector.format: return TrafficSelector(bytes, rest).map(Selector.ipv6)
        case let format: return .other(format: format, data: bytes.octets(checked: rest))
        }
    }

    /// In octets, without type and length; does not depend on where the option stands, which is at 8n.
    var dataLength: Int {
        unpaddedLength + (isPadded ? 1 : 0)
    }

    private var unpaddedLength: Int {
        Self.fixedLength + (selectorLength ?? 0) + (bindings.map { 2 + 2 * $0.count } ?? 0)
    }

    /// Whether binding identifiers would stand at an odd place. The longest option that others can send has no room to
    /// put that right, and is copied into the answer as it came.
    private var isPadded: Bool {
        bindings != nil && !(selectorLength ?? 0).isMultiple(of: 2) && unpaddedLength < 255
    }

    /// The Traffic Selector sub-option with its type and length.
    private var selectorLength: Int? {
        switch selector {
        case nil: nil
        case .ipv6(let value): 4 + value.encodedLength
        case .other(_, let data): 4 + data.count
        }
    }

    /// Writes the data. The selector comes first: behind the 8 octets of the option its addresses stand at 8n as
    /// RFC 6088 §3.2 asks, and an octet of padding lets the binding identifiers follow at 2n.
    func emit(into writer: inout ByteWriter) {
        writer.write(identifier)
        writer.write(priority)
        writer.write(0 as UInt8)
        writer.write(status.rawValue)
        if let selector, let length = selectorLength {
            writer.write(SubOption.trafficSelector)
            writer.write(UInt8(truncatingIfNeeded: length - 2))
            switch selector {
            case .ipv6(let value):
                writer.write(TrafficSelector.format)
                writer.write(0 as UInt8)
                value.emit(into: &writer)
            case .other(let format, let data):
                writer.write(format)
                writer.write(0 as UInt8)
                writer.write(data)
            }
            if isPadded { writer.write(SubOption.pad1) }
        }
        if let bindings {
            writer.write(SubOption.bindingReference)
            writer.write(UInt8(truncatingIfNeeded: 2 * bindings.count))
            for binding in bindings { writer.write(binding) }
        }
    }
}
