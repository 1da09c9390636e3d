// The flags and fields behind TS Format and Reserved (RFC 6088 §3.2):
//
//     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//     |A|B|C|D|E|F|G|H|I|J|K|L|M|N|O|P|          Reserved             |
//     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
//     | (A) source address, (B) to                       16 octets each
//     | (C) destination address, (D) to                  16 octets each
//     | (E) IPsec SPI, (F) to                             4 octets each
//     | (G) flow label, (H) to                            4 octets each
//     | (I) source port, (J) to                           2 octets each
//     | (K) destination port, (L) to                      2 octets each
//     | (M) traffic class, (N) to                          1 octet each
//     | (O) next header, (P) to                            1 octet each

extension TrafficSelector {
    /// The selector in wire form, from the flags on.
    ///
    /// - Returns: Nil for what is malformed: too short, something left over, an end without a start or before it.
    public init?(octets: [UInt8]) { self.init(octets.span.bytes, octets.indices) }

    /// The wire form, from the flags on. A range of one value is written without its end.
    public var octets: [UInt8] {
        var writer = ByteWriter(capacity: encodedLength)
        emit(into: &writer)
        return writer.octets
    }

    init?(_ bytes: RawSpan, _ data: Range<Int>) {
        guard data.count >= 4, data.upperBound <= bytes.byteCount else { return nil }
        let flags = bytes.uint16(checked: data.lowerBound)
        // Every B, D, F… needs the A, C, E… before it.
        guard (flags & 0x5555) & ~(flags >> 1) == 0 else { return nil }
        guard data.count == 4 + Self.length(ofFields: flags) else { return nil }
        var offset = data.lowerBound + 4
        var bit: UInt16 = 0x8000
        var isOrdered = true
        func range<Value: Comparable>(_ size: Int, _ load: (Int) -> Value) -> ClosedRange<Value>? {
            defer { bit >>= 2 }
            guard flags & bit != 0 else { return nil }
            let start = load(offset)
            offset += size
            guard flags & bit >> 1 != 0 else { return start...start }
            let end = load(offset)
            offset += size
            guard start <= end else {
                isOrdered = false
                return nil
            }
            return start...end
        }
        sourceAddresses = range(16) { bytes.address(checked: $0) }
        destinationAddresses = range(16) { bytes.address(checked: $0) }
        securityParameterIndices = range(4) { bytes.uint32(checked: $0) }
        flowLabels = range(4) { bytes.uint32(checked: $0) & 0xff_ffff }
        sourcePorts = range(2) { bytes.uint16(checked: $0) }
        destinationPorts = range(2) { bytes.uint16(checked: $0) }
        trafficClasses = range(1) { bytes.octet(checked: $0) & 0xfc }
        nextHeaders = range(1) { bytes.octet(checked: $0) }
        guard isOrdered else { return nil }
    }

    /// In octets, from the flags on.
    var encodedLength: Int { 4 + Self.length(ofFields: flags) }

    func emit(into writer: inout ByteWriter) {
        func ends<Value>(_ range: ClosedRange<Value>?) -> [Value] {
            guard let range else { return [] }
            return range.lowerBound == range.upperBound ? [range.lowerBound] : [range.lowerBound, range.upperBound]
        }
        writer.write(flags)
        writer.write(0 as UInt16)
        for address in ends(sourceAddresses) + ends(destinationAddresses) { writer.write(address) }
        for index in ends(securityParameterIndices) { writer.write(index) }
        for label in ends(flowLabels) { writer.write(label & 0xff_ffff) }
        for port in ends(sourcePorts) + ends(destinationPorts) { writer.write(port) }
        for traffic in ends(trafficClasses) { writer.write(traffic & 0xfc) }
        for header in ends(nextHeaders) { writer.write(header) }
    }

    private var flags: UInt16 {
        var flags: UInt16 = 0
        var bit: UInt16 = 0x8000
        func note<Value>(_ range: ClosedRange<Value>?) {
            if let range { flags |= range.lowerBound == range.upperBound ? bit : bit | bit >> 1 }
            bit >>= 2
        }
        note(sourceAddresses)
        note(destinationAddresses)
        note(securityParameterIndices)
        note(flowLabels)
        note(sourcePorts)
        note(destinationPorts)
        note(trafficClasses)
        note(nextHeaders)
        return flags
    }

    /// The octets of the fields that the flags say are there.
    private static func length(ofFields flags: UInt16) -> Int {
        let sizes = [16, 16, 4, 4, 2, 2, 1, 1]
        return sizes.enumerated().reduce(0) { sum, item in
            sum + item.element * (flags >> UInt16(14 - 2 * item.offset) & 3).nonzeroBitCount
        }
    }
}
